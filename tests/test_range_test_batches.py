"""ShuffledBatches: every example once an epoch, in an order of its own, with the shares of the classes kept."""

import random

import keras
import numpy as np
import pytest

from clr_utils.range_test.batches import ShuffledBatches, _batches_of, stratified_order


def epoch(data):
    """One epoch's batches."""
    return [data[index] for index in range(len(data))]


@pytest.mark.parametrize(
    ("count", "batch_size", "sizes"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 4, [3]), (1, 1, [1])]
)
def test_every_example_once_with_its_target(count, batch_size, sizes):
    data = ShuffledBatches(np.arange(count), -np.arange(count), batch_size=batch_size)
    for _ in range(2):
        batches = epoch(data)
        assert [len(x) for x, _ in batches] == sizes
        assert sorted(np.concatenate([x for x, _ in batches])) == list(range(count))
        assert all((x == -y).all() for x, y in batches)
        data.on_epoch_begin()


def test_the_order_changes_with_the_epoch_and_the_seed_only():
    def orders(seed):
        data, found = ShuffledBatches(np.arange(50), batch_size=50, seed=seed), []
        for _ in range(2):
            found.append(data[0][0])
            data.on_epoch_begin()
        return found

    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    first, second = orders(0)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, np.arange(50))
    np.testing.assert_array_equal(orders(0), [first, second])
    assert not np.array_equal(orders(1)[0], first)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002


def test_structures_of_arrays_keep_their_form():
    x = {"a": np.arange(6), "b": [np.arange(6), np.arange(12).reshape(6, 2)]}
    ((found, targets),) = epoch(ShuffledBatches(x, (np.arange(6), np.arange(6)), batch_size=6))
    assert isinstance(targets, tuple)
    np.testing.assert_array_equal(found["a"], targets[1])
    np.testing.assert_array_equal(found["b"][1], np.stack([2 * found["a"], 2 * found["a"] + 1], axis=1))


def test_without_targets():
    """As `fit` gives it: the array alone, but several inputs as the one element of a tuple."""
    (batch,) = epoch(ShuffledBatches(np.arange(3)))
    assert sorted(batch) == [0, 1, 2]
    ((inputs,),) = epoch(ShuffledBatches([np.arange(3), np.arange(3)]))
    np.testing.assert_array_equal(*inputs)


@pytest.mark.parametrize(("given", "kept"), [("float64", "float32"), ("float16", "float16"), ("uint8", "uint8")])
def test_double_precision_becomes_the_precision_of_keras(given, kept):
    assert ShuffledBatches(np.zeros(3, given))[0][0].dtype == kept


LABELS = np.repeat([0, 1], [190, 13])


def one_hot(labels):
    return np.eye(labels.max() + 1)[labels]


@pytest.mark.parametrize("labels", [LABELS, np.repeat([0, 1, 2], [180, 18, 5])], ids=["two", "three"])
@pytest.mark.parametrize("form", [np.copy, np.atleast_2d, one_hot])
def test_stratified_batches_hold_the_shares_of_the_whole(labels, form):
    """Within one example of each of two classes, in each batch of each epoch; a little more where there are three."""
    y = form(labels).T if form is np.atleast_2d else form(labels)
    share = np.bincount(labels) / len(labels)
    limit = 1 + share * (len(share) - 2)
    for seed in range(20):
        data = ShuffledBatches(labels, y, batch_size=32, seed=seed, stratified=True)
        for _ in range(2):
            for found, _ in epoch(data):
                assert (np.abs(np.bincount(found, minlength=len(share)) - len(found) * share) < limit).all()
            data.on_epoch_begin()


def test_without_stratification_the_shares_vary():
    counts = [np.sum(labels == 1) for seed in range(20) for labels in epoch(ShuffledBatches(LABELS, seed=seed))]
    assert np.ptp(counts) > 3


def test_a_stratified_order_is_random_within_and_between_classes():
    """Every example comes first about as often as any other, and every place is taken by either class."""
    orders = np.array([stratified_order(np.repeat([0, 1], [6, 3]), np.random.default_rng(k)) for k in range(4000)])
    firsts = np.bincount(orders[:, 0], minlength=9)
    assert (firsts > 0.6 * 4000 / 9).all()
    assert (firsts < 1.4 * 4000 / 9).all()
    assert ((orders < 6).mean(axis=0) > 0.4).all()


def test_names_of_classes_may_be_text():
    order = stratified_order(np.array(["b", "a", "a", "a"]), np.random.default_rng(0))
    assert sorted(order) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.zeros(3), "y": np.zeros(4)}, ValueError, r"the same number of examples.*\[3, 4\]"),
        ({"x": [np.zeros(3), np.zeros(4)]}, ValueError, r"the same number of examples.*\[3, 4\]"),
        ({"x": np.zeros(0)}, ValueError, r"at least one; they hold \[0\]"),
        ({"x": np.zeros(3), "y": [0, 1, 0]}, TypeError, r"must be arrays.*np.asarray\(y\)"),
        ({"x": np.zeros(3), "batch_size": 1.5}, ValueError, "batch_size must be a whole number of examples"),
        ({"x": np.zeros(3), "stratified": True}, ValueError, "stratified=True needs y as one array"),
        (
            {"x": np.zeros(3), "y": [np.zeros(3)], "stratified": True},
            ValueError,
            "stratified=True needs y as one array",
        ),
        ({"x": np.zeros(3), "y": np.zeros((3, 1, 1)), "stratified": True}, ValueError, "stratified=True needs y"),
    ],
)
def test_what_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        ShuffledBatches(**arguments)


def test_it_is_a_dataset_of_keras():
    assert isinstance(ShuffledBatches(np.zeros(3)), keras.utils.PyDataset)


def test_a_pydataset_hears_of_every_epoch():
    """One may shuffle at its end."""

    class Noted(keras.utils.PyDataset):
        said = []

        def __len__(self):
            return 2

        def __getitem__(self, index):
            return np.full((1, 1), index), np.zeros((1, 1))

        def on_epoch_begin(self):
            self.said.append("begin")

        def on_epoch_end(self):
            self.said.append("end")

    batches = _batches_of(Noted())
    for _ in range(5):
        next(batches)
    assert Noted.said == ["begin", "end", "begin", "end", "begin"]

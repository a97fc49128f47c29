"""The seed of a range test decides, and the generators of random numbers are left as they were."""

import keras
import numpy as np
import pytest

from clr_utils import repeat_range_test
from clr_utils.range_test.untouched import kept_random_states
from range_models import TARGETS, X, data_for, mlp, new, plain
from range_traces import only_torch, random_numbers, range_test, torch


class Late(keras.layers.Layer):
    """Draws the seed of its weights when it is built."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 1), initializer="random_normal")

    def call(self, inputs):
        return keras.ops.matmul(inputs, self.kernel)


def test_a_model_that_is_not_built_yet_begins_with_the_users_weights():
    def losses(with_test):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([Late()])
        model.compile("sgd", "mse", run_eagerly=True)
        if with_test:
            range_test(model, X, TARGETS)
        return model.fit(X, TARGETS, epochs=2, verbose=0).history["loss"]

    assert losses(True) == losses(False)


def test_two_tests_in_a_row_are_alike():
    model, (x, y) = new("normalized"), data_for("normalized")
    first, second = (range_test(model, x, y, batch_size=8) for _ in range(2))
    np.testing.assert_array_equal(first.losses, second.losses)
    np.testing.assert_array_equal(first.metrics["accuracy"], second.metrics["accuracy"])


def test_the_seed_decides_whatever_the_global_generators_say():
    model = new("eager")
    losses = []
    for seed, state in ((3, 1), (3, 2), (4, 2), (None, 2), (None, 1)):
        keras.utils.set_random_seed(state)
        losses.append(range_test(model, X, TARGETS, seed=seed, batch_size=4).losses)
    np.testing.assert_array_equal(losses[0], losses[1])
    assert not np.array_equal(losses[1], losses[2])
    assert not np.array_equal(losses[3], losses[4])


def test_repeats_depend_on_their_seed_alone():
    """Weights, dropout, keras.random and the order of the examples; and no trace in the global generators."""

    def build():
        model = new_weights()
        model.compile("sgd", "mse", run_eagerly=True)
        return model

    def new_weights():
        model = mlp(keras.layers.Dense(3), keras.layers.Dropout(0.5))
        model.layers[0].kernel.assign(keras.random.normal((3, 3)))
        return model

    def repeat(seeds):
        return repeat_range_test(build, X, TARGETS, seeds=seeds, min_lr=0.01, max_lr=0.5, steps=5, verbose=0)

    keras.utils.set_random_seed(1)
    random_numbers()
    first = repeat(2)
    numbers = random_numbers()
    keras.utils.set_random_seed(1)
    random_numbers()
    assert random_numbers() == numbers
    second = repeat([1, 0])
    assert first.seeds == (0, 1)
    assert second.seeds == (1, 0)
    assert not np.array_equal(first.tests[0].losses, first.tests[1].losses)
    for one, other in zip(first, reversed(second.tests), strict=True):
        np.testing.assert_array_equal(one.losses, other.losses)


@pytest.mark.parametrize("existing", [True, False])
def test_random_states_are_kept(existing):
    """Whether or not Keras has drawn from its own generator before."""
    keras.utils.set_random_seed(5)
    if existing:
        random_numbers()
    expected = random_numbers()
    for seed in (None, 7):
        keras.utils.set_random_seed(5)
        if existing:
            random_numbers()
        with kept_random_states(seed):
            random_numbers()
        assert random_numbers() == expected


def test_a_block_with_a_seed_starts_from_it():
    drawn = []
    for state, seed in ((1, 7), (2, 7), (2, 8)):
        keras.utils.set_random_seed(state)
        with kept_random_states(seed):
            drawn.append(random_numbers())
    assert drawn[0] == drawn[1] != drawn[2]


def test_nothing_is_read_after_the_test():
    """The data may draw from the global generators."""

    def drawing():
        while True:
            read.append(np.random.random())  # noqa: NPY002
            yield X[:4], TARGETS[:4]

    read, model = [], plain(run_eagerly=True)
    keras.utils.set_random_seed(3)
    numbers = random_numbers()
    keras.utils.set_random_seed(3)
    range_test(model, drawing(), None)
    count = len(read)
    assert random_numbers() == numbers
    assert len(read) == count >= 5


@only_torch
def test_the_generator_of_every_gpu_is_kept(monkeypatch):
    states = {0: "a", 1: "b"}
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "get_rng_state", states.get)
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, gpu: states.update({gpu: state}))
    with kept_random_states():
        states.update({0: "c", 1: "d"})
    assert states == {0: "a", 1: "b"}

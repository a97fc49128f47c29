"""When CyclicLR, PolicyLR and LearningRateHistory warn, and when they do not."""

import warnings

import keras
import numpy as np
import pytest

from callback_cases import RESTARTS, only_cycle_warning
from clr_utils import CycleWarning, CyclicalLearningRate, CyclicLR, LearningRateHistory, PolicyLR, PolicySchedule
from helpers import assert_rates, batches, fit, on_tensorflow, probe_model

pytestmark = pytest.mark.filterwarnings("ignore::clr_utils.CycleWarning")


# --- of a cycle ---


@pytest.fixture(params=["callback", "history"])
def train(request, plain_model, schedule_model):
    """Trains with a cycle of six updates by either form, `updates` an epoch."""

    def run(updates, epochs=1, warn=True):
        if request.param == "callback":
            model, callbacks = plain_model(), [CyclicLR(0.1, 0.5, 3, warn=warn), LearningRateHistory()]
        else:
            model, callbacks = schedule_model(), [LearningRateHistory(warn=warn)]
        fit(model, updates, callbacks, epochs=epochs)

    return run


@pytest.mark.parametrize(("updates", "missing"), [(1, 5), (3, 3), (5, 1), (7, 5), (10, 2)])
def test_training_that_ends_inside_a_cycle_warns(updates, missing, train):
    message = only_cycle_warning(lambda: train(1, epochs=updates))
    for part in ("inside a cycle", f"{missing} updates before", f"train {missing} updates more", "warn=False"):
        assert part in message


@pytest.mark.parametrize("cycles", [1, 2])
def test_training_that_ends_with_a_cycle_does_not_warn(cycles, train):
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        train(3, epochs=2 * cycles)


def test_a_step_shorter_than_an_epoch_warns(train):
    message = only_cycle_warning(lambda: train(4, epochs=3))
    for part in (
        "step_size (3 iterations)",
        "an epoch (4 iterations)",
        "2 to 10 epochs",
        "step_size_for",
        "warn=False",
    ):
        assert part in message


@pytest.mark.filterwarnings("ignore:Your input ran out of data", "ignore:`shuffle=True` was passed")
@pytest.mark.parametrize("form", ["callback", "history"])
@pytest.mark.parametrize(("step_size", "warned"), [(3, 1), (4, 0)])
@pytest.mark.usefixtures("collected")
def test_the_length_of_an_epoch_may_show_at_its_end_only(form, step_size, warned, plain_model):
    schedule = CyclicalLearningRate(0.1, 0.5, step_size, step_size_down=1)
    model = plain_model() if form == "callback" else probe_model(schedule)
    callback = CyclicLR(0.1, 0.5, step_size, step_size_down=1) if form == "callback" else LearningRateHistory()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CycleWarning)
        model.fit((batches(1) for _ in range(4)), verbose=0, callbacks=[callback])
    messages = [str(each.message) for each in caught]
    assert sum("(3 iterations) is shorter than an epoch (4 iterations)" in message for message in messages) == warned
    # Keras begins a fifth batch, and TensorFlow counts it.
    recorded = callback.history["lr"] if form == "callback" else callback.learning_rates
    assert_rates(recorded, schedule(np.arange(4)))


@pytest.mark.parametrize("form", ["callback", "history"])
def test_exp_range_without_a_decline_is_told(form, plain_model):
    """The classic callback's default for gamma is 1."""

    def told(**settings):
        warn, policy = settings.pop("warn", True), settings.pop("policy", "exp_range")
        if form == "callback":
            model, callback = plain_model(), CyclicLR(0.1, 0.5, 2, policy, warn=warn, **settings)
        else:
            model = probe_model(CyclicalLearningRate(0.1, 0.5, 2, policy, **settings))
            callback = LearningRateHistory(warn=warn)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", CycleWarning)
            fit(model, 4, [callback])
        return [str(each.message) for each in caught if "gamma=1 is triangular" in str(each.message)]

    assert len(told()) == 1
    assert not told(warn=False)
    assert not told(gamma=0.9)
    assert not told(policy="triangular")
    assert not told(scale_fn=lambda cycle: 1 / cycle)


def test_warn_false_silences_both(train):
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        train(5, warn=False)


def test_a_filter_silences_both(train):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", CycleWarning)
        train(5)
    assert not [warning for warning in caught if warning.category is CycleWarning]


def test_before_a_start_offset_the_first_cycle_is_missing_too(plain_model):
    with pytest.warns(CycleWarning, match="8 updates before its end"):
        fit(plain_model(), 2, [CyclicLR(0.1, 0.5, 3, start_lr_policy=4)])


def test_unequal_halves_count(plain_model):
    with pytest.warns(CycleWarning, match="4 updates before its end"):
        fit(plain_model(), 3, [CyclicLR(0.1, 0.5, 3, step_size_down=4)])


def test_with_accumulation_the_missing_batches_are_counted():
    """Seven batches are two whole updates of three batches; the schedule counts all seven of a cycle of ten."""
    model = probe_model(CyclicalLearningRate(0.1, 0.5, 5), accumulate=3)
    message = only_cycle_warning(lambda: fit(model, 1, [LearningRateHistory()], epochs=7))
    assert "3 batches before its end" in message


def test_history_of_a_schedule_of_keras_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        fit(probe_model(keras.optimizers.schedules.CosineDecay(0.5, 7)), 3, [LearningRateHistory()])


def test_the_warning_can_be_filtered_as_a_user_warning():
    assert issubclass(CycleWarning, UserWarning)


# --- of a policy with an end ---


@pytest.mark.parametrize(("updates", "missing"), [(4, 2), (6, 0), (7, 0)])
def test_training_that_ends_before_the_policy_warns(updates, missing, plain_model):
    def train(**settings):
        fit(plain_model(), updates, [PolicyLR("one_cycle", max_lr=0.5, **settings)])

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CycleWarning)
        train(total=6.0)
        train(total=6, warn=False)
    messages = [str(warning.message) for warning in caught if warning.category is CycleWarning]
    assert len(messages) == bool(missing)
    for message in messages:
        for part in (f"{missing} updates before the policy's total", f"train {missing} updates more", "warn=False"):
            assert part in message


@pytest.mark.parametrize("form", ["callback", "schedule"])
@pytest.mark.parametrize(
    ("total", "final_lr", "part"),
    [
        (6, 0, None),
        (5, 0, None),
        (4, 0, "total, 4 updates, and 2 updates more were made at next to nothing"),
        (4, 0.01, None),
        (8, 0.01, "2 updates before the policy's total"),
    ],
)
def test_training_that_goes_on_after_the_policy_warns(form, total, final_lr, part, plain_model):
    """In six updates; PyTorch's form arrives at the last of them, and a rate above 0 trains on."""
    settings = {"max_lr": 0.5, "total": total, "final_lr": final_lr}
    schedule = PolicySchedule("one_cycle", **settings)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CycleWarning)
        if form == "callback":
            fit(plain_model(), 6, [PolicyLR("one_cycle", **settings), LearningRateHistory()])
        else:
            fit(probe_model(schedule), 6, [LearningRateHistory()])
            fit(probe_model(schedule), 6, [LearningRateHistory(warn=False)])
    messages = [str(warning.message) for warning in caught if warning.category is CycleWarning]
    assert len(messages) == (part is not None)
    assert all(part in message for message in messages)


@pytest.mark.parametrize(
    ("total", "part"),
    [(2, "total, 3 updates, and 3 updates more"), (7, "2 updates before the policy's total"), (5, None)],
)
def test_the_end_of_a_policy_after_a_warm_up_is_looked_at(total, part):
    """A warm-up of one update and a fall, in six updates."""
    schedule = PolicySchedule("warmed_up", policy=PolicySchedule("cosine", max_lr=0.5, total=total), warmup=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CycleWarning)
        fit(probe_model(schedule), 6, [LearningRateHistory()])
    messages = [str(warning.message) for warning in caught if warning.category is CycleWarning]
    assert len(messages) == (part is not None)
    assert all(part in message for message in messages)


@pytest.mark.parametrize("form", ["schedule", "callback"])
def test_a_total_in_epochs_is_told_before_the_training(form, plain_model):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            raise InterruptedError

    settings = {"max_lr": 0.5, "total": 2}
    if form == "callback":
        model, callback = plain_model(), PolicyLR("cosine", **settings)
    else:
        model, callback = probe_model(PolicySchedule("cosine", **settings)), LearningRateHistory()
    told = pytest.warns(CycleWarning, match="ends after 2 updates.* 2 epochs of 6 updates.* 12 for all of it")
    with told, pytest.raises(InterruptedError):
        fit(model, 6, [callback, Stop()], epochs=2)


def test_a_policy_without_an_end_does_not_warn(plain_model):
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        fit(plain_model(), 2, [PolicyLR("sgdr", **RESTARTS)])
        fit(probe_model(PolicySchedule("sgdr", **RESTARTS)), 2, [LearningRateHistory()])


def test_a_schedule_of_momenta_does_not_warn():
    """As a learning rate, of which Keras's SGD cannot know: it has a total, and no max_lr to be small beside."""
    schedule = PolicySchedule("one_cycle_momentum", total=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        fit(probe_model(schedule), 4, [LearningRateHistory()])


# --- of others that set the rate or count ---


def policy_lr(**settings):
    return PolicyLR("sgdr", **RESTARTS, **settings)


def once_an_epoch(**settings):
    return keras.callbacks.LearningRateScheduler(lambda epoch: 0.3)


@pytest.mark.parametrize(
    ("callbacks", "epochs", "told"),
    [
        ([policy_lr], 2, []),
        ([lambda **settings: CyclicLR(0.1, 0.5, 3, **settings), policy_lr], 2, ["CyclicLR", "PolicyLR"]),
        ([policy_lr, once_an_epoch], 1, []),  # before the first update, where it does no harm
        ([policy_lr, once_an_epoch], 3, ["PolicyLR"]),
    ],
    ids=["one", "two", "one an epoch, once", "one an epoch"],
)
def test_two_callbacks_that_set_the_rate_are_told_once_each(callbacks, epochs, told, plain_model):
    def messages(**settings):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", CycleWarning)
            fit(plain_model(), 3, [make(**settings) for make in callbacks], epochs=epochs)
        return [str(each.message) for each in caught if "something else" in str(each.message)]

    found = messages()
    assert all(name in message for name, message in zip(sorted(told), sorted(found), strict=True))
    assert not messages(warn=False)


@on_tensorflow
@pytest.mark.parametrize("form", ["callback", "schedule"])
@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: CyclicLR(0.1, 0.5, 6), "inside a cycle, 9 updates before its end"),
        (lambda: PolicyLR("one_cycle", max_lr=0.5, total=12), "total, 12 updates, and 3 updates more"),
        (lambda: PolicyLR("one_cycle", max_lr=0.5, total=16), "1 updates before the policy's total"),
    ],
    ids=["inside a cycle", "after the total", "before the total"],
)
def test_where_tensorflow_counts_more_updates_than_it_makes_the_warnings_say_so(make, part, form, plain_model):
    """In three epochs of four updates."""
    import tensorflow as tf

    known = tf.data.Dataset.from_tensor_slices(batches(4)).batch(2)

    def told(data):
        setter = make()
        if form == "callback":
            model, callback = plain_model(), setter
        else:
            model, callback = probe_model(setter.schedule), LearningRateHistory()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", CycleWarning)
            model.fit(data, epochs=3, callbacks=[callback], verbose=0)
        return "".join(str(each.message) for each in caught if each.category is CycleWarning)

    message = told(known.filter(lambda x, y: True))
    assert part in message
    assert "(3 of the counted updates were not made: TensorFlow counts one more in each epoch" in message
    assert "not made" not in told(known)

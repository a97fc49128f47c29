"""The private names of Keras that clr_utils hangs on do what Keras does by its public ones."""

import keras
import numpy as np
import pytest

from clr_utils.keras_internals import (
    compile_arguments,
    data_for_fit,
    rate_source,
    schedule_count,
    seed_generator,
    set_seed_generator,
)
from helpers import fit, on_tensorflow, probe_model


def test_a_rate_that_is_a_number_comes_from_a_variable():
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.learning_rate = 0.25
    assert isinstance(rate_source(optimizer), keras.Variable)
    assert float(rate_source(optimizer)) == 0.25


@pytest.mark.parametrize(
    "source", [keras.optimizers.schedules.CosineDecay(0.1, 9), lambda: 0.1], ids=["schedule", "function"]
)
def test_a_rate_comes_from_what_the_optimizer_was_given(source):
    assert rate_source(keras.optimizers.SGD(source)) is source


@pytest.mark.parametrize(("accumulate", "updates"), [(None, 4), (3, 1)])
def test_the_count_is_what_a_schedule_is_given(accumulate, updates):
    given = []

    class Told(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, count):
            given.append(count)
            return 0.1

    model = probe_model(Told(), accumulate=accumulate)
    fit(model, 4)
    given.clear()
    _ = model.optimizer.learning_rate
    assert schedule_count(model.optimizer) == int(given[-1]) == 4
    assert int(model.optimizer.iterations) == updates


def test_the_arguments_of_compile_are_those_that_were_given():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    given = {"loss": lambda y, answer: answer, "metrics": [keras.metrics.MeanAbsoluteError()], "loss_weights": [0.5]}
    model.compile("sgd", **given)
    found = compile_arguments(model)
    assert all(found[name] is value for name, value in given.items())
    found["loss"] = "mse"
    assert compile_arguments(model)["loss"] is given["loss"]


@on_tensorflow
def test_no_thread_tunes_the_data_of_a_range_test():
    """The iterator of a stopped `fit` waits for such a thread when it is deleted: seconds, now and then."""
    batches = [(np.full((2, 3), number, "float32"),) for number in range(4)]
    dataset = data_for_fit(lambda: iter(batches)).get_tf_dataset()
    assert dataset.options().autotune.enabled is False
    np.testing.assert_array_equal([x for (x,) in dataset], [x for (x,) in batches])


def numbers():
    return keras.ops.convert_to_numpy(keras.random.normal((3,)))


def test_random_numbers_come_from_the_generator_that_is_set():
    set_seed_generator(keras.random.SeedGenerator(3))
    first = numbers()
    used = seed_generator()
    set_seed_generator(keras.random.SeedGenerator(3))
    np.testing.assert_array_equal(numbers(), first)
    set_seed_generator(used)
    assert not np.array_equal(numbers(), first)
    set_seed_generator(None)
    assert seed_generator() is None
    numbers()
    assert isinstance(seed_generator(), keras.random.SeedGenerator)

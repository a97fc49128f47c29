"""What Keras has no public name for: the private names that clr_utils hangs on, each in one small function."""

import keras


def rate_source(optimizer):
    """What an optimizer takes its rate from: a variable, a schedule or a function. `learning_rate` is its value."""
    return optimizer._learning_rate


def schedule_variable(optimizer):
    """The variable that an optimizer gives to its schedule: updates done, or batches where it accumulates gradients."""
    return optimizer._iterations


def schedule_count(optimizer):
    """The value of `schedule_variable`, an int."""
    return int(keras.ops.convert_to_numpy(schedule_variable(optimizer)))


def copy_with_schedule(optimizer, schedule):
    """A new optimizer made from the config of this one, its state fresh and `schedule` as its learning rate."""
    kind = type(optimizer)
    # A stand-in with the schedule in place: the optimizer's own one may have no config.
    stand_in = object.__new__(kind)
    vars(stand_in).update(vars(optimizer), _learning_rate=schedule)
    return kind.from_config(stand_in.get_config())


def optimizer_settings(optimizer):
    """The attributes of an optimizer, a dict, without what Keras itself keeps there for a training."""
    kept = ("_learning_rate", "_iterations", "_tracker", "_variables", "built")
    private = ("_trainable_variables", "_self_")
    return {name: value for name, value in vars(optimizer).items() if name not in kept and not name.startswith(private)}


def trained_variables(optimizer):
    """The variables that a built optimizer updates, a list."""
    return list(getattr(optimizer, "inner_optimizer", optimizer)._trainable_variables)


def compile_arguments(model):
    """The arguments that a model was compiled with, a dict of the very objects (`get_compile_config` has copies)."""
    return dict(model._compile_config.config)


def dependencies(model):
    """The lists and dicts in which TensorFlow notes what a checkpoint of a model holds, changed with its attributes."""
    return [
        value for name, value in vars(model).items() if name.startswith("_self_") and isinstance(value, list | dict)
    ]


def data_for_fit(begin):
    """What `fit` takes as x, to read the batches (tuples) of the generators that `begin()` gives.

    Unlike a generator alone it can be begun again: `fit` looks at the first two batches, some strategies at more.
    """
    from keras.src.trainers.data_adapters.generator_data_adapter import GeneratorDataAdapter

    class Untuned(GeneratorDataAdapter):
        def get_tf_dataset(self):
            import tensorflow as tf

            # A `fit` that is stopped within an epoch leaves its iterator to the garbage collector, which would now and
            # then wait for the thread that tunes it, for as long again as the iterator has lived.
            options = tf.data.Options()
            options.autotune.enabled = False
            return super().get_tf_dataset().with_options(options)

    data = Untuned(begin())
    data.generator = begin
    return data


def seed_generator():
    """The `SeedGenerator` of random numbers without a seed, or None before the first such number."""
    return _global_state().get_global_attribute("global_seed_generator")


def set_seed_generator(generator):
    """Let random numbers without a seed come from a `SeedGenerator`, or from a new one if it is None."""
    _global_state().set_global_attribute("global_seed_generator", generator)


def _global_state():
    from keras.src.backend.common import global_state

    return global_state

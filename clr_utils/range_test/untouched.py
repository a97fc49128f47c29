"""Train a Keras model and find it, its optimizer and the random generators as they were."""

import random
from contextlib import contextmanager

import keras
import numpy as np

from clr_utils.keras_internals import compile_arguments, seed_generator, set_seed_generator


@contextmanager
def kept_random_states(seed=None):
    """Give Python, NumPy, Keras and its backend PyTorch back the random states that they had before the `with` block.

    With a seed, the block starts from it. TensorFlow's own generator, which Keras does not use for weights and
    dropout, is left alone: its state could not be read and put back.
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    generator = seed_generator()
    state = None if generator is None else np.array(keras.ops.convert_to_numpy(generator.state))
    try:
        if seed is not None:
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            set_seed_generator(None)
        with _kept_torch_states(seed):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        set_seed_generator(generator)
        if generator is not None:
            generator.state.assign(state)


@contextmanager
def _kept_torch_states(seed):
    """Where Keras runs on PyTorch, its generators, of the CPU and of every GPU, order the examples and drop out."""
    if keras.backend.backend() != "torch":
        yield
        return
    import torch

    with torch.random.fork_rng(range(torch.accelerator.device_count())):
        if seed is not None:
            torch.manual_seed(seed)
        yield


@contextmanager
def untouched(model, optimizer):
    """Compile a built model anew with `optimizer`, for a training inside the `with` block that leaves no trace.

    Afterwards, whatever ended the block, the weights, the statistics of BatchNormalization, the seeds of dropout, the
    states of metrics and the model's attributes (its compiled optimizer and training function among them) are what
    they were. The model's own optimizer is never used.
    """
    settings = compile_arguments(model)
    metrics = keras.tree.flatten([settings.get("metrics"), settings.get("weighted_metrics")])
    variables = [*model.variables, *model.metrics_variables]
    variables += [each for metric in metrics if isinstance(metric, keras.metrics.Metric) for each in metric.variables]
    values = [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
    # PyTorch keeps them from one update to the next.
    gradients = [(each, each.grad) for each in model.parameters()] if keras.backend.backend() == "torch" else []
    attributes = dict(vars(model))
    train_step = model.train_step
    try:
        # JAX compiles a function once: under a name of its own the step is not mistaken for that of earlier trainings.
        vars(model)["train_step"] = lambda *arguments: train_step(*arguments)
        # Not model.compile, whose arguments a subclass may have changed.
        settings |= {"run_eagerly": model.run_eagerly, "jit_compile": model.jit_compile and not model.run_eagerly}
        settings |= {"optimizer": optimizer, "steps_per_execution": 1, "auto_scale_loss": False}
        keras.Model.compile(model, **settings)
        yield
    finally:
        for name in vars(model).keys() - attributes.keys():
            del vars(model)[name]
        # Past __setattr__, which would track the metrics a second time.
        vars(model).update(attributes)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        for parameter, gradient in gradients:
            parameter.grad = gradient

"""Train a Keras model and find it, its optimizer and the random generators as they were."""

import random
from contextlib import contextmanager, nullcontext

import keras
import numpy as np

from clr_utils.keras_internals import (
    compile_arguments,
    dependencies,
    rate_source,
    seed_generator,
    set_seed_generator,
    trained_variables,
)
from clr_utils.range_test.reachable import reachable
from clr_utils.range_test.recorder import sweeping_copy


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

    accelerator = torch.accelerator.current_accelerator()
    # Unless it is told, PyTorch 2.6 takes every GPU for one of CUDA; Apple's is not.
    kind = {"device_type": accelerator.type} if accelerator else {}
    with torch.random.fork_rng(range(torch.accelerator.device_count()), **kind):
        if seed is not None:
            torch.manual_seed(seed)
        yield


@contextmanager
def kept_variables(model):
    """Give every Keras variable that a model reaches its value back after the `with` block, whatever ended it.

    The model, its layers, losses, metrics, optimizers and attributes reach them. An optimizer that the block is the
    first to build starts anew afterwards.
    """
    variables = reachable(model, keras.Variable)
    values = [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
    optimizers = reachable(model, keras.optimizers.Optimizer)
    unbuilt = [each for each in optimizers if not each.built and each is not model.optimizer]
    twins = [sweeping_copy(each, [0.0]) for each in unbuilt]
    try:
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        for optimizer, twin in zip(unbuilt, twins, strict=True):
            if optimizer.built:
                _start_anew(optimizer, twin)


def _start_anew(optimizer, twin):
    twin.build(trained_variables(optimizer))
    # The twin has a schedule where the optimizer may have a variable, its rate: that one has been put back.
    rate = rate_source(getattr(optimizer, "inner_optimizer", optimizer))
    moved = [each for each in optimizer.variables if each is not rate]
    for variable, value in zip(moved, twin.variables, strict=True):
        variable.assign(keras.ops.convert_to_numpy(value))


@contextmanager
def untouched(model, optimizer):
    """Compile a built model anew with `optimizer`, for a training inside the `with` block that leaves no trace.

    Afterwards, whatever ended the block, every Keras variable that the model reaches (weights, statistics of
    BatchNormalization, seeds of dropout, states of layers, losses, metrics and further optimizers) and the model's
    attributes (its compiled optimizer and training function among them) are what they were. The model's own optimizer
    is never used.
    """
    settings = compile_arguments(model)
    # PyTorch keeps them from one update to the next.
    gradients = [(each, each.grad) for each in model.parameters()] if keras.backend.backend() == "torch" else []
    attributes, noted = dict(vars(model)), [(each, _plain(each)) for each in dependencies(model)]
    train_step = model.train_step
    with kept_variables(model):
        try:
            # JAX compiles a function once: under a name of its own the step is not mistaken for that of earlier
            # trainings.
            vars(model)["train_step"] = lambda *arguments: train_step(*arguments)
            # Not model.compile, whose arguments a subclass may have changed.
            settings |= {"run_eagerly": model.run_eagerly, "jit_compile": model.jit_compile and not model.run_eagerly}
            settings |= {"optimizer": optimizer, "steps_per_execution": 1, "auto_scale_loss": False}
            with strategy_scope(model):
                keras.Model.compile(model, **settings)
            yield
        finally:
            for name in vars(model).keys() - attributes.keys():
                del vars(model)[name]
            # Past __setattr__, which would track the metrics a second time.
            vars(model).update(attributes)
            for each, before in noted:
                kind, add = (list, list.extend) if isinstance(each, list) else (dict, dict.update)
                kind.clear(each)
                add(each, before)
            for parameter, gradient in gradients:
                parameter.grad = gradient


def _plain(each):
    return list(each) if isinstance(each, list) else dict(each)


def strategy_scope(model):
    """The scope of the `tf.distribute` strategy that a model was made under; for others a scope that does nothing."""
    strategy = getattr(model, "distribute_strategy", None)
    return strategy.scope() if strategy else nullcontext()

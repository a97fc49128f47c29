"""Shared by the tests: the policies in exact arithmetic, and a model whose weight tells the rate of each update."""

import math
import os
import subprocess
import sys
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from pathlib import Path

import hypothesis
import keras
import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
BACKEND = keras.backend.backend()

# For what costs seconds on another backend and hangs on Keras's own Python, not on the backend.
on_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="the backend makes no difference to it")

# The same examples on every machine, and no deadline: two workers share a core or two.
hypothesis.settings.register_profile("clr", deadline=None, derandomize=True, max_examples=60)
hypothesis.settings.load_profile("clr")

# Each policy with the keyword arguments that are its own.
ALL_POLICIES = [
    ("triangular", {}),
    ("triangular2", {}),
    ("modified_triangular2", {}),
    ("welch", {}),
    ("hann", {}),
    ("exp_range", {"gamma": 0.97}),
    ("exp_range", {"gamma": 0.97, "decay": "bounds"}),
]


def exact_rate(policy, n, base_lr, max_lr, up, down=None, *, start=0, gamma=1.0, decay="amplitude"):
    """The rate of iteration n as a Fraction, by Smith's definitions; exact for all policies but hann and exp_range."""
    down = down or up
    base_lr, max_lr = Fraction(base_lr), Fraction(max_lr)
    n = max(n - start, 0)
    cycle, done = divmod(n, up + down)
    x = 1 - Fraction(done, up) if done <= up else Fraction(done - up, down)
    halvings = Fraction(1, 2 ** min(cycle, 2000))
    decline = Fraction(math.pow(gamma, n))
    triangle = base_lr + (max_lr - base_lr) * (1 - x)
    return {
        "triangular": lambda: triangle,
        "triangular2": lambda: base_lr + (max_lr - base_lr) * (1 - x) * halvings,
        "modified_triangular2": lambda: triangle * halvings,
        "welch": lambda: base_lr + (max_lr - base_lr) * (1 - x**2),
        "hann": lambda: base_lr + (max_lr - base_lr) * Fraction((1 + math.cos(math.pi * x)) / 2),
        "exp_range": lambda: (
            triangle * decline if decay == "bounds" else base_lr + (max_lr - base_lr) * (1 - x) * decline
        ),
    }[policy]()


def exact_rates(policy, iterations, *bounds, **settings):
    """`exact_rate` of each iteration, rounded to float64 once, at the end."""
    return np.array([float(exact_rate(policy, int(n), *bounds, **settings)) for n in iterations])


def in_graph(function, iterations, *, xla=False):
    """`function` of an integer tensor, compiled as `fit` does: by tf.function, with XLA or without, or jax.jit.

    On PyTorch, where `fit` compiles only when it is told to: by torch.compile with `xla`, or else not at all.
    """
    tensor = keras.ops.convert_to_tensor(np.asarray(iterations), "int64" if BACKEND == "tensorflow" else "int32")
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=xla)(tensor)
    if BACKEND == "torch":
        if not xla:
            return function(tensor)
        import torch

        torch.compiler.reset()  # it keeps count of the versions of a function, and compiles no more than eight
        return torch.compile(function, fullgraph=True, backend="eager")(tensor)
    import jax

    return jax.jit(function)(tensor)


def run_python(code, **environment):
    """Run `code` in a fresh Python process at the repository's root; its standard output."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def probe_model(learning_rate=0.1, *, accumulate=None, optimizer="SGD", **compiled):
    """One weight w, from 0, with a gradient of exactly 1: each update of SGD takes its rate off w."""
    model = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros", name="w")]
    )
    optimizer = getattr(keras.optimizers, optimizer)(learning_rate, gradient_accumulation_steps=accumulate)
    model.compile(optimizer, loss="mae", **compiled)
    return model


def weight(model):
    """The probe model's weight as a float."""
    return float(model.get_layer("w").kernel.numpy()[0, 0])


def batches(updates):
    """Data for `updates` updates an epoch at batch size 2, all alike."""
    return np.ones((2 * updates, 1), "float32"), np.full((2 * updates, 1), -1000.0, "float32")


def batches_with_an_overflow(updates, at):
    """`batches` with an infinite slope in update number `at`, from 0, which loss scaling skips."""
    x, y = batches(updates)
    x[2 * at : 2 * at + 2] = np.inf
    return x, y


@contextmanager
def dtype_policy(name):
    """Models that are made inside compute in this precision; in a mixed one, their optimizer is wrapped."""
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy("float32")


@cache
def pipeline(updates):
    """`batches` as TensorFlow takes them, made once: of arrays Keras makes such a pipeline for each training anew."""
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(batches(updates)).batch(2)


def fit(model, updates, callbacks=(), epochs=1, **settings):
    """Train for `updates` updates an epoch at batch size 2, in silence."""
    if BACKEND == "tensorflow":
        settings["x"] = pipeline(updates)
    else:
        settings |= {**dict(zip("xy", batches(updates), strict=True)), "batch_size": 2}
    return model.fit(epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks), **settings)


def applied_rates(model, updates, callbacks=(), **settings):
    """Train as `fit` does; the rates that the updates really applied, read off the weight batch by batch."""
    rates = []

    class ReadOff(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.get_layer("w").kernel.assign([[0.0]])

        def on_train_batch_end(self, batch, logs=None):
            rates.append(-weight(self.model))
            self.model.get_layer("w").kernel.assign([[0.0]])

    fit(model, updates, [*callbacks, ReadOff()], **settings)
    return rates


def beginning_again(model):
    """A function that returns the compiled model with its updates counted from 0 again."""

    def again():
        model.optimizer.iterations.assign(0)
        return model

    return again


def assert_rates(rates, expected):
    """Rates agree to 1e-6, as float32 holds them."""
    np.testing.assert_allclose(rates, expected, rtol=1e-6, atol=1e-7)

"""Checks on two devices, forced out of one CPU, which need a process of their own: one for all of them.

`python tests/two_devices.py` runs every function called check_on_BACKEND_... and prints, as JSON by name, "" or what
went wrong; test_two_devices.py asks for each.
"""

import functools
import gc
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
USUAL = {"min_lr": 0.01, "max_lr": 0.3, "steps": 4, "batch_size": 8, "stop_factor": None, "seed": 3, "verbose": 0}


@functools.cache
def mirrored():
    """The strategy of all checks: TensorFlow refuses the reductions of a second one on the same devices."""
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2
    return strategy


def check_on_tensorflow_a_range_test_under_a_mirrored_strategy():
    """The rates applied are those recorded, and the replicas together learn what one device does."""
    with mirrored().scope():
        model = two_layers()
    compare(model, range_test(two_layers()))


def check_on_tensorflow_replicas_train_at_the_recorded_rates():
    """Each update is made on both, at one rate, and counts once."""
    import numpy as np

    from clr_utils import CyclicalLearningRate, CyclicLR, LearningRateHistory, triangular
    from helpers import assert_rates, fit, probe_model, weight

    cycles = 0.1, 0.5, 3
    rates = triangular(np.arange(8), *cycles)
    for rate, callbacks in ((CyclicalLearningRate(*cycles), []), (0.3, [CyclicLR(*cycles)])):
        with mirrored().scope():
            model = probe_model(rate)
        history = LearningRateHistory()
        logs = fit(model, 4, [*callbacks, history], epochs=2).history
        np.testing.assert_allclose(weight(model), -rates.sum(), rtol=1e-6)
        assert history.iterations == list(range(8))
        assert_rates(history.learning_rates, rates)
        assert_rates(logs["learning_rate"], rates[[3, 7]])


def check_on_jax_a_range_test_under_data_parallel():
    """As on one device."""
    import keras

    assert len(keras.distribution.list_devices()) == 2
    expected = range_test(two_layers())
    keras.distribution.set_distribution(keras.distribution.DataParallel())
    try:
        compare(two_layers(), expected)
    finally:
        keras.distribution.set_distribution(None)


def compare(model, expected):
    """The test of a distributed model gives what that of one device gives, and leaves no trace."""
    import numpy as np

    from range_models import TARGETS, X

    before = [np.array(each) for each in model.get_weights()]
    for _ in range(2):
        test = range_test(model)
        np.testing.assert_array_equal(test.learning_rates, expected.learning_rates)
        np.testing.assert_allclose(test.losses, expected.losses, rtol=1e-4)
        np.testing.assert_allclose(test.metrics["mae"], expected.metrics["mae"], rtol=1e-4)
        np.testing.assert_allclose(test.metrics["val_loss"], expected.metrics["val_loss"], rtol=1e-4)
        for one, other in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(one, other)
        assert int(np.asarray(model.optimizer.iterations)) == 0
    model.fit(X[:16], TARGETS[:16], batch_size=8, verbose=0)
    assert int(np.asarray(model.optimizer.iterations)) == 2


def range_test(model):
    """Four updates in batches of eight, with validation data."""
    from clr_utils import lr_range_test
    from range_models import TARGETS, X

    data = X[:16], TARGETS[:16]
    return lr_range_test(model, *data, validation_data=data, validation_every=2, **USUAL)


def two_layers():
    """A model with a hidden layer, momentum and a metric."""
    import keras

    from range_models import mlp

    keras.utils.set_random_seed(1)
    model = mlp(keras.layers.Dense(4, activation="tanh"))
    model.compile(keras.optimizers.SGD(0.05, momentum=0.5), "mse", metrics=["mae"])
    return model


@functools.cache
def went_wrong():
    """What went wrong in each check, or "", by name."""
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def checks():
    """The checks of this backend, by name."""
    return {name: check for name, check in globals().items() if name.startswith(f"check_on_{BACKEND}_")}


def main():
    """Run the checks of this backend."""
    gc.disable()  # as in quick_start.py
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    root = Path(__file__).resolve().parent
    sys.path[:0] = [str(root), str(root.parent)]
    if BACKEND == "tensorflow":
        import tensorflow as tf

        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    else:
        sys.modules["tensorflow"] = None  # as in conftest.py
        os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2 --xla_backend_optimization_level=0"
    wrong = {}
    for name, check in checks().items():
        try:
            check()
            wrong[name] = ""
        except Exception:
            wrong[name] = traceback.format_exc()[-3000:]
    print(json.dumps(wrong))


if __name__ == "__main__":
    main()

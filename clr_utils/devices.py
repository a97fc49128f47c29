"""What Keras trains with: its backend, the versions that are installed, the device."""

import os
import platform
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

BACKENDS = ("tensorflow", "jax", "torch")


def chosen_backend():
    """The backend that the environment variable KERAS_BACKEND names, which is set to "tensorflow" where it is not.

    Raises:
        ValueError: It names none of BACKENDS.
    """
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if backend not in BACKENDS:
        raise ValueError(
            f"the environment variable KERAS_BACKEND is {backend!r}; set it to {' or '.join(map(repr, BACKENDS))}, or "
            "unset it"
        )
    return backend


def installed_version(*distributions):
    """The version of the first of these packages that is installed, or None; a nightly build counts as its package."""
    for package in distributions:
        for name in (package, f"{package}-nightly"):
            with suppress(PackageNotFoundError):
                return version(name)
    return None


def gpu_name():
    """The first GPU that the Keras backend sees, such as "Tesla T4", or None. It imports Keras."""
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        config = import_module("tensorflow").config
        gpus = config.list_physical_devices("GPU")
        return config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else None
    if backend == "torch":
        device = keras.ops.zeros(()).device
        if device.type == "cuda":
            return import_module("torch").cuda.get_device_name(device)
        return None if device.type == "cpu" else device.type
    device = import_module(backend).devices()[0]
    return None if device.platform == "cpu" else device.device_kind


def device_name():
    """The device as a record names it: the GPU, or such as "x86_64 CPU"."""
    return gpu_name() or f"{platform.machine()} CPU"

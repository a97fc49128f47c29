"""Which device Keras trains on."""

import platform
from importlib import import_module


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

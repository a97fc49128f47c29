"""The device's name, with and without a GPU: what Colab and the records report."""

import platform
from types import SimpleNamespace

import pytest

from clr_utils import devices
from helpers import BACKEND


def tensorflow_with(*gpus, **details):
    experimental = SimpleNamespace(get_device_details=lambda gpu: details)
    config = SimpleNamespace(list_physical_devices=lambda kind: list(gpus), experimental=experimental)
    return SimpleNamespace(config=config)


def jax_with(kind, place):
    return SimpleNamespace(devices=lambda: [SimpleNamespace(device_kind=kind, platform=place)])


FOUND = {
    "tensorflow": [
        (tensorflow_with(), None),
        (tensorflow_with("GPU:0", device_name="Tesla T4"), "Tesla T4"),
        (tensorflow_with("GPU:0"), "GPU"),
    ],
    "jax": [(jax_with("cpu", "cpu"), None), (jax_with("Tesla T4", "gpu"), "Tesla T4")],
}


@pytest.mark.parametrize(("module", "name"), FOUND[BACKEND])
def test_gpu_name(module, name, monkeypatch):
    monkeypatch.setattr(devices, "import_module", lambda _: module)
    assert devices.gpu_name() == name
    assert devices.device_name() == (name or f"{platform.machine()} CPU")

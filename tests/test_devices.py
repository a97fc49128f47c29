"""The device's name, with and without a GPU: what Colab and the records report."""

import json
import platform
from importlib import import_module
from types import SimpleNamespace

import keras
import pytest

from clr_utils import devices
from clr_utils.experiments import made_with
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


@pytest.mark.parametrize(("module", "name"), FOUND.get(BACKEND, []))
def test_gpu_name(module, name, monkeypatch):
    monkeypatch.setattr(devices, "import_module", lambda _: module)
    assert devices.gpu_name() == name
    assert devices.device_name() == (name or f"{platform.machine()} CPU")


@pytest.mark.skipif(BACKEND != "torch", reason="of PyTorch")
@pytest.mark.parametrize(("place", "name"), [("cpu", None), ("cuda:0", "Tesla T4"), ("mps:0", "mps")])
def test_gpu_name_on_pytorch(place, name, monkeypatch):
    """It is where Keras puts its tensors; the environment variable KERAS_TORCH_DEVICE may say so."""
    torch = import_module("torch")
    monkeypatch.setattr(keras.ops, "zeros", lambda shape: SimpleNamespace(device=torch.device(place)))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    assert devices.gpu_name() == name


def test_a_record_says_what_it_was_made_with():
    made = json.loads(json.dumps(made_with()))
    assert made["versions"].keys() == {"python", "keras", BACKEND, "numpy"}
    assert made["device"]

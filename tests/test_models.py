"""The papers' networks: parameters counted by hand, outputs that are probabilities."""

import keras
import numpy as np
import pytest
from keras.layers import Dropout

from clr_utils.models import (
    LocalResponseNormalization,
    alexnet,
    calcification_cnn,
    cifar10_full,
    cifar10_quick,
    cifar10_sigmoid,
    mnist_mlp,
    mobilenet,
)


def test_mnist_mlp():
    model = mnist_mlp()
    assert model.count_params() == (784 + 1) * 784 + (784 + 1) * 10
    assert np.asarray(model(np.ones((3, 784)))).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert mnist_mlp(hidden=4).count_params() == (784 + 1) * 4 + (4 + 1) * 10


def test_calcification_cnn_has_the_layers_of_figure_5():
    model = calcification_cnn()
    counts = {layer.name: layer.count_params() for layer in model.layers if layer.count_params()}
    assert list(counts.values()) == [320, 9248, 9248, 9248, 131328, 65792, 514]
    assert model.count_params() == 225_698
    assert [layer.rate for layer in model.layers if isinstance(layer, Dropout)] == [0.5, 0.5]
    assert np.asarray(model(np.ones((2, 16, 16, 1)))).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_cifar10_quick_is_caffes():
    model = cifar10_quick()
    counts = {layer.name: layer.count_params() for layer in model.layers if layer.count_params()}
    assert counts == {
        "conv1": 5 * 5 * 3 * 32 + 32,
        "conv2": 5 * 5 * 32 * 32 + 32,
        "conv3": 5 * 5 * 32 * 64 + 64,
        "ip1": 4 * 4 * 64 * 64 + 64,
        "ip2": 64 * 10 + 10,
    }
    assert model.count_params() == 145_578
    assert [layer.name for layer in model.layers[:3]] == ["conv1", "pool1", "relu1"]
    # The penalty is half of weight decay 0.004 times the squares of all weights and biases.
    squares = sum(float((np.asarray(weight) ** 2).sum()) for weight in model.get_weights())
    assert float(sum(model.losses)) == pytest.approx(0.002 * squares, rel=1e-4)
    assert np.asarray(model(np.ones((2, 32, 32, 3)))).sum(axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("build", "wanted"),
    [(cifar10_quick, [1e-4, 0.01, 0.01, 0.1, 0.1]), (cifar10_full, [1e-4, 0.01, 0.01, 0.01])],
    ids=["quick", "full"],
)
def test_initial_weights_have_caffes_deviations(build, wanted):
    keras.utils.set_random_seed(0)
    weights = build().get_weights()
    assert [float(kernel.std()) for kernel in weights[::2]] == pytest.approx(wanted, rel=0.1)
    assert all((bias == 0).all() for bias in weights[1::2])


def test_cifar10_quick_at_half_its_width_and_size():
    model = cifar10_quick(16, width=0.5)
    assert [layer.count_params() for layer in model.layers if layer.count_params()] == [1216, 6416, 12832, 4128, 330]
    assert cifar10_quick(14, channels=1, width=0.5).output_shape == (None, 10)


def test_cifar10_full_is_caffes():
    model = cifar10_full()
    assert model.count_params() == 2_432 + 25_632 + 51_264 + 10_250
    assert [layer.name for layer in model.layers if "norm" in layer.name] == ["norm1", "norm2"]
    convolutions = sum(float((np.asarray(weight) ** 2).sum()) for weight in model.get_weights()[:6])
    last = float((np.asarray(model.get_weights()[6]) ** 2).sum())
    assert float(sum(model.losses)) == pytest.approx(0.002 * convolutions + 0.5 * last, rel=1e-4)


def test_cifar10_sigmoid_normalises_before_its_sigmoids_and_has_no_weight_decay():
    model = cifar10_sigmoid()
    names = [layer.name for layer in model.layers]
    assert names[:4] == ["conv1", "pool1", "bn1", "sigmoid1"]
    assert names[4:8] == ["conv2", "bn2", "sigmoid2", "pool2"]
    assert model.count_params() == 25 * (3 * 32 + 32 * 32 + 32 * 64) + 4 * (32 + 32 + 64) + (4 * 4 * 64 + 1) * 10
    assert model.losses == []
    assert not any(layer.use_bias for layer in model.layers if layer.name.startswith("conv"))


def test_caffes_pooling_takes_the_pixels_that_are_there():
    """Caffe rounds up: the last window of 3 at strides of 2 has two pixels, and a mean is over those two."""
    images = np.arange(16.0, dtype="float32").reshape(1, 4, 4, 1)
    pools = [layer for layer in cifar10_quick().layers if layer.name in ("pool1", "pool2")]
    maximum, mean = (np.asarray(type(pool).from_config(pool.get_config())(images))[0, :, :, 0] for pool in pools)
    np.testing.assert_allclose(maximum, [[10, 11], [14, 15]])
    np.testing.assert_allclose(mean, [[5, 6.5], [11, 12.5]])


def test_local_response_normalisation_is_its_formula():
    images = np.random.default_rng(0).normal(0, 100, (2, 5, 4, 3)).astype("float32")
    expected = np.empty_like(images)
    padded = np.pad(images.astype(float) ** 2, [(0, 0), (1, 1), (1, 1), (0, 0)])
    for i, j in np.ndindex(5, 4):
        mean = padded[:, i : i + 3, j : j + 3].sum(axis=(1, 2)) / 9
        expected[:, i, j] = images[:, i, j] / (1 + 5e-5 * mean) ** 0.75
    layer = LocalResponseNormalization()
    np.testing.assert_allclose(np.asarray(layer(images)), expected, rtol=1e-5)
    assert (layer.size, layer.alpha, layer.beta) == (3, 5e-5, 0.75)
    again = LocalResponseNormalization.from_config(LocalResponseNormalization(5, 1e-4, 0.5).get_config())
    assert (again.size, again.alpha, again.beta) == (5, 1e-4, 0.5)


@pytest.mark.parametrize(
    ("arguments", "message"), [({"size": 4}, "size"), ({"width": 0}, "width"), ({"channels": 0}, "channels")]
)
def test_a_network_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        cifar10_quick(**arguments)


def test_alexnet_has_its_layers_in_the_papers_order():
    model = alexnet(32, width=1, classes=3)
    names = [layer.name for layer in model.layers if not layer.name.startswith(("flatten", "dropout"))]
    convolutions = ["conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5"]
    assert names == [*convolutions, "fc6", "fc7", "predictions"]
    counts = [layer.count_params() for layer in model.layers if layer.count_params()]
    assert counts == [
        5 * 5 * 64 + 64,
        9 * 64 * 192 + 192,
        9 * 192 * 384 + 384,
        9 * 384 * 256 + 256,
        9 * 256 * 256 + 256,
        4 * 4 * 256 * 512 + 512,
        512 * 512 + 512,
        512 * 3 + 3,
    ]
    assert [layer.rate for layer in model.layers if isinstance(layer, Dropout)] == [0.5, 0.5]
    weighted = [layer for layer in model.layers if layer.count_params()]
    assert [layer.activation.__name__ for layer in weighted] == ["relu"] * 7 + ["softmax"]
    assert float(np.std(weighted[4].kernel)) == pytest.approx((2 / (9 * 256)) ** 0.5, rel=0.05)


def test_mobilenet_separates_depth_from_space():
    model = mobilenet(28, width=0.25)
    depthwise = [layer for layer in model.layers if isinstance(layer, keras.layers.DepthwiseConv2D)]
    assert [layer.count_params() for layer in depthwise] == [9 * 8, 9 * 16, 9 * 32, 9 * 32, 9 * 64]
    assert [layer.output.shape[1] for layer in depthwise] == [28, 14, 14, 7, 7]
    pointwise = [layer.count_params() for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert pointwise == [9 * 8, 8 * 16, 16 * 32, 32 * 32, 32 * 64, 64 * 64]
    moments = {layer.momentum for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)}
    assert moments == {0.9}, "in a training of a few hundred updates Keras's 0.99 lags behind"
    channels = [8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 64]
    assert model.count_params() == 72 + 9 * 152 + sum(pointwise[1:]) + 4 * sum(channels) + 64 * 2 + 2


@pytest.mark.parametrize("build", [alexnet, mobilenet])
def test_image_networks_give_probabilities_and_refuse_what_is_wrong(build):
    assert np.asarray(build(28, width=0.1)(np.ones((2, 28, 28, 1)))).sum(axis=1) == pytest.approx(1, abs=1e-5)
    for wrong in ({"size": 7}, {"channels": 0}, {"width": 0}, {"classes": 1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            build(**wrong)

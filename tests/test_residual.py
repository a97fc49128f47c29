"""The networks of Table 4: parameters counted by hand, blocks that are left out, and a model that is loaded again."""

import keras
import numpy as np
import pytest

from clr_utils import residual
from clr_utils.residual import Survival, densenet, resnet, stochastic_depth
from helpers import on_tensorflow

SMALL = {
    resnet: {"size": 7, "channels": 1, "filters": 2},
    stochastic_depth: {"size": 7, "channels": 1, "filters": 2, "survival": 0.2},
    densenet: {"size": 7, "channels": 1, "filters": 2, "per_block": 1, "growth": 2},
}
each_network = pytest.mark.parametrize("network", SMALL, ids=lambda network: network.__name__)


def images(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def convolution(before, after, size=3):
    return size * size * before * after


def normalisation(channels):
    """Two weights of each channel, and its moving mean and variance."""
    return 4 * channels


def pair(before, after):
    return convolution(before, after) + normalisation(after) + convolution(after, after) + normalisation(after)


def test_the_parameters_of_a_residual_network():
    first = convolution(3, 16) + normalisation(16)
    expected = first + pair(16, 16) + pair(16, 32) + pair(32, 64) + (64 + 1) * 10
    assert resnet().count_params() == stochastic_depth(survival=0.9).count_params() == expected
    expected += 2 * (pair(16, 16) + pair(32, 32) + pair(64, 64))
    assert resnet(blocks=3).count_params() == expected
    assert round(expected / 1e6, 2) == 0.27  # He et al. 2016, Table 6, ResNet-20


def test_the_parameters_of_a_dense_network():
    def block(channels, per_block, growth):
        each = [channels + k * growth for k in range(per_block)]
        return sum(normalisation(before) + convolution(before, growth) for before in each)

    def transition(channels):
        return normalisation(channels) + convolution(channels, channels, 1)

    expected = convolution(3, 16) + block(16, 3, 12) + transition(52) + block(52, 3, 12) + transition(88)
    assert densenet().count_params() == expected + block(88, 3, 12) + normalisation(124) + (124 + 1) * 10


@on_tensorflow
def test_a_dense_network_of_40_layers_is_the_papers():
    assert round(densenet(per_block=12).count_params() / 1e6, 1) == 1.0  # Huang et al. 2016, Table 2


@each_network
def test_outputs_are_probabilities(network):
    x = images(3, 7, 7, 1)
    found = np.asarray(network(**SMALL[network], classes=5)(x))
    assert found.shape == (3, 5)
    assert found.min() > 0
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)


@each_network
def test_weight_decay_is_on_every_weight(network):
    model = network(**SMALL[network])
    model.set_weights([weight + 0.1 for weight in model.get_weights()])  # biases start at 0
    squares = sum(float((np.asarray(weight) ** 2).sum()) for weight in model.trainable_weights)
    assert float(sum(model.losses)) == pytest.approx(1e-4 / 2 * squares, rel=1e-4)


@each_network
def test_normalisation_is_torchs(network):
    found = [layer for layer in network(**SMALL[network]).layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert {(layer.momentum, layer.epsilon) for layer in found} == {(0.9, 1e-5)}


@pytest.mark.parametrize("size", [6, 7])
def test_option_a_takes_the_pixels_at_the_centres_of_the_convolution(size):
    x = images(2, size, size, 1)
    pixels = keras.Input((size, size, 1))
    model = keras.Model(pixels, [residual._convolution(pixels, 1, strides=2), residual._shortcut(pixels)])
    centre = np.zeros((3, 3, 1, 1))
    centre[1, 1] = 1
    model.set_weights([centre])
    convolved, shortcut = (np.asarray(output) for output in model(x))
    np.testing.assert_allclose(convolved, x[:, ::2, ::2], rtol=1e-6)
    np.testing.assert_array_equal(shortcut, np.concatenate([x[:, ::2, ::2], np.zeros_like(convolved)], axis=-1))


@pytest.mark.parametrize(("survival", "identity"), [(1e-9, True), (1, False)])
def test_a_block_that_is_left_out_is_the_identity_in_training(survival, identity):
    model = stochastic_depth(8, filters=2, blocks=2, survival=survival)
    last_blocks = keras.Model(model.input, [model.get_layer(name).output for name in ("block5", "block6")])
    before, after = (np.asarray(output) for output in last_blocks(images(4, 8, 8, 3), training=True))
    assert before.any()
    assert np.array_equal(before, after) == identity


def test_survival_falls_in_a_line_over_the_blocks():
    found = [layer.probability for layer in stochastic_depth(8, filters=1, blocks=2).layers if type(layer) is Survival]
    assert found == pytest.approx([1 - 1 / 12, 1 - 2 / 12, 1 - 3 / 12, 1 - 4 / 12, 1 - 5 / 12, 1 - 6 / 12])


def test_a_branch_is_kept_or_not_for_the_whole_batch_and_weighted_by_its_probability_in_use():
    keras.utils.set_random_seed(0)
    layer, branch = Survival(0.3), images(2, 3)
    outputs = [np.asarray(layer(branch, training=True)) for _ in range(300)]
    kept = [np.array_equal(output, branch) for output in outputs]
    assert np.mean(kept) == pytest.approx(0.3, abs=0.08)
    assert all(whole or not output.any() for whole, output in zip(kept, outputs, strict=True))
    for in_use in (layer(branch), layer(branch, training=False)):
        np.testing.assert_allclose(np.asarray(in_use), 0.3 * branch, rtol=1e-6)


def test_a_compiled_training_draws_anew_for_each_batch_and_by_the_seed():
    def losses(seed):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones"), Survival(0.5)])
        model.compile(keras.optimizers.SGD(0.0), "mse")
        x = np.ones((16, 1), "float32")
        return [model.fit(x, 0 * x, batch_size=1, verbose=0).history["loss"][0] for _ in range(6)]

    first = losses(0)
    assert all(0 < loss < 1 for loss in first)
    assert len(set(first)) > 1
    assert losses(0) == first
    assert losses(1) != first


@each_network
def test_a_saved_network_is_loaded_again(network, tmp_path):
    model, x = network(**SMALL[network]), images(3, 7, 7, 1)
    model(x, training=True)
    model.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(np.asarray(again(x)), np.asarray(model(x)), rtol=1e-5)


@pytest.mark.parametrize(
    ("network", "argument", "value"),
    [
        (resnet, "size", 3),
        (resnet, "channels", 0),
        (resnet, "blocks", 0),
        (resnet, "filters", 0.5),
        (resnet, "classes", 1),
        (stochastic_depth, "survival", 0),
        (stochastic_depth, "survival", 1.1),
        (densenet, "per_block", 0),
        (densenet, "growth", -1),
    ],
)
def test_a_network_that_cannot_be_is_refused(network, argument, value):
    with pytest.raises(ValueError, match=f"^{argument} must be"):
        network(**{argument: value})

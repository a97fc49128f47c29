"""The training of the image classifiers: order, rates of biases, ensembles, and what diverges."""

import itertools

import keras
import numpy as np
import pytest

from clr_utils.datasets.cifar10 import halved
from clr_utils.datasets.fashion_mnist import load_fashion_mnist
from clr_utils.studies import cifar10, classifiers, smith
from clr_utils.studies.rates import fixed


@pytest.mark.usefixtures("eager")
def test_networks_of_table_4_have_their_settings_and_one_rate_for_all_weights(monkeypatch):
    x, y = np.random.default_rng(0).normal(size=(8, 8, 8, 3)).astype("float32"), np.arange(8)
    monkeypatch.setattr(classifiers, "prepared", lambda data, held_out: (x, y, x, y))
    monkeypatch.setattr(
        classifiers, "twice_for_biases", lambda optimizer: pytest.fail("biases have a rate of their own")
    )
    options = {"blocks": 2, "filters": 1, "survival": 0.6}
    settings = smith.arms("reduced")["stochastic_depth_triangular_0.3"] | {"network_options": options}
    model = classifiers.network(settings, (8, 8, 3))
    assert model.name == "stochastic_depth"
    assert model.get_layer("block6").output.shape == (None, 2, 2, 4)
    metrics, _ = classifiers.train_on({**settings, "batch_size": 4, "updates": 2, "every": 1}, seed=0)
    assert metrics["updates"] == 2


def test_biases_train_at_twice_the_rate():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(classifiers.twice_for_biases(keras.optimizers.SGD)(0.1), "mse")
    model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    kernel, bias = (float(weight.squeeze()) for weight in model.get_weights())
    assert (kernel, bias) == pytest.approx((0.2, 0.4), rel=1e-5)


def test_each_epoch_takes_every_image_once_and_the_order_is_the_seeds():
    batches = classifiers.in_order(10, 3, seed=0)
    first, second = (np.concatenate([next(batches) for _ in range(3)]) for _ in range(2))
    assert len(set(first)) == len(set(second)) == 9
    assert list(first) != list(second)
    again = classifiers.in_order(10, 3, seed=0)
    assert list(first) == list(np.concatenate([next(again) for _ in range(3)]))


@pytest.fixture
def small_settings():
    return {**cifar10.small_run().settings, "updates": 4, "every": 2, "policy": fixed(0.001)}


@pytest.mark.usefixtures("eager")
def test_an_ensemble_is_the_mean_of_all_that_was_kept(small_settings, monkeypatch):
    """Two networks, of each a snapshot halfway and one at the end: after each further one the mean of them votes."""
    found = []

    def spied(probabilities, labels):
        found.append(probabilities)
        return accuracy(probabilities, labels)

    accuracy = classifiers._accuracy
    monkeypatch.setattr(classifiers, "_accuracy", spied)
    metrics, history = classifiers.train_on({**small_settings, "members": 2, "snapshots": 2}, seed=0)
    assert metrics["updates"] == 8
    assert metrics["accuracy"] == history["accuracy"][-1]
    assert len(history["accuracy"]) == len(history["ensemble"]) == 4
    assert history["ensemble"][0] == history["accuracy"][0]
    assert history["ensemble"][-1] == metrics["ensemble"]
    single, together = found[:4], found[4:]
    np.testing.assert_allclose(together, np.cumsum(single, axis=0))
    assert not np.allclose(single[1], single[3])


@pytest.mark.usefixtures("eager")
def test_a_training_that_diverges_has_no_accuracy(small_settings):
    metrics, history = classifiers.train_on(
        {**small_settings, "policy": fixed(1e6), "updates": 20, "every": 10}, seed=0
    )
    assert metrics["accuracy"] is None
    assert metrics["updates"] < 20
    assert history["accuracy"] == []


def test_images_have_the_mean_of_the_training_set_taken_off():
    x, y, x_test, _ = classifiers.prepared("fashion_mnist_14")
    images = halved(load_fashion_mnist())
    assert x.shape == (5_000, 14, 14, 1)
    assert np.abs(x.mean(axis=0)).max() < 1e-3
    assert np.bincount(y).tolist() == [500] * 10
    np.testing.assert_allclose(x_test - x[:1000], images.x_test - images.x_train[:1000], atol=1e-3)


@pytest.mark.usefixtures("eager")
def test_the_seed_sets_the_weights(small_settings, monkeypatch):
    monkeypatch.setattr(classifiers, "in_order", lambda *_: itertools.repeat(np.arange(100)))
    curves = [classifiers.train_on(small_settings, seed)[1]["loss"] for seed in (0, 0, 1)]
    assert curves[0] == pytest.approx(curves[1], rel=1e-5)
    assert curves[0] != pytest.approx(curves[2], rel=1e-5)

"""The papers' networks: parameters counted by hand, outputs that are probabilities."""

import numpy as np
import pytest
from keras.layers import Dropout

from clr_utils.models import calcification_cnn, mnist_mlp


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

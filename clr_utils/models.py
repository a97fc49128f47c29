"""The papers' networks, built and not compiled."""

import keras
from keras import layers

from clr_utils import arguments


def mnist_mlp(hidden=784):
    """The tutorial's network (DataCamp 2018): 784 pixels, a ReLU layer, a softmax over 10; normal initial weights.

    Args:
        hidden: Units in the ReLU layer, 784 in the tutorial.

    Returns:
        A model from images of shape (n, 784) to probabilities of shape (n, 10).
    """
    hidden = arguments.whole("hidden", hidden, maximum=10**6, unit="units")
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(hidden, activation="relu", kernel_initializer="random_normal"),
            layers.Dense(10, activation="softmax", kernel_initializer="random_normal"),
        ],
        name="mnist_mlp",
    )


def calcification_cnn():
    """The micro-calcification network of Alyafi et al. 2018, Fig. 4 and 5: 225,698 parameters.

    Returns:
        A model from patches of shape (n, 16, 16, 1) to the probabilities of the two classes, shape (n, 2).
    """
    model = keras.Sequential([keras.Input((16, 16, 1))], name="calcification_cnn")
    for block in ("block1", "block2"):
        for conv in ("conv1", "conv2"):
            model.add(layers.Conv2D(32, 3, padding="same", activation="relu", name=f"{block}_{conv}"))
        model.add(layers.MaxPooling2D(2, name=f"{block}_pool"))
    model.add(layers.Flatten())
    for name in ("fc1", "fc2"):
        model.add(layers.Dense(256, activation="relu", name=name))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(2, activation="softmax", name="predictions"))
    return model

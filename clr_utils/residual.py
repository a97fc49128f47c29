"""The networks of Smith 2017, Table 4, built and not compiled: small by default, as published by their arguments.

All of them have convolutions without biases, batch normalisation with Torch's settings, the mean over all pixels and a
softmax at the end, and a weight decay of 1e-4 on every weight, as a part of the loss.
"""

import keras
from keras import layers, ops

from clr_utils import arguments

DECAY = 1e-4


def resnet(size=32, channels=3, blocks=1, filters=16, classes=10):
    """A residual network (He et al. 2016, arXiv:1512.03385, section 4.2) of 6 * blocks + 2 layers with weights.

    A 3x3 convolution, then three groups of blocks; the second and the third halve the images and double the channels.
    A block makes ReLU(F(x) + shortcut(x)) of x, where F is a 3x3 convolution, normalisation, ReLU, another such
    convolution and normalisation. Shortcuts have no weights: the identity, or between two groups the paper's option A,
    every second pixel, and zeros for the new channels.

    Args:
        size: Height and width of the images, 4 pixels or more.
        channels: Channels of the images.
        blocks: Blocks in a group. He et al. have 3 (ResNet-20) to 18 (ResNet-110).
        filters: Channels in the first group.
        classes: Classes to tell apart, 2 or more.

    Returns:
        A model from images of shape (n, size, size, channels) to probabilities of shape (n, classes).
    """
    return _residual_network("resnet", size, channels, blocks, filters, classes)


def stochastic_depth(size=32, channels=3, blocks=1, filters=16, classes=10, survival=0.5):
    """`resnet` whose blocks are left out at random in training (Huang et al. 2016, arXiv:1603.09382).

    Of L blocks the l-th makes ReLU(b * F(x) + shortcut(x)). In training b is drawn for each batch: 1 with probability
    p = 1 - l / L * (1 - survival), else 0. In use b is p. Unlike the authors' code, a block that is left out is
    computed, and its moving means move.

    Args:
        size, channels, blocks, filters, classes: As for `resnet`; Huang et al. have 18 blocks in a group.
        survival: The last block's p, above 0 and up to 1.

    Returns:
        A model as of `resnet`.
    """
    survival = arguments.number("survival", survival, above=0, maximum=1)
    return _residual_network("stochastic_depth", size, channels, blocks, filters, classes, survival)


def densenet(size=32, channels=3, per_block=3, growth=12, filters=16, classes=10):
    """A densely connected network (Huang et al. 2016, arXiv:1608.06993) of 3 * per_block + 4 layers with weights.

    A 3x3 convolution, then three dense blocks. A layer of these hands on [x, H(x)] for x, the channels side by side,
    where H is normalisation, ReLU and a 3x3 convolution with `growth` channels. Between two blocks: normalisation,
    ReLU, a 1x1 convolution that keeps the number of channels, and means of 2x2 pixels. Neither bottlenecks nor
    compression (DenseNet-BC), nor dropout.

    Args:
        size, channels, classes: As for `resnet`.
        per_block: Layers in a dense block. Huang et al. have 12 (DenseNet-40) and 32 (DenseNet-100).
        growth: Channels that a layer adds; 12 or 24 in the paper.
        filters: Channels of the first convolution.

    Returns:
        A model as of `resnet`.
    """
    per_block = arguments.whole("per_block", per_block, maximum=1000, unit="layers")
    growth = arguments.whole("growth", growth, maximum=10**4, unit="channels")
    images, x = _first(size, channels, filters)
    for block in range(3):
        if block:
            x = layers.AveragePooling2D(2)(_convolution(_rectified(x), x.shape[-1], 1))
        for _ in range(per_block):
            x = layers.Concatenate()([x, _convolution(_rectified(x), growth)])
    return _model("densenet", images, _rectified(x), classes)


def _residual_network(name, size, channels, blocks, filters, classes, survival=None):
    blocks = arguments.whole("blocks", blocks, maximum=1000, unit="blocks")
    images, x = _first(size, channels, filters)
    x = _rectified(x)
    for number in range(1, 3 * blocks + 1):
        new = number in (blocks + 1, 2 * blocks + 1)
        width = x.shape[-1] * (2 if new else 1)
        branch = _rectified(_convolution(x, width, strides=2 if new else 1))
        branch = _normalised(_convolution(branch, width))
        if survival:
            branch = Survival(1 - number / (3 * blocks) * (1 - survival))(branch)
        x = layers.Add()([branch, _shortcut(x) if new else x])
        x = layers.ReLU(name=f"block{number}")(x)
    return _model(name, images, x, classes)


def _first(size, channels, filters):
    size = arguments.whole("size", size, minimum=4, maximum=1024, unit="pixels")
    images = keras.Input((size, size, arguments.whole("channels", channels, maximum=10**4, unit="channels")))
    return images, _convolution(images, arguments.whole("filters", filters, maximum=10**4, unit="channels"))


def _model(name, images, x, classes):
    classes = arguments.whole("classes", classes, minimum=2, maximum=10**6, unit="classes")
    decay = {"kernel_regularizer": _decay(), "bias_regularizer": _decay()}
    probabilities = layers.Dense(classes, activation="softmax", name="predictions", **decay)
    return keras.Model(images, probabilities(layers.GlobalAveragePooling2D()(x)), name=name)


def _decay():
    """Torch's weight decay: DECAY * w in the gradient, so half as much in the loss."""
    return keras.regularizers.L2(DECAY / 2)


def _convolution(x, filters, size=3, strides=1):
    if strides == 2:
        x = layers.ZeroPadding2D(1)(x)  # centres are the pixels of the shortcut; with padding="same" they are not
    options = {"use_bias": False, "kernel_initializer": "he_normal", "kernel_regularizer": _decay()}
    return layers.Conv2D(filters, size, strides, "valid" if strides == 2 else "same", **options)(x)


def _normalised(x):
    decay = {"beta_regularizer": _decay(), "gamma_regularizer": _decay()}
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, **decay)(x)


def _rectified(x):
    return layers.ReLU()(_normalised(x))


def _shortcut(x):
    """Option A: every second pixel, and as many channels of zeros as there are."""
    return ops.pad(x[:, ::2, ::2], [(0, 0), (0, 0), (0, 0), (0, x.shape[-1])])


@keras.saving.register_keras_serializable(package="clr_utils")
class Survival(layers.Layer):
    """A branch that is kept with a probability, or 0, in training; in use it is weighted by that probability.

    It is drawn once for a batch. Input and output have one shape, whichever it is.
    """

    def __init__(self, probability, **options):
        super().__init__(**options)
        self.probability = arguments.number("probability", probability, above=0, maximum=1)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, branch, training=False):
        """The branch, 0, or the branch weighted."""
        if not training:
            return self.probability * branch
        return branch * ops.cast(keras.random.uniform((), seed=self.seed_generator) < self.probability, branch.dtype)

    def get_config(self):
        """The arguments, for serialisation."""
        return {**super().get_config(), "probability": self.probability}

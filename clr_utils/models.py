"""The papers' networks, built and not compiled."""

import keras
from keras import layers

from clr_utils import arguments

CAFFE_DECAY = 0.004
_RELU = {"activation": "relu", "kernel_initializer": "he_normal"}


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


def cifar10_quick(size=32, channels=3, width=1):
    """Caffe's network cifar10_quick: 145,578 parameters at full size. Smith 2017 names no more than "Caffe".

    Three 5x5 convolutions, each with pooling 3x3 at strides of 2: the first by the maximum and before its ReLU, the
    others by the mean and after it; then 64 units without a ReLU, and a softmax over 10. Weight decay 0.004 on weights
    and biases, as a part of the loss.

    Args:
        size: Height and width of the images, 8 pixels or more.
        channels: Channels of the images.
        width: Share of Caffe's channels (32, 32, 64) and units (64), such as 0.5.

    Returns:
        A model from images of shape (n, size, size, channels), 0 to 255 less the mean image, to probabilities (n, 10).
    """
    return _caffe_network("cifar10_quick", size, channels, width, hidden=64)


def cifar10_full(size=32, channels=3, width=1):
    """Caffe's network cifar10_full: 89,578 parameters at full size; about 81 % of CIFAR-10 in Caffe's own hands.

    The convolutions of `cifar10_quick`, local response normalisation after the first two, and no hidden units: its
    one dense layer has a weight decay of 1.0 on weights and none on biases (`decay_mult` 250 and 0).
    Arguments and result as for `cifar10_quick`.
    """
    return _caffe_network("cifar10_full", size, channels, width, normalised=True)


def cifar10_sigmoid(size=32, channels=3, width=1):
    """Caffe's cifar10_full with sigmoids after batch normalisation (Smith 2017, Fig. 6), and no weight decay.

    Arguments and result as for `cifar10_quick`.
    """
    return _caffe_network("cifar10_sigmoid", size, channels, width, decay=0, activation="sigmoid")


def _caffe_network(name, size, channels, width, hidden=0, normalised=False, decay=CAFFE_DECAY, activation="relu"):
    size = arguments.whole("size", size, minimum=8, maximum=1024, unit="pixels")
    channels = arguments.whole("channels", channels, unit="channels")
    width = arguments.number("width", width, above=0, maximum=16)
    batch_normalised = activation == "sigmoid"
    model = keras.Sequential([keras.Input((size, size, channels))], name=name)
    for number, (filters, deviation) in enumerate(((32, 1e-4), (32, 0.01), (64, 0.01)), start=1):
        weights = _caffe_weights(deviation, decay, decay)
        filters = max(1, round(filters * width))
        model.add(
            layers.Conv2D(filters, 5, padding="same", use_bias=not batch_normalised, name=f"conv{number}", **weights)
        )
        act = [layers.Activation(activation, name=f"{activation}{number}")]
        if batch_normalised:
            act.insert(0, layers.BatchNormalization(name=f"bn{number}"))
        if number == 1:
            following = [layers.MaxPooling2D(3, 2, padding="same", name="pool1"), *act]
        else:
            following = [*act, layers.AveragePooling2D(3, 2, padding="same", name=f"pool{number}")]
        for layer in following:
            model.add(layer)
        if normalised and number < 3:
            model.add(LocalResponseNormalization(name=f"norm{number}"))
    model.add(layers.Flatten())
    if hidden:
        model.add(layers.Dense(max(1, round(hidden * width)), name="ip1", **_caffe_weights(0.1, decay, decay)))
    last = _caffe_weights(0.1, decay, decay) if hidden else _caffe_weights(0.01, 250 * decay, 0)
    model.add(layers.Dense(10, activation="softmax", name="ip2" if hidden else "ip1", **last))
    return model


def _caffe_weights(deviation, decay, bias_decay):
    """Caffe's `gaussian` filler, and its weight decay: decay * w in the gradient, so half as much in the loss."""
    return {
        "kernel_initializer": keras.initializers.RandomNormal(stddev=deviation),
        "kernel_regularizer": keras.regularizers.L2(decay / 2) if decay else None,
        "bias_regularizer": keras.regularizers.L2(bias_decay / 2) if bias_decay else None,
    }


@keras.saving.register_keras_serializable(package="clr_utils")
class LocalResponseNormalization(layers.Layer):
    """Caffe's LRN layer within channels: x / (1 + alpha * mean of x**2 over size x size pixels) ** beta.

    The mean counts pixels beyond the border as zeros. Images of shape (n, height, width, channels).
    """

    def __init__(self, size=3, alpha=5e-5, beta=0.75, **options):
        super().__init__(**options)
        self.size, self.alpha, self.beta = size, alpha, beta

    def call(self, images):
        """The images, normalised."""
        border = (self.size - 1) // 2
        squares = keras.ops.pad(images * images, [(0, 0), (border, border), (border, border), (0, 0)])
        mean = keras.ops.average_pool(squares, self.size, strides=1, padding="valid")
        return images * (1 + self.alpha * mean) ** -self.beta

    def get_config(self):
        """The arguments, for serialisation."""
        return {**super().get_config(), "size": self.size, "alpha": self.alpha, "beta": self.beta}


def alexnet(size=32, channels=1, width=0.25, classes=2):
    """A small network after AlexNet (Krizhevsky et al. 2012): five convolutions, three dense layers, dropout 0.5.

    The order of layers is the paper's: pooling 3x3 at strides of 2 after the first, second and fifth convolution. For
    small images its first convolution is 5x5 without strides; local response normalisation is left out, and
    weights begin as He et al. 2015 have them for ReLUs (arXiv:1502.01852).

    Args:
        size: Height and width of the images, 8 pixels or more.
        channels: Channels of the images.
        width: Share of 64, 192, 384, 256, 256 channels and of 512 units twice.
        classes: Classes to tell apart, 2 or more.

    Returns:
        A model from images of shape (n, size, size, channels) to probabilities of shape (n, classes).
    """
    size, channels, width, classes = _image_network(size, channels, width, classes)
    model = keras.Sequential([keras.Input((size, size, channels))], name="alexnet")
    for number, filters in enumerate((64, 192, 384, 256, 256), start=1):
        filters, window = max(1, round(filters * width)), 5 if number == 1 else 3
        model.add(layers.Conv2D(filters, window, padding="same", name=f"conv{number}", **_RELU))
        if number in (1, 2, 5):
            model.add(layers.MaxPooling2D(3, 2, padding="same", name=f"pool{number}"))
    model.add(layers.Flatten())
    for name in ("fc6", "fc7"):
        model.add(layers.Dense(max(1, round(512 * width)), name=name, **_RELU))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(classes, activation="softmax", name="predictions"))
    return model


def mobilenet(size=32, channels=1, width=0.5, classes=2):
    """A small network after MobileNet (Howard et al. 2017, arXiv:1704.04861): depthwise separable convolutions.

    A 3x3 convolution, then five blocks of a 3x3 depthwise and a 1x1 convolution, each with batch normalisation and
    ReLU; two of them halve the image; the mean over all pixels; a softmax.

    Args:
        size, channels, classes: As for `alexnet`.
        width: Share of 32 channels, and of 64, 128, 128, 256, 256 in the blocks.

    Returns:
        A model as of `alexnet`.
    """
    size, channels, width, classes = _image_network(size, channels, width, classes)
    first, *blocks = (max(1, round(filters * width)) for filters in (32, 64, 128, 128, 256, 256))
    model = keras.Sequential([keras.Input((size, size, channels))], name="mobilenet")
    model.add(layers.Conv2D(first, 3, padding="same", use_bias=False))
    for filters, strides in zip(blocks, (1, 2, 1, 2, 1), strict=True):
        _add_normalised(model)
        model.add(layers.DepthwiseConv2D(3, strides, padding="same", use_bias=False))
        _add_normalised(model)
        model.add(layers.Conv2D(filters, 1, use_bias=False))
    _add_normalised(model)
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(classes, activation="softmax", name="predictions"))
    return model


def _add_normalised(model):
    model.add(layers.BatchNormalization(momentum=0.9))
    model.add(layers.ReLU())


def _image_network(size, channels, width, classes):
    return (
        arguments.whole("size", size, minimum=8, maximum=1024, unit="pixels"),
        arguments.whole("channels", channels, unit="channels"),
        arguments.number("width", width, above=0, maximum=16),
        arguments.whole("classes", classes, minimum=2, maximum=10**6, unit="classes"),
    )

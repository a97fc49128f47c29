"""What the names of recorded curves tell: which are accuracies, and which fall as training gets better."""

import re

ACCURACIES = ("accuracy", "acc")
# The losses and errors of Keras, under their names and their short ones; any other score is taken to rise.
FALLING = (
    *("loss", "error", "mae", "mse", "mape", "msle", "rmse", "bce"),
    *("crossentropy", "cross_entropy", "hinge", "poisson", "divergence", "logcosh", "log_cosh", "perplexity"),
    *("huber", "dice", "tversky", "circle", "ctc", "nll"),
    *("false_positives", "false_negatives"),
)


def is_accuracy(name):
    """Whether a curve is an accuracy: "accuracy", "val_acc", "head_sparse_categorical_accuracy", "accuracy_1"."""
    return _ends_in(ACCURACIES, name)


def falls(name):
    """Whether a curve is a loss or an error: "loss", "val_loss", "acceleration_loss", "mae", "head_hinge_1"."""
    return _ends_in(FALLING, name)


def _ends_in(kinds, name):
    """Whether the name ends in one of the kinds as whole words, a number that Keras added aside."""
    return re.search(rf"(^|_)({'|'.join(kinds)})(_\d+)?$", name.lower()) is not None

"""What a range test measures on validation data."""

import math
from collections.abc import Iterable

import keras
import numpy as np

from clr_utils import arguments
from clr_utils.range_test.recorder import columns
from clr_utils.range_test.untouched import kept_variables

SCORES = ("roc_auc", "pr_area")


def check_validation(data, scores):
    """Raise TypeError or ValueError where these are not validation data and scores as for `lr_range_test`."""
    if isinstance(scores, str) or not isinstance(scores, Iterable):
        raise TypeError(f'validation_scores must be a list of names, such as ["roc_auc"]; it is {scores!r}')
    for name in scores:
        arguments.one_of("validation_scores", name, SCORES)
    if scores and data is None:
        raise ValueError("validation_scores are measured on validation_data=(x, y); give that too")
    if data is None:
        return
    if not (isinstance(data, tuple | list) and len(data) == 2):
        raise TypeError("validation_data must be a pair (x, y) of arrays")
    leaves = keras.tree.flatten(data)
    if not all(getattr(leaf, "shape", ()) for leaf in leaves):
        kinds = ", ".join(sorted({type(leaf).__name__ for leaf in leaves if not getattr(leaf, "shape", ())}))
        raise TypeError(f"validation_data must be a pair (x, y) of arrays; it holds {kinds}. np.asarray makes arrays")
    counts = {leaf.shape[0] for leaf in leaves}
    if len(counts) > 1 or 0 in counts:
        raise ValueError(
            f"validation_data=(x, y) must hold as many targets as inputs, at least one; it holds {sorted(counts)}"
        )


def measuring(data, scores, batch_size):
    """A function that measures a compiled model on validation data: a dict of numbers by name, such as "val_loss".

    Args:
        data, scores: As for `lr_range_test`.
        batch_size: Examples in a batch of the measurement.
    """
    x, y = data

    def measure(model):
        found = model.evaluate(x, y, batch_size=batch_size, verbose=0, return_dict=True)
        if scores:
            answers = model.predict(x, batch_size=batch_size, verbose=0)
            found |= {name: binary_score(name, y, answers) for name in scores}
        # evaluate leaves its own sums in the metrics of the training.
        model.reset_metrics()
        return {f"val_{name}": value for name, value in columns(found).items()}

    return measure


def check_measure(model, measure, data):
    """Measure once before the training, without a trace: the names of what is measured, a list.

    Raises:
        ValueError: The model cannot be measured on the data.
    """
    with kept_variables(model):
        try:
            return list(measure(model))
        except Exception as error:
            shapes = ", ".join(str(tuple(leaf.shape)) for leaf in keras.tree.flatten(data))
            raise ValueError(f"the model cannot be measured on validation_data, of shapes {shapes}: {error}") from error


def binary_score(name, y, answers):
    """The area under the ROC curve ("roc_auc") or the average precision ("pr_area"); NaN where answers are not finite.

    Raises:
        ValueError: There are not two classes.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    if keras.tree.is_nested(answers) or keras.tree.is_nested(y):
        raise ValueError(f"{name} is a score of one answer; the model has several outputs")
    y, answers = (np.asarray(each).reshape(len(each), -1) for each in (y, answers))
    if answers.shape[1] > 2 or y.shape[1] > 2:
        raise ValueError(f"{name} is a score of two classes; the model answers with {answers.shape[1]} numbers")
    if len(classes := np.unique(y[:, -1])) != 2:
        raise ValueError(f"{name} is a score of two classes; the validation data hold {len(classes)}")
    if not np.isfinite(answers).all():
        return math.nan
    return float((roc_auc_score if name == "roc_auc" else average_precision_score)(y[:, -1], answers[:, -1]))

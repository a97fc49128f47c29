"""What a range test refuses before it trains."""

import keras
import numpy as np

from clr_utils import arguments
from clr_utils.keras_internals import compile_arguments


def check_model(model):
    """Raise TypeError or ValueError where this is no compiled model with one learning rate and one update a batch."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"model must be a compiled Keras model; it is {model!r}")
    if not model.compiled:
        raise ValueError("the model is not compiled: call model.compile(optimizer, loss) first")
    if not hasattr(model.optimizer, "learning_rate"):
        raise ValueError(
            f"the model's optimizer is {model.optimizer!r}: the test needs one with one learning rate. Compile the "
            "model with a plain optimizer for the test, and give groups of layers shares of the rates that it suggests"
        )
    given = compile_arguments(model)
    for each in keras.tree.flatten([given.get("metrics"), given.get("weighted_metrics")]):
        if "loss" in (each, getattr(each, "name", None), getattr(each, "__name__", None)):
            raise ValueError("a metric is called 'loss', and would be recorded as the loss: give it another name")
    if batches := getattr(model.optimizer, "inner_optimizer", model.optimizer).gradient_accumulation_steps:
        raise ValueError(
            f"gradient_accumulation_steps is {batches}, and the test needs one update a batch: test a model compiled "
            f"without it, in batches {batches} times as large"
        )


def check_weights(class_weight, sample_weight, x, y):
    """Raise TypeError or ValueError where these are no weights as for `fit`."""
    if class_weight is None:
        return
    if not isinstance(class_weight, dict) or not class_weight:
        raise TypeError(
            "class_weight must be a dict from class number to weight, such as {0: 1.0, 1: 5.0}; it is "
            f"{class_weight!r} ({type(class_weight).__name__}). For a weight an example give sample_weight"
        )
    for name, weight in class_weight.items():
        arguments.whole("a class in class_weight", name, minimum=0, unit="the classes")
        arguments.number(f"class_weight[{name}]", weight, minimum=0)
    if sample_weight is not None:
        raise ValueError("give class_weight or sample_weight, not both: multiply them into one sample_weight")
    if keras.tree.is_nested(y):
        raise ValueError(
            "class_weight is for models with one output, and y holds several arrays: give sample_weight, of the same "
            "structure as y"
        )
    if y is None and all(hasattr(leaf, "shape") for leaf in keras.tree.flatten(x)):
        raise ValueError("class_weight needs the classes: give y")


def check_data(model, x, y):
    """Raise ValueError where targets are missing, arrays hold text, or the built model has no output for a label."""
    if not all(hasattr(leaf, "shape") for leaf in keras.tree.flatten(x)):
        return
    takes_text = any(each.dtype == "string" for each in getattr(model, "inputs", None) or ())
    ready_made = all(
        getattr(type(model), name) is getattr(keras.Model, name) for name in ("train_step", "compute_loss")
    )
    if y is None and ready_made and compile_arguments(model).get("loss") is not None:
        raise ValueError("y is missing: the model is compiled with a loss, which compares its answers with targets")
    for name, data in (("x", x), ("y", y)):
        for leaf in keras.tree.flatten(data):
            if _holds_text(leaf) and not (name == "x" and takes_text):
                raise ValueError(
                    f"{name} holds text or other objects, and the model needs numbers: number the classes of y with "
                    "np.unique(y, return_inverse=True)[1]; make x.astype('float32') of numbers that are kept as "
                    "objects; or begin the model with a layer such as TextVectorization behind an Input of strings"
                )
    loss = compile_arguments(model).get("loss")
    if "sparse_categorical_crossentropy" in (loss, getattr(loss, "name", None), getattr(loss, "__name__", None)):
        check_labels(model, y, getattr(loss, "ignore_class", None))


def check_labels(model, y, ignored=None):
    """Raise ValueError where class numbers have no output of the model; `ignored` is left out."""
    shape = getattr(model, "output_shape", None)
    if y is None or keras.tree.is_nested(y) or not shape or not isinstance(shape[-1], int):
        return
    labels = np.unique(np.asarray(keras.ops.convert_to_numpy(y)))
    labels = labels[labels != ignored] if ignored is not None else labels
    if len(labels) and not (labels[0] >= 0 and labels[-1] < shape[-1]):
        raise ValueError(
            f"y holds class numbers from {labels[0]:g} to {labels[-1]:g}, and the model has {shape[-1]} outputs, for "
            f"classes 0 to {shape[-1] - 1}: number the classes from 0, or give the model more outputs"
        )


def _holds_text(array):
    if array is None:
        return False
    kinds = [array.dtype] if hasattr(array, "dtype") else array.dtypes
    if hasattr(array, "iloc"):  # a table of numbers and of True and False becomes an array of objects
        kinds = [*np.atleast_1d(kinds), array.iloc[:0].to_numpy().dtype]
    return any(getattr(kind, "kind", "f") in "OSU" for kind in kinds)

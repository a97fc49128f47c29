"""Which curves are accuracies, losses and errors, by their names."""

import inspect

import keras
import pytest

from clr_utils.range_test.names import falls, is_accuracy

PREFIXES = ("", "val_", "head_", "val_acc_head_", "val_loss_head_")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("ending", ["", "_1", "_12"])
def test_names_are_matched_by_their_end(prefix, ending):
    for name in ("accuracy", "acc", "Accuracy", "sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy"):
        assert is_accuracy(prefix + name + ending)
        assert not falls(prefix + name + ending)
    for name in ("loss", "mae", "MSE", "mean_squared_error", "categorical_crossentropy", "false_negatives"):
        assert falls(prefix + name + ending)
        assert not is_accuracy(prefix + name + ending)


@pytest.mark.parametrize("word", ["acceleration", "account", "vaccine", "access", "closs", "glossary", "maenad"])
def test_a_name_inside_a_word_is_none(word):
    assert falls(f"{word}_loss")
    assert not is_accuracy(f"{word}_loss")
    for name in (word, f"val_{word}", f"{word}_f1", f"{word}_1"):
        assert not falls(name)
        assert not is_accuracy(name)


def test_the_metrics_of_keras_fall_as_keras_says():
    known = 0
    for _, kind in inspect.getmembers(keras.metrics, inspect.isclass):
        if any(each.default is each.empty for each in inspect.signature(kind).parameters.values()):
            continue
        metric = kind()
        if direction := getattr(metric, "_direction", None):
            assert falls(metric.name) == (direction == "down"), metric.name
            known += 1
    assert known > 20


def test_the_losses_of_keras_as_metrics_fall():
    for name in ("mae", "mse", "mape", "msle", "bce", "poisson", "kl_divergence", "huber_loss", "log_cosh"):
        assert falls(name)
    for name, _ in inspect.getmembers(keras.losses, inspect.isfunction):
        if name not in ("get", "serialize", "deserialize", "cosine_similarity"):
            assert falls(name), name
    for name in ("dice_coef", "dice_score"):
        assert not falls(name)
    for name in ("auc", "precision", "f1_score_0", "cosine_similarity", "mean_io_u", "roc_auc", "pr_area"):
        assert not falls(name)

"""The loss, the metrics and the scores of validation data in a range test."""

import keras
import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from helpers import on_tensorflow
from range_models import CLASSES, TARGETS, X, eager, mlp
from range_runs import batches_of, by_hand, close, range_test


def test_validation_data():
    """Measured after every third update, with what the model was compiled with; NaN elsewhere."""
    model = eager(metrics=["mae"])
    test = range_test(model, X, TARGETS, validation_data=(X[:6], TARGETS[:6]), validation_every=3, steps=8)
    assert list(test.metrics) == ["mae", "val_loss", "val_mae"]
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(test.metrics["val_loss"])), [2, 5])
    batches = batches_of(X, TARGETS, 8)
    close(test.losses, by_hand(model, test.learning_rates, batches)[0])
    rates = [*test.learning_rates[:3], 0]
    losses, errors = by_hand(model, rates, [*batches[:3], (X[:6], TARGETS[:6])])
    close(test.metrics["val_loss"][2], losses[-1])
    close(test.metrics["val_mae"][2], errors[-1])


@pytest.mark.parametrize(("units", "one_hot"), [(1, False), (2, False), pytest.param(2, True, marks=on_tensorflow)])
def test_validation_scores(units, one_hot):
    activation, loss = ("sigmoid", "binary_crossentropy") if units == 1 else ("softmax", "categorical_crossentropy")
    labels = CLASSES.astype("int32")
    targets = np.eye(2)[labels[:, 0]] if one_hot else labels
    model = mlp(units=units, activation=activation)
    model.compile("sgd", loss if one_hot or units == 1 else "sparse_" + loss, run_eagerly=one_hot)
    test = range_test(
        model,
        X,
        targets,
        validation_data=(X, targets),
        validation_every=2,
        validation_scores=["roc_auc", "pr_area"],
        **{"min_lr": 1e-9, "max_lr": 1e-8, "steps": 3},
    )
    scores = model.predict(X, verbose=0)[:, -1]
    for name, score in (("val_roc_auc", roc_auc_score), ("val_pr_area", average_precision_score)):
        close(test.metrics[name], [np.nan, score(labels[:, 0], scores), np.nan])


def test_scores_of_more_than_two_classes_are_refused():
    model = mlp(units=3, activation="softmax")
    model.compile("sgd", "sparse_categorical_crossentropy")
    data = (X, CLASSES.astype("int32"))
    with pytest.raises(ValueError, match="roc_auc is a score of two classes; the model answers with 3 numbers"):
        range_test(model, *data, validation_data=data, validation_every=1, validation_scores=["roc_auc"])


def test_a_test_that_stops_before_it_measures_has_empty_curves():
    """An accuracy of the training would be read in the place of the one that was asked for."""
    targets = np.full_like(TARGETS[:8], np.nan)
    data = (X[:6], TARGETS[:6])
    test = range_test(eager(metrics=["mae"]), X[:8], targets, validation_data=data, validation_every=5)
    assert list(test.metrics) == ["mae", "val_loss", "val_mae"]
    assert np.isnan([*test.metrics["val_loss"], *test.metrics["val_mae"]]).all()


def test_validation_data_come_in_batches_of_the_training():
    """Or in those that are asked for."""
    sizes = []

    class Sizes(keras.losses.Loss):
        def call(self, y, answer):
            sizes.append(len(y))
            return keras.ops.mean(keras.ops.square(y - answer), axis=-1)

    model = mlp()
    model.compile("sgd", Sizes(), run_eagerly=True)
    settings = {"steps": 2, "validation_data": (X[:16], TARGETS[:16]), "validation_every": 2}
    range_test(model, X[:8], TARGETS[:8], **settings)
    assert set(sizes) == {8}
    range_test(model, X[:8], TARGETS[:8], validation_batch_size=16, **settings)
    assert set(sizes) == {8, 16}

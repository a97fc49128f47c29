"""Scores of a two-class detector on unbalanced data; positives are 1, and a score grows with the class 1."""

import math
from typing import NamedTuple

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from clr_utils import arguments


class Confusion(NamedTuple):
    """Counts of a detector's answers."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int

    @property
    def recall(self):
        """TP / (TP + FN)."""
        return self.true_positives / (self.true_positives + self.false_negatives)

    @property
    def false_positive_rate(self):
        """FP / (FP + TN)."""
        return self.false_positives / (self.false_positives + self.true_negatives)

    @property
    def precision(self):
        """TP / (TP + FP); NaN where nothing was called positive."""
        called = self.true_positives + self.false_positives
        return self.true_positives / called if called else float("nan")

    @property
    def f1(self):
        """2 TP / (2 TP + FP + FN)."""
        return 2 * self.true_positives / (2 * self.true_positives + self.false_positives + self.false_negatives)


def confusion(y, scores, threshold=0.5):
    """The `Confusion` of calling positive what scores more than `threshold`.

    Args:
        y: Classes 0 and 1, both present, shape (n,).
        scores: Finite numbers, shape (n,).
        threshold: In the unit of the scores. 0.5 is what arg max means for two softmax outputs.

    Raises:
        TypeError, ValueError: y are not the two classes, scores or threshold no finite numbers; the message names them.
            So do the other functions of this file.
    """
    y, scores = checked_scores(y, scores)
    threshold = arguments.number("threshold", threshold)
    called = scores > threshold
    tp, fp = int(called[y == 1].sum()), int(called[y == 0].sum())
    return Confusion(tp, fp, int((y == 0).sum()) - fp, int((y == 1).sum()) - tp)


def roc_auc(y, scores):
    """Area under the ROC curve: the chance that a positive scores more than a negative; no prevalence in it."""
    return float(roc_auc_score(*checked_scores(y, scores)))


def pr_area(y, scores):
    """Area under the precision-recall curve as average precision; a detector that guesses has the prevalence."""
    return float(average_precision_score(*checked_scores(y, scores)))


def precision_at(prevalence, recall, false_positive_rate):
    """Precision where a share `prevalence` of the cases is positive: TPR pi / (TPR pi + FPR (1 - pi)).

    Args:
        prevalence: Share of positives, above 0 and up to 1; may be an array.
        recall, false_positive_rate: Of the detector at its threshold, which no prevalence changes; from 0 to 1, or
            arrays that go with that of the prevalence.

    Returns:
        A number or an array; NaN where recall and false_positive_rate are both 0, so that nothing is called positive.
    """
    prevalence = arguments.numbers("prevalence", prevalence, above=0, maximum=1)
    recall = arguments.numbers("recall", recall, minimum=0, maximum=1)
    false_positive_rate = arguments.numbers("false_positive_rate", false_positive_rate, minimum=0, maximum=1)
    shapes = [each.shape for each in (prevalence, recall, false_positive_rate)]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(
            "the shapes of prevalence, recall and false_positive_rate do not go together: "
            f"{', '.join(map(str, shapes))}; give numbers, or arrays of one shape"
        ) from None
    called = recall * prevalence + false_positive_rate * (1 - prevalence)
    return np.divide(recall * prevalence, called, out=np.full(called.shape, np.nan), where=called > 0)[()]


def best_threshold(y, scores, prevalence=None):
    """The threshold with the largest F1, with the classes reweighted to a prevalence.

    Args:
        y, scores: Of a validation set, never of the test set.
        prevalence: Share of positives where the threshold will be used; that of y unless given.

    Returns:
        A number half-way between two neighbouring scores, rounded to the scores' own type (float32 of a network, say),
        for `scores > threshold` to part them there; the lower of the two where no such number lies between.
    """
    own = arguments.reals("scores", scores).dtype
    own = own.type if own in (np.float16, np.float32) else np.float64
    y, scores = checked_scores(y, scores)
    prevalence = y.mean() if prevalence is None else arguments.number("prevalence", prevalence, above=0, maximum=1)
    order = np.argsort(-scores, kind="stable")
    y, scores = y[order], scores[order]
    recall, false_rate = np.cumsum(y) / y.sum(), np.cumsum(1 - y) / (1 - y).sum()
    f1 = 2 * recall * prevalence / (recall * prevalence + false_rate * (1 - prevalence) + prevalence)
    # A threshold cannot part equal scores.
    f1[:-1][scores[:-1] == scores[1:]] = -1
    last = int(np.argmax(f1))
    lowest = min(own(scores[-1] - 1), np.nextafter(own(scores[-1]), own(-np.inf)))
    below = scores[last + 1] if last + 1 < len(scores) else lowest
    middle = own(scores[last] / 2 + below / 2)
    return float(middle if below <= middle < scores[last] else below)


def negatives_above(y, scores):
    """For each positive, from the highest score down, the number of negatives that score as much or more.

    With the number of negatives this is all of the ROC and of the precision-recall curve (`curve_points`), in as many
    whole numbers as there are positives.
    """
    y, scores = checked_scores(y, scores)
    negatives = np.sort(scores[y == 0])
    return len(negatives) - np.searchsorted(negatives, np.sort(scores[y == 1])[::-1], side="left")


def log_false_positive_rate(above, negatives, recall):
    """The logarithm to base 10 of the false-positive rate at a recall.

    Args:
        above: As of `negatives_above`.
        negatives: The negatives of the test set.
        recall: The share of the positives that must be found; above 0, and 1 or less.

    Returns:
        The logarithm; no false positive counts as half of one.
    """
    above = arguments.sample("above", above, minimum=0)
    negatives = arguments.whole("negatives", negatives, unit="negatives")
    recall = arguments.number("recall", recall, above=0, maximum=1)
    return math.log10(max(above[math.ceil(recall * len(above)) - 1], 0.5) / negatives)


def curve_points(above, negatives):
    """Recall, false-positive rate and precision after each positive, from `negatives_above` and their number."""
    above = arguments.sample("above", above)
    negatives = arguments.whole("negatives", negatives, unit="negatives")
    if (above != np.floor(above)).any():
        raise ValueError(f"above must be whole numbers, as negatives_above counts; it is {above}")
    if np.any(np.diff(above) < 0) or above[0] < 0 or above[-1] > negatives:
        raise ValueError(
            f"above must rise from 0 or more to at most {negatives}, the number of negatives; it is {above}"
        )
    positives = np.arange(1, len(above) + 1)
    return positives / len(above), above / negatives, positives / (positives + above)


def checked_scores(y, scores):
    """y as whole numbers and scores as float64, shape (n,) each, when they are what `confusion` takes."""
    y = arguments.sample("y", y, bools=True)
    scores = arguments.sample("scores", scores, hint="did the training diverge?")
    if y.shape != scores.shape:
        raise ValueError(f"y and scores must have one length; y has {len(y)} entries, scores {len(scores)}")
    if set(np.unique(y)) != {0, 1}:
        raise ValueError(f"y must hold the classes 0 and 1, both of them; it holds {np.unique(y)[:5].tolist()}")
    return y.astype(int), scores

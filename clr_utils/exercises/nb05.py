"""Self-checks of notebook 05."""

import numpy as np

from clr_utils.exercises import NotYet, one_number


def check_precision_at(precision_at):
    """`precision_at(prevalence, recall, fpr)`: TPR pi / (TPR pi + FPR (1 - pi))."""
    for pi, recall, fpr in ((1 / 95.5, 0.959, 0.0112), (0.25, 0.8, 0.3), (0.5, 0.9, 0.1), (1.0, 0.6, 0.2)):
        right = recall * pi / (recall * pi + fpr * (1 - pi))
        name = f"precision_at({pi:.4g}, {recall:g}, {fpr:g})"
        answer = one_number(precision_at(pi, recall, fpr), name)
        if np.isclose(answer, right, rtol=1e-6):
            continue
        negatives_found = (1 - fpr) * (1 - pi)
        mistakes = {
            recall: "that is the recall, the share of the calcifications that are found; precision is a share of the "
            "alarms",
            recall * pi / (recall * pi + fpr): "the false alarms come from the negatives, a share 1 - prevalence of "
            "all",
            recall / (recall + fpr): "no prevalence is in it; weigh both kinds of alarm by their share of all cases",
            recall * (1 - pi) / (recall * (1 - pi) + fpr * pi): "the weights are swapped: the false-positive rate "
            "belongs to the negatives, the recall to the positives",
            1 - right: "that is the share of the alarms that are false; precision is the share that is true",
            negatives_found / (negatives_found + (1 - recall) * pi): "that is about the cases without an alarm",
            100 * right: "return a share from 0 to 1, not percent",
        }
        for wrong, hint in mistakes.items():
            if np.isclose(answer, wrong, rtol=1e-6):
                raise NotYet(f"{name} is {answer:.4g}: {hint}")
        raise NotYet(f"{name} is {answer:.4g}; take 1,000 cases, count true and false alarms by hand, and divide")


def check_false_positives(false_positives):
    """`false_positives(precision, recall, positives)`: how many negatives were called positive."""
    for precision, recall, positives in (
        (0.475, 0.959, 1164),
        (0.9232, 0.9527, 1164),
        (0.8, 0.5, 60),
        (0.65, 0.8, 60),
        (1.0, 0.9, 50),
    ):
        right = recall * positives * (1 - precision) / precision
        found = round(recall * positives)
        rounded = round(found / precision) - found, round(found * (1 - precision) / precision)
        name = f"false_positives({precision:g}, {recall:g}, {positives})"
        answer = one_number(false_positives(precision, recall, positives), name)
        if abs(answer - right) < 0.6 or answer in rounded:
            continue
        if abs(answer - right) < 1:
            raise NotYet(f"{name} is {answer:,.1f}: nearly; round, or leave the fraction, and do not cut it off")
        mistakes = {
            precision * positives * (1 - recall) / recall: "precision and recall are swapped",
            positives * (1 - precision) / precision: "not all positives are found; how many are, the recall tells",
            recall * positives / precision: "those are all the alarms; take the true ones away",
            recall * positives: "those are the true positives; precision tells how many alarms stand beside them",
            (1 - recall) * positives: "those are the false negatives: calcifications that were missed",
            (1 - precision) * positives: "1 - precision is a share of the alarms, not of the positives",
            (1 - precision) * recall * positives: "1 - precision is a share of all alarms, true and false; the true "
            "ones alone are too few",
        }
        for wrong, hint in mistakes.items():
            if abs(answer - wrong) < 0.6:
                raise NotYet(f"{name} is {answer:,.1f}: {hint}")
        raise NotYet(f"{name} is {answer:,.1f}; begin with the true positives, then with all alarms")

"""The order of scores as a text: the same areas and curves, whole or of some patients, with ties as they were."""

import numpy as np
import pytest

from clr_utils.metrics.detection import negatives_above, pr_area, roc_auc
from clr_utils.metrics.order import MOST, pack_order, unpack_order


def scored(ties):
    """400 patches of 20 patients; rounded, so that scores of either class are equal, where ties are asked for."""
    rng = np.random.default_rng(0)
    y = (rng.random(400) < 0.2).astype(int)
    scores = rng.normal(y, 1)
    return y, np.round(scores, 1) if ties else scores, np.repeat(np.arange(20), 20)


@pytest.mark.parametrize("ties", [False, True])
def test_the_order_has_the_areas_of_the_scores_also_without_a_patient(ties):
    y, scores, patients = scored(ties)
    order = unpack_order(pack_order(y, scores))
    assert order.shape == y.shape
    for kept in (np.full(len(y), True), *(patients != patient for patient in range(20))):
        for area in (roc_auc, pr_area):
            assert area(y[kept], order[kept]) == pytest.approx(area(y[kept], scores[kept]), abs=1e-12)
        assert (negatives_above(y[kept], order[kept]) == negatives_above(y[kept], scores[kept])).all()


def test_the_order_by_hand():
    """Positives at 0.2, 0.5 and 0.5; one negative each below, at and above them."""
    y, scores = [1, 1, 1, 0, 0, 0, 0], [0.2, 0.5, 0.5, 0.1, 0.2, 0.3, 0.5]
    assert unpack_order(pack_order(y, scores)).tolist() == [1, 4, 4, 0, 1, 2, 4]


def test_as_many_positives_as_16_bits_hold():
    y = np.append(np.ones(MOST), 0)
    assert unpack_order(pack_order(y, np.arange(MOST + 1)))[-2:].tolist() == [2 * MOST - 1, 2 * MOST]
    with pytest.raises(ValueError, match="y must have 32,767 positives or fewer; it has 32,768"):
        pack_order(np.append(y, 1), np.arange(MOST + 2))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (None, TypeError, "text must be what pack_order returned; it is None"),
        ("no order", ValueError, "text must be what pack_order returned; it begins with 'no order'"),
        ("bm8=", ValueError, "text must be what pack_order returned"),
        (pack_order([1, 0], [1, 0])[:12], ValueError, "text must be what pack_order returned"),
        ("", ValueError, "text must be what pack_order returned"),
    ],
)
def test_another_text_is_refused(text, error, message):
    with pytest.raises(error, match=message):
        unpack_order(text)

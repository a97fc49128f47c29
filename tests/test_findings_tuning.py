"""The plateau and the cost of tuning, on made-up records whose answers are known."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from clr_utils.findings import tuning
from clr_utils.studies import case_contrast
from clr_utils.studies import microcalcification as study


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def made_up(monkeypatch):
    """Fixed is good from 0.01 to 0.1, triangular from 0.01 to 0.3; both diverge at 1."""
    areas = {
        "fixed": (0.5, 0.9, 0.971, 0.974, 0.972, 0.966, None),
        "triangular": (0.4, 0.9, 0.97, 0.97, 0.974, 0.971, None),
    }
    level = {arm: area for kind in areas for arm, area in zip(study.peak_arms(kind).values(), areas[kind], strict=True)}
    level["range_test_bounds"] = 0.96

    def recorded(case, arm, metric, seeds):
        assert (case, seeds) == (1, 3)
        return [None if level[arm] is None else level[arm] + luck for luck in (-0.001, 0.0, 0.001)]

    monkeypatch.setattr(study, "recorded", recorded)


def test_the_plateau_is_what_lies_within_the_margin(made_up):
    assert tuning.plateau(tuning.sweep("fixed")) == (0.01, 0.1)
    assert tuning.plateau(tuning.sweep("triangular")) == (0.01, 0.3)
    assert tuning.plateau(tuning.sweep("fixed"), margin=0) == (0.03, 0.03)


def test_a_diverged_training_counts_as_0(made_up):
    assert tuning.sweep("fixed")[1.0] == [0, 0, 0]


def test_the_test_area_of_what_is_chosen_on_validation_among_k_rates():
    validation = {0.1: [0.2, 0.4], 0.2: [0.6, 0.0], 0.3: [0.4, 0.8]}
    assert tuning.chosen_of(validation, validation) == pytest.approx([0.4, 3.6 / 6, 0.7]), (
        "by hand: .6 .4, .4 .8, .6 .8"
    )
    test = {0.1: [1.0, 1.0], 0.2: [0.0, 1.0], 0.3: [1.0, 0.0]}
    assert tuning.chosen_of(validation, test) == pytest.approx([4 / 6, 2 / 6, 0.0])


def test_the_tries_that_a_sweep_needs(made_up, monkeypatch):
    best = tuning.chosen_of(tuning.sweep("fixed"), tuning.sweep("fixed"))
    needed = tuning.tries_needed()["fixed"]
    assert best[needed - 2] < 0.96 <= best[needed - 1]
    monkeypatch.setattr(tuning, "_by_range_tests", lambda: 0.98)
    assert tuning.tries_needed() == {"fixed": None, "triangular": None}


def test_the_pictures_show_the_sweeps(made_up):
    ax = tuning.plot_plateaus()
    fixed = next(line for line in ax.lines if line.get_marker() == "s")
    assert list(fixed.get_xdata()) == list(study.PEAK_RATES)
    assert fixed.get_ydata()[3] == pytest.approx(1 - 0.974)
    assert [list(line.get_xdata()) for line in ax.lines if line.get_linewidth() == 4] == [[0.01, 0.1], [0.01, 0.3]]
    ax = tuning.plot_tuning_cost()
    fixed, _, tested = ax.lines
    assert list(fixed.get_xdata()) == [24_000 * k for k in range(1, 8)]
    assert fixed.get_ydata()[-1] == pytest.approx(1 - 0.974)
    assert 24_000 < tested.get_xdata()[0] < 48_000
    assert tested.get_ydata()[0] == pytest.approx(1 - 0.96)


def test_the_arms_are_held_to_those_that_differ_in_one_cause(monkeypatch):
    means = {name: 0.1 * k for k, name in enumerate(case_contrast.arms())}

    def load_records(runs):
        return [{"metrics": {"precision": means[run.arm] + 0.01 * run.seed, "precision_shifted": 0.5}} for run in runs]

    monkeypatch.setattr(case_contrast, "load_records", load_records)
    found = case_contrast.differences("precision", seeds=3)
    assert list(found) == ["case 2's threshold", *(cause for _, cause in case_contrast.CONTRASTS.values())]
    assert found["case 2's threshold"].differences == pytest.approx([0.5, 0.49, 0.48])
    for name, (held, cause) in case_contrast.CONTRASTS.items():
        assert found[cause].differences == pytest.approx(np.full(3, means[name] - means[held]))

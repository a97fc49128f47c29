"""What is read from the recorded retraining: three steps that sum up, verdicts, arrows, and the slides' own table."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Annotation

from clr_utils.findings import retraining
from clr_utils.studies import chest_xray as study

SEEDS = study.SEEDS["pneumonia"]
SMALL = np.tile([-1.0, 1.0], 10)  # what the seeds add


@pytest.fixture
def recorded(monkeypatch):
    """Scores as if they had been recorded: for each arm one, with a thousandth of SMALL."""
    scores = {"before": 0.90, "last_rate": 0.905, "one_line": 0.94, "triangular": 0.942, "from_start": 0.97}
    scores["modified_triangular2"] = 0.905
    missing = set()

    def found(score, arm, seeds, **which):
        before = score.startswith("before_")
        value = scores["before" if before and arm == "triangular" else arm]
        return [None if value is None else value + 0.001 * SMALL[SEEDS.index(seed)] for seed in seeds]

    monkeypatch.setattr(study, "recorded_scores", found)
    monkeypatch.setattr(study, "chosen_rate", lambda network, optimizer: 0.01)
    monkeypatch.setattr(retraining, "read_record", lambda run: None if (run.arm, run.seed) in missing else {})
    return scores, missing


def test_the_slides_table():
    table = retraining.published_table()
    assert table.to_numpy().tolist() == [
        [75.10, 10, 79.59, 32, 4.49],
        [64.60, 10, 76.15, 10, 11.55],
        [66.58, 10, 88.96, 32, 22.38],
        [70.12, 10, 79.83, 36, 9.71],
    ]
    assert list(table.index) == ["Atelectasis", "Infiltration", "Fibrosis", "Pneumothorax"]


@pytest.mark.usefixtures("recorded")
def test_the_steps_lead_from_before_to_triangular():
    steps = retraining.steps("test_roc_area", SEEDS)
    assert [gains.mean() for gains in steps.values()] == pytest.approx([0.005, 0.035, 0.002])
    before, after = (np.array(retraining.values(arm, "test_roc_area", SEEDS)) for arm in ("before", "triangular"))
    np.testing.assert_allclose(sum(steps.values()), after - before, atol=1e-12)


def test_seeds_count_where_each_arm_is_recorded(recorded):
    _, missing = recorded
    missing |= {("pneumonia_alexnet_sgd_triangular", 3), ("pneumonia_alexnet_sgd_last_rate", 5)}
    assert retraining.seeds_recorded(["before"]) == (2, *SEEDS[2:])
    assert retraining.seeds_recorded(["triangular", "last_rate"]) == (2, 4, *SEEDS[4:])
    assert retraining.seeds_recorded(["one_line"], data="Effusion") == study.SEEDS["nih"]


def test_nothing_is_recorded_before_the_screening(monkeypatch):
    def missing(network, optimizer):
        raise FileNotFoundError

    monkeypatch.setattr(study, "chosen_rate", missing)
    assert retraining.seeds_recorded(["triangular"]) == ()


@pytest.mark.usefixtures("recorded")
def test_verdicts():
    table = retraining.judged("test_roc_area")
    verdicts = dict(zip(retraining.CONTRASTS, table["verdict"][::2], strict=True))
    assert list(verdicts.values()) == [
        "supported",
        "no difference beyond the margin",
        "no difference beyond the margin",
        "supported",
        "no difference beyond the margin",
        "contradicted",
    ]
    assert len(table) == 12
    assert set(table["seeds"]) == {20}
    assert table.iloc[0, 0] == "+0.042 [+0.042, +0.042]"


def test_intervals_hold_together_and_a_wide_one_is_undecided(recorded, monkeypatch):
    asked = []
    difference = retraining.paired_difference

    def spied(values, baseline, confidence):
        asked.append(confidence)
        return difference(values, np.array(baseline) + 0.02 * SMALL, confidence)

    monkeypatch.setattr(retraining, "paired_difference", spied)
    table = retraining.judged("test_roc_area")
    assert set(asked) == {1 - 0.05 / 12}
    assert table.loc["cycling: triangular against one line, no cycles", "verdict"].tolist() == ["undecided"] * 2


def test_no_verdict_while_seeds_are_missing_or_a_run_has_diverged(recorded):
    scores, missing = recorded
    missing |= {("pneumonia_alexnet_sgd_one_line", seed) for seed in (4, 5)}
    scores["from_start"] = None
    verdicts = retraining.judged("test_roc_area")["verdict"].unstack()["sgd"]
    assert verdicts["cycling: triangular against one line, no cycles"] == "2 seeds are missing"
    assert verdicts["triangular against all epochs at once"] == "20 runs diverged"
    missing |= {("pneumonia_alexnet_sgd_one_line", seed) for seed in SEEDS}
    assert "not recorded yet" in set(retraining.judged("test_roc_area")["verdict"])
    with pytest.raises(ValueError, match="score must be one of 'train_accuracy', 'test_roc_area'"):
        retraining.judged("test_pr_area")


def test_an_arrow_leads_from_the_mean_before_to_the_mean_after():
    ends = {"triangular": ([1.0, 3.0], [5.0, 9.0]), "last_rate": ([1.0, 3.0], [2.0, 3.0])}
    ax = retraining.plot_arrows(ends, unit="points")
    arrows = [child for child in ax.get_children() if isinstance(child, Annotation)]
    assert [(arrow.xyann, arrow.xy) for arrow in arrows] == [((2, 0), (7, 0)), ((2, 1), (2.5, 1))]
    dots = [line.get_xdata() for line in ax.lines if line.get_marker() == "."]
    assert [list(each) for each in dots] == [[5, 9], [2, 3]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["triangular", "last rate kept"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert ax.get_xlabel() == "points"
    plt.close("all")

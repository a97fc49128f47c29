"""What is read from the runs that ask whether a verdict of 06 holds elsewhere: by hand, and no verdict too early."""

import numpy as np
import pytest

from clr_utils.findings import contrasts, robustness
from clr_utils.studies import case_contrast
from clr_utils.studies import microcalcification as study

ONE_CYCLE, WORLD = "case1_one_cycle_", f"case1_world{study.WORLD}_"
LUCK = np.array([0.01, -0.02, 0.03, 0.0, -0.01, 0.02])


class Records:
    """Records as if the runs had been made: an arm's level of PR area, and the luck of a seed, alike for all arms."""

    def __init__(self):
        self.levels, self.above, self.missing, self.diverged = {}, {}, set(), set()

    def of(self, run):
        if run.arm not in self.levels | self.above or (run.arm, run.seed) in self.missing:
            return None
        diverged = (run.arm, run.seed) in self.diverged
        area = None if diverged else self.levels.get(run.arm, 0.9) + LUCK[run.seed]
        above = [] if diverged else [0] * 18 + [self.above.get(run.arm, 11), 5000]
        return {"metrics": {"pr_area": area}, "history": {"negatives_above": above}}


@pytest.fixture
def records(monkeypatch):
    made_up = Records()
    monkeypatch.setattr(contrasts, "read_record", made_up.of)
    monkeypatch.setattr(robustness, "load_records", lambda runs: [made_up.of(run) for run in runs])
    monkeypatch.setattr(
        robustness, "recorded_values", lambda runs, metric: [made_up.of(run)["metrics"][metric] for run in runs]
    )
    return made_up


def test_without_records_there_is_no_verdict(records):
    tables = [
        robustness.one_cycle(),
        *map(robustness.at_difficulty, ("easier", "harder")),
        robustness.causes("pr_area"),
    ]
    assert {verdict for table in tables for verdict in table["verdict"]} == {"not recorded yet"}
    assert robustness.spreads().iloc[:, :2].isna().all(axis=None)


def test_one_cycle_is_judged_once_all_seeds_are_there(records):
    records.levels = {
        ONE_CYCLE + name: level for name, level in zip(study.ONE_CYCLE_ARMS, (0.93, 0.9, 0.92), strict=True)
    }
    found = robustness.one_cycle()
    assert list(found["verdict"]) == ["supported", "contradicted", "contradicted"]
    assert found.loc["exp_range - triangular"].tolist() == ["-0.0300 [-0.0300, -0.0300]", 5, "contradicted"]
    records.missing = {(ONE_CYCLE + "triangular", 2)}
    assert list(robustness.one_cycle()["verdict"]) == ["seeds missing: 1 of 5", "contradicted", "seeds missing: 1 of 5"]


def test_in_one_cycle_the_recorded_verdicts_are_those_of_06():
    found = robustness.one_cycle()
    assert list(found["verdict"]) == ["undecided", "contradicted", "contradicted"]
    assert set(found["seeds"]) == {5}


def test_a_training_that_diverged_is_no_score(records):
    records.levels = {ONE_CYCLE + name: 0.9 for name in study.ONE_CYCLE_ARMS}
    records.diverged = {(ONE_CYCLE + "fixed_0.03", 0)}
    assert robustness.one_cycle()["verdict"].iloc[0] == "seeds with a run that diverged: 1 of 5"


@pytest.mark.parametrize("difficulty", ["easier", "harder"])
def test_a_difficulty_has_its_own_arms(records, difficulty):
    levels = {"triangular": 0.93, "fixed_0.016": 0.93, "fixed_0.03": 0.9}
    records.levels = {f"case1_{difficulty}_{name}": level for name, level in levels.items()}
    found = robustness.at_difficulty(difficulty)
    assert list(found["verdict"]) == ["no difference beyond the margin", "supported"]
    assert set(found["seeds"]) == {study.SWEEP_SEEDS}
    other = {"easier": "harder", "harder": "easier"}[difficulty]
    assert set(robustness.at_difficulty(other)["verdict"]) == {"not recorded yet"}


def test_intervals_hold_together(records, monkeypatch):
    asked = []
    monkeypatch.setattr(contrasts, "judged_row", lambda *given: asked.append(given[4]) or ("", 0, ""))
    robustness.one_cycle()
    robustness.at_difficulty("easier")
    robustness.causes("pr_area")
    assert sorted({round(1 - confidence, 6) for confidence in asked}) == [
        round(0.05 / together, 6) for together in (16, 4, 3)
    ]


def test_the_causes_of_case_2_by_hand(records):
    """110 or 11 of 110,000 negatives lie above recall 0.95: a power of ten."""
    records.above = dict.fromkeys(case_contrast.arms(), 110) | {"random": 11}
    found = robustness.causes("false_positives")
    assert list(found.index) == [cause for _, cause in case_contrast.CONTRASTS.values()]
    assert found.loc["negatives from all patients"].tolist() == ["+1.0000 [+1.0000, +1.0000]", 5, "supported"]
    assert found.loc["more data from all patients, at equal updates", "verdict"] == "contradicted"
    assert found.loc["twice the updates", "verdict"] == "no difference beyond the margin"
    records.levels = dict.fromkeys(case_contrast.arms(), 0.9) | {"longer": 0.95}
    assert robustness.causes("pr_area").loc["twice the updates", "verdict"] == "supported"


def test_the_recorded_causes_are_those_of_06():
    """Twice the updates leave a third of the false positives; weights and more patches more than double them."""
    found = robustness.causes("false_positives")["verdict"]
    assert set(found[found == "contradicted"].index) == {
        "negatives weighted as in case 2",
        "more data from all patients, at equal updates",
    }
    assert set(found) == {"contradicted", "undecided"}
    area = robustness.causes("pr_area")["verdict"]
    equal = {"one cycle instead of three", "10 epochs instead of 12"}
    assert set(area[area == "no difference beyond the margin"].index) == equal
    assert set(area.drop(list(equal))) == {"undecided"}


def test_the_intervals_of_the_figure_in_06_are_those_of_the_verdicts():
    drawn = case_contrast.differences("log_fpr", together=robustness.CAUSES_TOGETHER)
    assert 10 ** drawn["twice the updates"].mean == pytest.approx(1 / 3, rel=0.1)
    assert drawn["twice the updates"].high < 0
    for cause in ("negatives weighted as in case 2", "more data from all patients, at equal updates"):
        assert 2 < 10 ** drawn[cause].mean < 3
    for cause, row in robustness.causes("false_positives")["false_positives"].items():
        pairs = drawn[cause]
        assert row == f"{-pairs.mean:+.4f} [{-pairs.high:+.4f}, {-pairs.low:+.4f}]"
    assert case_contrast.differences("precision")["case 2's threshold"].low > 0


def test_the_margins_are_those_of_the_designs():
    assert study.DESIGN["margin"].startswith(f"{robustness.ENDPOINTS['pr_area']} of PR area")
    assert case_contrast.DESIGN["margin"].startswith(f"{robustness.ENDPOINTS['false_positives']}, ")
    assert f"{robustness.ENDPOINTS['pr_area']} for PR area" in case_contrast.DESIGN["margin"]


def test_spreads_over_worlds_and_over_weights_by_hand(records):
    records.levels = {"case1_exp_range": 0.9, WORLD + "exp_range": 0.9, WORLD + "triangular": 0.9}
    records.missing = {(WORLD + "triangular", seed) for seed in (1, 2, 3, 4)}
    found = robustness.spreads()
    assert found.loc["exp_range"].tolist() == pytest.approx(
        [LUCK[:5].std(ddof=1), LUCK[1:].std(ddof=1), 5, 5], nan_ok=True
    )
    assert found.loc["triangular"].tolist() == pytest.approx([np.nan, np.nan, 0, 1], nan_ok=True)


def test_the_spread_of_every_cyclical_policy_is_measured_in_one_world():
    """Claim 4 is about exp_range beside the other two; the published spreads are over runs on one data set."""
    assert set(study.CYCLICAL) <= set(study.WEIGHT_ARMS)
    runs = study.weight_runs()
    assert {run.settings["world"] for run in runs} == {study.WORLD}
    assert {(run.arm, run.seed) for run in runs} == {
        (WORLD + name, seed) for name in study.WEIGHT_ARMS for seed in (1, 2, 3, 4, 5)
    }


def test_what_06_says_of_one_world_and_of_other_difficulties_is_recorded():
    found = robustness.spreads()
    assert (found.iloc[:, 2:] == 5).all(axis=None)
    within = found["over weights in one world"]
    assert within["exp_range"] == pytest.approx(within["triangular2"], rel=0.1)
    assert within["exp_range"] < 2 * within["triangular"]
    for difficulty in robustness.DIFFICULTIES:
        assert robustness.at_difficulty(difficulty).loc["triangular - fixed 0.03", "verdict"] == "undecided"


def test_another_difficulty_or_endpoint_is_refused():
    with pytest.raises(ValueError, match="difficulty must be .*easier"):
        robustness.at_difficulty("hard")
    with pytest.raises(ValueError, match="endpoint must be .*pr_area"):
        robustness.causes("auc")

"""What is read from the X-rays' records: the published gains, three steps that add up, and no verdict too early."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from scipy import stats

from clr_utils import experiments
from clr_utils.datasets.chest_xray import finding_or_none, load_chest_sample, patient_split
from clr_utils.findings import contrasts, retraining
from clr_utils.metrics.comparison import t_interval
from clr_utils.studies import chest_xray as study
from clr_utils.styles import style_of

SEEDS = tuple(range(2, 22))
CYCLING = {"cycling": ("triangular", "one_line")}
BACKWARDS = {"cycling": ("one_line", "triangular")}


class Records:
    """Records as if the study had been run: each arm's gain over "before", in points or hundredths of ROC area."""

    def __init__(self):
        self.gains = {arm: 1.0 + number for number, arm in enumerate(study.ARMS)}
        self.swing = 0.5  # up in even seeds and down in odd ones, of triangular alone
        self.missing, self.diverged = set(), set()

    def of(self, run):
        _, _, optimizer, arm = run.arm.split("_", 3)
        if (arm, run.seed) in self.missing:
            return None
        gain = self.gains[arm] + (self.swing * (-1) ** run.seed if arm == "triangular" else 0)
        before = {"train_accuracy": 70 + run.seed / 10, "test_roc_area": 0.9 + run.seed / 1000}
        after = {name: value + gain / (1 if value > 1 else 100) for name, value in before.items()}
        if (arm, optimizer, run.seed) in self.diverged:
            after = dict.fromkeys(after)
        return {"metrics": {**after, **{f"before_{name}": value for name, value in before.items()}}}


@pytest.fixture
def records(monkeypatch):
    made = Records()
    monkeypatch.setattr(study, "chosen_rate", lambda network, optimizer: 0.003)
    for home in (contrasts, experiments):
        monkeypatch.setattr(home, "read_record", made.of)
    return made


@pytest.fixture(autouse=True)
def figures_closed():
    yield
    plt.close("all")


def verdict_of(score="train_accuracy", contrasts=CYCLING, optimizer="sgd", **more):
    return retraining.judged(score, contrasts=contrasts, **more).loc[(next(iter(contrasts)), optimizer), "verdict"]


def test_the_published_table_as_read_on_the_slides():
    found = retraining.published_table()
    assert dict(zip(found.index, found.itertuples(index=False, name=None), strict=True)) == {
        "Atelectasis": (75.10, 10, 79.59, 32, 4.49),
        "Infiltration": (64.60, 10, 76.15, 10, 11.55),
        "Fibrosis": (66.58, 10, 88.96, 32, 22.38),
        "Pneumothorax": (70.12, 10, 79.83, 36, 9.71),
    }
    assert [name.split(" (")[0] for name in found] == ["before", "epochs", "after CLR", "epochs, CLR", "gain"]


def test_the_steps_lead_from_before_to_triangular():
    pairs = list(retraining.STEPS.values())
    assert (pairs[0][1], pairs[-1][0]) == ("before", "triangular")
    assert all(without == reached for (reached, _), (_, without) in pairwise(pairs))


def test_the_steps_add_up_to_the_gain(records):
    records.gains |= {"last_rate": 0.5, "one_line": 4.0, "triangular": 5.0}
    for score, unit in (("train_accuracy", 1), ("test_roc_area", 0.01)):
        steps = retraining.steps(score, (2, 3), optimizer="adam")
        before, after = (retraining.values(arm, score, (2, 3), optimizer="adam") for arm in ("before", "triangular"))
        np.testing.assert_allclose(sum(steps.values()), after - before)
        np.testing.assert_allclose(steps["more epochs"], [0.5 * unit] * 2)
        np.testing.assert_allclose(steps["a rate that rises again"], [3.5 * unit] * 2)
        np.testing.assert_allclose(steps["cycling"], [1.5 * unit, 0.5 * unit])


def test_the_mean_steps_of_several_networks_in_the_units_of_a_table(records):
    records.gains |= {"last_rate": 0.5, "one_line": 4.0, "triangular": 5.0}
    records.missing, records.diverged = {("last_rate", 3)}, {("triangular", "rmsprop", 2)}
    found = retraining.mean_steps([("alexnet", "adam"), ("densenet", "rmsprop")])
    assert found.index.droplevel("score").unique().tolist() == [("alexnet", "adam"), ("densenet", "rmsprop")]
    assert (found["seeds"] == len(SEEDS) - 1).all()
    one_up = 1 / 38  # the swing of 0.5, up in ten seeds of these nineteen and down in nine
    for unit in ("training accuracy, points", "test ROC area, hundredths"):
        np.testing.assert_allclose(found.xs(unit)["more epochs"], 0.5)
        np.testing.assert_allclose(found.xs(unit)["a rate that rises again"], 3.5)
        np.testing.assert_allclose(found.xs(unit)["cycling"], [1 + one_up, np.nan])


def test_the_mean_steps_of_what_is_not_recorded_are_no_numbers(records):
    records.missing = {("one_line", seed) for seed in SEEDS}
    found = retraining.mean_steps([("mobilenet", "sgd")])
    assert found[list(retraining.STEPS)].isna().all(axis=None)
    assert (found["seeds"] == 0).all()


def test_how_many_networks_of_the_nih_images_never_left_always_no():
    """08, beside the verdicts on the NIH findings: with SGD nearly all, with Adam before phase 2 every one."""
    xrays, seeds = load_chest_sample(), study.SEEDS["nih"]

    def stayed(finding, arm, optimizer):
        labels = [patient_split(finding_or_none(xrays, finding), finding, seed).y_train for seed in seeds]
        share = [100 * (1 - each.mean()) for each in labels]
        scores = retraining.values(arm, "train_accuracy", seeds, data=finding, optimizer=optimizer)
        return int(np.isclose(scores, share, atol=0.01).sum())

    assert [stayed(finding, "before", "adam") for finding in study.NIH] == [10, 10, 10]
    assert stayed("Effusion", "from_start", "adam") == 8
    ends = [stayed(finding, arm, "sgd") for finding in study.NIH for arm in ("last_rate", "one_line", "triangular")]
    assert sum(ends) == 85, "of ninety"


def test_on_validation_images_the_line_loses_nothing():
    """08, where it asks whether the loss on test images is overfitting."""
    one_line, last_rate = (
        retraining.values(arm, "validation_roc_area", SEEDS, optimizer="adam") for arm in ("one_line", "last_rate")
    )
    assert t_interval(one_line - last_rate).low > -0.001


def test_before_is_what_triangulars_own_records_say_of_phase_1(records, monkeypatch):
    asked = []
    monkeypatch.setattr(experiments, "read_record", lambda run: asked.append(run.arm) or records.of(run))
    np.testing.assert_allclose(retraining.values("before", "train_accuracy", (2, 5)), [70.2, 70.5])
    assert set(asked) == {"pneumonia_alexnet_sgd_triangular"}
    np.testing.assert_allclose(retraining.values("from_start", "train_accuracy", (2, 5)), [75.2, 75.5])


def test_a_run_that_diverged_is_no_number(records):
    records.diverged = {("last_rate", "sgd", 3)}
    found = retraining.values("last_rate", "train_accuracy", (2, 3, 4))
    assert np.isnan(found).tolist() == [False, True, False]
    steps = retraining.steps("train_accuracy", (2, 3), optimizer="sgd")
    assert [np.isnan(gains).tolist() for gains in steps.values()] == [[False, True], [False, True], [False, False]]


def test_seeds_are_those_with_a_record_of_every_arm(records):
    assert retraining.seeds_recorded(["triangular", "one_line"]) == SEEDS
    assert retraining.seeds_recorded(["triangular"], data="Infiltration", optimizer="adam") == tuple(range(2, 12))
    records.missing = {("triangular", 3), ("one_line", 7), ("last_rate", 9)}
    assert retraining.seeds_recorded(["one_line", "before"]) == tuple(seed for seed in SEEDS if seed not in (3, 7))
    assert retraining.seeds_recorded(iter(["one_line"])) == tuple(seed for seed in SEEDS if seed != 7)


def test_without_its_screening_nothing_is_recorded(records, monkeypatch):
    def missing(network, optimizer):
        raise FileNotFoundError

    monkeypatch.setattr(study, "chosen_rate", missing)
    assert retraining.seeds_recorded(["triangular"]) == ()
    assert verdict_of() == "not recorded yet"


def test_an_unknown_arm_score_or_data_is_refused(records):
    with pytest.raises(ValueError, match=r"arms must be one of 'before', 'triangular'.*it is 'cosine'"):
        retraining.seeds_recorded(["cosine"])
    with pytest.raises(ValueError, match=r"data must be one of 'pneumonia', 'Effusion'.*it is 'Hernia'"):
        retraining.judged("train_accuracy", data="Hernia")
    with pytest.raises(ValueError, match="score must be one of 'train_accuracy', 'test_roc_area'"):
        retraining.judged("test_accuracy")


def test_what_is_judged_is_what_the_design_says(records):
    assert list(retraining.CONTRASTS.values()) == [
        ("triangular", "before"),
        ("modified_triangular2", "before"),
        ("last_rate", "before"),
        ("one_line", "last_rate"),
        ("triangular", "one_line"),
        ("triangular", "from_start"),
    ]
    found = retraining.judged("train_accuracy")
    assert list(found.index) == [(claim, optimizer) for claim in retraining.CONTRASTS for optimizer in ("sgd", "adam")]
    assert retraining.MARGINS == {"train_accuracy": 1.0, "test_roc_area": 0.01}


def test_test_patients_of_the_nih_are_not_judged(records):
    with pytest.raises(ValueError, match=r"test_roc_area of Effusion is untestable.*train_accuracy"):
        retraining.judged("test_roc_area", data="Effusion")
    found = retraining.judged("train_accuracy", data="Effusion", contrasts=CYCLING)
    assert list(found["seeds"]) == [10, 10]


@pytest.mark.parametrize("score", retraining.MARGINS)
@pytest.mark.parametrize(
    ("gain", "swing", "verdict", "of_the_reverse"),
    [
        (2.0, 0.5, "supported", "contradicted"),
        (-2.0, 0.5, "contradicted", "supported"),
        (0.3, 0.5, "no difference beyond the margin", "no difference beyond the margin"),
        (1.0, 0.5, "undecided", "undecided"),
        (0.0, 3.0, "undecided", "undecided"),
    ],
)
def test_the_verdict_is_about_the_first_being_better(records, score, gain, swing, verdict, of_the_reverse):
    """A swing of 0.5 makes an interval of 0.3 to each side, one of 3 one of 1.7; the margin is 1, or a hundredth."""
    records.gains |= {"one_line": 3.0, "triangular": 3.0 + gain}
    records.swing = swing
    assert verdict_of(score) == verdict
    assert verdict_of(score, BACKWARDS) == of_the_reverse


def test_a_difference_reads_from_the_mean_to_both_ends(records):
    records.gains |= {"one_line": 3.0, "triangular": 1.0}
    for score, text in (
        ("train_accuracy", "-2.0 [-2.3, -1.7]"),
        ("test_roc_area", "-0.020 [-0.023, -0.017]"),
    ):
        assert list(retraining.judged(score, contrasts=CYCLING)["difference"]) == [text] * 2
    records.gains["one_line"], records.swing = 1.0001, 0.0
    assert retraining.judged("test_roc_area", contrasts=CYCLING).iloc[0, 0] == "+0.000 [+0.000, +0.000]"


def test_twelve_intervals_hold_together(records):
    records.swing = 4.0
    half = 4 * np.sqrt(20 / 19) / np.sqrt(20) * stats.t.ppf(1 - 0.05 / 12 / 2, 19)
    (claim,) = (claim for claim, pair in retraining.CONTRASTS.items() if pair == CYCLING["cycling"])
    middle = records.gains["triangular"] - records.gains["one_line"]
    wanted = f"{middle:+.1f} [{middle - half:+.1f}, {middle + half:+.1f}]"
    assert retraining.judged("train_accuracy").loc[(claim, "adam"), "difference"] == wanted
    assert retraining.judged("train_accuracy", contrasts=CYCLING).iloc[1, 0] != wanted


def test_there_is_no_verdict_while_seeds_are_missing(records):
    records.missing = {("one_line", 21)}
    assert verdict_of() == "seeds missing: 1 of 20"
    assert retraining.judged("train_accuracy", contrasts=CYCLING).iloc[0, 1] == 19
    assert verdict_of(data="Effusion") == "undecided"
    records.missing = {("one_line", seed) for seed in SEEDS[1:]}
    assert retraining.judged("train_accuracy", contrasts=CYCLING).iloc[0].tolist() == ["-", 1, "not recorded yet"]


def test_there_is_no_verdict_where_a_run_diverged(records):
    records.diverged = {("one_line", "sgd", 3), ("triangular", "sgd", 3), ("triangular", "sgd", 4)}
    found = retraining.judged("train_accuracy", contrasts=CYCLING)
    assert found.iloc[0].tolist() == ["-", 20, "seeds with a run that diverged: 2 of 20"]
    assert found.iloc[1, 2] == "undecided"
    records.missing = {("one_line", 21)}
    assert verdict_of() == "seeds with a run that diverged: 2 of 19"


def test_what_the_other_networks_show():
    """08, looked at: on training images cycling adds in no row; on test images one row repeats alexnet with Adam."""
    found = retraining.mean_steps(study.OTHERS)
    assert len(found) == 14
    assert (found["seeds"] == study.FEWER_SEEDS).all()
    assert (found.xs("training accuracy, points")["cycling"] < 0).all()
    areas = found.xs("test ROC area, hundredths")
    assert areas.loc[("alexnet", "rmsprop"), "a rate that rises again"] == pytest.approx(-4, abs=0.5)
    assert 2.5 < areas.loc[("alexnet", "rmsprop"), "cycling"] < 3
    rest = areas.drop(("alexnet", "rmsprop"))
    assert (rest["a rate that rises again"] > -1).all()
    assert (rest["cycling"] < 0.5).all()
    for network, optimizer in study.OTHERS:
        assert study.chosen_rate(network, optimizer) == max(study.SCREENED_RATES[optimizer])


# The arrows

ENDS = {"triangular": ([60, 70], [72, 80]), "last_rate": ((62, 70), np.array([66, 64]))}


def arrows(ax):
    return [(text.xyann, text.xy, to_hex(text.arrow_patch.get_edgecolor())) for text in ax.texts if text.arrow_patch]


def test_an_arrow_leads_from_the_mean_before_to_the_mean_after():
    ax = retraining.plot_arrows(ENDS, unit="accuracy (%)")
    colors = [to_hex(style_of(arm).color) for arm in ENDS]
    assert arrows(ax) == [((65, 0), (76, 0), colors[0]), ((66, 1), (65, 1), colors[1])]
    assert ax.get_xlabel() == "accuracy (%)"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["triangular", "last rate kept"]


def test_rows_run_from_the_top():
    ax = retraining.plot_arrows(ENDS, unit="accuracy (%)")
    low, high = ax.get_ylim()
    assert low > 1.25
    assert high < -0.25


def test_every_seed_has_a_tick_before_and_a_dot_after_and_their_mean_is_named():
    ax = retraining.plot_arrows(ENDS, unit="accuracy (%)")
    *marks, start = ax.lines
    drawn = [(line.get_marker(), line.get_xdata().tolist(), set(line.get_ydata())) for line in marks]
    assert drawn == [
        ("|", [60, 70], {-0.25}),
        ("o", [72, 80], {0.25}),
        ("|", [62, 70], {0.75}),
        ("o", [66, 64], {1.25}),
    ]
    assert start.get_xdata() == [65.5, 65.5]
    (named,) = (text for text in ax.texts if not text.arrow_patch)
    assert (named.get_text(), named.xy[0]) == ("before", 65.5)


def test_where_hardly_anything_moved_a_bar_takes_the_arrows_place():
    still = {"last_rate": ([60, 70], [60.3, 70.1]), "mean_rate": ([60, 70], [60, 70])}
    ax = retraining.plot_arrows(ENDS | still, unit="accuracy (%)")
    assert len(arrows(ax)) == 1, "an arrowhead would be longer than the way"
    bars = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines[-2:]]
    assert bars == [(pytest.approx(65.2), 1), (65, 2)]


def test_arrows_are_drawn_where_they_are_told():
    _, panels = plt.subplots(1, 2)
    assert retraining.plot_arrows({"triangular": ([1, 2], [1, 2])}, panels[1], unit="area") is panels[1]
    assert not panels[0].texts
    panels[1].figure.canvas.draw()


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        ([([1], [2])], "ends must be a dict from an arm to its scores before and after"),
        ({}, "ends must have one arm or more"),
        ({"no_such": ([1], [2])}, "no policy or arm is called 'no_such'"),
        ({"triangular": ([1, 2], [2])}, r"ends\['triangular'\] has 2 scores before and 1 after; give one a seed each"),
        ({"triangular": ([1, 2], [2, None])}, r"ends\['triangular'\], after.* must be a number; it is None"),
        ({"triangular": ([1, np.nan], [2, 3])}, r"ends\['triangular'\], before, must be finite.*did a run diverge\?"),
        ({"triangular": ([], [])}, r"ends\['triangular'\], before, must be one or more numbers"),
    ],
)
def test_arrows_that_cannot_be_drawn_are_refused(ends, message):
    with pytest.raises((TypeError, ValueError), match=message):
        retraining.plot_arrows(ends, unit="accuracy (%)")
    with pytest.raises(TypeError, match="ax must be one Axes"):
        retraining.plot_arrows({"triangular": ([1], [2])}, "ax", unit="accuracy (%)")

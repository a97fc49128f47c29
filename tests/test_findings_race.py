"""What is read from the recorded race: when a target is reached, what each part adds, and no verdict too early."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from clr_utils.citations import published
from clr_utils.experiments import load_records
from clr_utils.findings import contrasts, race
from clr_utils.metrics.comparison import t_interval
from clr_utils.studies import cifar10 as study
from clr_utils.studies.rates import rate_of_each_update
from clr_utils.studies.smith import ADAPTIVE, RESIDUAL, RESIDUAL_RATES, TABLE_3

UPDATES = np.arange(1, 7) * 500


@pytest.mark.parametrize(
    ("accuracies", "reached"),
    [
        ([60, 70, 79, 81, 82, 83], 2000),
        ([60, 82, 71, 70, 84, 85], 2500),
        ([60, 70, 80, 80, 79, 79], 1500),
        ([81, 82, 60, 60, 60, 60], 500),
        ([60, 65, 70, 75, 78, 79], None),
        ([60, 65, 70, 75, 78, 81], None),
    ],
)
def test_a_target_is_reached_by_two_readings_in_a_row(accuracies, reached):
    assert race.updates_to_target(UPDATES, accuracies, 80) == reached


def test_readings_that_do_not_belong_to_the_updates_are_refused():
    with pytest.raises(ValueError, match=r"updates \(6\) and accuracies \(5\)"):
        race.updates_to_target(UPDATES, [1] * 5, 80)
    with pytest.raises((TypeError, ValueError), match="accuracies"):
        race.updates_to_target(UPDATES, [1, 2, 3, 4, 5, float("nan")], 80)


def test_smiths_range_test_on_the_reduced_images():
    """07: the accuracy begins to climb at 0.001, climbs fast until 0.006, and slowly and more roughly on to 0.02."""
    updates, curves = study.recorded_curves("range_test", seeds=study.SEEDS["reduced"][: study.FEWER_SEEDS])
    rates, mean = 0.02 * updates / updates[-1], curves.mean(axis=0)
    assert rates[np.flatnonzero(mean > mean[0] + 3)[0]] == pytest.approx(0.001, rel=0.5)
    at = {rate: mean[np.argmin(abs(rates - rate))] for rate in (0.001, 0.006, 0.02)}
    assert 0 < (at[0.02] - at[0.006]) / 14 < (at[0.006] - at[0.001]) / 5 / 5, "points for each 0.001"
    falls = np.diff(curves) < -1
    assert falls[:, rates[1:] > 0.006].mean() > 1.4 * falls[:, rates[1:] <= 0.006].mean()
    assert (rates[curves.argmax(axis=1)] > 0.012).all(), "twice 0.006 could be read off as well"


def test_the_sigmoid_network_is_looked_at_in_training_accuracy():
    """07's row 12: 6.2 points ahead of 0.001 and 1.3 of the mean rate, in each of five seeds; not ten."""
    seeds = study.SEEDS["reduced"][: study.FEWER_SEEDS]
    names = ("sigmoid_fixed", "sigmoid_triangular", "sigmoid_mean")
    fixed, cycles, mean = (
        np.array(
            [record["history"]["train_accuracy"][-1] for record in load_records(study.study_runs([name], seeds=seeds))]
        )
        for name in names
    )
    last_cycle = [study.recorded_curves(name, seeds=seeds)[1][:, -8:].mean() for name in names]
    np.testing.assert_allclose(last_cycle[1] - np.array(last_cycle)[[0, 2]], [7.0, 1.9], atol=0.05)
    assert round(np.mean(cycles - fixed), 1) == 6.2
    assert round(np.mean(cycles - mean), 1) == 1.3
    assert (cycles > mean).all()
    assert (cycles - fixed < 10).all()


@pytest.mark.parametrize(
    ("exp", "at_peak", "at_feet"), [("exp_0.006", -0.8, [0, 0.07]), ("exp_0.001", 0.1, [1.0, 1.0])]
)
def test_exp_range_against_exp_at_its_peak_and_at_the_feet_beside_it(exp, at_peak, at_feet):
    """As 07 says of claim 11; 42,000 iterations are ten and a half cycles."""
    seeds = study.SEEDS["reduced"][:5]
    peak, *feet = (
        np.subtract(race.at_iteration("exp_range_bounds", end, seeds), race.final(exp, seeds)).mean()
        for end in (42_000, 40_000, 44_000)
    )
    assert peak == pytest.approx(at_peak, abs=0.05)
    assert feet == pytest.approx(at_feet, abs=0.05)


def test_without_drops_fixed_is_reached_in_25000_iterations_and_without_cycles_too():
    """As 07, README and TEACHING say of claim 9: five seeds, looked at."""
    seeds = study.SEEDS["reduced"][: study.FEWER_SEEDS]
    fixed = race.final("fixed", seeds)
    ahead = {name: np.subtract(race.final(name, seeds), fixed).mean() for name in ("triangular2", "mean_drops")}
    assert ahead == pytest.approx({"triangular2": 0.5, "mean_drops": 1.1}, abs=0.05)


def test_at_the_full_scale_one_run_of_each_ends_level():
    """As 07, README and TEACHING say: within a third of a point; at the reduced scale it is two."""
    ends = {name: race.final(name, (2,), "full")[0] for name in ("fixed_staged", "triangular2", "mean_drops")}
    behind = {name: ends["fixed_staged"] - ends[name] for name in ends}
    assert behind == pytest.approx({"fixed_staged": 0, "triangular2": 0.1, "mean_drops": 0.25}, abs=0.01)


def test_a_triangle_that_stops_half_way_up_is_two_points_below_its_last_foot():
    foot, end = (race.at_iteration("triangular", n, study.SEEDS["reduced"]) for n in (24_000, 25_000))
    assert np.subtract(foot, end).mean() == pytest.approx(2, abs=0.1)


def test_the_published_lead_of_exp_range():
    table_1 = (published(f"smith.cifar10.table1.{name}.accuracy").value for name in ("exp_range", "exp"))
    assert np.subtract(*table_1) == pytest.approx(3.1)


def test_other_optimizers_are_looked_at_as_07_says():
    """Claim 13, one seed: 25,000 iterations with cycles against 70,000 at their lower bound."""
    ends = {name: race.final(name, (2,))[0] for name in TABLE_3}
    gains = {name: race.at_iteration(f"{name}_triangular", 25_000, (2,))[0] - ends[f"{name}_low"] for name in ADAPTIVE}
    assert [gains[name] for name in ("nesterov", "adam", "rmsprop")] == pytest.approx([-2, -2, -2], abs=0.4)
    assert [gains["adagrad"], gains["adadelta"]] == pytest.approx([3, 4], abs=0.2)
    ahead = {name: ends[f"{name}_high"] - ends[f"{name}_low"] > gains[name] for name in ADAPTIVE}
    assert [name for name in ahead if ahead[name]] == ["rmsprop", "adadelta"]


def test_residual_networks_are_looked_at_as_07_says():
    """Claim 14, one seed: the cycles against the best of three fixed rates."""
    behind = []
    for name, (_, (high, *_)) in RESIDUAL.items():
        fixed = max(race.final(f"{name}_fixed_{rate}", (2,))[0] for rate in RESIDUAL_RATES)
        behind.append(fixed - race.final(f"{name}_triangular_{high}", (2,))[0])
    assert behind == pytest.approx([0.4, 0.1, 1.0], abs=0.05)


def test_without_drops_the_cycles_are_not_worse_than_their_mean():
    """07: by 0.6 points ahead, with an interval from 0.0 to 1.2, while triangular2's rate sinks to about 0.001."""
    row = race.judged({"cycles": ("cycles_no_drops", "mean_no_drops")}).loc["cycles"]
    assert row.tolist() == ["+0.62 [+0.04, +1.19]", 10, "undecided"]
    rates = rate_of_each_update(study.arms("full")["cycles_no_drops"]["policy"], 25_000)
    assert rates[-4_000:].max() < 0.0012


def test_a_foot_is_good_and_less_than_a_quarter_of_that_is_learning():
    """07, between the feet and the peaks of triangular2, and where its stage means are read at the same moments."""
    with_cycles, without = (race.at_feet(name, study.SEEDS["reduced"]) for name in ("triangular2", "mean_drops"))
    assert 0 < without.mean() < with_cycles.mean() / 4
    assert t_interval(with_cycles - without) == pytest.approx((2.8, 2.4, 3.3), abs=0.05)


def test_decay_is_ahead_for_2500_iterations_and_triangular2_stays_below_its_last_rate():
    """07: of the race's recorded curves, and of the rates of Table 2."""
    updates, decay = study.recorded_curves("decay")
    ahead = decay.mean(axis=0) - study.recorded_curves("triangular2")[1].mean(axis=0)
    assert (ahead[2 * updates <= 2_500] > 0.5).all()
    assert ahead[2 * updates == 3_000] < 0.5
    assert ahead[2 * updates == 4_000] < 0
    rates = rate_of_each_update(study.arms("full")["triangular2"]["policy"], 25_000)
    assert (rates[-9_000:] < 0.001).all()
    assert rates[:16_000].max() == pytest.approx(0.005, rel=0.01)


@pytest.mark.parametrize(
    ("contrasts", "first"),
    [(race.WINDOWS, "+0.25 [-0.07, +0.58]"), (race.BOUNDS, "-0.52 [-1.04, +0.01]")],
    ids=["claim 15", "claim 18"],
)
def test_windows_and_shares_of_max_lr_are_judged_as_07_says(contrasts, first):
    """Welch's window: from 0.1 points worse to 0.6 better. A third of max_lr: from 1.0 points worse to level."""
    found = race.judged(contrasts)
    assert list(found["verdict"]) == ["undecided", "no difference beyond the margin"]
    assert found.iloc[0]["points of accuracy"] == first
    assert set(found["seeds"]) == {10}


def test_the_number_of_cycles_is_judged_as_07_says():
    """Claims 16 and 25: all undecided, the means within 0.4 points, no gain of half a point over one cycle or two."""
    found = race.judged(race.CYCLES)
    assert set(found["verdict"]) == {"undecided"}
    assert set(found["seeds"]) == {10}
    assert list(found["points of accuracy"]) == [
        "+0.12 [-0.70, +0.94]",
        "+0.22 [-0.25, +0.70]",
        "-0.26 [-0.84, +0.32]",
        "-0.17 [-0.70, +0.36]",
        "+0.10 [-0.72, +0.91]",
    ]
    ends = [race.final(f"cycles_{number}", study.SEEDS["reduced"]) for number in (1, 2, 3, 4, 6, 12)]
    assert np.ptp(np.mean(ends, axis=1)) < 0.4 < np.ptp(ends, axis=1).min()


def test_the_recorded_votes_are_judged_as_07_says():
    """The snapshots' vote is behind the last of them, and far ahead of unrelated networks, which gain by voting."""
    found = race.judged_votes()
    assert list(found["verdict"]) == ["undecided", "supported"]
    assert found.iloc[0]["points of accuracy"] == "-0.60 [-0.82, -0.39]"
    assert found.iloc[1]["points of accuracy"] == "+5.17 [+4.80, +5.55]"
    assert set(found["seeds"]) == {10}
    means = {who: np.mean(values) for who, values in race.votes(study.SEEDS["reduced"]).items()}
    assert max(means, key=means.get) == "the last snapshot alone"
    gain = means["six unrelated networks, voting"] - means["one unrelated network alone"]
    assert gain == pytest.approx(3, abs=0.5)


def test_the_parts_lead_from_the_start_to_the_end(recorded_race):
    seeds = (2, 3)
    parts = race.parts(seeds)
    start = race.at_iteration("fixed_staged", 25_000, seeds)
    np.testing.assert_allclose(np.add(start, sum(list(parts.values())[:3])), race.final("triangular2", seeds))
    np.testing.assert_allclose(np.add(start, sum(parts.values())), race.final("fixed_staged", seeds))
    np.testing.assert_allclose(parts["cycles around that rate"], -0.5)


def test_a_reading_that_was_not_taken_is_refused(recorded_race):
    with pytest.raises(ValueError, match="every 500 iterations"):
        race.at_iteration("triangular2", 24_900, (2,))


def test_verdicts_are_about_the_first_being_better(recorded_race):
    found = race.judged()
    assert len(found) == len(race.CONTRASTS)
    assert found.loc["claim 10: triangular2 against decay", "verdict"] == "supported"
    assert found.loc["claim 9: triangular2 against fixed, 70,000", "verdict"] == "contradicted"
    assert found.loc["the drops, with cycles", "verdict"] == "not recorded yet"


def test_intervals_that_are_judged_together_are_wider(recorded_race, monkeypatch):
    gains = np.where(np.arange(10) % 2, 0.3, -0.3)
    final = {"triangular2": gains.tolist(), "decay": [0.0] * 10}
    monkeypatch.setattr(race, "final", lambda name, wanted, scale="reduced": final[name][: len(wanted)])
    alone = race.judged({"a": ("triangular2", "decay")}).loc["a", "points of accuracy"]
    together = race.judged(dict.fromkeys("abcdefgh", ("triangular2", "decay"))).loc["a", "points of accuracy"]
    assert alone == "+0.00 [-0.23, +0.23]"
    assert together == "+0.00 [-0.35, +0.35]"


def test_there_is_no_verdict_before_all_seeds_are_recorded(recorded_race, monkeypatch):
    monkeypatch.setattr(race, "seeds_recorded", lambda names, scale="reduced": (2, 3, 4))
    found = race.judged({"claim": ("triangular2", "decay")})
    assert found.loc["claim", "verdict"] == "seeds missing: 7 of 10"


def test_the_figures_draw_what_was_recorded(recorded_race):
    ax = race.plot_race(["triangular2", "decay"], (2, 3))
    assert [line.get_label() for line in ax.lines] == ["triangular2", "decay"]
    assert ax.lines[0].get_xdata()[-1] == 25_000
    assert ax.lines[0].get_ydata()[-1] == pytest.approx(68.5 + 0.25)
    steps = race.plot_parts((2, 3))
    ends = [text.xy[0] for text in steps.texts if not text.get_text()]
    assert ends[2:] == pytest.approx([68.5 + 0.25, 70.25])
    assert [text.get_text() for text in steps.texts if text.get_text()[:1] in ("+", "-")][2:] == ["-0.5", "+1.5"]
    plt.close("all")


def test_seeds_are_those_with_a_record_of_every_arm(monkeypatch):
    monkeypatch.setattr(contrasts, "read_record", lambda run: {} if run.seed in (2, 5) or run.arm == "decay" else None)
    assert race.seeds_recorded(["decay"]) == study.SEEDS["reduced"]
    assert race.seeds_recorded(["decay", "triangular2"]) == (2, 5)


def test_an_arm_whose_screening_is_missing_has_no_seeds(monkeypatch):
    def missing(name):
        raise FileNotFoundError

    monkeypatch.setattr(study, "chosen_rate", missing)
    assert race.seeds_recorded(["line"]) == ()


def test_the_feet_are_held_against_the_peaks_on_both_sides(monkeypatch):
    """A curve that climbs by 1 a step, with 3 more at the feet."""
    readings = {step * 2_000: step + 3 * (step % 2 == 0) for step in range(1, 9)}
    monkeypatch.setattr(race, "at_iteration", lambda name, n, seeds: [readings[n], readings[n] + 10])
    np.testing.assert_allclose(race.at_feet("triangular2", (2, 3)), [3, 3])


def test_votes_are_of_both_kinds_alone_and_together(monkeypatch):
    monkeypatch.setattr(race, "recorded_values", lambda runs, metric: [f"{run.arm} {metric}" for run in runs])
    found = race.votes((2,))
    assert found["six snapshots, voting"] == ["snapshots ensemble"]
    assert found["one unrelated network alone"] == ["members accuracy"]
    assert len(found) == 4


def test_votes_are_judged_against_the_last_snapshot_and_the_unrelated(monkeypatch):
    bumps = np.tile([0.1, -0.1], 5)
    found = {"six snapshots, voting": 70 + bumps, "the last snapshot alone": 71 - bumps}
    found["six unrelated networks, voting"] = [60.0] * 10
    monkeypatch.setattr(race, "seeds_recorded", lambda names: study.SEEDS["reduced"])
    monkeypatch.setattr(race, "votes", lambda seeds: found)
    assert list(race.judged_votes()["verdict"]) == ["contradicted", "supported"]
    monkeypatch.setattr(race, "seeds_recorded", lambda names: ())
    monkeypatch.setattr(race, "votes", lambda seeds: dict.fromkeys(found, []))
    assert set(race.judged_votes()["verdict"]) == {"not recorded yet"}

"""What is read from the recorded league: what was tuned, how wide a good rate is, and no verdict too early."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from clr_utils.findings import standings
from clr_utils.metrics.comparison import t_interval
from clr_utils.studies import league as study


@pytest.fixture(autouse=True)
def anew():
    study.chosen_rate.cache_clear()
    yield
    study.chosen_rate.cache_clear()


def test_where_the_best_peaks_of_the_short_budget_lie():
    """09: of the eleven with SGD nine at one peak, two at half of it by 0.3 points or less, Adam at a quarter of it."""
    found = standings.plateau("quick", "short")
    best = {name: rates[int(np.argmin(errors))] for name, (rates, errors) in found.items()}
    with_sgd = {name: rate for name, rate in best.items() if name not in ("schedule_free", "adam_linear")}
    assert len(with_sgd) == 11
    lower = [name for name, rate in with_sgd.items() if rate != 0.008]
    assert [with_sgd[name] for name in lower] == [0.004, 0.004]
    for name in lower:
        rates, errors = found[name]
        assert errors[rates.index(0.008)] - min(errors) <= 0.3
    assert best["adam_linear"] == 0.002
    told = ("constant", "linear", "one_cycle_momentum", "warmup_stable_decay")
    losses = {name: np.subtract(found[name][1], min(found[name][1])) for name in told}
    half, quarter, fourfold = ([losses[name][losses[name].argmin() + steps] for name in told] for steps in (-1, -2, 2))
    np.testing.assert_allclose([half[:2], quarter[:2]], [[1.0, 1.3], [3.4, 4.7]], atol=0.05)
    np.testing.assert_allclose(fourfold, [7.2, 14.6, 2.3, 34.3], atol=0.05)
    two = study.recorded_scores(study.screening_runs("quick", "short", "constant", 0.002), "short")
    assert 4 < abs(np.subtract(*two)) < 4.5, "between two seeds of one rate"
    hardly = study.recorded_scores(study.screening_runs("quick", "short", "warmup_stable_decay", 0.032), "short")
    assert min(hardly) < 10 < 35 < max(hardly), "one of the two has not learned"


@pytest.mark.parametrize("budget", study.BUDGETS)
def test_no_grid_has_to_be_extended(budget):
    """The design extends a grid whose best rate is at its edge, for every family alike."""
    found = standings.tuned("quick", budget)
    assert set(found["edge"]) == {"no"}
    assert len(found) == len(study.FAMILIES["quick"])


def test_the_long_budget_as_09_tells_it():
    """1cycle, with its momentum and without, and warm-up-stable-decay beat the line.

    On held-out images the line is level with triangular and schedule-free.
    """
    found = standings.judged("long")
    numbers = [re.findall(r"[+-]\d+\.\d+", text) for text in found["points of accuracy"]]
    gains, low, high = np.array(numbers, float).T
    assert dict(zip(found.index, gains, strict=True)) == {
        "triangular": -0.21,
        "triangular, down to 0": 0.96,
        "1cycle": 1.42,
        "1cycle with momentum": 1.89,
        "warm-up-stable-decay": 1.75,
    }
    assert found["verdict"].tolist() == ["undecided"] * 2 + ["supported"] * 3
    assert high[0] < standings.MARGIN
    assert low[1] > 0
    order = list(standings.tuned("quick", "long").index)
    assert set(order[:4]) == set(found.index) - {"triangular"}
    assert order[4:7] == ["triangular", "linear to 0", "schedule-free AdamW"]
    assert study.leaders("quick", "long")[-1] == "triangular"


def test_who_may_be_stopped_at_any_moment_as_09_tells_it():
    found = standings.judged("any")
    gains = found["points of accuracy"].str.split(" ").str[0].astype(float)
    assert {name: (gains[name], found["verdict"][name]) for name in found.index} == {
        "steps": (-1.46, "contradicted"),
        "cosine to 0": (0.08, "no difference beyond the margin"),
        "triangular": (-1.88, "contradicted"),
        "triangular2": (-1.06, "contradicted"),
        "triangular, down to 0": (-1.81, "contradicted"),
        "schedule-free AdamW": (2.01, "supported"),
    }


def test_super_convergence_as_09_tells_it():
    """The seven contrasts, in the order of the table."""
    found = standings.judged_on_resnet()
    gains = found["points of accuracy"].str.split(" ").str[0].astype(float).tolist()
    assert gains == [5.24, 3.41, 2.22, 1.33, -0.19, -1.36, -6.55]
    assert found["verdict"].tolist() == ["supported"] * 3 + ["undecided"] * 3 + ["contradicted"]


def test_what_09_tells_beside_the_judged_contrasts_on_the_residual_network():
    """Line and triangular lead the steps, 1cycle without momentum is half-way, then level; no grid ends too soon."""
    seeds = study.SEEDS["resnet"]

    def mean(length, name):
        return standings.accuracies("resnet", length, name, seeds).mean()

    leads = [mean(length, "linear") - mean(length, "steps") for length in ("short", "long")]
    np.testing.assert_allclose(
        [*leads, mean("short", "triangular") - mean("short", "steps")], [3.02, 2.08, 2.82], atol=0.01
    )
    half_way = [mean("short", "one_cycle") - mean("short", "linear"), mean("long", "one_cycle")]
    np.testing.assert_allclose(half_way, [1.01, mean("long", "one_cycle_momentum")], atol=0.01)
    for length in ("short", "long"):
        assert set(standings.tuned("resnet", length)["edge"]) == {"no"}


@pytest.mark.parametrize("budget", ["short", "long"])
def test_the_seeds_spread_twice_as_widely_as_the_design_foresaw(budget):
    spreads = [np.std(points, ddof=1) for points in standings.differences(budget).values()]
    assert 1.8 < min(spreads) / 0.5 < max(spreads) / 0.5 < 3


@pytest.mark.parametrize("length", ["short", "long"])
def test_warmup_stable_decay_stands_small_peaks_and_1cycle_with_momentum_large_ones(length):
    """The row of 09 for who does not want to tune."""
    errors = {name: values for name, (_, values) in standings.plateau("quick", length).items()}
    with_sgd = [name for name in errors if name not in study.ADAPTIVE]
    for at in (0, 1, 2):  # 0.001 to 0.004
        assert min(with_sgd, key=lambda name: errors[name][at]) == "warmup_stable_decay"
    for at in (4, 5):  # 0.016 and 0.032
        assert errors["one_cycle_momentum"][at] < min(errors[n][at] for n in with_sgd if n[:9] != "one_cycle")
    assert errors["warmup_stable_decay"][5] > errors["one_cycle_momentum"][5] + 10


@pytest.fixture
def recorded(monkeypatch):
    """Let the runs have records whose accuracy `score(family, rate, seed)` says; None where there is no record."""

    def let(score):
        def record_of(run):
            name, rate = run.arm.removeprefix("screen_").split("_", 2)[2].rsplit("_", 1)
            value = score(name, float(rate), run.seed)
            if value is None:
                return None
            curve = [float(value)] * 10
            return {"metrics": {"accuracy": curve[-1]}, "history": {"accuracy": curve}}

        def load(runs):
            records = [record_of(run) for run in runs]
            if None in records:
                raise FileNotFoundError("not recorded")
            return records

        monkeypatch.setattr(study, "load_records", load)
        monkeypatch.setattr("clr_utils.findings.contrasts.read_record", record_of)

    return let


def peaked(name, rate, seed):
    """Best at 0.004, or at the edge for triangular; cosine is ahead of the others."""
    best = 0.032 if name == "triangular" else 0.001 if name in study.ADAPTIVE else 0.004
    return 60 + (name == "cosine") - abs(np.log2(rate / best))


def test_what_was_tuned_is_told_with_its_edge_and_the_best_first(recorded):
    recorded(lambda *run: peaked(*run) if run[0] != "sgdr" and run[2] < 2 else None)
    found = standings.tuned("quick", "short")
    assert len(found) == len(study.FAMILIES["quick"]) - 1, "a family without its screening has no row"
    assert found.index[0] == "cosine to 0"
    assert found.loc["cosine to 0"].tolist() == [0.004, "no", 61.0, 2]
    assert found.loc["triangular"].tolist() == [0.032, "yes", 60.0, 2]
    assert len(standings.tuned("resnet", "long")) == len(study.FAMILIES["resnet"])


def test_a_family_whose_screening_is_half_done_has_no_row(recorded):
    recorded(lambda name, rate, seed: None if (name, rate, seed) == ("linear", 0.008, 1) else peaked(name, rate, seed))
    assert "linear to 0" not in standings.tuned("quick", "short").index
    assert "linear" not in standings.plateau("quick", "short")


def test_plateaus_are_errors(recorded):
    recorded(lambda name, rate, seed: 60 - (0.4 if name == "cosine" else 1.1) * abs(np.log2(rate / 0.004)))
    found = standings.plateau("quick", "short")
    rates, errors = found["cosine"]
    assert rates == study.RATES["quick"]
    np.testing.assert_allclose(errors, [40.8, 40.4, 40, 40.4, 40.8, 41.2])
    ax = standings.plot_plateaus({"cosine": found["cosine"]}, plt.figure().gca())
    assert ax.get_xscale() == "log"
    np.testing.assert_allclose(ax.lines[0].get_ydata(), errors)
    assert [label.get_text() for label in ax.get_xticklabels()] == [f"{rate:g}" for rate in rates]


def test_a_plateau_is_named_where_its_last_rate_did_not_diverge():
    ax = standings.plot_plateaus({"linear": ((0.1, 0.2, 0.4), [40.0, 39.0, np.nan])}, plt.figure().gca())
    (name,) = ax.texts
    assert (name.get_text(), name.xy, name.get_color()) == ("linear to 0", (0.2, 39.0), ax.lines[0].get_color())


def test_verdicts_are_against_one_line_and_hold_together(recorded):
    gains = {"cosine": 2.0, "triangular": -2.0, "constant": 0.0}

    def score(name, rate, seed):
        noise = 0.4 * (seed % 2) if name == "constant" else 0
        return peaked(name, rate, 0) * 0 + 60 + gains.get(name, -0.1) + noise - 0.01 * rate

    recorded(score)
    found = standings.judged("short")
    assert "linear to 0" not in found.index
    assert len(found) <= study.LEADERS + 2
    assert found.loc["cosine to 0", "verdict"] == "supported"
    assert found.loc["triangular", "verdict"] == "contradicted"
    assert (found["seeds"] == 20).all()
    mean, low, high = t_interval([0.5, 0.1] * 10, confidence=1 - 0.05 / len(found))
    assert found.loc["constant", "points of accuracy"] == f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]"


def test_differences_are_of_the_same_seed_and_the_best_mean_comes_first(recorded):
    gains = {"cosine": 1.0, "sgdr": 3.0, "triangular_0": 2.0, "triangular": -1.0}
    recorded(lambda name, rate, seed: 60 + gains.get(name, -2.0 * (name != "linear")) + seed * (1 + (name == "sgdr")))
    found = standings.differences("short")
    assert list(found)[:4] == ["sgdr", "triangular_0", "cosine", "triangular"]
    assert "linear" not in found
    np.testing.assert_allclose(found["cosine"], np.ones(20))
    np.testing.assert_allclose(found["sgdr"], 3.0 + np.arange(5, 25))


def test_a_difference_is_of_seeds_that_both_have(recorded):
    recorded(lambda name, rate, seed: peaked(name, rate, seed) if name != "linear" or seed < 15 else None)
    found = standings.judged("short")
    assert found.loc["cosine to 0"].tolist() == ["+1.00 [+1.00, +1.00]", 10, "seeds missing: 10 of 20"]


def test_the_seeds_that_choose_leaders_count_in_the_mean(recorded):
    recorded(lambda name, rate, seed: peaked(name, rate, seed) + seed)
    assert standings.tuned("quick", "short").loc["cosine to 0"].tolist() == [0.004, "no", 63.0, 5]


def test_no_verdict_before_all_seeds_are_there(recorded):
    recorded(lambda name, rate, seed: peaked(name, rate, seed) if seed < 20 else None)
    found = standings.judged("long")
    assert set(found["verdict"]) == {"seeds missing: 5 of 20"}
    recorded(lambda *run: None)
    study.chosen_rate.cache_clear()
    assert set(standings.judged("long")["verdict"]) == {"not recorded yet"}


def test_the_contrasts_on_the_residual_network_are_the_designs(recorded):
    recorded(lambda name, rate, seed: 60 + 5 * (name == "one_cycle_momentum") - rate)
    found = standings.judged_on_resnet()
    assert len(found) == 7
    assert set(found["seeds"]) == {10}
    assert found.loc["1cycle with momentum, short, against steps, long", "verdict"] == "supported"
    assert found.loc["long: triangular against linear to 0", "verdict"] == "no difference beyond the margin"


def test_a_dot_is_a_seed_and_rows_come_in_order():
    ax = standings.plot_differences({"cosine": [0.1, 0.3], "triangular": [-1.0, -2.0]}, ax=plt.figure().gca())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cosine to 0", "triangular"]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in dots] == [[0.1, 0.3], [-1.0, -2.0]]
    under = [tuple(line.get_xdata()) for line in ax.lines if line.get_ydata()[0] % 1]
    assert under == [pytest.approx(t_interval(values, confidence=0.975)[1:]) for values in ([0.1, 0.3], [-1.0, -2.0])]
    assert ax.yaxis_inverted()


def test_short_trainings_are_hollow_and_long_ones_filled():
    scores = {"steps": {"short": [52.0, 53.0], "long": [70.0, 72.0]}, "linear": {"short": [55.0], "long": [71.0]}}
    ax = standings.plot_lengths(scores, ax=plt.figure().gca())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["steps", "linear to 0"]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    hollow = [line.get_markerfacecolor() == "white" for line in dots]
    assert [(list(dot.get_xdata()), dot.get_ydata()[0]) for dot in dots] == [
        *(([52.0, 53.0], 0), ([70.0, 72.0], 0), ([55.0], 1), ([71.0], 1)),
    ]
    assert hollow == [True, False, True, False]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "|"] == [52.5, 71.0, 55.0, 71.0]


@pytest.mark.parametrize("call", [standings.plateau, standings.tuned])
def test_an_unknown_network_is_refused(call):
    with pytest.raises(ValueError, match="network must be"):
        call("vgg", "short")

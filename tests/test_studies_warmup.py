"""The study `warmup`: a line that climbs first, between the line of the league and two families that lead it."""

import pytest

from clr_utils.studies import league, warmup
from clr_utils.studies.rates import rate_of_each_update


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    """The league's rates are as chosen there: 0.008."""
    monkeypatch.setattr(league, "chosen_rate", lambda network, budget, name: 0.008)
    warmup.chosen_rate.cache_clear()
    yield
    warmup.chosen_rate.cache_clear()


def screened(monkeypatch, scores):
    """Let the screening have recorded these accuracies, {rate: (seed 0, seed 1)}; None where a run diverged."""

    def load(runs):
        found = [scores[float(run.arm.split("_")[-1])][run.seed] for run in runs]
        return [{"metrics": {"accuracy": value}, "history": {"accuracy": [1.0, value]}} for value in found]

    monkeypatch.setattr(league, "load_records", load)


def test_the_line_climbs_for_a_twentieth_and_falls_to_0():
    settings = league.settings_of("quick", "long", "warmup_linear", 0.008)
    rates = rate_of_each_update(settings["policy"], settings["updates"])
    assert rates.argmax() == 300
    assert rates[0] < 1e-4
    assert rates[3_150] == pytest.approx(0.004, rel=1e-3)
    assert rates[-1] < 1e-5


def test_the_peak_is_the_best_mean_the_smaller_of_equal_ones_and_diverged_is_nothing(monkeypatch):
    screened(
        monkeypatch,
        {0.001: (60, 60), 0.002: (61, 60), 0.004: (65, 63), 0.008: (64, 64), 0.016: (90, None), 0.032: (None, None)},
    )
    assert warmup.chosen_rate("warmup_linear") == 0.004
    assert {warmup.chosen_rate(name) for name in warmup.FAMILIES if name != "warmup_linear"} == {0.008}


def test_it_is_tuned_as_the_families_of_the_league_are():
    own = [run for rate in league.RATES["quick"] for run in warmup.screening_runs(rate)]
    theirs = [run for rate in league.RATES["quick"] for run in league.screening_runs("quick", "long", "linear", rate)]
    assert [run.seed for run in own] == [run.seed for run in theirs]
    for run, other in zip(own, theirs, strict=True):
        assert {**run.settings, "policy": None} == {**other.settings, "policy": None}
        assert rate_of_each_update(run.settings["policy"], 6_000).max() == pytest.approx(other.settings["policy"]["lr"])


def test_judged_are_fresh_seeds_of_all_families_on_all_training_images(monkeypatch):
    screened(monkeypatch, {rate: (60, 60) for rate in league.RATES["quick"]})
    runs = warmup.study_runs()
    assert [(run.arm, run.seed) for run in runs[:4]] == [
        ("linear_0.008", 25),
        ("warmup_linear_0.001", 25),
        ("triangular_0_0.008", 25),
        ("one_cycle_momentum_0.008", 25),
    ]
    assert len(runs) == 4 * 20
    assert not {run.seed for run in runs} & {*league.TUNING_SEEDS, *league.LEADING_SEEDS, *league.SEEDS["quick"]}
    assert {(run.settings["held_out"], run.settings["updates"]) for run in runs} == {(0, 6_000)}
    assert runs[0].settings == league.settings_of("quick", "long", "linear", 0.008)


def test_the_screening_comes_before_what_it_chooses(monkeypatch):
    screened(monkeypatch, {rate: (60, 60) for rate in league.RATES["quick"]})
    small, screening, judged = warmup.grids(seeds=2)
    assert small == [warmup.small_run()]
    assert len(screening) == 6 * 2
    assert {run.seed for run in judged} == {25, 26}

"""The league: equal tuning, the choice of rates and of leaders, and what is judged."""

import pytest

from clr_utils.studies import league


@pytest.fixture(autouse=True)
def anew():
    league.chosen_rate.cache_clear()
    yield
    league.chosen_rate.cache_clear()


def record(*curve, accuracy="last"):
    return {"history": {"accuracy": list(curve)}, "metrics": {"accuracy": curve[-1] if accuracy == "last" else None}}


def recorded(monkeypatch, curve_of):
    """Let every run have the record that `curve_of(arm, seed)` describes."""
    monkeypatch.setattr(league, "load_records", lambda runs: [curve_of(run.arm, run.seed) for run in runs])


@pytest.mark.parametrize("network", league.NETWORKS)
@pytest.mark.parametrize("budget", league.BUDGETS)
def test_every_family_is_tried_at_as_many_rates_on_as_many_seeds(network, budget):
    tried = {
        name: [
            run for rate in league.rates_of(network, name) for run in league.screening_runs(network, budget, name, rate)
        ]
        for name in league.FAMILIES[network]
    }
    for adaptive in (True, False):
        counts = {len(runs) for name, runs in tried.items() if (name in league.ADAPTIVE) == adaptive}
        assert len(counts) <= 1, "a grid is extended for every family of an optimizer"
    assert {run.settings["held_out"] for runs in tried.values() for run in runs} == {league.HELD_OUT}
    assert len({run.settings["updates"] for runs in tried.values() for run in runs}) == 1
    for name, runs in tried.items():
        rates = league.rates_of(network, name)
        assert all(high == pytest.approx(2 * low) for low, high in zip(rates[:-1], rates[1:], strict=True)), name
        assert len({run.path for run in runs}) == len(runs)


def test_the_seeds_of_tuning_of_leading_and_of_judging_are_others():
    for seeds in league.SEEDS.values():
        assert len({*league.TUNING_SEEDS, *league.LEADING_SEEDS, *seeds}) == 5 + len(seeds)


def test_the_best_mean_is_chosen_the_smaller_of_equal_ones_and_diverged_is_nothing(monkeypatch):
    found = {
        0.001: (60, 60),
        0.002: (64, 62),
        0.004: (63, 63),
        0.008: (99, None),
        0.016: (None, None),
        0.032: (None, 70),
    }

    def curve_of(arm, seed):
        value = found[float(arm.split("_")[-1])][seed]
        return record(1, 2, value or 3, accuracy="last" if value else None)

    recorded(monkeypatch, curve_of)
    assert league.chosen_rate("quick", "short", "linear") == 0.002


def test_who_may_be_stopped_is_scored_by_five_stops(monkeypatch):
    long = record(*(n**2 for n in range(1, 11)))
    recorded(monkeypatch, lambda arm, seed: long)
    runs = league.screening_runs("quick", "any", "linear", 0.001, [0])
    assert league.recorded_scores(runs, "any") == [(4 + 16 + 36 + 64 + 100) / 5]
    assert league.recorded_scores(runs, "long") == [100]
    recorded(monkeypatch, lambda arm, seed: record(10, 20, accuracy=None))
    assert league.recorded_scores(runs, "any") == league.recorded_scores(runs, "long") == [None]


@pytest.mark.parametrize("network", league.NETWORKS)
def test_the_readings_meet_the_stops_and_the_end(network):
    for length, (updates, every) in league.LENGTHS[network].items():
        assert updates % every == 0
        assert length == "short" or updates // every % league.STOPS == 0


def test_the_leaders_are_five_and_the_question_is_judged_in_any_case(monkeypatch):
    best = ["sgdr", "steps", "constant", "cosine", "one_cycle"]

    def curve_of(arm, seed):
        ahead = [name for name in best if f"_{name}_0" in arm]
        return record(70 - best.index(ahead[0]) if ahead else 50)

    recorded(monkeypatch, curve_of)
    assert league.leaders("quick", "short") == best
    judged = league.judged_families("quick", "short")
    assert set(judged) == {*best, "linear", "triangular", "triangular_0"}
    assert judged == [name for name in league.FAMILIES["quick"] if name in judged]
    assert league.judged_families("resnet", "short") == list(league.JUDGED_ON_RESNET)


def test_judged_runs_come_seed_by_seed_at_the_chosen_rate_on_all_training_images(monkeypatch):
    monkeypatch.setattr(league, "chosen_rate", lambda network, budget, name: {"any": 0.002}.get(budget, 0.004))
    runs = league.study_runs("quick", "long", ["linear", "sgdr"], seeds=(5, 6))
    assert [(run.arm, run.seed) for run in runs] == [
        ("quick_long_linear_0.004", 5),
        ("quick_long_sgdr_0.004", 5),
        ("quick_long_linear_0.004", 6),
        ("quick_long_sgdr_0.004", 6),
    ]
    assert {run.settings["held_out"] for run in runs} == {0}
    assert league.study_runs("quick", "any", ["linear"], seeds=[5])[0].arm == "quick_long_linear_0.002"


def test_fewer_seeds_are_fewer_judged_runs_and_the_same_screening(monkeypatch):
    monkeypatch.setattr(league, "chosen_rate", lambda network, budget, name: league.rates_of(network, name)[1])
    monkeypatch.setattr(league, "leaders", lambda network, budget: ["sgdr"])
    found = {}
    for seeds in (None, 1):
        runs = {run.path.name: run for grid in league.grids(seeds) for run in grid}
        found[seeds] = [sum(name.startswith("screen") == screened for name in runs) for screened in (True, False)]
    (screened, judged), (again, fewer) = found[None], found[1]
    assert screened == again
    assert fewer - 1 == (4 + 5) * 2, "a seed of four and of five families at both lengths, and the small run"
    assert judged - 1 == 4 * 2 * 20 + 5 * 2 * 10


def test_a_budget_is_whole_before_the_next_begins_and_what_is_only_shown_comes_last(monkeypatch):
    monkeypatch.setattr(league, "chosen_rate", lambda network, budget, name: league.rates_of(network, name)[1])
    monkeypatch.setattr(league, "leaders", lambda network, budget: ["sgdr"])
    arms = [run.arm.removeprefix("screen_") for grid in league.grids() for run in grid]
    parts = list(dict.fromkeys("_".join(arm.split("_")[:2]) for arm in arms[1:]))
    assert parts == ["quick_short", "resnet_short", "resnet_long", "quick_long"]
    assert all("_cosine_" in arm or "_triangular_0_" in arm for arm in arms[-40:])
    on_resnet = {run.seed for grid in league.grids() for run in grid if run.arm.startswith("screen_resnet")}
    assert on_resnet == set(league.TUNING_SEEDS)

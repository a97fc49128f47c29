"""The CIFAR-10 study: its runs, its screening and the order of its grids."""

from clr_utils.studies import cifar10


def test_runs_come_seed_by_seed_with_names_of_their_scale():
    runs = cifar10.study_runs(["triangular2", "decay"], "reduced", seeds=(2, 3))
    assert [(run.arm, run.seed) for run in runs] == [
        ("triangular2", 2),
        ("decay", 2),
        ("triangular2", 3),
        ("decay", 3),
    ]
    assert [run.arm for run in cifar10.study_runs(["decay"], "full")] == ["full_decay"]


def test_caffes_full_network_has_a_scale_of_its_own_with_the_papers_iterations():
    (first, *_) = cifar10.grids(scale="full_network")
    assert [run.arm for run in first] == [f"full_network_{name}" for name in cifar10.FULL_FIRST]
    (run,) = cifar10.study_runs(["triangular2"], "full_network")
    assert (run.settings["network"], run.settings["data"]) == ("cifar10_full", "cifar10")
    assert run.settings["updates"] == 25_000


def test_the_screening_chooses_by_the_mean_and_counts_a_diverged_run_as_nothing(monkeypatch):
    found = {0.001: [60, 61], 0.002: [63, 64], 0.004: [70, None], 0.008: [None, None]}
    monkeypatch.setattr(cifar10, "recorded_values", lambda runs, metric: found[runs[0].settings["policy"]["lr"]])
    cifar10.chosen_rate.cache_clear()
    assert cifar10.chosen_rate("line") == 0.002
    cifar10.chosen_rate.cache_clear()


def test_screening_is_on_held_out_images_and_other_seeds():
    for run in cifar10.screening_runs("best_drops", 0.002):
        assert run.settings["held_out"] == 5_000
        assert run.seed not in cifar10.SEEDS["reduced"]


def test_table_4_has_its_arms_and_the_originals_optimizer_and_comes_last(monkeypatch):
    monkeypatch.setattr(cifar10, "chosen_rate", lambda name: 0.002)
    kinds = ("fixed_0.1", "fixed_0.2", "fixed_0.3", "triangular_0.3")
    expected = {f"{network}_{kind}" for network in ("resnet", "stochastic_depth", "densenet") for kind in kinds}
    assert set(cifar10.TABLE_4) == expected | {"densenet_triangular_0.2"}
    arms = cifar10.arms("reduced")
    assert {arms[name]["updates"] for name in cifar10.TABLE_4} == {6_000}
    optimizer = {"name": "SGD", "momentum": 0.9, "nesterov": True}
    assert all(arms[name]["optimizer"] == optimizer for name in cifar10.TABLE_4)
    *_, last = cifar10.grids()
    assert [(run.arm, run.seed) for run in last] == [(name, 2) for name in cifar10.TABLE_4]

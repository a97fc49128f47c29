"""For every public name a call that is right: the function, and its arguments by name."""

import keras
import numpy as np

import clr_utils
from clr_utils.course import descent
from clr_utils.findings import claims, tables, tuning
from clr_utils.metrics import detection
from clr_utils.metrics.comparison import paired_difference
from clr_utils.metrics.patients import percentile_interval
from clr_utils.range_test import curves, plots, suggestions
from range_models import TARGETS, X, eager

Y = np.array([1, 0, 1, 0, 0, 1, 0, 0])
SCORES = np.array([0.9, 0.8, 0.7, 0.5, 0.4, 0.3, 0.2, 0.1])
MANY = np.tile(Y, 30), np.random.default_rng(0).normal(np.tile(Y, 30)), np.repeat(np.arange(30), 8)
CYCLE = {"iteration": 3, "base_lr": 0.001, "max_lr": 0.006, "step_size": 10, "step_size_down": 5, "start_lr_policy": 1}
ANNEALED = {"iteration": 3, "max_lr": 1, "total": 9, "min_lr": 0.01}
SETS = {"scale": 0.002, "seed": 0, "difficulty": "easier", "source": "synthetic"}
RATES = np.geomspace(1e-4, 1, 60)
RISING = 0.1 + 0.8 / (1 + np.exp(-3 * (np.log10(RATES) + 2)))
TEST = clr_utils.RangeTest(RATES, 1 - RISING, {"accuracy": RISING})
TESTS = clr_utils.RangeTests([0, 1], [TEST, TEST])
READ = {"method": "smith", "metric": "accuracy", "ratio": 4, "smoothing": 0.03}
LENGTHS = {
    "examples": 320,
    "batch_size": 32,
    "epochs": 12,
    "cycles": 3,
    "policy": "hann",
    "method": "smith",
    "verbose": 0,
}
MODEL = eager()
SWEEP = {"min_lr": 0.01, "max_lr": 1, "steps": 2, "batch_size": 11, "verbose": 0}
BOWL = {"curvatures": [1.0, 10.0], "start": [10.0, 1.0], "steps": 3}
NOISE = {"sigma": 0.1, "rng": np.random.default_rng(0)}
AREAS = {0.1: [0.8, 0.9], 0.2: [0.9, 0.9]}
RUNS = {"one": [1.0, 2.0, 3.0], "other": [2.0, 2.5, 3.5]}


def policy_row(function, **more):
    return function, {**CYCLE, **more}


ROWS = {
    **{
        name: policy_row(getattr(clr_utils, name))
        for name in ("triangular", "triangular2", "modified_triangular2", "welch", "hann")
    },
    "exp_range": policy_row(clr_utils.exp_range, gamma=0.9, decay="bounds"),
    "custom_policy": policy_row(clr_utils.custom_policy, scale_fn=lambda n: 1 / n, scale_mode="cycle"),
    "staged": (
        clr_utils.staged,
        {"iteration": 3, "stages": clr_utils.SMITH_TABLE_2, "policy": clr_utils.triangular},
    ),
    "fixed": (clr_utils.fixed, {"iteration": 3, "lr": 0.1}),
    "exp_decay": (clr_utils.exp_decay, {"iteration": 3, "lr": 0.1, "gamma": 0.9}),
    "linear_decay": (clr_utils.linear_decay, {"iteration": 3, "base_lr": 0.001, "max_lr": 0.006, "step_size": 10}),
    "time_decay": (clr_utils.time_decay, {"iteration": 3, "lr": 0.1, "decay": 0.1}),
    "cosine": (clr_utils.cosine, ANNEALED),
    "polynomial": (clr_utils.polynomial, {**ANNEALED, "power": 0.9}),
    "inverse_sqrt": (clr_utils.inverse_sqrt, {"iteration": 3, "max_lr": 0.1, "warmup": 4}),
    "sgdr": (
        clr_utils.sgdr,
        {
            **{"iteration": 3, "max_lr": 1, "period": 4, "min_lr": 0.01},
            **{"multiplier": 2, "peak_decay": 0.9, "cycles": None},
        },
    ),
    "one_cycle": (
        clr_utils.one_cycle,
        {
            **{"iteration": 3, "max_lr": 0.1, "total": 9, "base_lr": 0.01, "step_size": 4, "final_lr": 0.001},
            **{"phases": 3, "shape": "linear"},
        },
    ),
    "mirrored": (
        clr_utils.mirrored,
        {
            **{"iteration": 3, "policy": lambda n: clr_utils.fixed(n, 0.1), "base_lr": 0.01, "max_lr": 0.2},
            **{"base_momentum": 0.1, "max_momentum": 0.9},
        },
    ),
    "one_cycle_momentum": (
        clr_utils.one_cycle_momentum,
        {
            **{"iteration": 3, "total": 9, "base_momentum": 0.1, "max_momentum": 0.9, "step_size": 4},
            **{"phases": 3, "shape": "linear"},
        },
    ),
    "warmup_stable_decay": (
        clr_utils.warmup_stable_decay,
        {**ANNEALED, "warmup": 2, "cooldown": 3, "shape": "1-sqrt"},
    ),
    "warmed_up": (
        clr_utils.warmed_up,
        {"iteration": 3, "policy": lambda n: clr_utils.fixed(n, 0.1), "warmup": 4, "start_lr": 0.01},
    ),
    "joined": (clr_utils.joined, {"iteration": 3, "parts": [(4, lambda n: clr_utils.fixed(n, 0.1))]}),
    "PolicySchedule": (
        lambda policy, **settings: clr_utils.PolicySchedule(policy, **settings),
        {"policy": "cosine", "name": "rate", "max_lr": 1, "total": 9, "min_lr": 0.01},
    ),
    "half_cycles": (clr_utils.half_cycles, {"num_epochs": 12, "epochs_per_step": 2}),
    "step_size_for": (clr_utils.step_size_for, {"examples": 320, "batch_size": 32, "epochs_per_step": 2}),
    "CyclicalLearningRate": (
        clr_utils.CyclicalLearningRate,
        {
            **{name: value for name, value in CYCLE.items() if name != "iteration"},
            "policy": "exp_range",
            "gamma": 0.9,
            "decay": "bounds",
            "scale_fn": None,
            "scale_mode": "cycle",
            "name": "rate",
        },
    ),
    "CyclicLR": (
        clr_utils.CyclicLR,
        {"base_lr": 0.001, "max_lr": 0.006, "step_size": 10, "mode": "exp_range", "gamma": 0.9},
    ),
    "MomentumSGD": (clr_utils.MomentumSGD, {"momentum": 0.9, "nesterov": True}),
    "MomentumAdam": (clr_utils.MomentumAdam, {"beta_1": 0.9}),
    "ScheduleFreeAdamW": (
        clr_utils.ScheduleFreeAdamW,
        # Older Keras has none, and says so.
        {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "warmup_steps": 4}
        if hasattr(keras.optimizers, "ScheduleFreeAdamW")
        else {},
    ),
    "MomentumSGD.momenta": (clr_utils.MomentumSGD().momenta, {"iterations": [0, 1]}),
    "PolicyLR": (
        lambda policy, **settings: clr_utils.PolicyLR(policy, **settings),
        {"policy": "cosine", "warn": True, "max_lr": 1, "total": 9, "min_lr": 0.01},
    ),
    "LearningRateHistory": (clr_utils.LearningRateHistory, {"warn": True}),
    "differential_rates": (
        clr_utils.differential_rates,
        {"model": MODEL, "groups": [(MODEL, 0.1)], "optimizer": keras.optimizers.SGD},
    ),
    "Snapshots": (clr_utils.Snapshots, {"every": 3, "last": 2, "folder": "kept"}),
    "layerwise": (clr_utils.layerwise, {"rate": 0.1, "groups": [MODEL, [MODEL]], "factor": 2.6}),
    "smooth": (clr_utils.smooth, {"values": [1.0, 2.0, 3.0], "beta": 0.9}),
    "sweep_rates": (clr_utils.sweep_rates, {"min_lr": 0.001, "max_lr": 1, "steps": 20, "sweep": "log"}),
    "level": (curves.level, {"values": RISING, "smoothing": 0.03}),
    "suggest": (
        suggestions.suggest,
        {
            "learning_rates": RATES,
            "losses": 1 - RISING,
            "accuracy": RISING,
            "method": "smith",
            "ratio": 4,
            "smoothing": 0.03,
        },
    ),
    "RangeTest": (
        clr_utils.RangeTest,
        {"learning_rates": RATES, "losses": 1 - RISING, "metrics": {}, "sweep": "log"},
    ),
    "RangeTests": (clr_utils.RangeTests, {"seeds": [0, 1], "tests": [TEST, TEST]}),
    "RangeTest.curve": (TEST.curve, {"metric": "loss"}),
    "RangeTest.suggest": (TEST.suggest, READ),
    "RangeTest.schedule": (TEST.schedule, LENGTHS),
    "RangeTest.to_csv": (TEST.to_csv, {"path": "test.csv"}),
    "RangeTests.spread": (TESTS.spread, {"method": "smith"}),
    "RangeTests.schedule": (TESTS.schedule, {"epochs": 12, "examples": 320, "batch_size": 32}),
    "plot_range_test": (
        plots.plot_range_test,
        {"test": TEST, "ax": None, "metric": "loss", "suggestions": ["smith"], "smoothing": 0.03, "label": "a"},
    ),
    "plot_range_tests": (
        plots.plot_range_tests,
        {"tests": TESTS, "ax": None, "metric": "loss", "method": "smith", "smoothing": 0.03},
    ),
    "plot_against_sweep": (
        plots.plot_against_sweep,
        {"tests": TESTS, "rates": [0.1, 0.2], "errors": [[1.0, 2.0], [2.0, 3.0]]},
    ),
    "lr_range_test": (
        clr_utils.lr_range_test,
        {
            **SWEEP,
            **{"model": MODEL, "x": X, "y": TARGETS, "sweep": "log", "stratified": False, "seed": 0},
            **{"sample_weight": np.ones(22), "class_weight": None, "stop_factor": 4},
            **{"validation_data": (X, TARGETS), "validation_every": 2, "validation_batch_size": 22},
            "validation_scores": (),
        },
    ),
    "repeat_range_test": (
        clr_utils.repeat_range_test,
        {"build": lambda: MODEL, "x": X, "y": TARGETS, "seeds": 1, **SWEEP},
    ),
    "generate_patches": (
        clr_utils.generate_patches,
        {"positives": 1, "negatives": 1, "seed": 0, "split": "test", "difficulty": 1.0},
    ),
    "patch_blocks": (
        lambda **given: next(clr_utils.patch_blocks(**given)),
        {"positives": 1, "negatives": 1, "seed": 0, "split": "test", "difficulty": 1.0, "first": 1},
    ),
    "training_set": (
        clr_utils.training_set,
        {**SETS, "scale": 0.0005, "case": 1, "size": 64_000, "order": "first", "held_out": False},
    ),
    "validation_set": (clr_utils.validation_set, SETS),
    "test_set": (clr_utils.test_set, SETS),
    "fit_standardiser": (clr_utils.fit_standardiser, {"patches": clr_utils.generate_patches(1, 1)}),
    "write_calcification_files": (
        clr_utils.write_calcification_files,
        {"folder": "new", "seed": 0, "difficulty": "easier"},
    ),
    "best_threshold": (clr_utils.best_threshold, {"y": Y, "scores": SCORES, "prevalence": 0.1}),
    "confusion": (clr_utils.confusion, {"y": Y, "scores": SCORES, "threshold": 0.5}),
    "pr_area": (clr_utils.pr_area, {"y": Y, "scores": SCORES}),
    "roc_auc": (clr_utils.roc_auc, {"y": Y, "scores": SCORES}),
    "checked_scores": (detection.checked_scores, {"y": Y, "scores": SCORES}),
    "negatives_above": (detection.negatives_above, {"y": Y, "scores": SCORES}),
    "curve_points": (detection.curve_points, {"above": [0, 1, 3], "negatives": 5}),
    "log_false_positive_rate": (
        detection.log_false_positive_rate,
        {"above": [0, 1, 3], "negatives": 5, "recall": 0.9},
    ),
    "patient_interval": (
        clr_utils.patient_interval,
        {"metric": clr_utils.roc_auc, **dict(zip(("y", "scores", "patients"), MANY, strict=True)), "confidence": 0.9},
    ),
    "paired_patient_interval": (
        clr_utils.paired_patient_interval,
        {
            "metric": clr_utils.roc_auc,
            **dict(zip(("y", "scores", "patients"), MANY, strict=True)),
            "baseline": np.roll(MANY[1], 8),
            "confidence": 0.9,
        },
    ),
    "percentile_interval": (
        percentile_interval,
        {
            "metric": clr_utils.roc_auc,
            **dict(zip(("y", "scores", "patients"), MANY, strict=True)),
            "resamples": 20,
            "confidence": 0.9,
            "seed": 0,
        },
    ),
    "precision_at": (
        clr_utils.precision_at,
        {"prevalence": 0.1, "recall": 0.9, "false_positive_rate": 0.1},
    ),
    "load_mnist": (clr_utils.load_mnist, {"profile": "quick"}),
    "load_fashion_mnist": (clr_utils.load_fashion_mnist, {"profile": "quick"}),
    "load_cifar10": (clr_utils.load_cifar10, {}),
    "load_cifar100": (clr_utils.load_cifar100, {}),
    "load_mammography": (clr_utils.load_mammography, {}),
    "load_chest_sample": (clr_utils.load_chest_sample, {}),
    "load_pneumonia": (clr_utils.load_pneumonia, {}),
    "patient_split": (
        clr_utils.patient_split,
        {"xrays": clr_utils.load_chest_sample(), "finding": "Effusion", "seed": 0, "shares": [0.5, 0.25, 0.25]},
    ),
    "validation_split": (clr_utils.validation_split, {"data": clr_utils.load_mnist(), "examples": 600, "seed": 0}),
    "calcification_cnn": (clr_utils.calcification_cnn, {}),
    "mnist_mlp": (clr_utils.mnist_mlp, {"hidden": 3}),
    "holm": (clr_utils.holm, {"p_values": [0.1, 0.2]}),
    "judge": (clr_utils.judge, {"low": -0.1, "high": 0.1, "margin": 0.2}),
    "noise_band": (clr_utils.noise_band, {"values": [1.0, 2.0], "confidence": 0.9}),
    "t_interval": (clr_utils.t_interval, {"values": [1.0, 2.0], "confidence": 0.9}),
    "paired_difference": (
        clr_utils.paired_difference,
        {"values": [1.0, 2.0], "baseline": [1.0, 3.0], "confidence": 0.9},
    ),
    "welch_interval": (
        clr_utils.welch_interval,
        {"mean": 1, "sd": 1, "n": 3, "other_mean": 2, "other_sd": 1, "other_n": 3, "confidence": 0.9},
    ),
    "dot_plot": (clr_utils.dot_plot, {"values": RUNS, "ax": None, "unit": "error", "log": False}),
    "forest_plot": (
        clr_utils.forest_plot,
        {"differences": {"one": paired_difference(*RUNS.values())}, "ax": None, "noise": 0.1, "unit": "error"},
    ),
    "plot_policy": (
        clr_utils.plot_policy,
        {"rates": [0.1, 0.2], "ax": None, "label": "a", "iter_per_epoch": 2, "bounds": [0.1], "fill": True},
    ),
    "published": (clr_utils.published, {"key": "alyafi.runs"}),
    "notebook_seed": (clr_utils.notebook_seed, {}),
    "setup_notebook": (clr_utils.setup_notebook, {"keras": False}),
    "verdict": (clr_utils.verdict, {"claim": "it holds", "value": 3, "above": 2}),
    "bowl_loss": (descent.bowl_loss, {"w": [3.0, 2.0], "curvatures": [1.0, 10.0]}),
    "descend": (
        descent.descend,
        {"gradient": np.negative, "start": [1.0, 2.0], "rate": 0.1, "steps": 3, "momentum": 0.9, **NOISE},
    ),
    "mean_losses": (descent.mean_losses, {**BOWL, "rate": 0.1, "runs": 2, **NOISE}),
    "measure_limit": (descent.measure_limit, BOWL),
    "stability_limit": (descent.stability_limit, {"curvatures": [1.0, 10.0]}),
    "best_rate": (descent.best_rate, {"curvatures": [1.0, 10.0]}),
    "share_left": (descent.share_left, {"rates": [0.1, 0.2], "curvatures": [1.0, 10.0]}),
    "noise_floor": (descent.noise_floor, {"rate": 0.1, "curvature": 1.0, "sigma": 0.1}),
    "loss_floor": (descent.loss_floor, {"rate": 0.1, "curvatures": [1.0, 10.0], "sigma": 0.1}),
    "expected_loss": (descent.expected_loss, {**BOWL, "rate": 0.1, "sigma": 0.1}),
    "escape_steps": (descent.escape_steps, {"rate": 0.1, "start": 0.1, "end": 1.0}),
    "measure_escape": (
        descent.measure_escape,
        {"rate": 0.1, "start": 0.1, "end": 1.0, "momentum": 0.1, "runs": 2, "give_up": 50, **NOISE},
    ),
    "in_tables": (claims.in_tables, {"case": 1, "policy": "triangular", "other": "exp_range", "metric": "f1"}),
    "in_records": (
        claims.in_records,
        {"case": 1, "policy": "triangular", "other": "exp_range", "metric": "auc", "together": 2},
    ),
    "best_fixed": (claims.best_fixed, {"case": 1}),
    "lost": (claims.lost, {"case": 1, "policy": "triangular", "other": "exp_range"}),
    "log_false_positives": (claims.log_false_positives, {"case": 1, "arm": "triangular"}),
    "tables": (tables.tables, {"case": 1}),
    "sweep": (tuning.sweep, {"kind": "fixed", "metric": "pr_area"}),
    "plateau": (tuning.plateau, {"areas": AREAS, "margin": 0.01}),
    "chosen_of": (tuning.chosen_of, {"validation": AREAS, "test": AREAS}),
    "plot_plateaus": (tuning.plot_plateaus, {}),
    "tries_needed": (tuning.tries_needed, {}),
    "plot_tuning_cost": (tuning.plot_tuning_cost, {}),
}

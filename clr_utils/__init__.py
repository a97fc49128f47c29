"""Cyclical learning rates for Keras 3: policies, schedule, callback and the tools of the notebooks.

`import clr_utils` is quick: a name is loaded from its file, and Keras with it, when it is first used.
"""

from importlib import import_module

_NAMES = {
    "policies": [
        "SMITH_TABLE_2",
        "Stage",
        "custom_policy",
        "exp_range",
        "hann",
        "modified_triangular2",
        "staged",
        "triangular",
        "triangular2",
        "welch",
    ],
    "cycles": ["half_cycles", "step_size_for"],
    "decays": ["exp_decay", "fixed", "linear_decay", "time_decay"],
    "restarts": [
        "cosine",
        "inverse_sqrt",
        "joined",
        "one_cycle",
        "polynomial",
        "sgdr",
        "warmed_up",
        "warmup_stable_decay",
    ],
    "momentum": ["mirrored", "one_cycle_momentum"],
    "optimizers": ["MomentumAdam", "MomentumSGD"],
    "schedule_free": ["ScheduleFreeAdamW"],
    "schedules": ["CyclicalLearningRate", "PolicySchedule"],
    "callback_checks": ["CycleWarning"],
    "callbacks": ["CyclicLR", "PolicyLR"],
    "history": ["LearningRateHistory"],
    "differential": ["differential_rates", "layerwise"],
    "snapshots": ["Snapshots"],
    "range_test.run": ["lr_range_test", "repeat_range_test"],
    "range_test.results": ["RangeTest", "RangeTests"],
    "range_test.suggestions": ["NoSuggestionError"],
    "range_test.training": ["RangeTestWarning"],
    "range_test.curves": ["smooth", "sweep_rates"],
    "calcification.patches": ["generate_patches", "patch_blocks"],
    "calcification.sets": ["fit_standardiser", "test_set", "training_set", "validation_set"],
    "calcification.files": ["write_calcification_files"],
    "metrics.detection": [
        "best_threshold",
        "confusion",
        "pr_area",
        "precision_at",
        "roc_auc",
    ],
    "metrics.patients": ["paired_patient_interval", "patient_interval"],
    "datasets.images": ["validation_split"],
    "datasets.mnist": ["load_mnist"],
    "datasets.cifar10": ["load_cifar10", "load_cifar100"],
    "datasets.fashion_mnist": ["load_fashion_mnist"],
    "datasets.chest_xray": ["FINDINGS", "ChestXrays", "PatientSplit", "load_chest_sample", "patient_split"],
    "datasets.nih_folder": ["load_chest_xrays"],
    "datasets.pneumonia": ["load_pneumonia"],
    "datasets.mammography": ["load_mammography"],
    "models": ["calcification_cnn", "mnist_mlp"],
    "metrics.comparison": ["holm", "judge", "noise_band", "paired_difference", "t_interval", "welch_interval"],
    "plotting": ["dot_plot", "forest_plot", "plot_policy"],
    "citations": ["published"],
    "course.notebook": ["notebook_seed", "setup_notebook", "verdict"],
}
_FILE_OF = {name: file for file, names in _NAMES.items() for name in names}
__all__ = sorted(_FILE_OF)


def __getattr__(name):
    if name not in _FILE_OF:
        raise AttributeError(f"module 'clr_utils' has no attribute {name!r}")
    return getattr(import_module(f"clr_utils.{_FILE_OF[name]}"), name)


def __dir__():
    return __all__

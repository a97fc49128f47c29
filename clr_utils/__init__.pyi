"""What editors read: each name of `clr_utils` and the file that it is loaded from."""

from clr_utils.calcification.files import write_calcification_files as write_calcification_files
from clr_utils.calcification.patches import generate_patches as generate_patches
from clr_utils.calcification.patches import patch_blocks as patch_blocks
from clr_utils.calcification.sets import fit_standardiser as fit_standardiser
from clr_utils.calcification.sets import test_set as test_set
from clr_utils.calcification.sets import training_set as training_set
from clr_utils.calcification.sets import validation_set as validation_set
from clr_utils.callback_checks import CycleWarning as CycleWarning
from clr_utils.callbacks import CyclicLR as CyclicLR
from clr_utils.callbacks import PolicyLR as PolicyLR
from clr_utils.citations import published as published
from clr_utils.course.notebook import notebook_seed as notebook_seed
from clr_utils.course.notebook import setup_notebook as setup_notebook
from clr_utils.course.notebook import verdict as verdict
from clr_utils.cycles import half_cycles as half_cycles
from clr_utils.cycles import step_size_for as step_size_for
from clr_utils.datasets.chest_xray import FINDINGS as FINDINGS
from clr_utils.datasets.chest_xray import ChestXrays as ChestXrays
from clr_utils.datasets.chest_xray import PatientSplit as PatientSplit
from clr_utils.datasets.chest_xray import load_chest_sample as load_chest_sample
from clr_utils.datasets.chest_xray import patient_split as patient_split
from clr_utils.datasets.cifar10 import load_cifar10 as load_cifar10
from clr_utils.datasets.cifar10 import load_cifar100 as load_cifar100
from clr_utils.datasets.fashion_mnist import load_fashion_mnist as load_fashion_mnist
from clr_utils.datasets.images import validation_split as validation_split
from clr_utils.datasets.mammography import load_mammography as load_mammography
from clr_utils.datasets.mnist import load_mnist as load_mnist
from clr_utils.datasets.nih_folder import load_chest_xrays as load_chest_xrays
from clr_utils.datasets.pneumonia import load_pneumonia as load_pneumonia
from clr_utils.decays import exp_decay as exp_decay
from clr_utils.decays import fixed as fixed
from clr_utils.decays import linear_decay as linear_decay
from clr_utils.decays import time_decay as time_decay
from clr_utils.differential import differential_rates as differential_rates
from clr_utils.differential import layerwise as layerwise
from clr_utils.history import LearningRateHistory as LearningRateHistory
from clr_utils.metrics.comparison import holm as holm
from clr_utils.metrics.comparison import judge as judge
from clr_utils.metrics.comparison import noise_band as noise_band
from clr_utils.metrics.comparison import paired_difference as paired_difference
from clr_utils.metrics.comparison import t_interval as t_interval
from clr_utils.metrics.comparison import welch_interval as welch_interval
from clr_utils.metrics.detection import best_threshold as best_threshold
from clr_utils.metrics.detection import confusion as confusion
from clr_utils.metrics.detection import pr_area as pr_area
from clr_utils.metrics.detection import precision_at as precision_at
from clr_utils.metrics.detection import roc_auc as roc_auc
from clr_utils.metrics.patients import paired_patient_interval as paired_patient_interval
from clr_utils.metrics.patients import patient_interval as patient_interval
from clr_utils.models import calcification_cnn as calcification_cnn
from clr_utils.models import mnist_mlp as mnist_mlp
from clr_utils.momentum import mirrored as mirrored
from clr_utils.momentum import one_cycle_momentum as one_cycle_momentum
from clr_utils.optimizers import MomentumAdam as MomentumAdam
from clr_utils.optimizers import MomentumSGD as MomentumSGD
from clr_utils.plotting import dot_plot as dot_plot
from clr_utils.plotting import forest_plot as forest_plot
from clr_utils.plotting import plot_policy as plot_policy
from clr_utils.policies import SMITH_TABLE_2 as SMITH_TABLE_2
from clr_utils.policies import Stage as Stage
from clr_utils.policies import custom_policy as custom_policy
from clr_utils.policies import exp_range as exp_range
from clr_utils.policies import hann as hann
from clr_utils.policies import modified_triangular2 as modified_triangular2
from clr_utils.policies import staged as staged
from clr_utils.policies import triangular as triangular
from clr_utils.policies import triangular2 as triangular2
from clr_utils.policies import welch as welch
from clr_utils.range_test.curves import smooth as smooth
from clr_utils.range_test.curves import sweep_rates as sweep_rates
from clr_utils.range_test.results import RangeTest as RangeTest
from clr_utils.range_test.results import RangeTests as RangeTests
from clr_utils.range_test.run import lr_range_test as lr_range_test
from clr_utils.range_test.run import repeat_range_test as repeat_range_test
from clr_utils.range_test.suggestions import NoSuggestionError as NoSuggestionError
from clr_utils.range_test.training import RangeTestWarning as RangeTestWarning
from clr_utils.restarts import cosine as cosine
from clr_utils.restarts import inverse_sqrt as inverse_sqrt
from clr_utils.restarts import joined as joined
from clr_utils.restarts import one_cycle as one_cycle
from clr_utils.restarts import polynomial as polynomial
from clr_utils.restarts import sgdr as sgdr
from clr_utils.restarts import warmed_up as warmed_up
from clr_utils.restarts import warmup_stable_decay as warmup_stable_decay
from clr_utils.schedule_free import ScheduleFreeAdamW as ScheduleFreeAdamW
from clr_utils.schedules import CyclicalLearningRate as CyclicalLearningRate
from clr_utils.schedules import PolicySchedule as PolicySchedule
from clr_utils.snapshots import Snapshots as Snapshots

__all__ = [
    "ChestXrays",
    "CycleWarning",
    "CyclicLR",
    "CyclicalLearningRate",
    "FINDINGS",
    "LearningRateHistory",
    "MomentumAdam",
    "MomentumSGD",
    "NoSuggestionError",
    "PatientSplit",
    "PolicyLR",
    "PolicySchedule",
    "RangeTest",
    "RangeTestWarning",
    "RangeTests",
    "SMITH_TABLE_2",
    "ScheduleFreeAdamW",
    "Snapshots",
    "Stage",
    "best_threshold",
    "calcification_cnn",
    "confusion",
    "cosine",
    "custom_policy",
    "differential_rates",
    "dot_plot",
    "exp_decay",
    "exp_range",
    "fit_standardiser",
    "fixed",
    "forest_plot",
    "generate_patches",
    "half_cycles",
    "hann",
    "holm",
    "inverse_sqrt",
    "joined",
    "judge",
    "layerwise",
    "linear_decay",
    "load_chest_sample",
    "load_chest_xrays",
    "load_cifar10",
    "load_cifar100",
    "load_fashion_mnist",
    "load_mammography",
    "load_mnist",
    "load_pneumonia",
    "lr_range_test",
    "mirrored",
    "mnist_mlp",
    "modified_triangular2",
    "noise_band",
    "notebook_seed",
    "one_cycle",
    "one_cycle_momentum",
    "paired_difference",
    "paired_patient_interval",
    "patch_blocks",
    "patient_interval",
    "patient_split",
    "plot_policy",
    "polynomial",
    "pr_area",
    "precision_at",
    "published",
    "repeat_range_test",
    "roc_auc",
    "setup_notebook",
    "sgdr",
    "smooth",
    "staged",
    "step_size_for",
    "sweep_rates",
    "t_interval",
    "test_set",
    "time_decay",
    "training_set",
    "triangular",
    "triangular2",
    "validation_set",
    "validation_split",
    "verdict",
    "warmed_up",
    "warmup_stable_decay",
    "welch",
    "welch_interval",
    "write_calcification_files",
]

"""Stages of cycles, as in Smith's Table 2."""

import numpy as np
import pandas as pd
import pytest

from clr_utils import SMITH_TABLE_2, Stage, staged
from clr_utils.policies import triangular, triangular2


def test_stages_change_where_table_2_says():
    table = {
        0: 0.001,
        2_000: 0.005,
        4_000: 0.001,
        6_000: 0.003,
        15_999: 0.001 + 0.004 / 2_000 / 8,  # one before the end of the fourth cycle
        16_000: 0.0001,
        17_000: 0.0005,
        18_000: 0.0001,
        21_999: 0.0001 + 0.0004 / 1_000 / 4,
        22_000: 0.00001,
        22_500: 0.00005,
        23_000: 0.00001,
        24_999: 0.00001 + 0.00004 / 500 / 4,
        25_000: 0.00001,
        25_500: 0.00001 + 0.00004 / 8,  # after the table the last stage goes on
    }
    np.testing.assert_allclose(staged(list(table)), list(table.values()), rtol=1e-12)


def test_table_2_is_smiths():
    assert [tuple(stage) for stage in SMITH_TABLE_2] == [
        (0.001, 0.005, 2000, 0, 16000),
        (0.0001, 0.0005, 1000, 16000, 22000),
        (0.00001, 0.00005, 500, 22000, 25000),
    ]


def test_stages_take_another_policy_and_plain_rows():
    rates = staged(np.arange(8), [(1, 5, 2, 0, 4), (0, 2, 2, 4, 8)], policy=triangular)
    assert rates.tolist() == [1, 3, 5, 3, 0, 1, 2, 1]
    assert staged(6, [(1, 5, 2, 0, 4), (0, 2, 2, 4, 8)], policy=triangular) == 2
    assert np.shape(staged(6)) == ()


def test_stages_may_be_a_table():
    table = pd.DataFrame([(1, 5, 2, 0, 4), (0, 2, 2, 4, 8)], columns=Stage._fields)
    assert staged(np.arange(8), table, policy=triangular).tolist() == [1, 3, 5, 3, 0, 1, 2, 1]


def test_one_stage_is_its_policy():
    at = np.arange(30)
    assert staged(at, [(1, 5, 3, 0, 10)]).tolist() == triangular2(at, 1, 5, 3).tolist()


@pytest.mark.parametrize(
    ("stages", "parts"),
    [
        ([], ["stages", "at least one row", "empty"]),
        ([Stage(1, 5, 2, 1, 4)], ["start=1", "must start at 0"]),
        ([Stage(1, 5, 2, 0, 4), Stage(1, 5, 2, 5, 9)], ["start=5", "must start at 4"]),
        ([Stage(1, 5, 2, 0, 4), Stage(1, 5, 2, 3, 9)], ["start=3", "must start at 4"]),
        ([Stage(1, 5, 2, 0, 0)], ["max_iter=0", "end after its start"]),
        ([Stage(5, 1, 2, 0, 4)], ["max_lr (1.0) must be greater than base_lr (5.0)"]),
        ([Stage(1, 5, 0, 0, 4)], ["step_size", "it is 0"]),
    ],
)
def test_stages_that_do_not_fit_are_refused(stages, parts):
    with pytest.raises(ValueError, match="must") as error:
        staged(0, stages)
    for part in parts:
        assert part in str(error.value)


@pytest.mark.parametrize("iteration", [-1, float("nan")])
def test_staged_refuses_negative_iterations(iteration):
    with pytest.raises(ValueError, match="iteration must be 0 or more"):
        staged(iteration)

"""Each policy, and bounds, lengths and iterations to try it with."""

import pytest
from hypothesis import strategies as st

from clr_utils import policies
from helpers import ALL_POLICIES

each_policy = pytest.mark.parametrize(("name", "own"), ALL_POLICIES, ids=lambda x: x if isinstance(x, str) else "")
positive = st.floats(1e-6, 10)
bounds = st.tuples(st.one_of(st.just(0.0), positive), positive).filter(lambda pair: pair[0] < pair[1])
halves = st.tuples(st.integers(1, 5_000), st.integers(1, 5_000))
iterations = st.integers(0, 100_000)
AWKWARD_BOUNDS = [(0.1, 0.7), (0.001, 0.006), (0.002, 0.03), (0.0, 1 / 3), (1e-4, 0.1 + 0.2), (5e-7, 9.999999999999998)]


def policy(name):
    return getattr(policies, name)


LONG_RUNS = [  # step_size, own settings that leave something of the amplitude after 2**31 iterations
    ("triangular", 2000, {}),
    ("triangular", 1, {}),
    ("triangular", 2**30 - 1, {}),
    ("triangular", 48_271, {"step_size_down": 69_621}),
    ("triangular2", 2**29 + 1, {}),
    ("modified_triangular2", 2**28 + 3, {}),
    ("welch", 3_001, {}),
    ("hann", 3_001, {}),
    ("exp_range", 2_003, {"gamma": 1 - 1e-9}),
    ("exp_range", 2_003, {"gamma": 1 - 1e-9, "decay": "bounds"}),
]


def long_run(step_size):
    """Iterations around 2**24 and 2**31, and around the ends and peaks of cycles beyond 2**24."""
    marks = [2**24, 2**25, 2**31 - 3]
    marks += [mark // step_size * step_size for mark in (2**24 + step_size, 2**30, 2**31 - 4) if mark >= step_size]
    return sorted({mark + k for mark in marks for k in (-2, -1, 0, 1, 2) if mark + k >= 0})

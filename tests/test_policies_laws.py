"""The laws of the policies: bounds, periods, symmetry, decline and scales of one's own."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clr_utils import custom_policy
from clr_utils.policies import exp_range, hann, modified_triangular2, triangular, triangular2, welch
from helpers import ALL_POLICIES
from policy_cases import bounds, each_policy, halves, iterations, policy


@pytest.mark.parametrize(("name", "own"), [pair for pair in ALL_POLICIES if "decay" not in pair[1]])
@given(limits=bounds, lengths=halves, n=iterations)
def test_rates_lie_between_the_bounds(name, own, limits, lengths, n):
    if name == "modified_triangular2":
        assume(n < sum(lengths))
    rate = policy(name)(n, *limits, lengths[0], step_size_down=lengths[1], **own)
    assert math.nextafter(limits[0], -1) <= rate <= math.nextafter(limits[1], math.inf)


@pytest.mark.parametrize("name", ["triangular", "welch", "hann"])
@given(limits=bounds, lengths=halves, n=iterations, cycles=st.integers(1, 1000))
def test_a_cycle_is_like_the_others(name, limits, lengths, n, cycles):
    settings = {"step_size": lengths[0], "step_size_down": lengths[1]}
    later = n + cycles * sum(lengths)
    assert policy(name)(n, *limits, **settings) == policy(name)(later, *limits, **settings)


@pytest.mark.parametrize("name", ["triangular", "triangular2", "modified_triangular2", "welch", "hann"])
@given(limits=bounds, up=st.integers(1, 5000), cycle=st.integers(0, 9), data=st.data())
def test_a_cycle_falls_as_it_rose(name, limits, up, cycle, data):
    peak, away = (2 * cycle + 1) * up, data.draw(st.integers(0, up - 1))
    before, after = policy(name)([peak - away, peak + away], *limits, up)
    assert before == after


@given(limits=bounds, lengths=halves, n=iterations)
def test_triangular2_halves_the_amplitude_and_keeps_base_lr(limits, lengths, n):
    now, next_cycle = triangular2([n, n + sum(lengths)], *limits, lengths[0], step_size_down=lengths[1])
    assert next_cycle - limits[0] == pytest.approx((now - limits[0]) / 2, rel=1e-9, abs=4 * math.ulp(limits[1]))


@given(limits=bounds, lengths=halves, n=iterations)
def test_modified_triangular2_halves_the_whole_rate(limits, lengths, n):
    now, next_cycle = modified_triangular2([n, n + sum(lengths)], *limits, lengths[0], step_size_down=lengths[1])
    assert next_cycle == now / 2


@given(limits=bounds, lengths=halves, gamma=st.floats(0.9, 1, exclude_max=True))
def test_peaks_never_rise(limits, lengths, gamma):
    peaks = lengths[0] + np.arange(8) * sum(lengths)
    settings = {"step_size": lengths[0], "step_size_down": lengths[1]}
    for rates in (
        triangular2(peaks, *limits, **settings),
        modified_triangular2(peaks, *limits, **settings),
        exp_range(peaks, *limits, gamma=gamma, **settings),
        exp_range(peaks, *limits, gamma=gamma, decay="bounds", **settings),
    ):
        assert (np.diff(rates) <= 0).all()
        assert rates[-1] < limits[1]


@pytest.mark.parametrize("name", ["triangular", "triangular2", "modified_triangular2", "welch", "hann"])
@given(limits=bounds, lengths=halves)
def test_a_cycle_climbs_to_its_peak_and_descends(name, limits, lengths):
    rates = policy(name)(np.arange(sum(lengths)), *limits, lengths[0], step_size_down=lengths[1])
    slack = 2 * math.ulp(limits[1])
    assert (np.diff(rates[: lengths[0] + 1]) >= -slack).all()
    assert (np.diff(rates[lengths[0] :]) <= slack).all()


@given(limits=bounds, lengths=halves, n=iterations, gamma=st.floats(0.99, 1))
def test_the_two_readings_of_exp_range(limits, lengths, n, gamma):
    settings = {"step_size": lengths[0], "step_size_down": lengths[1]}
    triangle = triangular(n, *limits, **settings)
    amplitude = exp_range(n, *limits, gamma=gamma, **settings)
    both = exp_range(n, *limits, gamma=gamma, decay="bounds", **settings)
    tolerance = {"rel": 1e-9, "abs": 1e-15 * limits[1]}
    assert amplitude == pytest.approx(limits[0] + (triangle - limits[0]) * gamma**n, **tolerance)
    assert both == pytest.approx(triangle * gamma**n, **tolerance)
    assert both <= amplitude + math.ulp(amplitude)


def test_exp_range_by_default_keeps_base_lr():
    """At the first cycle end Alyafi's eq. 5 is back at base_lr; in Smith's words the lower bound has declined too."""
    assert exp_range(8, 1, 5, 4, 0.9) == 1
    assert exp_range(8, 1, 5, 4, 0.9, decay="bounds") == pytest.approx(0.9**8)


@given(limits=bounds, lengths=halves, n=iterations)
def test_exp_range_without_decline_is_triangular(limits, lengths, n):
    for decay in ("amplitude", "bounds"):
        assert exp_range(n, *limits, lengths[0], 1, decay=decay) == triangular(n, *limits, lengths[0])


def test_exp_range_counts_iterations_over_all_cycles():
    first, second = exp_range([4, 12], 0, 1, 4, 0.9)
    assert (first, second) == (pytest.approx(0.9**4), pytest.approx(0.9**12))


@each_policy
@given(limits=bounds, lengths=halves, n=iterations, start=st.integers(1, 10**6))
def test_a_start_offset_shifts_everything(name, own, limits, lengths, n, start):
    settings = {"step_size": lengths[0], "step_size_down": lengths[1], **own}
    shifted = policy(name)([0, start - 1, start, n + start], *limits, start_lr_policy=start, **settings)
    assert shifted[:3].tolist() == [limits[0]] * 3
    assert shifted[3] == policy(name)(n, *limits, **settings)


def test_windows_at_half_height():
    """With x = 1/2: triangular 1 - x = 1/2, Welch 1 - x**2 = 3/4, Hann (1 + cos(pi x)) / 2 = 1/2; and at x = 3/4."""
    np.testing.assert_allclose([f(4, 0, 1, 8) for f in (triangular, welch, hann)], [0.5, 0.75, 0.5])
    hann_value = (1 + math.cos(0.75 * math.pi)) / 2
    np.testing.assert_allclose([f(2, 0, 1, 8) for f in (triangular, welch, hann)], [0.25, 0.4375, hann_value])


# --- a scale of one's own ---


def test_custom_scale_per_cycle_counts_from_one():
    np.testing.assert_allclose(
        custom_policy([4, 12, 20], 1, 5, 4, lambda cycle: 1 / cycle), [1 + 4 / 1, 1 + 4 / 2, 1 + 4 / 3]
    )


def test_custom_scale_per_iteration_counts_from_zero():
    rates = custom_policy([0, 3, 4], 1, 5, 4, lambda n: n + 10, scale_mode="iterations")
    np.testing.assert_allclose(rates, [1, 1 + 3 * 13, 1 + 4 * 14])


def test_custom_scale_per_iteration_counts_from_the_start_offset():
    rates = custom_policy([2, 9], 1, 5, 4, lambda n: n, scale_mode="iterations", start_lr_policy=5)
    np.testing.assert_allclose(rates, [1, 1 + 4 * 4])


@given(limits=bounds, up=st.integers(1, 500), n=iterations, gamma=st.floats(0.99, 1))
def test_custom_scales_make_the_named_policies(limits, up, n, gamma):
    """As the classic callback defines them: 1, 1 / 2**(cycle - 1), gamma**iterations."""
    tolerance = {"rel": 1e-9, "abs": 1e-12 * limits[1]}
    custom = lambda scale, mode: custom_policy(n, *limits, up, scale, scale_mode=mode)  # noqa: E731
    assert custom(lambda c: 1, "cycle") == triangular(n, *limits, up)
    assert custom(lambda c: 2.0 ** (1 - c), "cycle") == pytest.approx(triangular2(n, *limits, up), **tolerance)
    assert custom(lambda i: gamma**i, "iterations") == pytest.approx(exp_range(n, *limits, up, gamma), **tolerance)

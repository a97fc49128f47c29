"""The closed forms of clr_utils.course.descent against gradient descent itself."""

import numpy as np
import pytest

from clr_utils.course import descent

CURVATURES = np.array([1.0, 10.0])
START = np.array([10.0, 1.0])


def gradient(w):
    return CURVATURES * w


def last(*args, **kwargs):
    *_, w = descent.descend(*args, **kwargs)
    return w


def test_the_walk_holds_the_start_and_every_step():
    walk = list(descent.descend(lambda w: w, [2.0], 0.5, 3))
    np.testing.assert_array_equal(np.ravel(walk), [2.0, 1.0, 0.5, 0.25])


def test_bowl_loss_has_the_half_and_the_curvatures():
    assert descent.bowl_loss([3.0, 2.0], [1.0, 10.0]) == 0.5 * (9 + 40)


def test_rate_may_be_a_number_an_array_or_a_function():
    number = last(gradient, START, 0.1, 5)
    array = last(gradient, np.tile(START, (2, 1)), np.array([[0.1], [0.05]]), 5)
    function = last(gradient, START, lambda step: 0.1, 5)
    np.testing.assert_allclose(array[0], number)
    np.testing.assert_allclose(function, number)
    assert not np.allclose(array[1], number)


def test_a_schedule_sees_the_steps_from_zero():
    seen = []
    list(descent.descend(lambda w: w, [1.0], lambda step: seen.append(step) or 0.1, 4))
    assert seen == [0, 1, 2, 3]


def test_momentum_adds_a_share_of_the_last_update():
    path = np.ravel(list(descent.descend(lambda w: w, [1.0], 0.1, 2, momentum=0.9)))
    np.testing.assert_allclose(path, [1.0, 0.9, 0.9 - 0.09 - 0.09])


def test_the_start_is_not_changed():
    start = np.ones(2)
    list(descent.descend(gradient, start, 0.1, 3))
    np.testing.assert_array_equal(start, 1)


def test_noise_needs_a_generator():
    with pytest.raises(TypeError, match="rng must be a generator where there is a sigma"):
        descent.descend(gradient, START, 0.1, 3, sigma=1.0)


@pytest.mark.parametrize("curvatures", [[1.0], [1.0, 10.0], [0.02, 3.0, 40.0]])
def test_the_limit_divides_shrinking_from_growing(curvatures):
    limit = descent.stability_limit(curvatures)
    start = np.ones(len(curvatures))
    slope = lambda w: np.array(curvatures) * w  # noqa: E731
    first = descent.bowl_loss(start, curvatures)
    assert descent.bowl_loss(last(slope, start, 0.999 * limit, 3000), curvatures) < first
    assert descent.bowl_loss(last(slope, start, 1.001 * limit, 3000), curvatures) > first


@pytest.mark.parametrize("steps", [5, 50])
def test_from_equal_gradients_the_best_rate_is_exact_for_any_number_of_steps(steps):
    rates = np.linspace(0.17, 0.19, 20_001)
    w = last(gradient, np.tile(START, (rates.size, 1)), rates[:, None], steps)
    found = rates[descent.bowl_loss(w, CURVATURES).argmin()]
    assert found == pytest.approx(descent.best_rate(CURVATURES), abs=2e-6)


@pytest.mark.parametrize("rates", [(0.1,), (0.5, 0.11), (0.11, 0.3, 0.02)])
def test_share_left_is_what_a_round_leaves_of_each_parameter(rates):
    rounds = 3
    w = last(gradient, START, lambda step: rates[step % len(rates)], rounds * len(rates))
    np.testing.assert_allclose(np.abs(w / START), descent.share_left(rates, CURVATURES) ** rounds)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.19])
def test_noise_floor_is_the_mean_square_and_loss_floor_the_mean_loss(rate):
    sigma = 1.5
    walk = descent.descend(gradient, np.zeros((4000, 2)), rate, 600, sigma=sigma, rng=np.random.default_rng(3))
    tail = np.array(list(walk)[-150:])
    np.testing.assert_allclose(
        np.square(tail).mean(axis=(0, 1)), descent.noise_floor(rate, CURVATURES, sigma), rtol=0.05
    )
    assert descent.bowl_loss(tail, CURVATURES).mean() == pytest.approx(
        descent.loss_floor(rate, CURVATURES, sigma), rel=0.05
    )


def test_noise_floor_solves_its_own_equation():
    rate, curvature, sigma = 0.13, 7.0, 0.4
    v = descent.noise_floor(rate, curvature, sigma)
    assert v == pytest.approx((1 - rate * curvature) ** 2 * v + (rate * sigma) ** 2)


@pytest.mark.parametrize(("sigma", "steps"), [(0.0, 20), (1.0, 5), (3.0, 50)])
def test_expected_loss_is_the_mean_over_runs(sigma, steps):
    rates = np.array([0.01, 0.1, 0.19])
    rng = np.random.default_rng(4)
    measured = descent.mean_losses(CURVATURES, START, rates, steps, sigma=sigma, runs=20_000, rng=rng)[-1]
    np.testing.assert_allclose(measured, descent.expected_loss(rates, CURVATURES, START, sigma, steps), rtol=0.05)


def test_expected_loss_ends_on_the_floor():
    assert descent.expected_loss(0.1, CURVATURES, START, 1.0, 5000) == pytest.approx(
        descent.loss_floor(0.1, CURVATURES, 1.0)
    )


@pytest.mark.parametrize("rate", [0.003, 0.1, 0.9])
def test_escape_steps_counts_the_updates_off_the_ridge(rate):
    assert descent.measure_escape(rate, 1e-6) == np.ceil(descent.escape_steps(rate, 1e-6))


def test_exactly_on_the_ridge_only_noise_helps():
    assert descent.measure_escape(0.9, 0.0, momentum=0.9, give_up=100) == np.inf
    noisy = descent.measure_escape(0.9, 0.0, sigma=1e-3, runs=5, rng=np.random.default_rng(0), give_up=100)
    assert np.isfinite(noisy)


def test_measure_escape_is_the_median_run():
    runs = [
        descent.measure_escape(0.05, 1e-6, sigma=0.1, rng=np.random.default_rng(seed), give_up=1000)
        for seed in range(200)
    ]
    together = descent.measure_escape(0.05, 1e-6, sigma=0.1, runs=200, rng=np.random.default_rng(0))
    assert together == pytest.approx(np.median(runs), rel=0.1)


@pytest.mark.parametrize("curvatures", [[1.0, 10.0], [0.5, 4.0, 9.0]])
def test_measure_limit_finds_the_limit_without_the_formula(curvatures):
    found = descent.measure_limit(curvatures, 1 / np.array(curvatures), steps=400)
    assert found == pytest.approx(descent.stability_limit(curvatures), rel=1e-4)


def test_mean_losses_of_one_rate_an_array_and_a_schedule():
    one = descent.mean_losses(CURVATURES, START, 0.1, 5)
    many = descent.mean_losses(CURVATURES, START, np.array([0.05, 0.1]), 5)
    schedule = descent.mean_losses(CURVATURES, START, lambda step: 0.1, 5)
    assert one.shape == (6,)
    assert many.shape == (6, 2)
    assert one[0] == 55
    np.testing.assert_allclose(one, many[:, 1])
    np.testing.assert_allclose(one, schedule)

"""The physics of the synthetic patches, and the checks that a radiologist would ask for."""

import numpy as np
import pytest
from scipy import ndimage, stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from clr_utils.calcification import checks, objects, physics
from clr_utils.calcification.checks import border_pixels, detectability, shortcuts
from clr_utils.calcification.patches import generate_patches


@pytest.fixture(scope="module")
def train():
    return generate_patches(2000, 2000, seed=1)


@pytest.fixture(scope="module")
def test():
    return generate_patches(1500, 3000, seed=1, split="test")


# 1: texture


def test_the_spectrum_of_the_texture_falls_with_the_third_power():
    spectrum = checks.texture_spectrum()
    assert spectrum.slope == pytest.approx(-3, abs=0.3)
    assert len(spectrum.frequency) == len(spectrum.power) == 95
    assert spectrum.frequency[[0, -1]] == pytest.approx([1 / 13.44, 95 / 13.44])


def test_texture_has_mean_0_and_variance_1():
    rng = np.random.default_rng(0)
    fields = np.array([physics.texture_field(rng) for _ in range(200)])
    assert fields.dtype == np.float32
    assert fields.mean() == pytest.approx(0, abs=1e-5)
    assert fields.var() == pytest.approx(1, abs=0.15)


def test_windows_are_the_cells_of_a_field_with_their_surroundings():
    field = np.arange(192 * 192).reshape(192, 192)
    cells = physics.windows(field)
    assert cells.shape == (144, 24, 24)
    assert (cells[13, 4:-4, 4:-4] == field[16:32, 16:32]).all()
    assert cells[13, 0, 0] == field[12, 12]
    assert cells[0, 0, 0] == field[-4, -4]


# 2: noise and blur


def test_the_variance_of_the_noise_is_linear_in_the_signal():
    signal, variance = checks.noise_against_signal()
    line = stats.linregress(signal, variance)
    assert line.rvalue > 0.998
    blurred = (physics.blur_matrix(0.75)[8] ** 2).sum() ** 2
    assert line.slope == pytest.approx(2.4 * blurred, rel=0.06)
    assert abs(line.intercept) < 0.03 * variance.max()


def test_noise_is_blurred_and_dust_is_not():
    rng = np.random.default_rng(0)
    flat, dust = np.zeros((400, 24, 24), np.float32), np.zeros((400, 16, 16), np.float32)
    dust[:, 8, 8] = 0.2
    x = physics.expose(flat, dust, 2500, 2.4, 0.75, rng).astype(float)
    mean = x.mean(axis=0)
    assert mean[8, 8] - mean[0, 0] == pytest.approx((1 - np.exp(-0.2)) * 6000, rel=0.01)
    assert mean[8, 9] == pytest.approx(mean[0, 0], abs=10)
    noise = x[:, :4] - mean[:4]
    neighbours = np.mean(noise[:, :, 1:] * noise[:, :, :-1]) / np.mean(noise**2)
    assert neighbours == pytest.approx(np.exp(-1 / (4 * 0.75**2)), abs=0.02), "quantum noise comes before the blur"


@pytest.mark.parametrize("blur", [0.6, 0.9])
def test_the_blur_keeps_the_signal(blur):
    matrix = physics.blur_matrix(blur)
    assert matrix.sum(axis=1) == pytest.approx(1, abs=1e-6)
    offset = np.arange(24) - 12
    assert (matrix[8] * offset**2).sum() == pytest.approx(blur**2, rel=0.03)


def test_bright_absorbs_much_and_nothing_leaves_the_range():
    rng, dust = np.random.default_rng(0), np.float32(0)
    clear, dense, open_air = (
        physics.expose(np.full((1, 24, 24), each, np.float32), dust, 2500, 2.4, 0.75, rng) for each in (0, 9, -3)
    )
    assert clear.mean() < dense.mean() <= physics.WHITE
    assert open_air.max() == 0


def test_objects_are_1_at_the_brightest_and_lie_where_they_should():
    one, none = np.ones(1), np.zeros((1, 2))
    ball = objects.grain(0.5 * one, -2.5 * one, 3 * one, one, 0 * one, none, none)[0]
    assert np.unravel_index(ball.argmax(), ball.shape) == (9, 12)
    assert ball.max() == 1
    assert np.count_nonzero(ball) == pytest.approx(np.pi * 9, rel=0.2)
    spot = objects.blob(0.5 * one, 0.5 * one, 2 * one, one, 0 * one)[0]
    assert spot[12, 12] == 1
    assert spot[12, 14] == pytest.approx(np.exp(-0.5))
    line = objects.fibre(0.5 * one, 0.5 * one, one, 0 * one, 0 * one, 0 * one, 9 * one, 0 * one)[0]
    assert line[12] == pytest.approx(1)
    assert line[13] == pytest.approx(np.exp(-0.5))


def test_a_fibre_bends_and_is_beaded():
    one = np.ones(1)
    bent = objects.fibre(0.5 * one, 0.5 * one, one, 0 * one, 0.04 * one, 0 * one, 8 * one, 0 * one)[0]
    assert bent.argmax(axis=0)[[2, 12, 22]].tolist() == [14, 12, 14]
    beaded = objects.fibre(0.5 * one, 0.5 * one, one, 0 * one, 0 * one, 0.6 * one, 8 * one, 0 * one)[0]
    assert beaded[12, [12, 16, 20]] == pytest.approx([0.4, 1, 0.4])
    upright = objects.fibre(0.5 * one, 0.5 * one, one, np.pi / 2 * one, 0 * one, 0 * one, 8 * one, 0 * one)[0]
    assert upright[:, 12] == pytest.approx(1)


def test_the_outline_of_a_grain_is_that_of_its_lobes_and_its_elongation():
    def extent(elongation, lobes):
        one = np.ones(1)
        shape = objects.grain(
            0.5 * one, 0.5 * one, 5.1 * one, elongation * one, 0 * one, np.array([[lobes, 0]]), np.zeros((1, 2))
        )[0]
        return np.count_nonzero(shape[12]), np.count_nonzero(shape[:, 12])

    assert extent(1, 0) == (11, 11)
    assert extent(1, 0.2) == (13, 9)
    assert extent(4, 0) == (21, 5)


def test_half_of_the_calcifications_have_small_ones_beside_them():
    attenuation, diameter, contrast = objects.calcifications(2000, np.random.default_rng(0))
    pieces = np.array([ndimage.label(each)[1] for each in attenuation])
    assert 0.55 < (pieces == 1).mean() < 0.85
    assert 0.02 < (pieces >= 3).mean() < 0.2
    assert attenuation.min() == 0
    single = attenuation[pieces == 1].max(axis=(1, 2)) / contrast[pieces == 1]
    assert np.median(single) == pytest.approx(1, abs=0.05)
    assert np.corrcoef(diameter, contrast)[0, 1] > 0.2


# 4: shortcuts


def auc(patches, scores):
    return roc_auc_score(patches.y, scores)


def test_no_single_number_tells_the_classes_apart(test):
    found = {name: auc(test, scores) for name, scores in shortcuts(test).items()}
    assert found["mean"] < 0.6
    assert found["maximum"] < 0.87
    assert found["standard deviation"] < 0.87
    assert found["centre contrast"] < 0.96
    assert found["saturated pixels"] == 0.5
    assert min(found.values()) > 0.45


def test_the_border_says_nothing(train, test):
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.01)).fit(border_pixels(train), train.y)
    assert auc(test, linear.decision_function(border_pixels(test))) == pytest.approx(0.5, abs=0.05)
    assert auc(test, border_pixels(test).std(axis=1)) == pytest.approx(0.5, abs=0.05)


def test_without_calcifications_the_classes_are_alike(test):
    absent = generate_patches(1500, 3000, seed=1, split="test", difficulty=0)
    for name, scores in shortcuts(absent).items():
        assert auc(test, scores) == pytest.approx(0.5, abs=0.04), name


def test_the_border_is_two_pixels_on_each_side(test):
    assert border_pixels(test).shape == (4500, 112)
    sides = test.x[:, :2], test.x[:, -2:], test.x[:, 2:-2, :2], test.x[:, 2:-2, -2:]
    expected = sum(side.sum(axis=(1, 2), dtype=int) for side in sides)
    assert border_pixels(test).sum(axis=1) == pytest.approx(expected, rel=1e-5)


# 5: duplicates


def test_no_patch_is_nearly_another(train, test):
    some = np.concatenate([train.x[::3], test.x[::3]]).reshape(-1, 256).astype(float)
    some -= some.mean(axis=1, keepdims=True)
    squares = (some**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * some @ some.T
    np.fill_diagonal(distance, np.inf)
    noise = np.sqrt(2 * checks.noise_against_signal([2000])[1][0])
    assert np.sqrt(distance.min() / 256) > 0.6 * noise


# 6: detectability


def test_the_matched_filter_finds_large_and_strong_calcifications_better():
    found = detectability(500, seed=2, split="validation", difficulty=0.25)
    recall = stats.norm.cdf(found.d_prime + stats.norm.ppf(1e-3))
    for values in (found.contrast, found.diameter):
        thirds = [recall[part].mean() for part in np.array_split(values.argsort(), 3)]
        assert 0.3 < thirds[0] < thirds[1] < thirds[2] < 1
    stronger = detectability(100, seed=2, split="validation", difficulty=0.5)
    assert (stronger.d_prime > detectability(100, seed=2, split="validation", difficulty=0.25).d_prime).mean() > 0.98


def test_d_prime_is_what_the_matched_filter_measures():
    """On plain tissue of one patient, with the covariance of the theory, the score has the variance d'^2."""
    seed, patient = 0, 350
    absent = next(iter(_blocks_of(seed)))
    tissue = absent.x[absent.kind == "tissue"].reshape(-1, 256).astype(float)
    covariance = checks._covariance(checks.patient_traits(seed, patient))
    rng = np.random.default_rng(0)
    signal = rng.uniform(0.5, 1, 256) * np.exp(-0.5 * ((np.indices((16, 16)) - 7.5) ** 2).sum(axis=0) / 4).ravel()
    template = np.linalg.solve(covariance, signal)
    assert (tissue @ template).std() == pytest.approx(np.sqrt(signal @ template), rel=0.12)


def _blocks_of(seed):
    from clr_utils.calcification.patches import patch_blocks

    return patch_blocks(0, 400_000, seed=seed, split="test")

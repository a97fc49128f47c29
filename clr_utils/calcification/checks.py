"""Six questions to the synthetic patches that a radiologist would ask, answered with numbers."""

from typing import NamedTuple

import numpy as np
from scipy import fft, linalg

from clr_utils.calcification import physics
from clr_utils.calcification.patches import generate_patches, patient_traits


class Spectrum(NamedTuple):
    """Frequencies in cycles per mm, the power of each, and the slope of log power against log frequency."""

    frequency: np.ndarray
    power: np.ndarray
    slope: float


class Detectability(NamedTuple):
    """For each calcification: diameter (micrometres), contrast (peak attenuation) and d' of the matched filter."""

    diameter: np.ndarray
    contrast: np.ndarray
    d_prime: np.ndarray


def texture_spectrum(seed=0):
    """The power spectrum of texture, averaged over twenty fields and all directions; its slope should be near -3."""
    rng = np.random.default_rng(seed)
    size = physics.FIELD
    power = np.mean([np.abs(fft.fft2(physics.texture_field(rng))) ** 2 for _ in range(20)], axis=0)
    radius = np.hypot(fft.fftfreq(size)[:, None], fft.fftfreq(size)) * size
    ring = np.round(radius).astype(int)
    inside = (ring > 0) & (ring < size // 2)
    mean = np.bincount(ring[inside], power[inside])[1:] / np.bincount(ring[inside])[1:]
    frequency = np.arange(1, size // 2) / (size * physics.PIXEL_UM / 1000)
    return Spectrum(frequency, mean, float(np.polyfit(np.log(frequency), np.log(mean), 1)[0]))


def noise_against_signal(quanta=(500, 1000, 2000, 3000, 4000), *, seed=0):
    """The signal (WHITE - x) of flat patches exposed to `quanta`, and its variance: arrays of one length, on a line.

    For each of `quanta` 200 patches, of one film: its gain is 2.4 and its blur 0.75.
    """
    rng = np.random.default_rng(seed)
    shape = 200, physics.WINDOW, physics.WINDOW
    signal, variance = [], []
    for each in quanta:
        x = physics.expose(np.zeros(shape, np.float32), np.float32(0), each, 2.4, 0.75, rng)
        signal.append(physics.WHITE - x.mean())
        variance.append(x.var())
    return np.array(signal), np.array(variance)


def shortcuts(patches):
    """Scores of rules that need no network, by name, brighter or rougher first: arrays of shape (n,)."""
    x = patches.x.astype(np.float32)
    centre = x[:, 6:10, 6:10].mean(axis=(1, 2))
    return {
        "mean": x.mean(axis=(1, 2)),
        "maximum": x.max(axis=(1, 2)),
        "standard deviation": x.std(axis=(1, 2)),
        "centre contrast": centre - border_pixels(patches).mean(axis=1),
        "saturated pixels": ((patches.x == 0) | (patches.x == physics.WHITE)).mean(axis=(1, 2)),
    }


def border_pixels(patches):
    """The two outer pixels of each patch on all sides, shape (n, 112)."""
    frame = np.ones(patches.x.shape[1:], bool)
    frame[2:-2, 2:-2] = False
    return patches.x[:, frame].astype(np.float32)


def detectability(positives, *, seed=0, split="test", difficulty="published"):
    """How well each calcification can be told from plain tissue by an observer who knows it and the patient.

    The matched filter for a known signal s in texture and noise of covariance K has d'^2 = s' K^-1 s; s is the patch
    less the same patch without its calcification. Look-alikes and unknown shapes make every real observer worse.

    Args:
        positives: How many calcifications.
        seed, split, difficulty: As for `generate_patches`, whose first `positives` they are.

    Returns:
        A `Detectability`. At a false-positive rate a the recall is the mean of Phi(d' + Phi^-1(a)).
    """
    world = {"seed": seed, "split": split}
    present = generate_patches(positives, 0, difficulty=difficulty, **world)
    absent = generate_patches(positives, 0, difficulty=0, **world)
    signal = (present.x.astype(float) - absent.x).reshape(positives, -1)
    d_prime = np.empty(positives)
    for patient in np.unique(present.patient):
        here = present.patient == patient
        factor = linalg.cho_factor(_covariance(patient_traits(seed, patient)))
        d_prime[here] = np.sqrt(np.sum(signal[here].T * linalg.cho_solve(factor, signal[here].T), axis=0))
    return Detectability(present.diameter, present.contrast, d_prime)


def _covariance(traits):
    spread = physics.blur_matrix(traits.blur).astype(float)
    both = np.kron(spread, spread)
    texture = traits.texture**2 * both @ _texture_covariance() @ both.T
    noise = both @ both.T / traits.quanta
    return (traits.gain * traits.quanta) ** 2 * (texture + noise) + np.eye(len(both)) / 12


def _texture_covariance():
    size = physics.FIELD
    power = physics.texture_amplitude(size).astype(float) ** 2
    correlation = fft.irfft2(power, s=(size, size))
    row, column = np.divmod(np.arange(physics.WINDOW**2), physics.WINDOW)
    return correlation[row[:, None] - row, column[:, None] - column]

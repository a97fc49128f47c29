"""The physics behind the synthetic micro-calcification patches: texture, quantum noise, blur, detector.

Lengths are in pixels of 70 micrometres (0.07 mm), attenuations are natural logarithms of transmitted intensity, signals
are in units of the detector. Absent, and not to be learned from these patches: clusters of calcifications across a
breast, classes of breast density, anatomy larger than 13 mm, scatter, and the image processing of any vendor.
"""

from functools import lru_cache

import numpy as np
from scipy import fft

PIXEL_UM = 70
SIZE = 16
MARGIN = 4
FIELD = 192
WHITE = 2**14 - 1

WINDOW = SIZE + 2 * MARGIN
CELLS = (FIELD // SIZE) ** 2


def texture_field(rng):
    """Breast texture: a periodic Gaussian field with the *power* spectrum 1/f^3 (Burgess 1999).

    Its shape is (FIELD, FIELD), its mean 0 and its expected standard deviation 1.
    """
    noise = rng.standard_normal((FIELD, FIELD), dtype=np.float32)
    return fft.irfft2(fft.rfft2(noise) * texture_amplitude(FIELD), s=noise.shape)


@lru_cache
def texture_amplitude(size):
    """The amplitude f^-1.5 of a half spectrum that makes a field's variance 1, shape (size, size // 2 + 1)."""
    frequency = np.hypot(fft.fftfreq(size)[:, None], fft.fftfreq(size))
    frequency[0, 0] = np.inf
    amplitude = frequency**-1.5
    amplitude /= np.sqrt((amplitude**2).mean())
    return amplitude[:, : size // 2 + 1].astype(np.float32)


def windows(field):
    """A field's cells of 16 x 16 pixels with 4 pixels around each, row by row: shape (cells, 24, 24)."""
    wrapped = np.pad(field, MARGIN, mode="wrap")
    cells = np.lib.stride_tricks.sliding_window_view(wrapped, (WINDOW, WINDOW))[::SIZE, ::SIZE]
    return cells.reshape(-1, WINDOW, WINDOW)


def expose(attenuation, dust, quanta, gain, blur, rng):
    """X-ray the windows: transmission, quantum noise, blur, and the detector's numbers, bright where much is absorbed.

    A pixel gets q = quanta * exp(-attenuation) quanta with the variance q; the blur comes after that noise, dust on
    the detector after both. The signal S = gain * q * exp(-dust) has a variance that grows linearly with it. What is
    stored is WHITE - S, with WHITE = 16,383 of a 14-bit detector.

    Args:
        attenuation: Shape (n, 24, 24).
        dust: Attenuation by dust, shape (n, 16, 16).
        quanta: Quanta per pixel where nothing attenuates.
        gain: Units of the detector per quantum.
        blur: Standard deviation of the Gaussian blur, in pixels.
        rng: A NumPy generator.

    Returns:
        Patches of shape (n, 16, 16), uint16, 0 to 16,383.
    """
    q = quanta * np.exp(-attenuation)
    q += np.sqrt(q) * rng.standard_normal(q.shape, dtype=np.float32)
    spread = blur_matrix(blur)
    signal = gain * (spread @ q @ spread.T) * np.exp(-dust)
    return np.clip(np.round(WHITE - signal), 0, WHITE).astype(np.uint16)


def blur_matrix(blur):
    """The matrix B, shape (16, 24), that blurs a window w to a patch as B w B': Gaussian, each row adds up to 1."""
    distance = np.arange(WINDOW) - np.arange(MARGIN, MARGIN + SIZE)[:, None]
    taps = np.exp(-0.5 * (distance / blur) ** 2)
    return (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)

"""What the synthetic patches show besides texture: calcifications and their look-alikes, as attenuation.

Positions and lengths are in pixels, x to the right and y down from the patch's centre; attenuations are natural
logarithms of intensity. Each window has the 16 x 16 pixels of a patch and 4 around them.
"""

import numpy as np

from clr_utils.calcification.physics import PIXEL_UM, SIZE, WINDOW


def calcifications(n, rng):
    """A main grain within 1.5 pixels of the centre; in half of the patches one to three smaller ones beside it.

    The main grain's diameter is log-normal with the median 294 micrometres, kept within 154 to 588; its attenuation
    per mm of diameter is log-normal with the median 1.1, at most 2 (dense apatite at 20 keV has about 2).

    Returns:
        The attenuation, shape (n, 24, 24); the diameter in micrometres and the peak attenuation of the main grain.
    """
    radius = np.clip(2.1 * np.exp(0.3 * rng.standard_normal(n)), 1.1, 4.2)
    diameter = 2 * radius * PIXEL_UM
    contrast = np.minimum(1.1 * np.exp(0.55 * rng.standard_normal(n)), 2) * diameter / 1000
    shape = n, 4
    turn, distance, size = rng.uniform(0, 2 * np.pi, shape), rng.uniform(2.5, 4, shape), rng.uniform(0.4, 0.7, shape)
    x, y = distance * np.cos(turn), distance * np.sin(turn)
    x[:, 0], y[:, 0] = rng.uniform(-1.5, 1.5, (2, n))
    size[:, 0] = 1
    present = np.arange(4) <= rng.choice(4, (n, 1), p=[0.5, 0.25, 0.15, 0.1])
    grains = grain(
        x.ravel(),
        y.ravel(),
        (radius[:, None] * size).ravel(),
        elongation=1 + rng.exponential(0.35, 4 * n).clip(max=1.5),
        angle=rng.uniform(0, np.pi, 4 * n),
        lobes=rng.uniform(0, 0.2, (4 * n, 2)),
        phase=rng.uniform(0, 2 * np.pi, (4 * n, 2)),
    ).reshape(n, 4, WINDOW, WINDOW)
    return np.einsum("ng,ngij->nij", contrast[:, None] * size * present, grains), diameter, contrast


def fibres(n, rng):
    """Fibres and vessels through the middle, some curved, some beaded; attenuation 0.08 in the median, (n, 24, 24)."""
    x, y = rng.uniform(-3, 3, (2, n))
    peak = 0.08 * np.exp(0.4 * rng.standard_normal(n))
    return _wide(peak) * fibre(
        x,
        y,
        width=rng.uniform(0.8, 2, n),
        angle=rng.uniform(0, np.pi, n),
        bend=0.03 * rng.standard_normal(n),
        beads=rng.uniform(0, 0.6, n),
        period=rng.uniform(5, 15, n),
        phase=rng.uniform(0, 2 * np.pi, n),
    )


def blobs(n, rng):
    """Smooth blobs near the middle, 250 to 640 micrometres across; attenuation 0.1 in the median, (n, 24, 24)."""
    x, y = rng.uniform(-3, 3, (2, n))
    peak = 0.1 * np.exp(0.4 * rng.standard_normal(n))
    return _wide(peak) * blob(
        x,
        y,
        width=rng.uniform(1.8, 4.5, n),
        elongation=1 + rng.exponential(0.4, n).clip(max=1.5),
        angle=rng.uniform(0, np.pi, n),
    )


def dust(n, rng):
    """One dark pixel of the detector near the middle, attenuation 0.05 to 0.3: shape (n, 16, 16)."""
    shadow = np.zeros((n, SIZE, SIZE), np.float32)
    row, column = rng.integers(5, 11, (2, n))
    shadow[np.arange(n), row, column] = rng.uniform(0.05, 0.3, n)
    return shadow


def grain(x, y, radius, elongation, angle, lobes, phase):
    """The thickness of irregular ellipsoids along the beam, 1 at the thickest: shape (n, 24, 24).

    Args:
        x, y: Centres, from the patch's centre, in pixels; shape (n,), as all the others but `lobes` and `phase`.
        radius: Of a circle of equal area, in pixels.
        elongation: Long axis by short axis, 1 or more.
        angle: Of the long axis, in radians.
        lobes, phase: Of the outline's second and third harmonic, relative to the radius and in radians; shape (n, 2).
    """
    along, across = _turned(x, y, angle)
    along, across = along / np.sqrt(_wide(elongation)), across * np.sqrt(_wide(elongation))
    turn = np.arctan2(across, along)
    outline = 1 + sum(_wide(lobes[:, k]) * np.cos((k + 2) * turn + _wide(phase[:, k])) for k in (0, 1))
    return np.sqrt(np.maximum(0, 1 - (along**2 + across**2) / (_wide(radius) * outline) ** 2))


def fibre(x, y, width, angle, bend, beads, period, phase):
    """Curved fibres and vessels of Gaussian profile, some of them beaded, 1 at the brightest: shape (n, 24, 24).

    Args:
        x, y: A point that the fibre passes, from the patch's centre, in pixels; shape (n,), as all the others.
        width: Standard deviation of the profile, in pixels.
        angle: Direction at that point, in radians.
        bend: Curvature, in 1/pixels.
        beads, period, phase: Relative depth, length in pixels and phase in radians of the changes along the fibre.
    """
    along, across = _turned(x, y, angle)
    profile = np.exp(-0.5 * ((across - 0.5 * _wide(bend) * along**2) / _wide(width)) ** 2)
    return profile * (1 - _wide(beads) * (0.5 + 0.5 * np.cos(2 * np.pi * along / _wide(period) + _wide(phase))))


def blob(x, y, width, elongation, angle):
    """Smooth elliptic Gaussian blobs of standard deviation `width`, 1 at the brightest: shape (n, 24, 24)."""
    along, across = _turned(x, y, angle)
    stretched = along**2 / _wide(elongation) + across**2 * _wide(elongation)
    return np.exp(-0.5 * stretched / _wide(width) ** 2)


def _turned(x, y, angle):
    offset = np.arange(WINDOW, dtype=np.float32) - (WINDOW - 1) / 2
    right, down = offset - _wide(x), offset[:, None] - _wide(y)
    cos, sin = np.cos(_wide(angle)), np.sin(_wide(angle))
    return cos * right + sin * down, cos * down - sin * right


def _wide(values):
    return np.asarray(values, np.float32)[:, None, None]

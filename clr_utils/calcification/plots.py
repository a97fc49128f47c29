"""Patches as a radiologist looks at them: a grid of pictures with a scale bar."""

import matplotlib.pyplot as plt
import numpy as np

from clr_utils.calcification.physics import PIXEL_UM, SIZE
from clr_utils.plotting import axes

GAP = 3
KIND_COLORS = {"calcification": "C1", "tissue": "0.45", "fibre": "C2", "blob": "C6", "dust": "C3"}


def plot_patches(patches, ax=None, *, columns=8, truth=False):
    """A grid of patches, each between its own darkest and brightest pixel, with a scale bar of 1 mm.

    A grid of more than two rows has numbers, so that one can name a patch: rows from the top, columns from the left.

    Args:
        patches: `Patches`, in rows from the top.
        ax: The Axes to draw in; new ones unless given.
        columns: Patches in a row.
        truth: Frame each patch in the colour of its kind, name the kinds beside the grid in their colours, and write
            a kind's first letter into the corner of its patches.
    """
    ax = axes(ax, figsize=(8.4, 6.4) if truth else (6.4, 6.4))
    rows, step = -(-len(patches.x) // columns), SIZE + GAP
    grid = np.full((rows * step - GAP, columns * step - GAP), np.nan)
    corners = [(step * (k // columns), step * (k % columns)) for k in range(len(patches.x))]
    for (top, left), x in zip(corners, patches.x.astype(float), strict=True):
        grid[top : top + SIZE, left : left + SIZE] = (x - x.min()) / max(np.ptp(x), 1)
    ax.imshow(grid, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()
    width = 1000 / PIXEL_UM
    bottom = len(grid) + 3
    ax.plot([0, width], [bottom, bottom], color="0", linewidth=3, solid_capstyle="butt", clip_on=False)
    ax.annotate("1 mm", (width, bottom), (6, 0), textcoords="offset points", va="center")
    ax.set_ylim(bottom + 2, -2)
    if rows > 2:
        _number(ax, rows, columns, step)
    if truth:
        _mark_kinds(ax, patches.kind, corners, grid.shape[1])
    return ax


def _number(ax, rows, columns, step):
    place = {"color": "0.35", "ha": "center", "va": "center", "annotation_clip": False}
    for column in range(columns):
        ax.annotate(column + 1, (step * column + SIZE / 2, -4.5), **place)
    for row in range(rows):
        ax.annotate(row + 1, (-5, step * row + SIZE / 2), **place)


def _mark_kinds(ax, kinds, corners, width):
    box = {"boxstyle": "square,pad=0.15", "edgecolor": "none"}
    for (top, left), kind in zip(corners, kinds, strict=True):
        color = KIND_COLORS[kind]
        frame = {"facecolor": "none", "edgecolor": color, "linewidth": 3, "clip_on": False}
        ax.add_patch(plt.Rectangle((left - 1, top - 1), SIZE + 1, SIZE + 1, **frame))
        ax.text(left + 0.5, top + 1.3, kind[0], color="w", size=9, weight="bold", va="center", bbox=box | {"fc": color})
    for row, (kind, color) in enumerate(KIND_COLORS.items()):
        text = f"{kind[0]}  {kind}: {np.count_nonzero(np.asarray(kinds) == kind)}"
        ax.annotate(text, (width + 4, 6 + 9 * row), color=color, weight="bold", va="center", annotation_clip=False)

"""The grid of patches: what it shows, and where."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from clr_utils.calcification.patches import KINDS, generate_patches
from clr_utils.calcification.plots import GAP, KIND_COLORS, plot_patches


@pytest.fixture
def patches():
    return generate_patches(3, 7, seed=1, split="test")


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_each_patch_lies_in_its_place_between_its_own_black_and_white(patches):
    grid = plot_patches(patches, columns=4).images[0].get_array()
    step = 16 + GAP
    assert grid.shape == (3 * step - GAP, 4 * step - GAP)
    for number, x in enumerate(patches.x.astype(float)):
        top, left = step * (number // 4), step * (number % 4)
        shown = grid[top : top + 16, left : left + 16]
        assert np.allclose(shown, (x - x.min()) / (x.max() - x.min()))
    assert np.ma.getmaskarray(grid)[16].all(), "the gaps are empty"
    assert np.ma.getmaskarray(grid)[2 * step :, 2 * step :].all(), "and so are the places without a patch"


def test_a_flat_patch_is_dark(patches):
    flat = patches._replace(x=np.full_like(patches.x, 500))
    assert plot_patches(flat, columns=5).images[0].get_array().max() == 0


def test_the_scale_bar_is_1_mm_of_70_micrometre_pixels(patches):
    ax = plot_patches(patches)
    (bar,) = ax.lines
    assert np.ptp(bar.get_xdata()) * 70 == pytest.approx(1000)
    assert [text.get_text() for text in ax.texts] == ["1 mm"]
    assert not ax.patches


def test_the_truth_frames_each_patch_in_the_colour_of_its_kind(patches):
    ax = plot_patches(patches, truth=True)
    assert [frame.get_edgecolor() for frame in ax.patches] == [to_rgba(KIND_COLORS[kind]) for kind in patches.kind]
    texts = [text.get_text() for text in ax.texts]
    assert texts[1:11] == [kind[0] for kind in patches.kind]
    assert texts[11:] == [f"{kind[0]}  {kind}: {(patches.kind == kind).sum()}" for kind in KINDS]


@pytest.mark.parametrize(("columns", "numbers"), [(5, ["1 mm"]), (4, ["1 mm", *"1234", *"123"])])
def test_three_rows_and_more_are_numbered(patches, columns, numbers):
    assert [text.get_text() for text in plot_patches(patches, columns=columns).texts] == numbers


def test_it_draws_where_it_is_told(patches):
    ax = plt.subplots()[1]
    assert plot_patches(patches, ax) is ax

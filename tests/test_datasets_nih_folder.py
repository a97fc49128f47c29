"""All of NIH's chest X-rays, read from the folder as it comes."""

import io

import numpy as np
import pytest
from PIL import Image

from clr_utils import places
from clr_utils.datasets import nih_folder
from clr_utils.datasets.chest_xray import FINDINGS
from clr_utils.datasets.nih_folder import load_chest_xrays

# NIH's first columns; each row ends with a comma, so that a reader could take the first column for a row's name.
HEADER = ("Image Index", "Finding Labels", "Follow-up #", "Patient ID", "Patient Age")
ROWS = (
    ("00000002_000.png", "No Finding", "0", "2", "80"),
    ("00000001_001.png", "Cardiomegaly|Emphysema", "1", "1", "57"),
    ("00000001_000.png", "Pneumothorax", "0", "1", "57"),
)


@pytest.fixture
def nih(tmp_path, monkeypatch):
    """A function that writes a little NIH folder; CLR_DATA_DIR names the folder around it, the cache is empty."""
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(places, "cache_folder", lambda: tmp_path / "cache")

    def write(rows=ROWS, folder="data/ChestX-ray14", name="Data_Entry_2017.csv", header=HEADER):
        (tmp_path / folder / "images").mkdir(parents=True, exist_ok=True)
        lines = [",".join(header), *(",".join([*row, ""]) for row in rows)]
        (tmp_path / folder / name).write_text("\n".join(lines))
        for number, row in enumerate(rows):
            save(tmp_path / folder / "images" / row[0], grey(number))
        return tmp_path / folder

    return write


def grey(number):
    """8x8 pixels in which each block of 4x4 has one even grey, and of 2x2 a checkerboard around it."""
    blocks = np.kron(np.array([[40, 80], [120, 160]]) + 10 * number, np.ones((4, 4)))
    return (blocks + np.where(np.indices((8, 8)).sum(axis=0) % 2, 5, -5)).astype(np.uint8)


def save(path, pixels, mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).convert(mode).save(path)


def rows(changes):
    """ROWS with some cells changed: a dict of (row, column) to text."""
    table = [list(row) for row in ROWS]
    for (row, column), cell in changes.items():
        table[row][HEADER.index(column)] = cell
    return table


def test_all_images_are_read_in_the_order_of_the_table(nih):
    nih()
    found = load_chest_xrays(size=2)
    assert [array.dtype for array in found] == [np.uint8, np.int64, bool]
    assert found.images.shape == (3, 2, 2, 1)
    assert found.images[..., 0].tolist() == [[[40 + more, 80 + more], [120 + more, 160 + more]] for more in (0, 10, 20)]
    assert found.patients.tolist() == [2, 1, 1]
    assert [[FINDINGS[i] for i in np.flatnonzero(row)] for row in found.findings] == [
        [],
        ["Cardiomegaly", "Emphysema"],
        ["Pneumothorax"],
    ]


@pytest.mark.parametrize("mode", ["LA", "RGB", "RGBA", "P"])
def test_images_in_colour_become_grey(nih, mode):
    save(nih() / "images" / ROWS[1][0], grey(1), mode)
    assert load_chest_xrays(2).images[1, ..., 0].tolist() == [[50, 90], [130, 170]]


def test_images_lie_in_one_folder_or_in_twelve(nih):
    folder = nih(folder="data", name="Data_Entry_2017_v2020.csv")
    for number, row in enumerate(ROWS):
        (folder / f"images_{number + 10:03}" / "images").mkdir(parents=True)
        (folder / "images" / row[0]).rename(folder / f"images_{number + 10:03}" / "images" / row[0])
    assert load_chest_xrays(2).images[:, 0, 0, 0].tolist() == [40, 50, 60]


def test_the_second_call_reads_the_cache(nih, monkeypatch):
    nih()
    first = load_chest_xrays(2)
    monkeypatch.setattr(nih_folder, "_smaller", None)
    for array, again in zip(first, load_chest_xrays(2), strict=True):
        assert (array == again).all()


def test_the_cache_is_renewed(nih, tmp_path):
    """When the size or the table is another, or the file is broken."""
    folder = nih()
    load_chest_xrays(2)
    assert load_chest_xrays(4).images.shape == (3, 4, 4, 1)
    save(folder / "images" / ROWS[0][0], grey(7))
    assert load_chest_xrays(2).images[0, 0, 0] == 40, "the table is the same"
    nih(rows({(0, "Patient Age"): "81"}))
    save(folder / "images" / ROWS[0][0], grey(8))
    assert load_chest_xrays(2).images[0, 0, 0] == 120
    (cache,) = (tmp_path / "cache").glob("*_2.npz")
    save(folder / "images" / ROWS[0][0], grey(9))
    packed = io.BytesIO()
    with np.load(cache) as file:
        np.savez_compressed(packed, entries=file["entries"], images=np.arange(3_000))
    hole = bytearray(packed.getvalue())
    start = hole.index(b"images.npy") + len("images.npy") + 20
    hole[start : start + 60] = bytes(60)
    for content in (b"", cache.read_bytes()[:300], hole):
        cache.write_bytes(content)
        assert load_chest_xrays(2).images[0, 0, 0] == 130
        assert load_chest_xrays(2).images[0, 0, 0] == 130
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["chest_xrays_2.npz", "chest_xrays_4.npz"]


def test_without_a_cache_it_works_and_says_so(nih, tmp_path):
    nih()
    (tmp_path / "cache").touch()
    with pytest.warns(UserWarning, match=r"chest_xrays_2\.npz could not be written .*reads all images anew") as warned:
        assert load_chest_xrays(2).images.shape == (3, 2, 2, 1)
    assert warned[0].filename == __file__


@pytest.mark.parametrize("place", [None, "empty"])
def test_without_a_folder_it_says_where_to_get_it_and_where_to_put_it(tmp_path, monkeypatch, place):
    monkeypatch.delenv("CLR_DATA_DIR", raising=False)
    if place:
        monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"https://nihcc\.app\.box\.com.*a folder ChestX-ray14.*CLR_DATA_DIR"):
        load_chest_xrays()


def test_there_is_one_table(nih):
    folder = nih()
    nih(name="Data_Entry_2017_v2020.csv")
    with pytest.raises(ValueError, match=r"holds Data_Entry_2017\.csv and Data_Entry_2017_v2020\.csv.*leave one"):
        load_chest_xrays()
    for path in folder.glob("*.csv"):
        path.unlink()
    with pytest.raises(FileNotFoundError, match=r"ChestX-ray14 holds no Data_Entry_2017\*\.csv: get it from https"):
        load_chest_xrays()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"header": ("Image Index", "Findings", "0", "Patient", "Age")}, "it lacks Finding Labels, Patient ID"),
        (
            {"rows": rows({(1, "Finding Labels"): "Mass|Masses|Nod"})},
            r"unknown findings 'Masses', 'Nod'; known are Ate",
        ),
        ({"rows": rows({(1, "Finding Labels"): ""})}, "unknown findings ''; known are"),
        ({"rows": rows({(2, "Image Index"): ROWS[0][0]})}, "names 00000002_000.png more than once"),
        ({"rows": rows({(0, "Patient ID"): "2.5", (1, "Patient ID"): ""})}, "Patient ID; '2.5', '' are none"),
    ],
)
def test_a_table_of_another_layout_is_named(nih, table, message):
    nih(**table)
    with pytest.raises(ValueError, match=rf"Data_Entry_2017\.csv.*{message}.*replace it by NIH's"):
        load_chest_xrays(2)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'a,b\n"c'])
def test_a_broken_table_is_named(nih, content):
    (nih() / "Data_Entry_2017.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"Data_Entry_2017\.csv (cannot be read|should have).*replace it by NIH's"):
        load_chest_xrays(2)


def test_images_that_are_missing_are_named_and_counted(nih):
    folder = nih([(f"{n}.png", "Mass", "0", f"{n}", "50") for n in range(6)])
    for n in (1, 2, 4, 5):
        (folder / "images" / f"{n}.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks 4 of the 6 images.*: 1\.png, 2\.png, 4\.png and 1 more\. Get"):
        load_chest_xrays(2)


def test_a_truncated_image_is_named_wherever_it_ends(nih, tmp_path):
    path = nih() / "images" / ROWS[1][0]
    whole = path.read_bytes()
    end = whole.index(b"IDAT") + 4
    for length in range(end + 10):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"images/00000001_001\.png cannot be read .*; replace it by NIH's"):
            load_chest_xrays(2)
    assert not (tmp_path / "cache").exists()


def test_a_damaged_image_is_named(nih):
    path = nih() / "images" / ROWS[1][0]
    whole = bytearray(path.read_bytes())
    whole[whole.index(b"IDAT") - 1] = 0  # the length of this block, which Pillow calls an error of syntax
    path.write_bytes(whole)
    with pytest.raises(ValueError, match=r"00000001_001\.png cannot be read \(broken PNG file.*; replace it by NIH's"):
        load_chest_xrays(2)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((8, 8), np.uint16), "should have 8 bits a pixel; its mode is I;16"),
        (np.zeros((8, 3), np.uint8), "it is 3x8, smaller than the size 4"),
    ],
)
def test_an_image_of_another_kind_is_named(nih, pixels, message):
    Image.fromarray(pixels).save(nih() / "images" / ROWS[1][0])
    with pytest.raises(ValueError, match=rf"00000001_001\.png cannot be read \(.*{message}"):
        load_chest_xrays(4)


def test_a_patient_in_both_of_the_lists_is_told(nih):
    folder = nih()
    (folder / "train_val_list.txt").write_text("00000002_000.png\n00000001_001.png\nelsewhere_0.png\n")
    load_chest_xrays(2)
    (folder / "test_list.txt").write_text("elsewhere_1.png\n")
    load_chest_xrays(2)
    (folder / "test_list.txt").write_text("00000001_000.png")
    with pytest.raises(ValueError, match=r"train_val_list\.txt and test_list\.txt share the patients 1; replace both"):
        load_chest_xrays(2)


def test_a_list_that_cannot_be_read_is_named(nih):
    folder = nih()
    (folder / "train_val_list.txt").write_text("00000002_000.png")
    (folder / "test_list.txt").write_text("00000001_000.png", encoding="utf-16")
    with pytest.raises(ValueError, match=r"test_list\.txt cannot be read .*replace it by NIH's, .* or delete it"):
        load_chest_xrays(2)


@pytest.mark.parametrize("size", [0, 1025, 2.5, float("nan"), "64", None, True, [64], np.timedelta64(3, "s")])
def test_a_size_that_is_none_is_refused(size):
    with pytest.raises((TypeError, ValueError), match=r"^size must be"):
        load_chest_xrays(size)

"""Chest X-rays: the 1,000 that ship, sets that are split by patient, all of NIH's, and PneumoniaMNIST."""

import inspect
import io
import re

import numpy as np
import pytest
from PIL import Image

import make_chest
from clr_utils import places
from clr_utils.datasets import nih_folder
from clr_utils.datasets.chest_xray import FINDINGS, ChestXrays, finding_or_none, load_chest_sample, patient_split
from clr_utils.datasets.nih_folder import load_chest_xrays
from clr_utils.datasets.pneumonia import load_pneumonia

SAMPLE = load_chest_sample()
PARTS = ("train", "validation", "test")


def part(split, name):
    return tuple(getattr(split, f"{field}_{name}") for field in ("x", "y", "patients"))


def xrays(patients, positive, finding="Mass"):
    """An image a number in `patients`, each of its own grey; those at the places in `positive` have the finding."""
    n = len(patients)
    findings = np.zeros((n, 14), bool)
    findings[positive, FINDINGS.index(finding)] = True
    return ChestXrays(np.arange(n, dtype=np.uint8).reshape(n, 1, 1, 1), np.array(patients), findings)


# What ships


def test_the_sample_is_that_of_the_card():
    assert SAMPLE.images.shape == (1000, 32, 32, 1)
    assert [array.dtype for array in SAMPLE] == [np.uint8, np.int64, bool]
    assert (SAMPLE.images.min(), SAMPLE.images.max()) == (0, 253)
    assert len({image.tobytes() for image in SAMPLE.images}) == 1000
    assert len(set(SAMPLE.patients)) == 264
    assert (np.diff(SAMPLE.patients) >= 0).all()
    (card,) = re.findall(
        r"(?ms)^## nih_chest_1k\.npz\n(.*?)^## ", (places.DATA / "README.md").read_text(encoding="utf-8")
    )
    counts = {
        name: (int(images), int(whose)) for name, images, whose in re.findall(r"\| ([\w ]+) \| (\d+) \| (\d+)", card)
    }
    columns = dict(zip(FINDINGS, SAMPLE.findings.T, strict=True)) | {"No Finding": ~SAMPLE.findings.any(axis=1)}
    assert counts == {name: (has.sum(), len(set(SAMPLE.patients[has]))) for name, has in columns.items()}
    for asked in ("https://nihcc.app.box.com/v/ChestXray-NIHCC", "https://arxiv.org/abs/1705.02315", "NIH Clinical"):
        assert asked in card


def test_labels_and_orientation_fit_what_is_seen():
    """Lungs are darker than what is below them; a large heart is at the right of the middle, and is bright there."""
    mean = SAMPLE.images[..., 0].mean(axis=0)
    assert mean[8:18, 8:12].mean() < mean[26:, 8:12].mean() - 20
    assert mean[20:24, 17:20].mean() > mean[20:24, 9:12].mean() + 10
    large = SAMPLE.findings[:, FINDINGS.index("Cardiomegaly")]
    brighter = SAMPLE.images[large, ..., 0].mean(axis=0) - SAMPLE.images[~large, ..., 0].mean(axis=0)
    assert brighter[18:24, 20:25].mean() > brighter[4:10, 20:25].mean() + 10


def test_the_file_is_made_of_all_three_parts_at_half_their_size(tmp_path, monkeypatch):
    monkeypatch.setattr(make_chest, "TARGET", tmp_path / "made.npz")
    given = {
        "train": ("00000007_001.png", "Hernia|Mass", [[0, 1, 10, 20], [0, 1, 30, 41]]),
        "valid": ("00000003_000.png", "No Finding", [[255] * 4] * 2),
        "test": ("00000007_000.png", "Pneumonia", [[0, 0, 9, 9], [1, 0, 9, 9]]),
    }
    np.savez(
        tmp_path / "nih1000.npz",
        **{
            f"{name}_{key}": np.array([value], np.uint8 if key == "images" else None)
            for name, values in given.items()
            for key, value in zip(("names", "findings", "images"), values, strict=True)
        },
    )
    make_chest.main(tmp_path / "nih1000.npz")
    with np.load(tmp_path / "made.npz") as made:
        assert made["patients"].tolist() == [3, 7, 7]
        assert made["images"].tolist() == [[[255, 255]], [[0, 9]], [[1, 25]]]
        assert [[FINDINGS[i] for i in np.flatnonzero(row)] for row in made["findings"]] == [
            [],
            ["Pneumonia"],
            ["Hernia", "Mass"],
        ]


# By patient


@pytest.mark.parametrize("finding", [name for name in FINDINGS if name != "Hernia"])
def test_no_patient_is_in_two_parts_and_every_image_in_one(finding):
    split = patient_split(SAMPLE, finding, seed=3)
    parts = [part(split, name) for name in PARTS]
    assert split == tuple(array for each in parts for array in each), "the fields are in this order"
    owners = [set(patients) for _, _, patients in parts]
    assert sum(map(len, owners)) == len(set.union(*owners)) == 264
    images = [image.tobytes() for x, _, _ in parts for image in x]
    assert len(images) == 1000
    label = dict(zip(images, np.concatenate([y for _, y, _ in parts]), strict=True))
    has = SAMPLE.findings[:, FINDINGS.index(finding)]
    assert label == {image.tobytes(): each for image, each in zip(SAMPLE.images, has, strict=True)}
    for x, y, patients in parts:
        assert len(x) == len(y) == len(patients)
        assert y.dtype == np.int64
        assert set(y) == {0, 1}
        assert (np.diff(patients) >= 0).all(), "the order is that of the images"


def test_patients_with_and_without_the_finding_are_dealt_by_the_shares():
    many = xrays(np.repeat(np.arange(60), 2), np.arange(0, 40, 2))
    split = patient_split(many, "Mass", shares=(0.5, 0.3, 0.2))
    for name, positive, negative in zip(PARTS, (10, 6, 4), (20, 12, 8), strict=True):
        _, y, patients = part(split, name)
        assert y.sum() == positive, "each positive patient has one image with the finding"
        assert len(set(patients)) == positive + negative
        assert len(set(patients[patients < 20])) == positive


@pytest.mark.parametrize("shares", [(0.6, 0.2, 0.2), (0.98, 0.01, 0.01), (0.01, 0.01, 0.98), (0.01, 0.98, 0.01)])
@pytest.mark.parametrize("positive", [3, 4, 5])
def test_each_part_has_both_classes_however_few_there_are(shares, positive):
    split = patient_split(xrays(np.arange(positive + 3), np.arange(positive)), "Mass", shares=shares)
    for name in PARTS:
        assert set(part(split, name)[1]) == {0, 1}


def test_the_seed_draws_the_patients():
    def owners(seed, given=SAMPLE):
        split = patient_split(given, "Effusion", seed)
        return [set(part(split, name)[2]) for name in PARTS]

    assert owners(0) == owners(0)
    assert owners(0) != owners(1)
    assert owners(0) == owners(0, ChestXrays(*(array[::-1] for array in SAMPLE)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"finding": "No Finding"}, "finding must be one of 'Atelectasis', .*'Pneumothorax'; it is 'No Finding'"),
        ({"finding": "Hernia"}, "Hernia: 2 patients have it, and training, validation and test need one each"),
        ({"shares": (0.6, 0.2, 0.3)}, "shares must be three numbers.* that sum to 1; they are .*, 3 with the sum 1.1"),
        ({"shares": (0.8, 0.2)}, "shares must be three numbers.*, 2 with the sum 1"),
        ({"shares": (1.1, 0.1, -0.2)}, "shares must be greater than 0; 1 of 3 are not"),
        ({"shares": (0.8, 0.2, 0)}, "shares must be greater than 0; 1 of 3 are not"),
        ({"xrays": SAMPLE._replace(patients=SAMPLE.patients[1:])}, "1000 images, 999 patients"),
        ({"xrays": SAMPLE._replace(findings=SAMPLE.findings[1:])}, r"of the shape \(999, 14\)"),
        (
            {"xrays": SAMPLE._replace(findings=SAMPLE.findings[:, 1:])},
            r"rows of 14 findings.*of the shape \(1000, 13\)",
        ),
        ({"xrays": xrays(np.arange(5), [0, 1, 2]), "finding": "Mass"}, "Mass: 2 patients are without it"),
    ],
)
def test_what_cannot_be_split_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        patient_split(**{"xrays": SAMPLE, "finding": "Effusion", **wrong})


def test_arrays_alone_are_refused():
    with pytest.raises(TypeError, match=r"xrays must be ChestXrays, such as load_chest_sample\(\) gives"):
        patient_split(tuple(SAMPLE), "Effusion")


# A finding, or none


def test_other_findings_are_left_out():
    """A patient's images with another finding alone go; those without any, and those with both, stay."""
    given = xrays([7, 7, 3, 3, 5], [1, 4])
    given.findings[[0, 1], FINDINGS.index("Edema")] = True
    kept = finding_or_none(given, "Mass")
    assert kept.images.ravel().tolist() == [1, 2, 3, 4]
    assert kept.patients.tolist() == [7, 3, 3, 5]
    assert kept.findings[:, FINDINGS.index("Mass")].tolist() == [True, False, False, True]
    assert finding_or_none(given, "Hernia").images.ravel().tolist() == [2, 3]


def test_of_the_sample_no_image_with_the_finding_is_lost():
    for finding, has in zip(FINDINGS, SAMPLE.findings.T, strict=True):
        assert len(finding_or_none(SAMPLE, finding).images) == has.sum() + (~SAMPLE.findings.any(axis=1)).sum()


@pytest.mark.parametrize(
    ("xrays", "finding", "message"),
    [
        (SAMPLE, "No Finding", "finding must be one of 'Atelectasis', .*'Pneumothorax'; it is 'No Finding'"),
        (SAMPLE._replace(patients=SAMPLE.patients[1:]), "Mass", "1000 images, 999 patients"),
        (tuple(SAMPLE), "Mass", r"xrays must be ChestXrays, such as load_chest_sample\(\) gives"),
    ],
)
def test_what_has_no_such_finding_is_told(xrays, finding, message):
    with pytest.raises((TypeError, ValueError), match=message):
        finding_or_none(xrays, finding)


# The full set

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


# PneumoniaMNIST


def pneumonia_arrays(**changes):
    arrays = {}
    for name, n in (("train", 4708), ("val", 524), ("test", 624)):
        arrays[f"{name}_images"] = np.broadcast_to(np.uint8(n % 256), (n, 28, 28))
        arrays[f"{name}_labels"] = (np.arange(n, dtype=np.uint8) % 3 % 2)[:, None]
    return arrays | changes


@pytest.fixture
def download(tmp_path, monkeypatch):
    """A function that replaces the download; the folder of CLR_DATA_DIR is empty."""
    keras = pytest.importorskip("keras")
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    takes = inspect.signature(keras.utils.get_file)

    def replace(answer):
        def get_file(*args, **named):
            return answer(**takes.bind(*args, **named).arguments)

        monkeypatch.setattr(keras.utils, "get_file", get_file)

    return replace


@pytest.mark.parametrize("column", [True, False])
def test_pneumonia_comes_from_the_folder_that_is_named(tmp_path, monkeypatch, column):
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    arrays = pneumonia_arrays()
    if not column:
        arrays["val_labels"] = arrays["val_labels"][:, 0]
    np.savez_compressed(tmp_path / "pneumoniamnist.npz", **arrays)
    found = load_pneumonia()
    for name, ours in (("train", "train"), ("val", "validation"), ("test", "test")):
        x, y = getattr(found, f"x_{ours}"), getattr(found, f"y_{ours}")
        assert x.shape == (*arrays[f"{name}_images"].shape, 1)
        assert (x[..., 0] == arrays[f"{name}_images"]).all()
        assert y.shape == (len(x),)
        assert (y == arrays[f"{name}_labels"].reshape(-1)).all()
        assert (x.dtype, y.dtype) == (np.uint8, np.int64)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"val_images": np.zeros((523, 28, 28), np.uint8)}, r"val_images is \(523, 28, 28\), uint8; it should be"),
        ({"test_images": np.zeros((624, 28, 28))}, r"test_images is \(624, 28, 28\), float64"),
        ({"train_labels": np.zeros((4708, 2), np.uint8)}, r"train_labels is \(4708, 2\)"),
        ({"test_labels": np.full((624, 1), 2, np.uint8)}, "test_labels should be labels from 0 to 1; the largest is 2"),
    ],
)
def test_another_file_of_pneumonia_is_named(tmp_path, monkeypatch, changes, message):
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    np.savez_compressed(tmp_path / "pneumoniamnist.npz", **pneumonia_arrays(**changes))
    with pytest.raises(ValueError, match=rf"pneumoniamnist\.npz: {message}.*; replace it by .*zenodo.*CLR_DATA_DIR"):
        load_pneumonia()


def test_a_file_of_pneumonia_without_one_of_the_arrays_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    np.savez(tmp_path / "pneumoniamnist.npz", train_images=np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match=r"pneumoniamnist\.npz cannot be read .*train_labels"):
        load_pneumonia()


def test_without_the_file_pneumonia_is_downloaded_and_verified(download, tmp_path):
    asked = {}

    def answer(**arguments):
        asked.update(arguments)
        np.savez_compressed(tmp_path / "cached.npz", **pneumonia_arrays())
        return str(tmp_path / "cached.npz")

    download(answer)
    assert len(load_pneumonia().y_train) == 4708
    assert asked == {
        "fname": "pneumoniamnist.npz",
        "origin": "https://zenodo.org/records/10519652/files/pneumoniamnist.npz?download=1",
        "file_hash": "28209eda62fecd6e6a2d98b1501bb15f",
        "hash_algorithm": "md5",
    }


def test_a_failed_download_of_pneumonia_says_what_to_do(download, tmp_path):
    def fail(**_):
        raise Exception("URL fetch failure")

    download(fail)
    with pytest.raises(FileNotFoundError, match=r"^PneumoniaMNIST .*URL fetch failure.*zenodo.*CLR_DATA_DIR") as error:
        load_pneumonia()
    assert str(tmp_path) in str(error.value)

"""The authors' four files: the real layout read and written, and every way in which a file can be broken."""

import shutil
from itertools import islice

import h5py
import numpy as np
import pytest

from clr_utils.calcification import files, sets
from clr_utils.calcification.files import (
    FILES,
    calcification_folder,
    read_calcification_files,
    write_calcification_files,
)
from clr_utils.calcification.patches import generate_patches
from clr_utils.calcification.sets import test_set, training_set, validation_set

pytestmark = pytest.mark.usefixtures("patients_once")

NAMES = [name for name, _ in FILES.values()]
SMALL = {
    ("train", 1): ("Positive_train.h5", 40),
    ("train", 0): ("300kNegative_train.h5", 400),
    ("test", 1): ("Positive_test.h5", 12),
    ("test", 0): ("300kNegative_test.h5", 90),
}


def write(path, shape, dtype=np.uint16, key="any name", **options):
    with h5py.File(path, "w") as file:
        file.create_dataset(key, shape, dtype, **options)


@pytest.fixture
def layout(tmp_path, monkeypatch):
    """The authors' files in their true sizes; HDF5 stores no pixel of them, so they are small and all of one value."""
    for value, (name, count) in enumerate(FILES.values()):
        write(tmp_path / name, (count, 16, 16), fillvalue=value, chunks=(1_000, 16, 16))
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    """Four files written by the project, of smaller numbers."""
    folder = tmp_path_factory.mktemp("files") / "new"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "FILES", SMALL)
        write_calcification_files(folder, seed=4, difficulty="easier")
    return folder


@pytest.fixture
def small(stand_ins, tmp_path, monkeypatch):
    """A copy of the stand-ins, in a folder that CLR_DATA_DIR names; the test may change it."""
    shutil.copytree(stand_ins, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(files, "FILES", SMALL)
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def fewer(monkeypatch):
    """Sets of the numbers of the stand-ins."""
    monkeypatch.setattr(sets, "POSITIVES", 40)
    monkeypatch.setattr(sets, "NEGATIVES", 400)


def test_the_names_and_numbers_of_the_authors():
    assert NAMES == ["Positive_train.h5", "300kNegative_train.h5", "Positive_test.h5", "300kNegative_test.h5"]
    assert [count for _, count in FILES.values()] == [3_459, 304_225, 1_164, 110_000]


def test_cases_come_from_the_files_that_are_named(layout):
    patches = training_set(1)
    assert patches.counts == (3_459, 60_541)
    assert (patches.x == (1 - patches.y)[:, None, None]).all()
    assert patches.x.dtype == np.uint16
    assert repr(patches).startswith("the authors' files, train: 64,000 patches")
    assert repr(patches).endswith("patients not known")
    tested = test_set()
    assert tested.counts == (1_164, 110_000)
    assert (tested.x == (3 - tested.y)[:, None, None]).all()


def test_with_the_files_validation_is_the_tail_and_can_be_left_out(small, fewer):
    for name, tail in (("300kNegative_train.h5", 40), ("Positive_train.h5", 4)):
        with h5py.File(small / name, "a") as file:
            file["data"][-tail:] = 9
    held = validation_set()
    assert held.counts == (4, 40)
    assert (held.x == 9).all()
    assert held.split == "validation"
    kept = training_set(size=352, order="random", held_out=True)
    assert kept.counts == (36, 316)
    assert kept.x.min() > 9
    assert training_set(size=352, order="random").x.min() == 9


def test_what_does_not_ask_for_the_files_is_synthetic(layout):
    assert validation_set(scale=1 / 64).source == "synthetic"
    assert test_set(scale=1 / 64).source == "synthetic"
    with pytest.raises(ValueError, match="scale must be 1 where the files are read"):
        training_set(1, source="files", scale=0.5)


def test_without_the_files(tmp_path, monkeypatch):
    for folder in (None, tmp_path):
        monkeypatch.setenv("CLR_DATA_DIR", str(folder)) if folder else monkeypatch.delenv("CLR_DATA_DIR", raising=False)
        assert calcification_folder() is None
        with pytest.raises(FileNotFoundError, match=r"CLR_DATA_DIR to the folder of Positive_train\.h5"):
            test_set(source="files")


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setattr(files, "FILES", {key: (name, 1) for key, (name, _) in FILES.items()})
    assert [path.parent for path in write_calcification_files("~/new")] == [tmp_path / "new"] * 4
    assert len(read_calcification_files("~/new", "test", slice(None), slice(None)).y) == 2


def test_what_is_written_is_what_is_generated(small):
    assert sorted(path.name for path in small.iterdir()) == sorted(NAMES)
    for split, numbers in (("train", (40, 400)), ("test", (12, 90))):
        read = read_calcification_files(small, split, slice(None), slice(None))
        expected = generate_patches(*numbers, seed=4, split=split, difficulty="easier")
        assert read.counts == numbers
        for label in (0, 1):
            assert (read.x[read.y == label] == expected.x[expected.y == label]).all()
        assert read.source == "synthetic files (seed 4, easier)"
        assert (read.patient == -1).all()
    with h5py.File(small / "Positive_test.h5") as file:
        assert [file[key].shape for key in file] == [(12, 16, 16)]
        assert file[next(iter(file))].dtype == np.uint16


def test_parts_of_files(small):
    everything = read_calcification_files(small, "train", slice(None), slice(None))
    part = read_calcification_files(small, "train", slice(3, 5), np.array([0, 7, 399]))
    assert part.counts == (2, 3)
    assert (part.x == everything.x[[3, 4, 40, 47, 439]]).all()


def test_files_and_generated_sets_agree(small, fewer):
    options = {"size": 160, "seed": 4, "difficulty": "easier"}
    for order in ("first", "random"):
        read = training_set(source="files", order=order, **options)
        generated = training_set(source="synthetic", order=order, **options)
        assert read.counts == generated.counts == (40, 120)
        for label in (0, 1):
            assert (read.x[read.y == label] == generated.x[generated.y == label]).all()


def test_an_interrupted_writer_leaves_what_was_there(small, monkeypatch):
    before = {path.name: path.read_bytes() for path in small.iterdir()}

    def fail(*args, **options):
        yield from islice(generate(*args, **options), 3)
        raise KeyboardInterrupt

    generate = files.patch_blocks
    monkeypatch.setattr(files, "patch_blocks", fail)
    with pytest.raises(KeyboardInterrupt):
        write_calcification_files(small, seed=5)
    assert {path.name: path.read_bytes() for path in small.iterdir()} == before


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(layout, name):
    (layout / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name} is missing.*unset CLR_DATA_DIR"):
        training_set(1)


def test_an_empty_folder_is_not_taken_for_the_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="Positive_train.h5 is missing"):
        read_calcification_files(tmp_path, "train", slice(None), slice(None))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", [b"", b"no HDF5 file", None])
def test_a_truncated_file_is_named(layout, name, content):
    path = layout / name
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    with pytest.raises(ValueError, match=f"{name} cannot be read, it is truncated.*unset CLR_DATA_DIR"):
        test_set()


def test_a_file_that_breaks_in_the_middle_is_named(small):
    path = small / "300kNegative_train.h5"
    path.unlink()
    write(path, (400, 16, 16), chunks=(400, 16, 16), compression="gzip", data=np.zeros((400, 16, 16), np.uint16))
    content = bytearray(path.read_bytes())
    content[-40:] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="300kNegative_train.h5"):
        read_calcification_files(small, "train", slice(None), slice(None))


@pytest.mark.parametrize("place", [140, 700, 820])
def test_a_file_with_wrong_bytes_beside_its_pixels_is_named(layout, place):
    path = layout / "Positive_train.h5"
    write(path, (3_459, 16, 16))
    content = bytearray(path.read_bytes())
    content[place : place + 40] = b"\xff" * 40
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Positive_train\.h5 is damaged .*unset CLR_DATA_DIR"):
        training_set(1)


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [
        ((3_459, 256), np.uint16, r"shape \(n, 16, 16\); its shape is \(3459, 256\)"),
        ((3_459, 16, 12), np.uint16, r"its shape is \(3459, 16, 12\)"),
        ((3_459, 16, 16, 1), np.uint16, r"its shape is \(3459, 16, 16, 1\)"),
        ((3_459, 16, 16), np.uint8, "16-bit whole numbers; it holds uint8"),
        ((3_459, 16, 16), np.float16, "16-bit whole numbers; it holds float16"),
        ((3_000, 16, 16), np.uint16, "hold 3,459 patches; it holds 3,000; put"),
        ((1_164, 16, 16), np.uint16, "as many as Positive_test.h5 should: were they swapped"),
        ((304_225, 16, 16), np.uint16, "as many as 300kNegative_train.h5 should: were they swapped"),
    ],
)
def test_another_layout_is_named(layout, shape, dtype, message):
    write(layout / "Positive_train.h5", shape, dtype)
    with pytest.raises(ValueError, match=r"Positive_train\.h5 should.*" + message):
        training_set(1)


@pytest.mark.parametrize("key", [None, "group/data"])
def test_a_file_without_a_dataset_at_its_first_key_is_named(layout, key):
    with h5py.File(layout / "Positive_test.h5", "w") as file:
        if key:
            file.create_dataset(key, (1_164, 16, 16), np.uint16)
    with pytest.raises(ValueError, match=r"Positive_test\.h5 should hold one dataset as its first key; its keys are"):
        test_set()


def test_signed_numbers_are_read_unless_negative(layout):
    path = layout / "Positive_test.h5"
    write(path, (1_164, 16, 16), np.int16, fillvalue=5)
    assert test_set().x.max() == 5
    write(path, (1_164, 16, 16), np.int16, fillvalue=-5)
    with pytest.raises(ValueError, match=r"Positive_test\.h5 should hold brightness from 0 up; its lowest is -5"):
        test_set()


@pytest.mark.parametrize(("one", "other"), [(0, 1), (0, 2), (1, 3), (2, 3)])
def test_swapped_files_are_named(layout, one, other):
    (layout / NAMES[one]).rename(layout / "x")
    (layout / NAMES[other]).rename(layout / NAMES[one])
    (layout / "x").rename(layout / NAMES[other])
    with pytest.raises(ValueError, match=f"{NAMES[one]}.*as many as {NAMES[other]} should: were they swapped"):
        training_set(2)


@pytest.fixture(scope="module")
def another_world(tmp_path_factory):
    """Four files of another seed."""
    folder = tmp_path_factory.mktemp("another")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "FILES", SMALL)
        write_calcification_files(folder, seed=5, difficulty="easier")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_files_of_two_worlds_are_named(small, another_world, name):
    """Whichever split is read: the training patches would be of other patients than the test set's generator says."""
    shutil.copy(another_world / name, small / name)
    for split in ("train", "test"):
        with pytest.raises(
            ValueError, match=rf"do not belong together: .*{name} of synthetic files \(seed 5, easier\)"
        ):
            read_calcification_files(small, split, slice(None), slice(None))


def test_a_writer_that_is_killed_between_two_files_leaves_what_is_refused(small, monkeypatch):
    """One pair of files has its final names when the other pair is begun."""

    def killed(*arguments):
        if arguments[1] == "test":
            raise KeyboardInterrupt
        return write_split(*arguments)

    write_split = files._write_split
    monkeypatch.setattr(files, "_write_split", killed)
    with pytest.raises(KeyboardInterrupt):
        write_calcification_files(small, seed=5, difficulty="easier")
    with pytest.raises(ValueError, match=r"do not belong together: .*seed 5.*seed 4.*; put the authors' file there"):
        read_calcification_files(small, "train", slice(None), slice(None))


def test_a_file_of_the_authors_does_not_go_with_synthetic_ones(small):
    with h5py.File(small / "Positive_train.h5", "a") as file:
        del file.attrs["source"]
    with pytest.raises(ValueError, match="Positive_train.h5 of the authors' files; 300kNegative_train.h5 of synthetic"):
        read_calcification_files(small, "test", slice(None), slice(None))


LINKS = {
    "dangling": (h5py.SoftLink("/nowhere"), "a SoftLink to /nowhere"),
    "loop": (h5py.SoftLink("/a"), "a SoftLink to /a"),
    "to its own dataset": (h5py.SoftLink("/data"), "a SoftLink to /data"),
    "to another file": (h5py.ExternalLink("elsewhere.h5", "/data"), r"an? ExternalLink to elsewhere\.h5/data"),
}


@pytest.mark.parametrize(("link", "told"), LINKS.values(), ids=LINKS)
def test_a_link_in_the_place_of_the_dataset_is_named(small, link, told):
    with h5py.File(small / "Positive_test.h5", "a") as file:
        file["a"] = link
    wanted = rf"Positive_test\.h5 should hold its dataset itself; its first key 'a' is {told}; put the authors'"
    with pytest.raises(ValueError, match=wanted):
        read_calcification_files(small, "test", slice(None), slice(None))


@pytest.mark.parametrize("source", [5, np.arange(3), np.bytes_(b"synthetic"), h5py.Empty("f")], ids=repr)
def test_an_odd_source_is_named(small, source):
    with h5py.File(small / "Positive_test.h5", "a") as file:
        file.attrs["source"] = source
    with pytest.raises(ValueError, match=r"Positive_test\.h5: its attribute 'source' should be text; it is "):
        read_calcification_files(small, "test", slice(None), slice(None))


def test_a_source_that_cannot_be_read_is_named(small):
    """A time of HDF5, say, for which NumPy has no type."""
    with h5py.File(small / "Positive_test.h5", "a") as file:
        del file.attrs["source"]
        h5py.h5a.create(file.id, b"source", h5py.h5t.UNIX_D32LE, h5py.h5s.create(h5py.h5s.SCALAR))
    with pytest.raises(
        ValueError, match=r"Positive_test\.h5: its attribute 'source' cannot be read \(.*unset CLR_DATA_D"
    ):
        read_calcification_files(small, "test", slice(None), slice(None))

"""Woods's table: from a file, by download, missing or broken."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn import datasets

from clr_utils.datasets.mammography import load_mammography

ROWS, POSITIVES = 11_183, 260


@pytest.fixture
def rows():
    """The rows of a table of the right layout; the positives are the last ones."""
    x = np.random.default_rng(0).standard_normal((ROWS, 6)).round(3)
    labels = ["'-1'"] * (ROWS - POSITIVES) + ["'1'"] * POSITIVES
    return [[*map(str, values), label] for values, label in zip(x.tolist(), labels, strict=True)]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write rows as mammography.csv, in a folder that CLR_DATA_DIR names."""
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(datasets, "fetch_openml", lambda **_: pytest.fail("the file is there"))

    def to_file(rows):
        path = tmp_path / "mammography.csv"
        path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
        return path

    return to_file


@pytest.fixture
def openml(tmp_path, monkeypatch):
    """Replace the download; the folder of CLR_DATA_DIR is empty. Gives the calls' arguments."""
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))

    def stub(answer):
        calls = []

        def fetch(**arguments):
            calls.append(arguments)
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(datasets, "fetch_openml", fetch)
        return calls

    return stub


def as_download(rows):
    target = np.array([row[-1].strip("'") for row in rows], dtype=object)
    return SimpleNamespace(data=np.array([row[:-1] for row in rows], dtype=float), target=target)


def test_the_file_of_the_folder_is_read(rows, write):
    write(rows)
    table = load_mammography()
    assert table.x.shape == (ROWS, 6)
    assert table.x.dtype == np.float64
    assert table.x[0].tolist() == [float(value) for value in rows[0][:-1]]
    assert table.y.dtype == np.int64
    assert table.y.sum() == POSITIVES
    assert table.y[-POSITIVES:].all()
    assert table.skew == pytest.approx(42, abs=0.05)
    assert repr(table) == (
        "Woods's table, mammography.csv: 11,183 candidates, 260 with calcification (1/42), 6 features"
    )


@pytest.mark.parametrize("quote", ["", '"', " '"])
def test_quotes_of_the_classes_do_not_matter(rows, write, quote):
    write([[*row[:-1], quote + row[-1].strip("'") + quote.strip()] for row in rows])
    assert load_mammography().y.sum() == POSITIVES


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], r"shape \(11183, 6\); it has \(11182, 6\)"),
        (lambda rows: [row[1:] for row in rows], r"it has \(11183, 5\)"),
        (lambda rows: [["a", "b", "c", "d", "e", "f", "class"], *rows], "cannot be read.*without a header"),
        (lambda rows: [rows[0][:-2] + rows[0][-1:], *rows[1:]], "cannot be read"),
        (lambda rows: [["nan", *rows[0][1:]], *rows[1:]], "1 values that are not finite"),
        (lambda rows: [[*row[:-1], "0" if "-" in row[-1] else "1"] for row in rows], r"'0': 10923"),
        (lambda rows: [[*rows[0][:-1], "'1'"], *rows[1:]], "'1': 261"),
        (lambda rows: [], "it has"),
    ],
)
def test_a_file_of_another_layout_is_named_with_the_remedy(rows, write, change, message):
    path = write(change(rows))
    with pytest.raises(ValueError, match=message) as error:
        load_mammography()
    assert str(path) in str(error.value)
    assert "the table of OpenML 310 as CSV" in str(error.value)


def test_a_file_that_is_no_text_is_named(write):
    path = write([])
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"mammography\.csv cannot be read.*CLR_DATA_DIR"):
        load_mammography()


def test_without_the_file_it_is_downloaded(rows, openml):
    calls = openml(as_download(rows))
    table = load_mammography()
    assert calls[0]["data_id"] == 310
    assert len(calls) == 1
    assert table.source == "OpenML 310"
    assert table.x[3].tolist() == [float(value) for value in rows[3][:-1]]
    assert np.flatnonzero(table.y).tolist() == list(range(ROWS - POSITIVES, ROWS))


def test_without_a_folder_it_is_downloaded(rows, openml, monkeypatch):
    calls = openml(as_download(rows))
    monkeypatch.delenv("CLR_DATA_DIR")
    load_mammography()
    assert len(calls) == 1


def test_a_failed_download_says_what_to_do(openml, tmp_path):
    openml(OSError("no route to host"))
    with pytest.raises(FileNotFoundError, match=r"no route to host.*mammography\.csv.*CLR_DATA_DIR") as error:
        load_mammography()
    assert str(tmp_path) in str(error.value)


def test_another_table_from_openml_is_refused(rows, openml):
    openml(as_download(rows[1:]))
    with pytest.raises(ValueError, match=r"the download of OpenML 310 should have the shape.*CLR_DATA_DIR"):
        load_mammography()

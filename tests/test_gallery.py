"""Pages show the notebooks' own pictures, and `make gallery` takes them whole or not at all."""

import base64
import re

import nbformat
import pytest

import gallery

TARGET = gallery.ROOT / "docs" / "gallery"
PNG = b"\x89PNG a picture"
ALT = "Line plot of the loss against the update."


@pytest.fixture(scope="module")
def shown():
    return gallery.pictures(gallery.FOLDER)


def test_the_folder_holds_the_notebooks_own_pictures(shown):
    held = {path.stem: path.read_bytes() for path in TARGET.glob("*.png")}
    # Names alone: pytest would take minutes to say how two pictures differ.
    assert sorted(held) == sorted(shown), "run make gallery"
    assert [name for name in held if held[name] != shown[name].png] == [], "run make gallery"


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_a_page_shows_pictures_with_their_alt_texts_as_links_to_their_notebooks(page, shown):
    text = (gallery.ROOT / page).read_text(encoding="utf-8")
    names = re.findall(r"docs/gallery/(\w+)\.png", text)
    assert [name for name in names if shown[name].markdown() not in text.splitlines()] == []
    assert sorted(names) == sorted(shown if page == "docs/index.md" else {*names})
    assert len(names) >= 2


def test_it_shows_policies_a_range_test_and_roc_and_precision_recall_curves(shown):
    assert {"policies", "range_test", "roc_precision_recall"} <= set(shown)


def cell(name="falls", png=PNG, count=1, alt=ALT):
    picture = nbformat.v4.new_output("display_data", {"image/png": base64.b64encode(png).decode()})
    metadata = {"gallery": name} | ({"alt": alt} if alt else {})
    return nbformat.v4.new_code_cell("plot()", metadata=metadata, outputs=[picture] * count)


def take(tmp_path, *cells):
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), tmp_path / "01_rates.ipynb")
    return gallery.main(["--folder", str(tmp_path), "--target", str(tmp_path / "gallery")])


def names(tmp_path):
    return {path.name for path in (tmp_path / "gallery").iterdir()}


def test_named_pictures_are_taken_and_old_ones_leave(tmp_path, capsys):
    take(tmp_path, cell("old"), cell("falls", b"before"))
    take(tmp_path, cell("falls"), cell("rises"), nbformat.v4.new_code_cell("a = 1"))
    assert names(tmp_path) == {"falls.png", "rises.png"}
    assert (tmp_path / "gallery" / "falls.png").read_bytes() == PNG
    assert "01_rates.ipynb" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cells", "advice"),
    [
        ([], "give it, and a name, to one"),
        ([cell("A name")], "must be of small letters"),
        ([cell("../up")], "must be of small letters"),
        ([cell(), cell()], "rename one of them"),
        ([cell(count=0)], "make run"),
        ([cell(count=2)], "give the name to a cell that shows one"),
        ([cell(alt=None)], "write one into its metadata"),
        ([cell(png=PNG * 20_000)], "draw less"),
    ],
)
def test_what_cannot_be_taken_is_explained_and_nothing_is_written(cells, advice, tmp_path, capsys):
    take(tmp_path, cell("old"))
    with pytest.raises(SystemExit):
        take(tmp_path, *([cell("new"), *cells] if cells else []))
    assert advice in re.sub(r"\s+", " ", capsys.readouterr().err)
    assert names(tmp_path) == {"old.png"}
    assert (tmp_path / "gallery" / "old.png").read_bytes() == PNG

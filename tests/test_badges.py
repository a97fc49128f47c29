"""The project's address stands in one place, and badges follow it; set-up cells do by a rule of test_notebooks.py."""

import json
import shutil
import tomllib

import pytest

import badges
from run_notebooks import FOLDER

REPO = "ada/clr-notebooks"


@pytest.fixture
def copy(tmp_path):
    """The project's address, its README and its notebooks, in a folder that may be changed."""
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(badges.ROOT / name, tmp_path)
    shutil.copytree(FOLDER, tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*"))
    return tmp_path


def opening(root, name):
    cells = json.loads((root / "notebooks" / name).read_text(encoding="utf-8"))["cells"]
    return "".join(cells[0]["source"])


def settings(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def files(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_badges_are_those_of_the_address():
    for path in FOLDER.glob("[0-9][0-9]_*.ipynb"):
        badge = badges.colab_link(badges.repository(), path.name)
        lines = opening(badges.ROOT, path.name).splitlines()
        assert any(line.endswith(badge) for line in lines), f"{path.name}: run make badges"


def test_the_readme_says_how_to_get_the_project_and_where_to_ask():
    readme = (badges.ROOT / "README.md").read_text(encoding="utf-8")
    assert badges.with_get_it(readme, badges.repository()) == readme, "run make badges"


@pytest.mark.parametrize("marks", ["", badges.BEGIN, badges.END + badges.BEGIN, 2 * (badges.BEGIN + badges.END)])
def test_a_readme_without_its_marks_is_refused(marks, copy):
    (copy / "README.md").write_text(marks, encoding="utf-8")
    before = files(copy)
    with pytest.raises(ValueError, match=r"README\.md must hold"):
        badges.write(REPO, copy)
    assert files(copy) == before


def test_write_reaches_every_notebook_and_changes_nothing_else(copy):
    before = files(copy)
    assert badges.write(REPO, copy) == len(badges.notebooks(copy)) > 10
    wanted = settings(badges.ROOT)
    wanted["tool"]["clr-notebooks"]["repository"] = badges.repository(copy)
    assert badges.repository(copy) == REPO
    assert settings(copy) == wanted
    link = f"https://colab.research.google.com/github/{REPO}/blob/main/notebooks/02_cyclical_policies.ipynb"
    assert f"[![Open in Colab]({badges.BADGE})]({link})" in opening(copy, "02_cyclical_policies.ipynb")
    assert badges.ZIP_WAY not in opening(copy, "02_cyclical_policies.ipynb")
    solutions = (copy / "notebooks/solutions/02_cyclical_policies_solutions.ipynb").read_text(encoding="utf-8")
    assert "git clone -q --depth 1 https://github.com/ada/clr-notebooks clr-notebooks" in solutions
    readme = (copy / "README.md").read_text(encoding="utf-8")
    for line in ("git clone https://github.com/ada/clr-notebooks clr-notebooks", "/heads/main.zip", "/issues"):
        assert line in readme
    assert badges.NO_ADDRESS not in readme
    assert badges.write("", copy)
    assert badges.ZIP_WAY in opening(copy, "02_cyclical_policies.ipynb")
    assert badges.write(badges.repository(), copy)
    assert files(copy) == before


NO_ADDRESSES = ["clr", "https://github.com/ada/clr", "ada/clr.git", "ada/..", "ada/clr/x", "ada/", 'a/"b', "a b/c"]


@pytest.mark.parametrize("repo", NO_ADDRESSES)
def test_what_is_no_address_is_refused_before_any_file_is_opened(repo, tmp_path, capsys):
    with pytest.raises(ValueError, match="it must be owner/name"):
        badges.write(repo, tmp_path / "nowhere")
    with pytest.raises(SystemExit):
        badges.main([repo])
    assert "owner/name" in capsys.readouterr().err


def test_an_interrupted_write_leaves_no_half_notebook(copy, monkeypatch):
    def stop(notebook, path):
        raise KeyboardInterrupt

    before = files(copy)
    monkeypatch.setattr(badges, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        badges.write(REPO, copy)
    monkeypatch.undo()
    badges.write(badges.repository(), copy)
    assert files(copy) == before

"""Where data and records are looked for."""

from pathlib import Path

import pytest

from clr_utils import places


def test_what_ships_is_there():
    assert places.DATA.samefile(Path(__file__).parent.parent / "data")
    assert (places.DATA / "published.csv").is_file()
    assert (places.RESULTS / "mnist").is_dir()
    assert places.STYLE.is_file()


def test_an_installed_package_keeps_new_records_with_the_user(monkeypatch, tmp_path):
    monkeypatch.delenv("CLR_RESULTS_DIR", raising=False)
    for variable in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    assert places.own_results() is None, "in a checkout they go to data/results"
    monkeypatch.setattr(places, "INSTALLED", True)
    assert places.own_results().is_relative_to(tmp_path)
    assert places.own_results().parts[-2:] == ("clr-notebooks", "results")
    monkeypatch.setenv("CLR_RESULTS_DIR", str(tmp_path / "mine"))
    assert places.own_results() == tmp_path / "mine"


def test_what_can_be_made_again_is_kept_in_the_cache_of_the_user(monkeypatch, tmp_path):
    for variable in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    assert places.cache_folder().is_relative_to(tmp_path)
    assert places.cache_folder().name == "clr-notebooks"


@pytest.mark.parametrize(
    ("variable", "look"), [("CLR_DATA_DIR", places.data_folder), ("CLR_RESULTS_DIR", places.own_results)]
)
def test_a_tilde_is_the_home_folder(monkeypatch, tmp_path, variable, look):
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(variable, "~/mine")
    assert look() == tmp_path / "mine"
    monkeypatch.setenv(variable, "")
    assert look() is None
    monkeypatch.delenv(variable)
    assert look() is None


def test_a_named_place_that_is_no_folder_is_refused(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("mistyped", "file"):
        monkeypatch.setenv("CLR_DATA_DIR", name)
        with pytest.raises(FileNotFoundError, match=f"CLR_DATA_DIR is '{name}', and {tmp_path / name} is no folder"):
            places.data_folder()
        Path("file").touch()
    monkeypatch.setenv("CLR_RESULTS_DIR", "mistyped")
    assert places.own_results() == Path("mistyped"), "it is made when the first record is written"
    monkeypatch.setenv("CLR_RESULTS_DIR", "file")
    with pytest.raises(NotADirectoryError, match="CLR_RESULTS_DIR is 'file', which is a file: .*unset it"):
        places.own_results()


def test_a_data_file_is_found_or_not(monkeypatch, tmp_path):
    monkeypatch.delenv("CLR_DATA_DIR", raising=False)
    assert places.data_file("mnist.npz") is None
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    assert places.data_file("mnist.npz") is None
    Path(tmp_path, "mnist.npz").touch()
    assert places.data_file("mnist.npz") == tmp_path / "mnist.npz"

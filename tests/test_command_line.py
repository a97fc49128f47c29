"""What the tools are asked for and cannot do is refused before they begin, by the name of the argument."""

from importlib import import_module

import pytest

import command_line
from clr_utils.arguments import typed_count


@pytest.fixture
def file(tmp_path):
    (tmp_path / "file").write_text("")
    return tmp_path / "file"


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("bench", ["--rounds", "0"], "argument --rounds: it must be a whole number of 1 or more; it is '0'"),
        ("bench", ["--updates", "-1"], "argument --updates: it must be a whole number"),
        ("bench", ["--out", "{folder}"], "argument --out: it must name a file"),
        ("build_site", ["--output", "{file}"], "argument --output: it must name a folder"),
        ("build_slides", ["--output", "{file}/new"], "argument --output: it must name a folder"),
        ("calibrate", ["01", "--kernels", "0"], "argument --kernels: it must be a whole number"),
        ("calibrate", ["01", "--folder", "{folder}"], "there is no notebook in "),
        ("gallery", ["--folder", "{folder}/nope"], "argument --folder: there is no folder"),
        ("mutants", ["--workers", "two"], "argument --workers: it must be a whole number"),
        ("run_notebooks", ["--folder", "/nope"], "argument --folder: there is no folder '/nope'"),
        ("run_notebooks", ["--folder", "{folder}"], "there is no notebook in "),
        ("timings", ["--repeats", "0"], "argument --repeats: it must be a whole number"),
    ],
)
def test_it_is_refused_by_its_name(tool, arguments, message, file, capsys):
    with pytest.raises(SystemExit) as stop:
        import_module(tool).main([argument.format(file=file, folder=file.parent) for argument in arguments])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_what_can_be_meant_is_taken(file):
    assert typed_count("3") == 3
    assert command_line.folder(str(file.parent)) == file.parent
    assert command_line.new_folder(str(file.parent / "new")) == file.parent / "new"
    assert command_line.new_file(str(file)) == file

"""`import clr_utils` costs nothing until a name is used, and every public name can be."""

import ast
from pathlib import Path

import jedi
import pytest

import clr_utils
from helpers import run_python

HEAVY = {"keras", "tensorflow", "jax", "torch", "matplotlib", "pandas", "scipy", "sklearn", "scikitplot", "IPython"}
PACKAGE = Path(clr_utils.__file__).parent
LIGHT = [
    "import clr_utils",
    "dir(clr_utils); clr_utils.__all__",
    "clr_utils.triangular([0, 1], 0.1, 0.5, 4); clr_utils.staged(3); clr_utils.fixed(3, 0.1)",
    "clr_utils.published('datacamp.mnist.clr_error'); clr_utils.verdict('so', True)",
    "from clr_utils.exercises import attempt",
]


def test_nothing_heavy_is_imported_before_it_is_needed():
    loaded = "import sys; print(*{name.split('.')[0] for name in sys.modules})"
    lines = run_python("\n".join(f"{line}\n{loaded}" for line in LIGHT)).replace("so: True\n", "").splitlines()
    for line, modules in zip(LIGHT, map(str.split, lines), strict=True):
        assert "clr_utils" in modules
        assert not HEAVY.intersection(modules), line


def test_every_public_name_is_there():
    for name in clr_utils.__all__:
        assert getattr(getattr(clr_utils, name), "__name__", name) == name
    assert set(clr_utils.__all__) <= set(dir(clr_utils))


def test_names_people_expect():
    expected = {
        "triangular triangular2 exp_range modified_triangular2 welch hann custom_policy staged Stage SMITH_TABLE_2",
        "fixed exp_decay linear_decay time_decay step_size_for half_cycles",
        "CyclicalLearningRate CyclicLR LearningRateHistory CycleWarning",
        "published setup_notebook notebook_seed verdict",
    }
    assert {name for line in expected for name in line.split()} <= set(clr_utils.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'clr_utils' has no attribute 'cyclic'"):
        _ = clr_utils.cyclic
    with pytest.raises(ImportError, match="cyclic"):
        from clr_utils import cyclic  # noqa: F401


def test_no_public_name_is_that_of_a_file():
    """Importing the file would put the module in the name's place."""
    assert not {path.stem for path in PACKAGE.iterdir()}.intersection(clr_utils.__all__)


def test_the_stub_lists_the_names_with_their_files():
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8")).body
    imported = [(each.module, name.name, name.asname) for each in stub[1:-1] for name in each.names]
    files = {name: f"clr_utils.{file}" for name, file in clr_utils._FILE_OF.items()}
    assert sorted(imported) == sorted((file, name, name) for name, file in files.items())
    assert ast.literal_eval(stub[-1].value) == clr_utils.__all__


def test_an_editor_completes_a_name_and_finds_its_definition():
    project = jedi.Project(PACKAGE.parent, sys_path=[str(PACKAGE.parent)], smart_sys_path=False)
    for code in ("from clr_utils import ", "import clr_utils\nclr_utils."):
        half, whole = (
            jedi.Script(code + name, project=project, environment=jedi.InterpreterEnvironment())
            for name in ("tri", "triangular")
        )
        assert {each.name for each in half.complete()} >= {"triangular", "triangular2"}, code
        (found,) = whole.goto(follow_imports=True)
        assert (found.module_path, found.type) == (PACKAGE / "policies.py", "function"), code

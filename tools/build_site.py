"""Build the static site of the collection, offline, from the notebooks' saved outputs: `make site`.

Sphinx reads a copy of the pages, in which what JupyterLab does by itself is spelled out for it. The old site is
replaced when the new one is whole.
"""

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from html import escape
from pathlib import Path
from urllib.parse import unquote

import nbformat

from command_line import new_folder
from gauge import folded

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sphinx", "myst_nb", "pydata_sphinx_theme", "sphinx-mathjax-offline")
PLAY = "docs/play"
WIDGETS = "application/vnd.jupyter.widget-view+json"
WIDGET_NOTE = '<p class="widget-note"><strong>In JupyterLab and Colab, where the notebook runs:</strong> {shows}</p>'
FOLDS = {"source_hidden": "hide-input", "outputs_hidden": "hide-output"}
SETUP_PROMPTS = {
    "code_prompt_show": "The set-up cell, the same in every notebook",
    "code_prompt_hide": "Hide the set-up cell",
}
ADVICE = """\
The site is not built; {output} is as it was. What to do about the faults above:
- target not found, no such file or document: bring the file back, or mend the link or docs/index.md, which name it;
- local id not found: the anchor must be a heading of the page that it leads to, as written, with hyphens for spaces;
- not included in any toctree: name the page in the contents, docs/index.md.
In a notebook, line 120003 is about line 3 of the 12th cell."""


class SiteError(Exception):
    """The site cannot be built; the message says how to mend it."""


class Links:
    """Where the links of the project lead in its site: `links(place, target)` for the page at a place.

    Attributes:
        pages: The pages' places in the site, and the files of the project that they are made from.
        files: Other files of the project that pages link to, filled by the calls.
    """

    def __init__(self, root):
        self.root, self.pages, self.files = root, pages(root), set()

    def __call__(self, place, target):
        path = Path(os.path.normpath((self.root / place).parent / unquote(target)))
        if path.is_dir():
            index = [name for name in ("index.md", "README.md") if place_of(path / name, self.root) in self.pages]
            return "/".join([target.rstrip("/"), *index])
        if path.is_file() and path.is_relative_to(self.root) and place_of(path, self.root) not in self.pages:
            self.files.add(path)
        return target


def build(output, root=ROOT):
    """Build the site of the project in `root` into the folder `output`, whole or not at all.

    Raises:
        SiteError: A package or a file is missing, a link leads nowhere, or `output` holds something else.
    """
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        raise SiteError(f"not installed: {', '.join(missing)}; run make setup, or pip install -e '.[cpu,site]'")
    if output.exists() and not (output / ".buildinfo").exists():
        raise SiteError(f"{output} exists and is no site: name another folder, or remove it")
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".site-", dir=output.parent) as folder:
        source, html, old = (Path(folder) / name for name in ("source", "html", "old"))
        lay_out(root, source)
        if faults := call_sphinx(root, source, html):
            raise SiteError(f"{faults}\n{ADVICE.format(output=output)}")
        add_play(root, html)
        if output.exists():
            output.rename(old)
        html.rename(output)


def lay_out(root, source):
    """Write the pages, and the files that they link to, into the folder that Sphinx reads."""
    links = Links(root)
    for place, path in links.pages.items():
        if not path.is_file():
            raise SiteError(f"the site needs {place_of(path, root)}, which is missing: bring it back")
        target, lead = source / place, partial(links, place)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".ipynb":
            nbformat.write(adapt_notebook(nbformat.read(path, as_version=4), lead), target)
        else:
            target.write_text(adapt_markdown(path.read_text(encoding="utf-8"), lead), encoding="utf-8")
    for path in links.files:
        target = source / place_of(path, root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def call_sphinx(root, source, html):
    """Make the pages; returns Sphinx's complaints, under the names that the pages have in the project."""
    warnings, doctrees = source.with_name("warnings"), source.with_name("doctrees")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-w", warnings]
    command += ["-c", root / "docs", "-d", doctrees, source, html]
    # The docstrings are the same on every backend; NumPy's is loaded in the shortest time.
    environment = {"PYTHONPATH": str(Path(__file__).parent), "KERAS_BACKEND": "numpy", "NO_COLOR": "1"}
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    if done.returncode == 0:
        return ""
    return (warnings.read_text(encoding="utf-8") or done.stderr).replace(f"{source}/", "").strip()


def add_play(root, html):
    """The page to play with, at its place in the project; what it calls a page by `data-page` becomes a link."""
    shutil.copytree(root / PLAY, html / PLAY, ignore=shutil.ignore_patterns(".*"))
    page = html / PLAY / "index.html"
    text = page.read_text(encoding="utf-8")
    page.write_text(re.sub(r'<a data-page="([^"]*)"', r'<a href="../../\1.html"', text), encoding="utf-8")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=new_folder, default=ROOT / "build" / "site", help="build/site when left out")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    try:
        build(options.output.resolve())
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"built in {time.perf_counter() - start:.0f} s; open {options.output / 'index.html'} in a browser")
    return 0


def pages(root):
    """Where each page stands in the site, and the file of the project that it is made from."""
    moved = {"index.md": "docs/index.md", "api.md": "docs/api.md", "notebooks/solutions/index.md": "docs/solutions.md"}
    kept = ["README.md", "CONTRIBUTING.md", "data/README.md", "docs/practitioners.md"]
    kept += ["notebooks/TEACHING.md", "notebooks/glossary.ipynb"]
    kept += [place_of(path, root) for path in sorted(root.glob("notebooks/**/[0-9][0-9]_*.ipynb"))]
    return {place: root / moved.get(place, place) for place in [*moved, *kept]}


def place_of(path, root):
    """The path as counted from the project's folder; None outside of it."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None


def anchor(heading):
    """A heading's anchor, as Jupyter makes it, after a #.

    Links lead to it by a second # (`adapt_markdown`): an anchor in small letters, which docutils knows and Jupyter does
    not, is a fault then.
    """
    return f"#{heading.replace(' ', '-')}"


def adapt_markdown(text, lead):
    """Markdown for the site, with its links led by `lead(target)`, and to anchors by a second #."""
    text = re.sub(r"!\[([^\]]*)\]\(https?:[^)]*\)", r"\1", text)  # no page loads a picture from the network
    text = re.sub(r"(</summary>)|(</details>)", r"\1\n\n\2", text)  # what is folded is Markdown too
    link = r'(\]\(|(?:src|href)=")([^)"\s#:]*)(#?)'
    text = re.sub(link, lambda found: found[1] + (found[2] and lead(found[2])) + 2 * found[3], text)
    return re.sub(rf"\]\((?=[./]*{PLAY}/)", "](site:", text)  # no page of Sphinx's: conf.py has the scheme


def adapt_notebook(notebook, lead):
    """A notebook for the site, with what MyST-NB reads from the metadata of cells."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = adapt_markdown(cell.source, lead)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        if alt := cell.metadata.get("alt"):
            cell.metadata["mystnb"] = {"image": {"alt": alt}}
        folds = [tag for flag, tag in FOLDS.items() if folded(cell, flag)]
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), *folds]
        for output in cell.outputs:
            if WIDGETS in output.get("data", {}):
                output.data = {"text/html": WIDGET_NOTE.format(shows=escape(alt or "sliders"))}
    for setup in code[:1]:
        setup.metadata["tags"].append("hide-input")
        setup.metadata.setdefault("mystnb", {}).update(SETUP_PROMPTS)
    return notebook


if __name__ == "__main__":
    sys.exit(main())

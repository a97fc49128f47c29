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
from pathlib import Path
from urllib.parse import unquote

import nbformat

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sphinx", "myst_nb", "pydata_sphinx_theme", "sphinx-mathjax-offline")
WIDGETS = "application/vnd.jupyter.widget-view+json"
WIDGET_NOTE = '<p class="widget-note">Sliders: they move in JupyterLab and Colab, where the notebook is running.</p>'
ADVICE = """\
{count} faults, named above; {output} is as it was. What to do:
- a document or file that does not exist: bring it back, or mend the link or the contents in docs/index.md that name it;
- a cross-reference target that is not found: the link's anchor must be a heading of the page, with hyphens for spaces;
- a page that is in no contents: add it to docs/index.md."""


class SiteError(Exception):
    """The site cannot be built; the message says how to mend it."""


def pages(root):
    """Where each page stands in the site, and the file of the project that it is made from."""
    named = {"index.md": "docs/index.md", "api.md": "docs/api.md", "notebooks/solutions/index.md": "docs/solutions.md"}
    places = ["README.md", "data/README.md", "notebooks/TEACHING.md", "notebooks/glossary.ipynb"]
    found = [*root.glob("notebooks/[0-9]*.ipynb"), *root.glob("notebooks/solutions/[0-9]*.ipynb")]
    places += sorted(path.relative_to(root).as_posix() for path in found)
    return {place: root / named.get(place, place) for place in [*named, *places]}


def anchor(heading):
    """A heading's anchor, as Jupyter makes it."""
    return heading.replace(" ", "-")


def adapt_markdown(text, place, root, carried):
    """Markdown for the page at this place; `carried` collects the files that it links to, beside the pages."""
    known = pages(root)

    def link(found):
        start, target = found.groups()
        path = Path(os.path.normpath((root / place).parent / unquote(target)))
        if path == root / "README.md":
            return start + target.replace("README.md", "index.md")
        if path.is_dir():
            inside = [name for name in ("index.md", "README.md") if _place(path / name, root) in known]
            return start + "/".join([target.rstrip("/"), *inside])
        if path.is_file() and _place(path, root) not in known:
            carried.add(path)
        return start + target

    text = re.sub(r"!\[([^\]]*)\]\(https?:[^)]*\)", r"\1", text)  # no page loads a picture from the network
    text = re.sub(r"(</summary>)|(</details>)", r"\1\n\n\2", text)  # what is folded is Markdown too
    return re.sub(r'(\]\(|(?:src|href)=")([^)"\s#:]+)', link, text)


def adapt_notebook(notebook, place, root, carried):
    """A notebook for the page at this place, with what MyST-NB reads from the metadata of cells."""
    notebook.metadata.language_info.pygments_lexer = "ipython3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = adapt_markdown(cell.source, place, root, carried)
    for cell in code:
        if "alt" in cell.metadata:
            cell.metadata["mystnb"] = {"image": {"alt": cell.metadata["alt"]}}
        for output in cell.outputs:
            if WIDGETS in output.get("data", {}):
                output.data = {"text/html": WIDGET_NOTE}
    if code:
        code[0].metadata["tags"] = [*code[0].metadata.get("tags", []), "hide-input"]
    return notebook


def lay_out(root, source):
    """Write the pages, and the files that they link to, into the folder that Sphinx reads."""
    carried = set()
    for place, path in pages(root).items():
        if not path.is_file():
            raise SiteError(f"the site needs {_place(path, root)}, which is missing: bring it back")
        target = source / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".ipynb":
            nbformat.write(adapt_notebook(nbformat.read(path, as_version=4), place, root, carried), target)
        else:
            target.write_text(adapt_markdown(path.read_text(encoding="utf-8"), place, root, carried), encoding="utf-8")
    for path in carried:
        target = source / _place(path, root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def call_sphinx(root, source, html, doctrees):
    """Sphinx's complaints about the pages, in the project's words for them; none when the site is whole."""
    warnings = doctrees.with_name("warnings")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-w", warnings]
    command += ["-c", root / "docs", "-d", doctrees, source, html]
    environment = {"PYTHONPATH": str(Path(__file__).parent), "TF_CPP_MIN_LOG_LEVEL": "3", "NO_COLOR": "1"}
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    if done.returncode == 0:
        return []
    said = warnings.read_text(encoding="utf-8") or done.stderr
    return [line.replace(f"{source}/", "") for line in said.splitlines() if line.strip()]


def build(output, root=ROOT):
    """Build the site of the project in `root` into the folder `output`; returns the number of its pages.

    Raises:
        SiteError: A package or a file is missing, a link leads nowhere, or `output` holds something else.
    """
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        raise SiteError(f"not installed: {', '.join(missing)}; run make setup, or pip install -e '.[cpu,site]'")
    if output.exists() and not (output / ".buildinfo").exists():
        raise SiteError(f"{output} exists and is no site: name another folder, or remove it")
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".site-", dir=output.parent) as folder:
        source, html, doctrees, old = (Path(folder) / name for name in ("source", "html", "doctrees", "old"))
        lay_out(root, source)
        if complaints := call_sphinx(root, source, html, doctrees):
            raise SiteError("\n".join([*complaints, ADVICE.format(count=len(complaints), output=output)]))
        if output.exists():
            output.rename(old)
        html.rename(output)
    return len(list(output.rglob("*.html")))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "site", help="build/site when left out")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    try:
        count = build(options.output.resolve())
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{count} pages in {time.perf_counter() - start:.0f} s; open {options.output / 'index.html'} in a browser")
    return 0


def _place(path, root):
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None


if __name__ == "__main__":
    sys.exit(main())

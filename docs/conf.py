"""Sphinx settings of the site. tools/build_site.py lays the pages out and calls Sphinx: `make site`."""

import gc
import importlib.util
import re
import sys
from pathlib import Path

from pygments.lexers import find_lexer_class_by_name

import clr_utils

# jsonschema, which MyST-NB needs, would make grammars of web addresses with it, two seconds; notebooks need none.
sys.modules["rfc3987_syntax"] = None
# Nor is garbage looked for among all that Sphinx keeps: a fifth of the time, for a process that soon ends.
gc.disable()

project = html_title = "Cyclical learning rates"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
smartquotes_action = "D"  # dashes, but quotation marks as they are typed

# Pages
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True
nb_code_prompt_show = "Show code"
nb_code_prompt_hide = "Hide code"
myst_enable_extensions = ["dollarmath", "html_image"]
myst_heading_anchors = 4
# Links of the site itself that are no pages of Sphinx's: build_site.adapt_markdown
myst_url_schemes = {"http": None, "https": None, "mailto": None, "site": "{{path}}{{fragment}}"}
myst_heading_slug_func = "build_site.anchor"

# The API
autodoc_preserve_defaults = True
maximum_signature_line_length = 120
toc_object_entries_show_parents = "hide"

# The look: one light theme, since the figures are drawn on white, and everything served from _static
MATHJAX = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent / "static/mathjax/tex-svg-full.js"
mathjax_path = MATHJAX.name
html_theme = "pydata_sphinx_theme"
html_static_path = ["_static", str(MATHJAX)]
html_favicon = "_static/cycle.svg"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
templates_path = ["_templates"]
html_sidebars = {"**": ["contents"]}
html_copy_source = False
html_use_index = False
html_domain_indices = False
html_context = {"default_mode": "light"}
html_theme_options = {
    "navbar_center": [],
    "navbar_end": [],
    "search_bar_text": "Search all pages",
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
}


def docstring_as_rst(app, what, name, obj, options, lines):
    """The docstrings mark code as Markdown does: a public name becomes a link, anything else is code."""

    def marked(found):
        code = found[1]
        if code is None:
            return r"\|"
        public = code.removeprefix("clr_utils.") in clr_utils.__all__
        return f":py:obj:`{code}`" if public else f"``{code}``"

    lines[:] = re.sub(r"`([^`]+)`|\|", marked, "\n".join(lines)).split("\n")


def name_the_answers(app, doctree, page):
    """What is folded below its code is the answer to a prediction: MyST-NB has one prompt for both folds of a cell."""
    from myst_nb.sphinx_ import HideCodeCellNode

    for fold in doctree.findall(HideCodeCellNode):
        if "below-input" in fold["classes"]:
            fold["prompt_show"], fold["prompt_hide"] = "Show the answer", "Hide the answer"


def setup(app):
    app.add_lexer("python", find_lexer_class_by_name("ipython3"))  # with the commands of cells: !pip
    # Before napoleon, which escapes the asterisks of *args with marks of its own.
    app.connect("autodoc-process-docstring", docstring_as_rst, priority=400)
    app.connect("doctree-resolved", name_the_answers)

"""JupyterLab saves notebooks as `make run` does: a notebook that was only opened and closed stays as it was."""

import warnings

# Jupyter's server takes the hook below for one that replaces itself.
warnings.filterwarnings("ignore", "Overriding existing pre_save_hook")
c = get_config()  # noqa: F821, which Jupyter provides
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


def as_make_run_saves(model, **_):
    """Take out what JupyterLab adds by itself: the kernel's version, and a second flag beside a folded output's."""
    if model["type"] != "notebook" or model["content"]["metadata"].get("kernelspec", {}).get("name") != "python3":
        return
    notebook = model["content"]
    notebook["metadata"].update(kernelspec=dict(KERNELSPEC), language_info={"name": "python"})
    for cell in notebook["cells"]:
        cell["metadata"].pop("collapsed", None)


c.ContentsManager.pre_save_hook = as_make_run_saves

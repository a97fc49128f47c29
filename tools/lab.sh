#!/bin/sh
# Opens JupyterLab at a copy of notebook 00; further arguments go to JupyterLab, for example --port 9000.
set -eu
cd "$(dirname "$0")/.."
page=my_notebooks/00_start_here.ipynb
# Its settings: no question about Jupyter's news; cells out of view have their true height, so that links find headings;
# notebooks are saved as `make run` saves them.
export JUPYTER_CONFIG_PATH="$(pwd -P)/tools/jupyter${JUPYTER_CONFIG_PATH:+:$JUPYTER_CONFIG_PATH}"

.venv/bin/python tools/copies.py
set -- --ServerApp.root_dir="$(pwd -P)" --LabApp.default_url="/lab/tree/$page" \
    --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.news_url=None "$@"
headless=
if [ "$(uname)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then headless=yes; fi
if [ "$(id -u)" = 0 ]; then
    headless=yes
    set -- --allow-root "$@"
fi
if [ -n "$headless" ]; then
    echo "No browser is opened here: open one of the addresses below, with its token, in yours. Ctrl-C twice stops."
    set -- --no-browser "$@"
fi
exec .venv/bin/python -m jupyterlab "$@"

"""Where things are: the project's data and records, and the folders that environment variables name.

CLR_DATA_DIR names a folder in which data files are looked for before any download, CLR_RESULTS_DIR one for new
records. In both, `~` is the home folder.
"""

import os
from pathlib import Path

PACKAGE = Path(__file__).parent
ROOT = PACKAGE.parent
DATA = ROOT / "data"
RESULTS = DATA / "results"
STYLE = PACKAGE / "clr.mplstyle"


def data_folder():
    """The folder that CLR_DATA_DIR names, or None where it is not set."""
    return _named("CLR_DATA_DIR")


def data_file(name):
    """The file of this name in the folder that CLR_DATA_DIR names, or None where there is none."""
    folder = data_folder()
    return folder / name if folder and (folder / name).is_file() else None


def own_results():
    """The folder that CLR_RESULTS_DIR names, or None where it is not set."""
    return _named("CLR_RESULTS_DIR")


def _named(variable):
    folder = os.environ.get(variable)
    return Path(folder).expanduser() if folder else None

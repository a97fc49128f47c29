"""Where things are: the project's data and records, the user's own, and the folders that environment variables name.

An installed package holds what ships in `data/`; in a checkout it lies beside the package. CLR_DATA_DIR names a folder
in which data files are looked for before any download, CLR_RESULTS_DIR one for new records. In both, `~` is the home
folder.
"""

import os
from pathlib import Path

PACKAGE = Path(__file__).parent
ROOT = PACKAGE.parent
INSTALLED = (PACKAGE / "data").is_dir()
DATA = (PACKAGE if INSTALLED else ROOT) / "data"
RESULTS = DATA / "results"
STYLE = PACKAGE / "clr.mplstyle"
# How to mend a file of DATA that is missing or damaged.
RESTORE = "reinstall the package clr-notebooks" if INSTALLED else "restore it with `git checkout data`"


def data_folder():
    """The folder that CLR_DATA_DIR names, or None where it is not set."""
    return _named("CLR_DATA_DIR")


def data_file(name):
    """The file of this name in the folder that CLR_DATA_DIR names, or None where there is none."""
    folder = data_folder()
    return folder / name if folder and (folder / name).is_file() else None


def own_results():
    """The folder of the user's own records, or None in a checkout where none is named.

    It is the one that CLR_RESULTS_DIR names, or else, for an installed package, `results` in the folder that the
    system has for the user's data, such as `~/.local/share/clr-notebooks`.
    """
    return _named("CLR_RESULTS_DIR") or (_user_results() if INSTALLED else None)


def _user_results():
    from platformdirs import user_data_path

    return user_data_path("clr-notebooks", appauthor=False) / "results"


def _named(variable):
    folder = os.environ.get(variable)
    return Path(folder).expanduser() if folder else None

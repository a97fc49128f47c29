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
RESTORE = (
    "reinstall the package clr-notebooks"
    if INSTALLED
    else "restore it with `git checkout data`, or out of the ZIP that you unpacked"
)


def data_folder():
    """The folder that CLR_DATA_DIR names, or None where it is not set.

    Raises:
        FileNotFoundError: It names no folder.
    """
    folder = _named("CLR_DATA_DIR")
    if folder and not folder.is_dir():
        raise FileNotFoundError(
            f"CLR_DATA_DIR is {os.environ['CLR_DATA_DIR']!r}, and {folder.absolute()} is no folder: mend the name, or "
            "unset the variable to do without files of your own"
        )
    return folder


def data_file(name):
    """The file of this name in the folder that CLR_DATA_DIR names, or None where there is none."""
    folder = data_folder()
    return folder / name if folder and (folder / name).is_file() else None


def own_results():
    """The folder of the user's own records, or None in a checkout where none is named.

    It is the one that CLR_RESULTS_DIR names, or else, for an installed package, `results` in the folder that the
    system has for the user's data, such as `~/.local/share/clr-notebooks`. It is made with the first record.

    Raises:
        NotADirectoryError: CLR_RESULTS_DIR names a file.
    """
    folder = _named("CLR_RESULTS_DIR")
    if folder and folder.is_file():
        raise NotADirectoryError(
            f"CLR_RESULTS_DIR is {os.environ['CLR_RESULTS_DIR']!r}, which is a file: name a folder, or unset it"
        )
    return folder or (_user_results() if INSTALLED else None)


def cache_folder():
    """The folder that the system has for what can be made again, such as `~/.cache/clr-notebooks`; it may not exist."""
    from platformdirs import user_cache_path

    return user_cache_path("clr-notebooks", appauthor=False)


def _user_results():
    from platformdirs import user_data_path

    return user_data_path("clr-notebooks", appauthor=False) / "results"


def _named(variable):
    folder = os.environ.get(variable)
    return Path(folder).expanduser() if folder else None

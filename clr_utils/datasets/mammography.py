"""Woods's table of candidate micro-calcifications: real measurements, for the paper profile."""

from typing import NamedTuple

import numpy as np

from clr_utils import places

ROWS, FEATURES, POSITIVES = 11_183, 6, 260
OPENML = 310


class Mammography(NamedTuple):
    """Candidates that a detector had marked in mammograms, each with six numbers (Woods et al. 1993).

    Args:
        x: Shape (11183, 6), float64; scaled by those who published the table, and without names or units there.
        y: Shape (11183,), 1 for a micro-calcification (260) and 0 for none (10,923).
        source: Where it was read from.
    """

    x: np.ndarray
    y: np.ndarray
    source: str

    @property
    def skew(self):
        """Negatives for each positive."""
        return float((self.y == 0).sum() / (self.y == 1).sum())

    def __repr__(self):
        return (
            f"Woods's table, {self.source}: {len(self.y):,} candidates, {self.y.sum():,} with calcification "
            f"(1/{self.skew:.0f}), {self.x.shape[1]} features"
        )


def load_mammography():
    """Woods's 11,183 candidates, 260 of them micro-calcifications (1/42).

    Read from `mammography.csv` in the folder that the environment variable CLR_DATA_DIR names (no header; six numbers
    and the class, '1' or '-1', in a row), or else by `sklearn.datasets.fetch_openml(data_id=310)`, which downloads the
    table once.

    Returns:
        A `Mammography`: x, y and source.

    Raises:
        FileNotFoundError: There is no such file, and the download failed; the message says what to do.
        ValueError: The file or the download is broken or another table; the message names it.
    """
    if path := places.data_file("mammography.csv"):
        return _checked(*_read(path), path.name, f"{path}", "replace it by the table of OpenML 310 as CSV")
    return _checked(*_downloaded(), f"OpenML {OPENML}", f"the download of OpenML {OPENML}", _ASIDE)


_ASIDE = "put mammography.csv into a folder and set CLR_DATA_DIR to it"


def _read(path):
    try:
        lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        x = np.array([[float(value) for value in line[:-1]] for line in lines])
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{path} cannot be read ({error}); it should hold six numbers and the class a row, without a header. "
            "Replace it by the table of OpenML 310 as CSV, or unset CLR_DATA_DIR to download it"
        ) from error
    return x, [line[-1] for line in lines]


def _downloaded():
    from sklearn.datasets import fetch_openml

    try:
        table = fetch_openml(data_id=OPENML, as_frame=False, parser="liac-arff")
    except Exception as error:
        raise FileNotFoundError(
            f"OpenML {OPENML} could not be downloaded ({error}). Check the network, or {_ASIDE} "
            f"(now {places.data_folder()})"
        ) from error
    return np.asarray(table.data, dtype=float), table.target


def _checked(x, labels, source, name, mend):
    labels = np.array([str(label).strip().strip("'\"") for label in labels])
    if x.shape != (ROWS, FEATURES):
        raise ValueError(f"{name} should have the shape ({ROWS}, {FEATURES}); it has {x.shape}; {mend}")
    if not np.isfinite(x).all():
        raise ValueError(f"{name} holds {(~np.isfinite(x)).sum()} values that are not finite; {mend}")
    found = dict(zip(*np.unique(labels, return_counts=True), strict=True))
    if {label: int(count) for label, count in found.items()} != {"1": POSITIVES, "-1": ROWS - POSITIVES}:
        counts = {str(label): int(count) for label, count in list(found.items())[:5]}
        raise ValueError(
            f"{name} should hold {POSITIVES} rows of the class '1', the rest '-1'; it has {counts}; {mend}"
        )
    return Mammography(x, (labels == "1").astype(np.int64), source)

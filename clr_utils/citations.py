"""Published figures, each with its citation: the one table that notebooks quote from."""

import csv
from functools import cache
from typing import NamedTuple

from clr_utils import arguments, places

TABLE = places.DATA / "published.csv"


class Published(NamedTuple):
    """A published figure: its value and unit, the source, and where in the source it stands."""

    value: float
    unit: str
    source: str
    where: str


@cache
def _table():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            row["key"]: Published(float(row["value"]), row["unit"], row["source"], row["where"])
            for row in csv.DictReader(file)
        }


def published(key):
    """The published figure of this key, for example `published("datacamp.mnist.clr_error").value`.

    Raises:
        TypeError: `key` is no text.
        ValueError: There is no such key; the message lists the keys that begin alike.
    """
    table = _table()
    if arguments.text("key", key) not in table:
        near = [name for name in table if name.split(".")[0] == key.split(".")[0]] or list(table)
        raise ValueError(f"no published figure has the key {key!r} in data/published.csv; there are: {', '.join(near)}")
    return table[key]

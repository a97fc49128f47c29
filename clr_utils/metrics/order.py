"""The order of a test set's scores as a text for a record: patch by patch, all that curves and areas hang on."""

import zlib
from base64 import b64decode, b64encode

import numpy as np

from clr_utils.metrics.detection import checked_scores

MOST = 2**15 - 1  # positives: their order is kept in 16 bits


def pack_order(y, scores):
    """The order of scores among the positives, as a text of some 60 kB for 100,000 of them.

    Args:
        y: Classes 0 and 1, both present, shape (n,); 32,767 positives at most.
        scores: Finite numbers, shape (n,).

    Returns:
        Base64 of a zlib stream of n 16-bit numbers, little end first; `unpack_order` reads it.

    Raises:
        TypeError, ValueError: y are not the two classes, scores no finite numbers, or the positives are too many.
    """
    y, scores = checked_scores(y, scores)
    positives = np.sort(scores[y == 1])
    if len(positives) > MOST:
        raise ValueError(f"y must have {MOST:,} positives or fewer; it has {len(positives):,}")
    order = sum(np.searchsorted(positives, scores, side) for side in ("left", "right"))
    return b64encode(zlib.compress(order.astype("<u2").tobytes(), 9)).decode()


def unpack_order(text):
    """What `pack_order` keeps of each score: the positives that score less, plus those that score no more.

    These numbers have the same areas and the same curves as the scores, also of some of the patients alone. Their size
    says nothing, so that no threshold belongs to them, and negatives between two positives are all alike.

    Args:
        text: As of `pack_order`.

    Returns:
        Whole numbers from 0 to twice the positives, shape (n,).

    Raises:
        TypeError, ValueError: The text is no such thing.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be what pack_order returned; it is {text!r}")
    try:
        return np.frombuffer(zlib.decompress(b64decode(text, validate=True)), "<u2").astype(int)
    except (ValueError, zlib.error) as error:
        raise ValueError(f"text must be what pack_order returned; it begins with {text[:20]!r} ({error})") from None

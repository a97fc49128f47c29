"""Names, colours and line styles of all policies and arms: one table, so that a recipe looks alike in every figure.

A row is found by the name of the arm, as records have it, or by the label that figures and tables show. The colours C0
to C6 are those of `clr.mplstyle`; tests/test_accessibility.py holds them all to their contrast.
"""

from typing import NamedTuple


class Style(NamedTuple):
    """What a recipe is called in figures and tables, and how its lines are drawn."""

    label: str
    color: str
    linestyle: str | tuple

    @property
    def line(self):
        """The keyword arguments of `Axes.plot` for a line in this style."""
        return {"color": self.color, "linestyle": self.linestyle}


STYLES = {
    "triangular": Style("triangular", "C0", "-"),
    "triangular2": Style("triangular2", "C1", "--"),
    "exp_range": Style("exp_range", "C2", "-."),
    "fixed": Style("fixed", "C4", "-"),
    "published_fixed": Style("fixed as published", "C3", (0, (1, 1))),
    "fixed_0.002": Style("fixed 0.002", "0.42", (0, (3, 1, 1, 1, 1, 1))),
    "fixed_0.016": Style("fixed 0.016", "C4", "-"),
    "fixed_0.03": Style("fixed 0.03", "C5", (0, (5, 1))),
    "range_test_bounds": Style("triangular, our bounds", "C6", "-"),
    "triangular_0.1": Style("triangular, tuned peak", "C0", (0, (5, 1))),
    "exp_range_bounds": Style("exp_range, both bounds fall", "C2", ":"),
    "fixed_staged": Style("fixed, Caffe's stages", "C4", "-"),
    "decay": Style("decay", "C3", (0, (1, 1))),
    "fixed_drops": Style("0.001 with the drops", "C5", (0, (5, 1))),
    "mean_drops": Style("stage means, no cycles", "C2", "-."),
    "cycles_no_drops": Style("cycles, no drops", "C0", ":"),
    "mean_no_drops": Style("their mean, no drops", "0.42", (0, (3, 1, 1, 1, 1, 1))),
    "best_drops": Style("best rate with the drops", "C6", (0, (3, 1, 1, 1))),
    "line": Style("one line to 0", "C6", "-"),
    "exp_0.001": Style("exp from 0.001", "0.35", ":"),
    "exp_0.006": Style("exp from 0.006", "0.35", "--"),
    "shuffled_stages": Style("shuffled within stages", "C1", ":"),
    "shuffled": Style("shuffled as a whole", "0.42", ":"),
    "before": Style("before", "0.35", (0, (4, 1.5, 1, 1.5))),
    "modified_triangular2": Style("modified triangular2", "C1", (0, (3, 1, 1, 1))),
    "last_rate": Style("last rate kept", "C4", ":"),
    "decay_again": Style("decay started again", "C3", "-."),
    "one_line": Style("one line, no cycles", "C2", "--"),
    "mean_rate": Style("mean rate, fixed", "C5", "-"),
    "mean_fall": Style("mean rate with a fall", "C5", (0, (5, 1))),
    "from_start": Style("all epochs at once", "C6", (0, (1, 1))),
    "constant": Style("constant", "0.3", (0, (4, 1.5, 1, 1.5))),
    "steps": Style("steps", "C5", "-."),
    "linear": Style("linear to 0", "C4", "-"),
    "cosine": Style("cosine to 0", "C2", (0, (5, 1))),
    "sgdr": Style("SGDR", "C3", (0, (6, 2, 1, 2))),
    "triangular_0": Style("triangular, down to 0", "C0", ":"),
    "one_cycle": Style("1cycle", "C6", (0, (3, 1, 1, 1, 1, 1))),
    "one_cycle_momentum": Style("1cycle with momentum", "C6", (0, (3, 1, 1, 1))),
    "warmup_stable_decay": Style("warm-up-stable-decay", "C1", (0, (1, 1))),
    "schedule_free": Style("schedule-free AdamW", "C3", (0, (8, 2))),
    "adam_linear": Style("Adam, linear to 0", "0.35", (0, (2, 2))),
    "network": Style("network", "0.3", "-"),
}


def style_of(name):
    """The `Style` of a policy or an arm.

    Args:
        name: Its name in STYLES, or its label there.

    Raises:
        ValueError: The table has no such row; the message lists those that it has.
    """
    for arm, style in STYLES.items():
        if name in (arm, style.label):
            return style
    known = ", ".join(repr(style.label) for style in STYLES.values())
    raise ValueError(f"no policy or arm is called {name!r}; there are {known}. A new one needs a row in styles.py")

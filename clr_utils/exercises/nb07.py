"""Self-checks of notebook 07."""

import numpy as np

from clr_utils.exercises import NotYet, one_number, returned
from clr_utils.policies import SMITH_TABLE_2, Stage

# What a curve looks like, its readings, and the answer; then target and updates between readings, where not 80 and 500.
CURVES = (
    ("a curve that climbs steadily", [60, 70, 79, 81, 82, 83], 2000),
    ("a curve that swings: one reading above the target, then below again", [60, 82, 71, 70, 84, 85], 2500),
    ("a curve that meets the target exactly", [60, 70, 80, 80, 80, 80], 1500),
    ("a curve that is there from the first reading on", [81, 82, 83, 84, 85, 86], 500),
    ("a curve that never gets there", [60, 65, 70, 75, 78, 79], None),
    ("a curve whose last reading alone reaches the target", [60, 65, 70, 75, 78, 81], None),
    ("a curve that falls below the target after a pair", [60, 81, 82, 70, 84, 85], 1000),
    ("a curve whose second reading of the pair is lower than the first", [60, 85, 82, 81, 80, 80], 1000),
    ("a curve with another target (90) and other updates", [85, 88, 91, 92, 93, 94], 900, 90, 300),
)
TARGET, EVERY = 80, 500
UPDATES, EPOCH = 30_000, 500


def check_updates_to_target(updates_to_target):
    """`updates_to_target(updates, accuracies, target)`: the first of two readings in a row at the target, or None."""
    for what, accuracies, right, *other in CURVES:
        target, every = other or (TARGET, EVERY)
        updates = [every * (k + 1) for k in range(len(accuracies))]
        answer = _of_arrays_or_lists(updates_to_target, updates, accuracies, target)
        if right is None and answer is not None:
            if np.array_equal(answer, 0):
                raise NotYet(f"{what} got 0: that says it was there at once. Return None where there is no answer")
            if np.array_equal(answer, updates[-1]):
                raise NotYet(f"{what} got {answer}, the end of the training: a run that never gets there has no number")
            raise NotYet(f"{what} got {answer}; no two readings in a row reach the target, so return None")
        if right is not None:
            answer = returned(answer, "updates_to_target", f"a number of updates; here for {what}")
            answer = one_number(answer, f"updates_to_target, for {what},")
            if answer != right:
                hint = _why_not(answer, right, updates, accuracies, target, every)
                raise NotYet(f"{what} got {answer:g}{hint}; the readings are {accuracies}, every {every} updates")


def _of_arrays_or_lists(updates_to_target, updates, accuracies, target):
    """The answer for arrays, as the notebook has them, or for lists where the code is written for lists alone."""
    try:
        return updates_to_target(np.array(updates), np.array(accuracies), target)
    except (AttributeError, TypeError, ValueError):
        return updates_to_target(updates, accuracies, target)


def _why_not(answer, right, updates, accuracies, target, every):
    if target != TARGET:
        return f": is {TARGET} or {EVERY} fixed in your code?"
    if answer == right + every:
        return ": that is the second of the two readings"
    if answer not in updates:
        return ""
    if accuracies[updates.index(answer)] < target:
        return ": there the accuracy is still below the target"
    if answer < right:
        return ": one lucky reading is not enough, the next one must reach the target too"
    return ": two readings in a row reach the target before that, whatever comes later"


def check_stages(stages):
    """`stages()`: three rows like Table 2 for 30,000 updates, each of three or more whole cycles."""
    rows = returned(stages(), "my_stages", "three rows")
    try:
        rows = [Stage(*row) for row in rows]
        [float(value) for row in rows for value in row]
    except (TypeError, ValueError):
        raise NotYet("each row must be five numbers: base_lr, max_lr, step_size, start, max_iter") from None
    if len(rows) != 3:
        raise NotYet(f"there are {len(rows)} rows; three are asked for")
    start = 0
    for number, (row, table) in enumerate(zip(rows, SMITH_TABLE_2, strict=True), start=1):
        _check_stage(f"row {number}", row, table, start)
        start = row.max_iter
    if start != UPDATES:
        raise NotYet(f"the last row ends at {start:,}; the training has {UPDATES:,} updates")


def _check_stage(name, row, table, start):
    if not np.allclose((row.base_lr, row.max_lr), (table.base_lr, table.max_lr), rtol=1e-6, atol=0):
        raise NotYet(
            f"{name} runs from {row.base_lr:g} to {row.max_lr:g}; Table 2 has {table.base_lr:g} to {table.max_lr:g}"
        )
    if row.start != start:
        raise NotYet(f"{name} starts at {row.start:,}; it must start at {start:,}, where the one before it ends")
    length = row.max_iter - row.start
    if row.step_size <= 0 or length <= 0:
        raise NotYet(f"{name} has {length:,} updates and a step_size of {row.step_size:,}; both must be above 0")
    if row.step_size < 2 * EPOCH or row.step_size > 10 * EPOCH:
        if 2 <= row.step_size <= 10:
            raise NotYet(f"{name} has a step_size of {row.step_size:g}: is that in epochs? It counts updates")
        raise NotYet(
            f"{name} has a step_size of {row.step_size:,}: {row.step_size / EPOCH:g} epochs of {EPOCH} updates; the "
            "rule is 2 to 10 epochs"
        )
    for what in ("step_size", "max_iter"):
        if (value := getattr(row, what)) % 1:
            raise NotYet(f"{name} has a {what} of {value:,}; updates are whole: put a whole number there")
    cycles = length / (2 * row.step_size)
    if cycles % 1:
        raise NotYet(f"{name} has {length:,} updates, which are {cycles:.3g} cycles: it does not end at a foot")
    if cycles < 3:
        raise NotYet(f"{name} has {cycles:g} cycles; the paper asks for three or more")

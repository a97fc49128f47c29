"""From a range test to a training: a cyclical schedule, what was chosen for it in words, and what speaks against it."""

import math
import warnings

import numpy as np

from clr_utils import arguments
from clr_utils.cycles import step_size_for
from clr_utils.policies import POLICIES
from clr_utils.range_test.curves import SMOOTHING
from clr_utils.range_test.suggestions import NoSuggestionError, chosen, comes_down, read, turned

# max_lr is doubtful above this share of the rate at which the test diverged, where the accuracy falls only at this
# many times max_lr, and where the largest max_lr of repeated tests is this many times the smallest.
CLOSE, WIDE, APART = 1 / 3, 10, 3
# Of cycles, unless another number is given.
USUAL = (3, 2, 1)
# What a schedule from a test chooses itself, and nobody else may.
ITS_OWN = {"base_lr", "max_lr", "step_size", "step_size_down", "start_lr_policy"}


class RangeTestWarning(UserWarning):
    """A range test does not show clearly which bounds to train with.

    `warnings.simplefilter("ignore", RangeTestWarning)` silences it.
    """


def schedule_of(
    tests,
    examples,
    batch_size,
    epochs,
    *,
    cycles=None,
    policy="triangular",
    method=None,
    ratio=None,
    metric=None,
    smoothing=SMOOTHING,
    verbose=1,
    **settings,
):
    """The schedule of `RangeTest.schedule` and `RangeTests.schedule`, with the words and warnings of both.

    Args:
        tests: One `RangeTest` or more, with the same metrics.
        examples, batch_size, epochs, ...: As for `RangeTest.schedule`.

    Returns:
        A `CyclicalLearningRate`.

    Raises:
        NoSuggestionError: No test supports a suggestion.
        TypeError, ValueError: An argument is outside what is allowed.
    """
    from clr_utils.schedules import CyclicalLearningRate, refuse_no_cycle

    refuse_no_cycle(policy, "test.schedule", "PolicySchedule", "max_lr=test.suggest().max_lr, ...")
    arguments.one_of("policy", policy, tuple(POLICIES))
    verbose = arguments.verbosity(verbose)
    per_epoch = step_size_for(examples, batch_size, epochs_per_step=1)
    epochs = arguments.whole("epochs", epochs, unit="epochs")
    cycles = whole_cycles(per_epoch, epochs, cycles)
    if given := sorted(ITS_OWN & set(settings)):
        raise TypeError(
            f"schedule chooses {given[0]} itself: leave it out, and choose cycles, method or ratio; or write "
            "CyclicalLearningRate(*test.suggest()[:2], step_size=...) with numbers of your own"
        )
    if policy == "exp_range" and "gamma" not in settings:
        tenth = 0.1 ** (1 / (per_epoch * epochs))
        raise ValueError(
            f"exp_range needs its factor an update: gamma={tenth:.10g} leaves a tenth at the end of these "
            f"{per_epoch * epochs} updates"
        )
    method, metric = chosen(tests[0].metrics, method, metric)
    base_lr, max_lr, doubts = _bounds(tests, method, metric, ratio, smoothing)
    up, down = halves(per_epoch * epochs // cycles)
    lengths = {"step_size": up, "step_size_down": None if down == up else down}
    schedule = CyclicalLearningRate(base_lr, max_lr, policy=policy, **lengths, **settings)
    source = f'read off the {metric} by "{method}"' + (f", medians of {len(tests)} tests" if len(tests) > 1 else "")
    step = f"{up}" if down == up else f"{up} up and {down} down"
    words = (
        f"{policy} between base_lr {base_lr:.3g} and max_lr {max_lr:.3g} ({source}): {cycles} "
        f"cycle{'s' * (cycles > 1)} in {epochs} epoch{'s' * (epochs > 1)} of {per_epoch} updates, step_size {step} "
        f"({up / per_epoch:.2g} epochs)"
    )
    if verbose:
        print(words)
    if doubts:
        message = f"look at the plot of the range test before you train: {'; '.join(doubts)}"
        warnings.warn(message, RangeTestWarning, stacklevel=3)
    return schedule


def whole_cycles(per_epoch, epochs, cycles=None):
    """The number of cycles with which a training ends at the foot of a cycle.

    Args:
        per_epoch: Updates in an epoch.
        epochs: Epochs of the training.
        cycles: The number wanted. None: 3, or as many below as make whole cycles with steps of an epoch or more.

    Raises:
        TypeError, ValueError: `cycles` is no whole number, or does not fit; the message says which numbers do.
    """
    total = per_epoch * epochs
    if cycles is None:
        cycles = next(count for count in USUAL if count == 1 or (total % count == 0 and 2 * count <= epochs))
    cycles = arguments.whole("cycles", cycles, unit="cycles")
    if total < 2 * cycles:
        raise ValueError(f"{total} updates are too few for {cycles} cycles of 2 or more: train for more epochs")
    if total % cycles:
        multiple = cycles // math.gcd(cycles, per_epoch)
        fitting = [length for length in (epochs // multiple * multiple, (epochs // multiple + 1) * multiple) if length]
        others = [count for count in range(1, total // 2 + 1) if total % count == 0]
        near = [max(count for count in others if count < cycles), *[count for count in others if count > cycles][:1]]
        raise ValueError(
            f"{epochs} epochs of {per_epoch} updates do not make {cycles} whole cycles: train for "
            f"{' or '.join(map(str, fitting))} epochs, or choose cycles={' or '.join(map(str, near))}"
        )
    return cycles


def halves(length):
    """The updates up and down in a cycle of this many; one more up where it is odd."""
    return length - length // 2, length // 2


def _bounds(tests, method, metric, ratio, smoothing):
    """The medians of the suggestions' bounds, and what makes them doubtful."""
    found, refusals, doubtful = [], [], []
    for test in tests:
        try:
            curve = turned(test.learning_rates, test.losses, test.curve(metric), metric, smoothing=smoothing)
            suggestion = read(curve, method, ratio)
        except NoSuggestionError as reason:
            refusals.append(reason)
            continue
        found.append(suggestion[:2])
        doubtful.append(_doubts(curve, suggestion, test.stopped_at))
    if len(tests) == 1:
        if refusals:
            raise refusals[0]
        return *found[0], doubtful[0]
    if not found:
        raise NoSuggestionError(
            f"none of the {len(tests)} tests supports a suggestion, the first because {refusals[0]}"
        )
    doubts = _doubts_of_several(len(tests), refusals, doubtful, [max_lr for _, max_lr in found])
    return *map(float, np.median(found, axis=0)), doubts


def _doubts(curve, suggestion, stopped_at):
    max_lr, limit = suggestion.max_lr, comes_down(curve)
    doubts = [suggestion.note] if suggestion.note else []
    if stopped_at is not None and max_lr > CLOSE * stopped_at:
        doubts.append(f"the test stopped at {stopped_at:.3g}, so that training at max_lr {max_lr:.3g} may diverge")
    if stopped_at is None and limit is None and "raise max_lr" not in suggestion.note:
        doubts.append(
            f"the {curve.name} does not {curve.worse} before the last rate, {curve.rates[-1]:.3g}, so that the test "
            "has not seen the limit: raise the test's max_lr"
        )
    if suggestion.method == "smith" and limit is not None and limit > WIDE * max_lr:
        doubts.append(
            f"the {curve.name} slows at {max_lr:.3g} and {curve.worse}s only at {limit:.3g}: max_lr may be much too low"
        )
    return doubts


def _doubts_of_several(count, refusals, doubtful, rates):
    doubts, doubtful = [], [each for each in doubtful if each]
    if refusals:
        doubts.append(f"{len(refusals)} of {count} tests refused, the first because {refusals[0]}")
    if max(rates) > APART * min(rates):
        doubts.append(f"the tests suggest a max_lr from {min(rates):.3g} to {max(rates):.3g}")
    if doubtful:
        doubts.append(f"{len(doubtful)} of {count} tests leave doubts, the first because {'; '.join(doubtful[0])}")
    return doubts

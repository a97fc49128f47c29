"""Numbers to compare trainings with: intervals, noise bands, paired differences, Holm's correction, verdicts."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from clr_utils import arguments


class Interval(NamedTuple):
    """A mean with its confidence interval, from low to high, in the unit of the values."""

    mean: float
    low: float
    high: float


class PairedDifference(NamedTuple):
    """Differences of paired values, one a pair; their mean, its interval, and the p-value of a two-sided t test."""

    differences: np.ndarray
    mean: float
    low: float
    high: float
    p_value: float


def t_interval(values, confidence=0.95):
    """Student's t interval of a mean: mean +- t * s / sqrt(n).

    Args:
        values: Two or more finite numbers.
        confidence: Between 0 and 1.

    Raises:
        TypeError, ValueError: Fewer than two values, values that are not finite, or a wrong confidence.
    """
    values = arguments.sample("values", values, at_least=2)
    confidence = arguments.number("confidence", confidence, above=0, below=1)
    half = stats.t.ppf((1 + confidence) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return Interval(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def paired_difference(values, baseline, confidence=0.95):
    """The differences values - baseline of paired runs (same seeds, same order), with a t interval and p-value.

    Args:
        values, baseline: As many finite numbers each, two or more; entry k of both comes from the same seed.
        confidence: Between 0 and 1.

    Raises:
        TypeError, ValueError: The lengths differ, or as for `t_interval`.
    """
    values, baseline = (
        arguments.sample(name, each, at_least=2) for name, each in (("values", values), ("baseline", baseline))
    )
    if len(values) != len(baseline):
        raise ValueError(f"values ({len(values)}) and baseline ({len(baseline)}) must be pairs: use the same seeds")
    differences = values - baseline
    interval = t_interval(differences, confidence)
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    if error == 0:
        p_value = 1.0 if interval.mean == 0 else 0.0
    else:
        p_value = float(2 * stats.t.sf(abs(interval.mean) / error, len(differences) - 1))
    return PairedDifference(differences, *interval, p_value)


def noise_band(values, confidence=0.95):
    """How far two single runs of one recipe differ, at most, in 95 % of cases: t * sqrt(2) * s.

    Args:
        values: The results of two or more runs of the recipe, finite numbers; s is their standard deviation.
        confidence: Between 0 and 1; t is Student's quantile, larger than the 1.96 of a spread that is known exactly.

    Returns:
        Half the width of a band around 0, in the unit of the values.

    Raises:
        TypeError, ValueError: As for `t_interval`.
    """
    interval = t_interval(values, confidence)
    return float((interval.high - interval.mean) * np.sqrt(2 * len(values)))


def welch_interval(mean, sd, n, other_mean, other_sd, other_n, confidence=0.95):
    """The interval of the difference of two means that are known by their mean, standard deviation and number only.

    Welch's t interval (Welch 1947), for unpaired runs whose spreads may differ, such as two rows of a published table.

    Args:
        mean, sd, n: Mean, standard deviation (n - 1 in its denominator) and number of the runs, 2 or more.
        other_mean, other_sd, other_n: The same of the runs that are subtracted.
        confidence: Between 0 and 1.

    Returns:
        An `Interval` of mean - other_mean.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed, or both deviations are 0.
    """
    confidence = arguments.number("confidence", confidence, above=0, below=1)
    difference = arguments.number("mean", mean) - arguments.number("other_mean", other_mean)
    parts = []
    for name, spread, count in (("", sd, n), ("other_", other_sd, other_n)):
        count = arguments.whole(f"{name}n", count, minimum=2, unit="runs")
        parts.append((arguments.number(f"{name}sd", spread, minimum=0) ** 2 / count, count - 1))
    variance = sum(part for part, _ in parts)
    if variance == 0:
        raise ValueError("sd and other_sd are both 0; there is no spread to make an interval of")
    freedom = variance**2 / sum(part**2 / degrees for part, degrees in parts)
    half = stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(variance)
    return Interval(float(difference), float(difference - half), float(difference + half))


def holm(p_values):
    """P-values corrected for their number by Holm's step-down method, in the order given (Holm 1979).

    Raises:
        TypeError, ValueError: A p-value is not a number from 0 to 1, or there is none.
    """
    p = arguments.sample("p_values", p_values, minimum=0, maximum=1)
    order = np.argsort(p)
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return corrected


def judge(low, high, margin):
    """The verdict on the claim that a difference is negative (a smaller error, say), from its interval.

    Args:
        low, high: The confidence interval of the difference, low <= high.
        margin: The smallest difference that matters, above 0, fixed before the runs.

    Returns:
        "supported" where the interval lies below -margin, "contradicted" where it lies above margin,
        "no difference beyond the margin" where it lies between them, and "undecided" otherwise.

    Raises:
        TypeError, ValueError: An argument is no finite number, low is above high, or margin is not above 0.
    """
    margin = arguments.number("margin", margin, above=0)
    low, high = arguments.number("low", low), arguments.number("high", high)
    if low > high:
        raise ValueError(f"low ({low}) must not be greater than high ({high}); did you swap them?")
    if high < -margin:
        return "supported"
    if low > margin:
        return "contradicted"
    return "no difference beyond the margin" if -margin <= low and high <= margin else "undecided"

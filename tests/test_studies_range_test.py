"""The range-test study: its tests are what notebook 03 says they are, and its records hold."""

import numpy as np
import pytest

from clr_utils.experiments import load_records
from clr_utils.range_test.curves import sweep_rates
from clr_utils.studies import range_test as study


def test_the_published_test_is_that_of_the_paper():
    published = study.TESTS["patches_linear"]
    assert (published["sweep"], published["min_lr"], published["max_lr"]) == ("linear", 0.002, 0.03)
    assert (published["each"], published["batch_size"]) == (3000, 32)
    assert published["steps"] == 8 * -(-2 * 3000 // 32)


def test_lengths_differ_in_nothing_else():
    arms = [study.TESTS[f"patches_linear{suffix}"] for suffix in ("_short", "", "_long")]
    assert [arm["steps"] // 188 for arm in arms] == [4, 8, 24]
    assert len({str({**arm, "steps": 0}) for arm in arms}) == 1


def test_the_fixed_rates_span_the_sweep_of_the_digits():
    sweep = study.TESTS["digits_log"]
    assert (study.FIXED_RATES[0], study.FIXED_RATES[-1]) == (sweep["min_lr"], sweep["max_lr"])
    np.testing.assert_allclose(np.diff(np.log10(study.FIXED_RATES)), 0.5, atol=1e-3)
    assert len({run.path for run in study.fixed_runs()}) == len(study.FIXED_RATES) * study.FIXED_SEEDS


@pytest.mark.parametrize("arm", study.TESTS)
def test_the_records_are_the_tests(arm):
    tests, settings = study.recorded_tests(arm), study.TESTS[arm]
    assert tests.seeds == tuple(range(study.TEST_SEEDS))
    rates = sweep_rates(settings["min_lr"], settings["max_lr"], settings["steps"], settings["sweep"])
    for test, record in zip(tests, load_records(study.test_runs(arm)), strict=True):
        np.testing.assert_allclose(test.learning_rates, rates[: len(test.learning_rates)], rtol=1e-4)
        assert (len(test.learning_rates) == len(rates)) or test.stopped_at
        assert record["metrics"]["updates"] - len(test.losses) in (0, 1)


def test_the_recorded_errors_are_of_every_rate_and_seed():
    errors = study.recorded_errors()
    assert tuple(errors) == study.FIXED_RATES
    assert {len(values) for values in errors.values()} == {study.FIXED_SEEDS}


def test_a_diverging_training_is_recorded_in_json():
    settings = {**study.small_run().settings, "max_lr": 1e30, "min_lr": 1e29}
    metrics, history = study.train(settings, seed=0)
    assert metrics["stopped_at"]
    assert metrics["updates"] < 30
    assert np.isfinite(history["losses"]).all()

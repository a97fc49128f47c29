"""What the checks of two_devices.py found, which have two devices out of one CPU."""

import pytest

import two_devices


@pytest.mark.parametrize("check", two_devices.checks())
def test_on_two_devices(check):
    assert not two_devices.went_wrong()[check]

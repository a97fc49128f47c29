"""The one table of names and styles: what it knows by arm and by label, what it refuses."""

import pytest

from clr_utils.styles import STYLES, style_of


def test_a_row_is_found_by_arm_and_by_label():
    for arm, style in STYLES.items():
        assert style_of(arm) == style_of(style.label) == style


def test_no_label_stands_twice():
    assert len({style.label for style in STYLES.values()} | STYLES.keys()) == len(
        [*STYLES, *(arm for arm, style in STYLES.items() if style.label != arm)]
    )


def test_an_unknown_label_is_an_error():
    for name in ("fixed 0.3", "Triangular", "", None):
        with pytest.raises(ValueError, match=r"no policy or arm is called .*'fixed 0\.03'.*needs a row in styles\.py"):
            style_of(name)

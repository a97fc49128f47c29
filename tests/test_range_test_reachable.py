"""What an object reaches."""

from functools import partial

import keras

from clr_utils.range_test.reachable import reachable


class Holder:
    """An object with attributes."""

    def __init__(self, **attributes):
        vars(self).update(attributes)

    def method(self):
        """Do nothing."""


def variables():
    return [keras.Variable(float(k), name=f"v{k}") for k in range(8)]


def test_attributes_containers_and_functions_are_followed():
    found = variables()
    a, b, c, d, e, f, g, h = found
    root = Holder(
        plain=a,
        nested=[({"key": {"deep": b}},)],
        method=Holder(held=c).method,
        partial=partial(print, d, end=e),
        closure=lambda: f,
        default=lambda x=g: x,
        inner=Holder(held=h),
    )
    assert {id(each) for each in reachable(root, keras.Variable)} == {id(each) for each in found}


def test_each_is_found_once_and_circles_end():
    (variable, *_) = variables()
    root = Holder(one=variable, two=[variable])
    root.self = root
    assert [id(each) for each in reachable(root, keras.Variable)] == [id(variable)]
    assert reachable(root, Holder) == [root]


def test_classes_and_modules_lead_nowhere():
    kind = type("Kind", (), {"held": keras.Variable(0.0)})
    assert reachable(Holder(kind=kind, module=keras), keras.Variable) == []

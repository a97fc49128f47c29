"""What an object reaches: through attributes, containers, and what functions were given."""

import types
from collections import deque
from functools import partial

import keras

# Their objects hold no variable of Keras, and are many.
LEAVES = ("tensorflow", "jax", "jaxlib", "torch", "numpy", "pandas", "scipy")


def reachable(root, kind):
    """The objects of a kind, a class or a tuple of them, that `root` reaches, itself included, each once.

    The way leads through attributes, lists, tuples, sets, dicts, closures, methods and partial functions, not through
    classes, modules and what the number libraries keep.
    """
    found, seen, waiting = [], {}, [root]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen[id(each)] = each
        if isinstance(each, kind):
            found.append(each)
        waiting.extend(_parts(each))
    return found


def _parts(each):
    if isinstance(each, dict):
        return list(each.values())
    if isinstance(each, list | tuple | set | frozenset | deque):
        return list(each)
    if isinstance(each, types.MethodType):
        return [each.__self__, each.__func__]
    if isinstance(each, partial):
        return [each.func, each.args, each.keywords]
    if isinstance(each, types.FunctionType):
        return [each.__defaults__, each.__kwdefaults__, *map(_content, each.__closure__ or ())]
    if isinstance(each, type | types.ModuleType | keras.Variable):
        return []
    if type(each).__module__.partition(".")[0] in LEAVES:
        return []
    return list(getattr(each, "__dict__", {}).values())


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:  # not yet filled
        return None

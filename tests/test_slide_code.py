"""How code is broken and cut so that it can be read on a slide."""

import slide_code


def test_code_is_broken_into_the_fewest_readable_lines():
    assert slide_code.narrow("a = 1") == "a = 1"
    call = f"f({', '.join(f'argument_{number}={number}' for number in range(7))})"
    assert len(call) == 99
    assert slide_code.narrow(call) == call
    longer = slide_code.narrow(call.replace("f(", "function_of_many_arguments("))
    assert longer.count("\n") == 2


def test_long_code_is_cut_at_its_statements_with_their_comments_and_decorators():
    function = "@cache\ndef f(x):\n" + "    x += 1\n" * 11 + "    return x"
    code = f"{function}\n\n\n# and the other\n{function}\n\n\nprint(f(1))"
    parts = slide_code.readable(code)
    assert [part.splitlines()[0] for part in parts] == ["@cache", "# and the other"]
    assert "".join("".join(parts).split()) == "".join(code.split())
    assert all(slide_code.size(part) >= slide_code.READABLE for part in parts)


def test_code_that_cannot_be_cut_stays_whole():
    for code in ("def f(x):\n" + "    x += 1\n" * 30, "!pip install x\n" * 30, "a = 1"):
        assert len(slide_code.readable(code.rstrip())) == 1


def test_a_long_line_goes_on_in_the_next_one_and_takes_its_room():
    assert slide_code.size("a = 1") == 22
    assert slide_code.size("#" * 102) == slide_code.size("#" * 130) > slide_code.READABLE
    assert slide_code.size("\n".join(["#" * 130] * 12)) == slide_code.size("\n".join(["#" * 102] * 24))

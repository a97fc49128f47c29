"""The lesson plans as tools read them, from a small guide."""

import lessons

GUIDE = """\
# Teaching

### 45 minutes

One lesson. Short of time: drop the row at 5.

| minutes | where | the class | you |
|---|---|---|---|
| 0–5 | [01 Up and down](01_rates.ipynb#Up-and-down) | votes: would you? | cover the right half first |
| 5–8 | break | | start 02 |
| 8–45 | [02 Theory](02_cycles.ipynb#Theory) | predicts | the bills |

Homework: exercise 1.

### 01 · Rates (20 minutes)

- **Surprise.** It breaks.

## Misconceptions

| one hears | show | what it shows |
|---|---|---|
| noise is bad | [01 Up and down](01_rates.ipynb#Up-and-down) | it helps |
"""


def test_a_plan_is_read_row_by_row():
    (length, plan), *others = lessons.plans(GUIDE).items()
    assert (length, others) == (45, [])
    assert plan.before == "One lesson. Short of time: drop the row at 5."
    assert plan.after == "Homework: exercise 1."
    assert plan.rows == [
        lessons.Row(0, 5, "01", "Up-and-down", "votes: would you?", "cover the right half first"),
        lessons.Row(5, 8, "", "", "", "start 02"),
        lessons.Row(8, 45, "02", "Theory", "predicts", "the bills"),
    ]
    assert [row.covered for row in plan.rows] == [("right", "half"), None, None]


def test_the_note_of_a_row_has_its_minutes_and_both_columns():
    first, pause, last = lessons.plans(GUIDE)[45].rows
    assert first.note == "**0–5 minutes.**\n\n*The class:* votes: would you?\n\n*You:* cover the right half first."
    assert pause.note == "**5–8 minutes.**\n\n*You:* start 02."
    assert last.note.endswith("*The class:* predicts.\n\n*You:* the bills.")


def test_notes_of_a_notebook_come_from_its_part_the_plans_and_the_misconceptions():
    found = lessons.notes(GUIDE, "01")
    assert found[""] == ["- **Surprise.** It breaks."]
    from_plan, heard = found["Up-and-down"]
    assert from_plan.startswith("In the lesson of 45 minutes: **0–5 minutes.**")
    assert heard == "One hears: *noise is bad*. What it shows: it helps."
    assert list(lessons.notes(GUIDE, "02")) == ["Theory"]
    assert lessons.notes("", "01") == {}

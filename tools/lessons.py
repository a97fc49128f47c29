"""Read TEACHING.md for the slides: the rows of the lesson plans, and what a speaker should know at each heading."""

import re
from dataclasses import dataclass

LINK = r"\[[^\]]+\]\((\d\d)_\w+\.ipynb#([^)\s]+)\)"
COVER = r"\bcover the (left|right|upper|lower) (half|panel)\b"


@dataclass(frozen=True)
class Row:
    """A row of a lesson plan; a break has no notebook and no anchor."""

    begin: int
    end: int
    notebook: str
    anchor: str
    students: str
    teacher: str

    @property
    def covered(self):
        """What is covered of a figure at first: (left, right, upper or lower; half or panel), or None."""
        found = re.search(COVER, self.teacher)
        return found and found.groups()

    @property
    def note(self):
        """What the speaker reads at this row."""
        said = [f"**{self.begin}–{self.end} minutes.**"]
        said += [f"*The class:* {sentence(self.students)}"] if self.students else []
        said += [f"*You:* {sentence(self.teacher)}"] if self.teacher else []
        return "\n\n".join(said)


@dataclass(frozen=True)
class Plan:
    minutes: int
    before: str
    rows: list
    after: str


def sentence(text):
    return text if text.endswith((".", "?", "!")) else f"{text}."


def part(text, heading):
    """What stands under a heading, up to the next one of its level or a higher one; "" if there is none."""
    level = len(heading.split()[0])
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{level}}} |\Z)", text, flags=re.M | re.S)
    return found[1].strip() if found else ""


def plans(text):
    """The lesson plans of the guide, by their minutes, in its order."""
    lengths = [int(each) for each in re.findall(r"^### (\d+) minutes$", text, flags=re.M)]
    return {length: plan(text, length) for length in lengths}


def plan(text, length):
    before, table, after = re.fullmatch(
        r"(.*?)\n(\|.*\|)\n(.*)", part(text, f"### {length} minutes"), flags=re.S
    ).groups()
    rows = re.findall(r"^\| (\d+)–(\d+) \| (.+?) \| (.*?) ?\| (.*?) ?\|$", table, flags=re.M)
    return Plan(length, before.strip(), [row(*cells) for cells in rows], after.strip())


def row(begin, end, where, students, teacher):
    number, anchor = re.search(LINK, where).groups() if "](" in where else ("", "")
    return Row(int(begin), int(end), number, anchor, students, teacher)


def notes(text, number):
    """What the guide says of a notebook: {anchor: [Markdown, ...]}; under "" what it says of the whole."""
    whole = re.search(rf"^### {number} · .+$", text, flags=re.M)
    found = {"": [part(text, whole[0])]} if whole else {}
    for length, each in plans(text).items():
        for row in each.rows:
            if row.notebook == number:
                found.setdefault(row.anchor, []).append(f"In the lesson of {length} minutes: {row.note}")
    wrong = re.search(r"^## Misconceptions.*$", text, flags=re.M)
    rows = re.findall(rf"^\| (.+?) \| {LINK} \| (.+?) \|$", part(text, wrong[0]) if wrong else "", flags=re.M)
    for heard, place, anchor, shows in rows:
        if place == number:
            found.setdefault(anchor, []).append(f"One hears: *{heard}*. What it shows: {shows}.")
    return found

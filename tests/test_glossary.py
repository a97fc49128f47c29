"""The glossary: in order, its terms where the notebooks expect them. Its links are tests/test_build_site.py's."""

import json
import re
from pathlib import Path

import clr_utils
import notebook_rules as rules
from clr_utils.policies import POLICIES
from clr_utils.range_test.suggestions import METHODS

FOLDER = Path(__file__).parent.parent / "notebooks"
POLICY_NAMES = [*POLICIES, "custom_policy", "staged", "fixed", "linear_decay", "exp_decay", "time_decay"]


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


GLOSSARY = read(FOLDER / "glossary.ipynb")
NOTEBOOKS = {path.name[:2]: read(path) for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))}
ENTRIES = dict(re.findall(r"^### (.+)\n(.+)", rules.prose(GLOSSARY), flags=re.M))


def anchor(term):
    return term.replace(" ", "-")


def linked_terms(notebook):
    return set(re.findall(r"\]\(glossary\.ipynb#([^)]+)\)", rules.prose(notebook)))


def first_met(entry):
    found = re.search(r"\*First met in \[(\d\d)\]\(\1_", entry)
    return found and found[1]


def test_it_has_no_code():
    assert {cell["cell_type"] for cell in GLOSSARY["cells"]} == {"markdown"}


def test_rules_for_notebooks():
    for rule in (rules.no_machine_paths, rules.no_jupytext, rules.no_banned_words, rules.alt_texts):
        assert rule(GLOSSARY) == [], rule.__name__


def test_terms_are_sorted_and_unique_under_their_letters():
    headings = re.findall(r"^(#+) (.+?)\s*$", rules.prose(GLOSSARY), flags=re.M)
    assert headings[0] == ("#", "Glossary")
    assert [marks for marks, _ in headings].count("#") == 1
    assert {marks for marks, _ in headings} == {"#", "##", "###"}
    letter, found = "", {}
    for marks, heading in headings[1:]:
        if marks == "##":
            letter = heading
            assert letter not in found
            found[letter] = []
        else:
            assert heading[0].upper() == letter
            found[letter].append(heading.casefold())
    assert list(found) == sorted(found)
    for terms in found.values():
        assert terms
        assert terms == sorted(set(terms))
    assert sum(map(len, found.values())) == len(ENTRIES)


def test_contents_name_every_term_once():
    contents = rules.source(GLOSSARY["cells"][0])
    named = re.findall(r"\[([^]]+)\]\(#([^)]+)\)", contents)
    assert sorted(named) == sorted((term, anchor(term)) for term in ENTRIES)


def test_entries_are_short_and_say_where_they_are_met():
    linked = {number: linked_terms(notebook) for number, notebook in NOTEBOOKS.items()}
    for term, entry in ENTRIES.items():
        assert len(entry.split()) <= 80, term
        number = first_met(entry)
        assert number or "No notebook here" in entry or "(06_microcalcification.ipynb)" in entry, term
        linking = [notebook for notebook in linked if anchor(term) in linked[notebook]]
        assert not linking or linking[0] >= (number or "00"), f"{term} is linked before the notebook that explains it"


def test_names_of_clr_utils_are_explained():
    for name in [*POLICY_NAMES, *METHODS]:
        assert name in ENTRIES or any(f"`{name}`" in entry for entry in ENTRIES.values()), name


def test_policy_names_are_those_of_clr_utils():
    named = set(clr_utils._NAMES["policies"]) | set(clr_utils._NAMES["decays"])
    assert set(POLICY_NAMES) == named - {"SMITH_TABLE_2", "Stage"}

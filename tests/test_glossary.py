"""The glossary: in order, every link right, every term where the notebooks expect it."""

import json
import re
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("rule", [rules.no_machine_paths, rules.no_jupytext, rules.no_banned_words, rules.alt_texts])
def test_rules_for_notebooks(rule):
    assert rule(GLOSSARY) == []


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


def test_links_lead_somewhere():
    assert rules.links(GLOSSARY, FOLDER, read) == []


def test_contents_name_every_term_once():
    contents = rules.source(GLOSSARY["cells"][0])
    named = re.findall(r"\[([^]]+)\]\(#([^)]+)\)", contents)
    assert sorted(named) == sorted((term, anchor(term)) for term in ENTRIES)


@pytest.mark.parametrize("term", ENTRIES)
def test_entry_is_short_and_says_where_it_is_met(term):
    entry = ENTRIES[term]
    assert len(entry.split()) <= 80
    number = first_met(entry)
    assert number or "No notebook here" in entry or "(06_microcalcification.ipynb)" in entry
    linking = [notebook for notebook in NOTEBOOKS if anchor(term) in linked_terms(NOTEBOOKS[notebook])]
    assert not linking or linking[0] >= (number or "00"), "it is linked before the notebook where it is first met"


@pytest.mark.parametrize("number", NOTEBOOKS)
def test_terms_that_a_notebook_links_exist(number):
    assert linked_terms(NOTEBOOKS[number]) <= {anchor(term) for term in ENTRIES}


@pytest.mark.parametrize("name", [*POLICY_NAMES, *METHODS])
def test_names_of_clr_utils_are_explained(name):
    assert name in ENTRIES or any(f"`{name}`" in entry for entry in ENTRIES.values())


def test_policy_names_are_those_of_clr_utils():
    named = set(clr_utils._NAMES["policies"]) | set(clr_utils._NAMES["decays"])
    assert set(POLICY_NAMES) == named - {"SMITH_TABLE_2", "Stage"}

"""The site is whole: every page, link, picture and public name is there, and nothing comes from the network."""

import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

import build_site
import clr_utils
from build_site import ROOT, SiteError

PLACES = [place for place in build_site.pages(ROOT) if place != "index.md"]
NOTEBOOKS = [place for place in PLACES if place.endswith(".ipynb")]
PLAY = f"{build_site.PLAY}/index.html"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    output = old_site(tmp_path_factory.mktemp("built") / "site")
    assert build_site.main(["--output", str(output)]) == 0
    assert not (output / "old.html").exists()
    return output


def old_site(output):
    output.mkdir(parents=True)
    for name in (".buildinfo", "old.html"):
        (output / name).touch()
    return output


@pytest.fixture(scope="module")
def site(folder):
    """The parsed pages, by their place in the site."""
    return {path.relative_to(folder).as_posix(): parse(path) for path in folder.rglob("*.html") if is_page(path)}


@pytest.fixture(scope="module")
def headings(site):
    """What an anchor can name, by page."""
    return {place: {tag["id"] for tag in page.select("[id]")} for place, page in site.items()}


@pytest.fixture(scope="module")
def saved():
    """The notebooks, by their place in the project."""
    return {place: nbformat.read(ROOT / place, as_version=4) for place in NOTEBOOKS}


def is_page(path):
    return "_static" not in path.parts


def parse(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def page_of(place):
    return str(Path(place).with_suffix(".html"))


# What a page must keep to; each returns its complaints


def from_the_network(page):
    """What the page loads from elsewhere; a link that a reader may follow is none of it."""
    loaded = [tag["src"] for tag in page.select("[src]")] + [tag["href"] for tag in page.select("link[href]")]
    loaded += re.findall(r"url\(([^)]*)\)|@import[^;]*", "".join(tag.text for tag in page.select("style")))
    return [address for address in loaded if re.match(r"""["']?(https?:)?//""", address)]


def broken_links(page, place, headings, folder):
    """What the page links to or loads that is not in the site: a file, or a heading of one of its pages."""
    broken = []
    for tag in page.select("a[href], link[href], [src]"):
        address = tag.get("href") or tag["src"]
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        there = os.path.normpath(Path(place).parent / unquote(parts.path)) if parts.path else place
        anchor = unquote(parts.fragment)
        if not (folder / there).is_file() or (anchor and anchor not in headings.get(there, ())):
            broken.append(address)
    return broken


def alt_texts(page):
    return [image.get("alt", "") for image in page.select("article img")]


def navigation(page, place):
    """The pages that the navigation links to, in its order."""
    links = [tag["href"] for tag in page.select("nav.bd-docs-nav a[href]")]
    return [place if link == "#" else os.path.normpath(Path(place).parent / link) for link in links]


# The site


def test_every_page_is_in_the_navigation_of_every_page(site):
    assert {page_of(place) for place in PLACES} | {"index.html", "search.html", PLAY} == set(site)
    for place in set(site) - {PLAY}:
        page = site[place]
        assert sorted(navigation(page, place)) == sorted(page_of(each) for each in PLACES), place


def test_the_page_to_play_with_is_whole_and_every_page_leads_to_it(site, folder):
    for path in (ROOT / build_site.PLAY).glob("[!.]*"):
        copied = (folder / build_site.PLAY / path.name).read_bytes()
        assert (copied == path.read_bytes()) == (path.suffix != ".html"), path.name
    links = site[PLAY].select("a[href$='.html']")
    assert [link.text for link in site[PLAY].select("a:not([href])")] == []
    assert "../../notebooks/02_cyclical_policies.html" in {link["href"] for link in links}
    for place in set(site) - {PLAY}:
        leads = [os.path.normpath(Path(place).parent / link["href"]) for link in site[place].select("a[href]")]
        wanted = 2 if place in ("index.html", "notebooks/00_start_here.html") else 1
        assert leads.count(PLAY) >= wanted, place


def test_notebooks_come_first_and_in_order(site):
    notebooks = sorted(place for place in NOTEBOOKS if re.match(r"notebooks/\d", place))
    assert navigation(site["index.html"], "index.html")[: len(notebooks)] == [page_of(each) for each in notebooks]


def test_nothing_is_loaded_from_the_network(site, folder):
    complaints = {place: from_the_network(page) for place, page in site.items()}
    assert not any(complaints.values()), complaints
    for sheet in folder.rglob("*.css"):
        assert not re.search(r"""(url\(|@import)\s*["']?(https?:)?//""", sheet.read_text(encoding="utf-8")), sheet
    assert any("tex-svg" in tag["src"] for tag in site["notebooks/02_cyclical_policies.html"].select("script[src]"))


def test_what_is_loaded_from_the_network_is_found():
    for tag in ("img src", "script src", "link href"):
        page = BeautifulSoup(f'<{tag}="https://a.org/b">', "html.parser")
        assert from_the_network(page) == ["https://a.org/b"], tag


def test_links_lead_somewhere(site, headings, folder):
    broken = [
        f"{place}: {link}" for place, page in site.items() for link in broken_links(page, place, headings, folder)
    ]
    assert not broken, "\n".join(broken)


def test_a_broken_link_is_found(headings, folder):
    addresses = ["index.html", "index.html#three-routes", "gone.html", "index.html#gone", "#gone", "https://a.org/gone"]
    page = BeautifulSoup("".join(f'<a href="{each}">x</a>' for each in addresses), "html.parser")
    assert broken_links(page, "api.html", headings, folder) == ["gone.html", "index.html#gone", "#gone"]


def test_figures_have_the_alt_texts_of_their_cells(site, saved):
    for place, notebook in saved.items():
        shown = [cell for cell in notebook.cells if "image/png" in str(cell.get("outputs"))]
        assert alt_texts(site[page_of(place)]) == [" ".join(cell.metadata["alt"].split()) for cell in shown], place


def test_every_picture_has_an_alt_text(site):
    for place, page in site.items():
        for alt in alt_texts(page):
            assert re.search(r"\w", alt), place
            assert not alt.endswith(".png"), f"{place}: Sphinx put the file's name in the place of an alt text"


def test_answers_stay_folded(site, saved):
    for place, notebook in saved.items():
        asked = sum(cell.source.count("<summary>Answer</summary>") for cell in notebook.cells)
        answers = [fold for fold in site[page_of(place)].select("details") if fold.summary.text.strip() == "Answer"]
        assert len(answers) == asked, place
        for fold in answers:
            assert not fold.has_attr("open"), place
            assert len(fold.text.strip()) > len("Answer"), place
            assert "$" not in fold.text, place


def test_sliders_are_told_of(site, saved):
    for place, notebook in saved.items():
        widgets = sum(build_site.WIDGETS in str(cell.get("outputs")) for cell in notebook.cells)
        assert len(site[page_of(place)].select(".widget-note")) == widgets, place
        assert "VBox(" not in site[page_of(place)].text, place


def test_every_public_name_is_explained_once(site):
    names = [tag["id"] for tag in site["api.html"].select("dt.sig[id]")]
    public = [name for name in names if name.count(".") == 1]
    assert sorted(public) == [f"clr_utils.{name}" for name in clr_utils.__all__]
    for name in public:
        explanation = site["api.html"].find(id=name).find_next_sibling("dd")
        assert explanation.text.strip(), f"{name} has no docstring"
        assert "`" not in explanation.text, f"{name}: a mark was not understood"


def test_search_knows_the_notebooks(folder):
    index = (folder / "searchindex.js").read_text(encoding="utf-8")
    assert index.startswith("Search.setIndex")
    assert "notebooks/02_cyclical_policies" in index


# The pages before Sphinx reads them


@pytest.mark.parametrize(
    ("text", "adapted"),
    [
        ("[![Open in Colab](https://a.org/b.svg)](https://c.org)", "[Open in Colab](https://c.org)"),
        ("[all](solutions)", "[all](solutions/index.md)"),
        ("[card](../data/)", "[card](../data/README.md)"),
        ("[start](../README.md#Two-commands)", "[start](../README.md##Two-commands)"),
        ('[here](#Set-up), <a href="#Set-up">', '[here](##Set-up), <a href="##Set-up">'),
        ("[there](https://a.org/b#c)", "[there](https://a.org/b#c)"),
        ("[code](../LICENSE)", "[code](../LICENSE)"),
        ("[gone](gone)", "[gone](gone)"),
        ("[play](../docs/play/index.html)", "[play](site:../docs/play/index.html)"),
        ("[bowl](../docs/play/index.html#bowl)", "[bowl](site:../docs/play/index.html##bowl)"),
        ("<details><summary>A</summary>$x$</details>", "<details><summary>A</summary>\n\n$x$\n\n</details>"),
    ],
)
def test_markdown_is_adapted(text, adapted):
    links = build_site.Links(ROOT)
    assert build_site.adapt_markdown(text, lambda target: links("notebooks/00_start_here.ipynb", target)) == adapted
    assert links.files == {ROOT / file for file in ("LICENSE", PLAY) if file in text}


# What can go wrong


@pytest.fixture
def project(tmp_path):
    """A small project: one notebook, and the pages that every site has; the first of them with the contents alone."""
    for place in ("docs", "data", "notebooks/solutions"):
        (tmp_path / place).mkdir(parents=True)
    shutil.copytree(ROOT / "docs", tmp_path / "docs", dirs_exist_ok=True)
    contents = re.findall(r"^```\{toctree\}.*?^```$", (ROOT / "docs/index.md").read_text("utf-8"), flags=re.M | re.S)
    (tmp_path / "docs" / "index.md").write_text("# Contents\n\n" + "\n\n".join(contents), encoding="utf-8")
    small = ("README.md", "CONTRIBUTING.md", "data/README.md", "docs/api.md", "docs/practitioners.md")
    for place in (*small, "notebooks/TEACHING.md"):
        (tmp_path / place).write_text(f"# {place}\n", encoding="utf-8")
    for place in ("00_start_here", "glossary", "solutions/00_start_here_solutions"):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# {place}\n\n## Two words")])
        nbformat.write(notebook, tmp_path / "notebooks" / f"{place}.ipynb")
    return tmp_path


def test_what_is_folded_stays_so_and_a_link_into_the_page_to_play_with_keeps_its_anchor(project):
    place = project / "notebooks" / "00_start_here.ipynb"
    notebook = nbformat.read(place, as_version=4)
    printed = [nbformat.v4.new_output("stream", text="2/10\n")]
    folds = ({}, {"source_hidden": True}, {"outputs_hidden": True}, {"source_hidden": True, "outputs_hidden": True})
    box = "<details>\n<summary>Why?</summary>\n\nSince $w$ shrinks:\n\n$$\\eta < 2$$\n\n</details>"
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.cells += [
        nbformat.v4.new_code_cell("import os"),
        *(nbformat.v4.new_code_cell("cliff()", outputs=printed, metadata={"jupyter": each}) for each in folds),
        nbformat.v4.new_markdown_cell(box),
    ]
    nbformat.write(notebook, place)
    (project / "README.md").write_text("# New\n\n[bowl](docs/play/index.html#bowl)\n", encoding="utf-8")
    build_site.build(project / "site", project)
    page = parse(project / "site" / "notebooks" / "00_start_here.html")
    cells = [[each.p.text for each in cell.select("details")] for cell in page.select("div.cell")]
    code, answer = "Show code", "Show the answer"
    assert cells == [["The set-up cell, the same in every notebook"], [], [code], [answer], [code, answer]]
    assert not any(fold.has_attr("open") for fold in page.select("details"))
    assert "2/10" in page.select("details.below-input")[-1].text
    box = page.find("summary", string="Why?").parent
    assert len(box.select(".math")) == 2
    assert "$" not in box.text
    assert parse(project / "site" / "README.html").select("article a[href='docs/play/index.html#bowl']")


def test_faults_are_told_and_the_old_site_stays(project):
    output = old_site(project / "build" / "site")
    (project / "README.md").write_text(
        "# New\n\n[good](notebooks/00_start_here.ipynb#Two-words), [code](docs/conf.py), [all](notebooks/solutions)\n\n"
        "[gone](notebooks/09_gone.ipynb) [nowhere](notebooks/00_start_here.ipynb#Three-words)\n\n"
        "[small](notebooks/00_start_here.ipynb#two-words) [new](#new)\n",
        encoding="utf-8",
    )
    with pytest.raises(SiteError) as raised:
        build_site.build(output, project)
    told = str(raised.value)
    faults = [line for line in told.splitlines() if "WARNING" in line]
    assert len(faults) == 4, told
    wanted = ("README.md:5: ", "09_gone.ipynb'"), ("README.md:5: ", "#Three-words'")
    wanted += ("README.md:7: ", "#two-words'"), ("README.md:7: ", "'#new'")
    for line, link in wanted:
        assert any(fault.startswith(line) and link in fault for fault in faults), told
    assert "the anchor must be a heading" in told
    assert str(project / "build" / ".site") not in told
    assert (output / "old.html").exists()
    assert list(output.parent.iterdir()) == [output]


def test_a_missing_page_is_named(project):
    (project / "notebooks" / "glossary.ipynb").unlink()
    with pytest.raises(SiteError, match=r"notebooks/glossary\.ipynb, which is missing: bring it back"):
        build_site.build(project / "site", project)
    assert not (project / "site").exists()


def test_what_is_no_site_is_not_replaced(project):
    (project / "site").mkdir()
    (project / "site" / "letter.txt").touch()
    with pytest.raises(SiteError, match="is no site: name another folder"):
        build_site.build(project / "site", project)
    assert (project / "site" / "letter.txt").exists()


def test_missing_packages_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build_site, "PACKAGES", ("sphinx", "no_such_package"))
    assert build_site.main(["--output", str(tmp_path / "site")]) == 1
    assert "not installed: no_such_package; run make setup" in capsys.readouterr().err

"""The Markdown of slides: where long text is cut, and what of it is not for the wall."""

import re

from slide_room import TALLEST, markdown_table_pieces, text_height

SHORT = 420  # characters that leave room for a question below them
MARKS = {
    "heading": r"#{1,6} ",
    "predict": r"\*\*Predict first\.\*\*",
    "see": r"\*\*What to see\.\*\*",
    "checkpoint": r"\*\*Checkpoint\b",
    "question": r"\*\*\d+[. ]",
    "code": r"[^`]+:\n\n```",
}
SLIDE_TYPES = {"heading": "slide", "see": "fragment"}  # of what such a paragraph begins; otherwise a subslide
COMPLETE = ("predict", "see", "checkpoint")  # what follows such a paragraph is another thought


def paragraphs(text):
    """The paragraphs of Markdown; code with what announces it, and an answer that is folded away, stay whole."""
    text = re.sub(rf"(?<!^)\s+(?={MARKS['predict']})", "\n\n", text.strip())
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        last = found[-1] if found else ""
        announced = last.endswith(":") and paragraph.startswith("```")
        if announced or last.count("```") % 2 or last.count("<details") > last.count("</details"):
            found[-1] += "\n\n" + paragraph
        else:
            found.append(paragraph)
    return found


def kind(paragraph):
    """What a paragraph is: one of MARKS, by its beginning, or "plain"."""
    return next((name for name, mark in MARKS.items() if re.match(mark, paragraph)), "plain")


def split(text, slide_type):
    """Cut a cell's Markdown into parts; returns a list of (slide type, Markdown), the first of the given type.

    A heading begins a new slide. A checkpoint, a numbered question and code with what announces it begin a subslide; so
    does "Predict first", unless what is asked about is short and stands above it. "What to see" is a fragment below its
    figure. An ordinary paragraph after one of these begins a subslide, except after a numbered question. All others go
    on the slide of the paragraph before them, and none is parted from the heading above it.
    """
    parts = []
    for paragraph in itemised(paragraphs(text)):
        this = kind(paragraph)
        last = kind(parts[-1][1][-1]) if parts else None
        if this == "predict":
            begins = last != "plain" or not is_short(parts[-1][1])
        else:
            full = parts and text_height("\n\n".join([*parts[-1][1], paragraph])) > TALLEST
            begins = last in COMPLETE or this != "plain" or full
        if not parts or (begins and last != "heading"):
            parts.append((SLIDE_TYPES.get(this, "subslide") if parts else slide_type, [paragraph]))
        else:
            parts[-1][1].append(paragraph)
    return [(each, "\n\n".join(together)) for each, together in parts]


def itemised(found):
    """The paragraphs, with each list that is taller than a slide taken apart into its items, and each table cut."""

    def pieces(paragraph):
        if paragraph.startswith("|"):
            return markdown_table_pieces(paragraph)
        return re.split(r"\n(?=\d+\. |[-*] )", paragraph) if text_height(paragraph) > TALLEST else [paragraph]

    return [piece for paragraph in found for piece in pieces(paragraph)]


def is_short(together):
    """Whether paragraphs leave room for a question below them."""
    text = "".join(together)
    return len(for_the_wall(text)) < SHORT and "$$" not in text and "|---" not in text


def for_the_wall(text):
    """Markdown without what only a reader at a screen needs: targets of links, and the line with time and needs."""
    text = re.sub(r"^Time: .*\n*", "", text, flags=re.M)
    return re.sub(r"(?<!!)\[([^\[\]]+)\]\([^()\s]+\)", r"\1", text)


def plain(text):
    """Markdown of one line as text: without links and emphasis."""
    return re.sub(r"[*`]", "", for_the_wall(text)).strip()


def headings(text):
    return [plain(each) for each in re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)]


def has_long_code(text):
    """Whether code within a line, which is not broken, is too wide for text that is set large."""
    return any(len(code) > 60 for code in re.findall(r"`([^`\n]+)`", text))

"""Estimates of how much of a slide text and figures take."""

import base64
import struct

import slide_room


def png(width, height):
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(24)
    return base64.b64encode(head).decode()


def test_a_picture_has_room_while_its_labels_are_legible():
    assert slide_room.png_size(png(892, 452)) == (892, 452)
    assert slide_room.has_room(png(1222, 320), 300)
    assert not slide_room.has_room(png(1222, 320), 360), "legible, and needlessly small"
    assert slide_room.has_room(png(892, 452), 200)
    assert not slide_room.has_room(png(892, 452), 300), "small labels"
    assert not slide_room.has_room(png(1500, 400), 0), "too wide"
    assert not slide_room.has_room(png(1180, 640), 700)


def test_longer_text_takes_more_room():
    line = "word " * 14
    one, many = slide_room.text_height(line), slide_room.text_height(line * 5)
    assert 40 < one < 70
    assert 4 * 40 < many < 6 * 40 + 16
    assert slide_room.text_height(line, 36) > one
    assert slide_room.text_height(f"{line}\n\n{line}") == 2 * one
    for tall in ("$$x$$", "| a |\n|---|\n| b |", "```\na\n\n\nb\nc\n```"):
        assert slide_room.text_height(tall) > one


def rows(html):
    return [slide_room.cells_of(row) for row in html.split("<tr")[1:]]


def test_a_table_is_cut_between_its_rows_and_keeps_its_head():
    table = "<table><thead>head</thead><tbody>" + "<tr><th>a</th><td>b</td></tr>" * 40 + "</tbody></table>"
    pieces = slide_room.table_pieces(table)
    assert len(pieces) > 1
    assert all(piece.startswith("<table><thead>head</thead><tbody><tr>") for piece in pieces)
    assert sum(piece.count("<tr>") for piece in pieces) == 40
    assert slide_room.table_pieces(pieces[0]) == pieces[:1]
    assert slide_room.table_pieces("<p>none</p>") == ["<p>none</p>"]


def test_rows_that_share_their_first_column_stay_together():
    group = "<tr><th rowspan=3>claim</th><td>b</td></tr>" + "<tr><td>b</td></tr>" * 2
    table = f"<table><tbody>{group * 8}</tbody></table>"
    pieces = slide_room.table_pieces(table)
    assert len(pieces) > 1
    assert all(piece.startswith("<table><tbody><tr><th rowspan=3>") for piece in pieces)


def test_a_table_in_markdown_is_cut_between_its_rows_and_keeps_its_head():
    table = "\n".join(["| a | b |", "|---|:-:|", *["| word | " + "word " * 60 + "|"] * 12])
    pieces = slide_room.markdown_table_pieces(table)
    assert len(pieces) > 1
    assert all(piece.startswith("| a | b |\n|---|:-:|\n| word |") for piece in pieces)
    assert sum(piece.count("| word |") for piece in pieces) == 12
    assert all(slide_room.text_height(piece) <= slide_room.TALLEST for piece in pieces)
    assert slide_room.markdown_table_pieces(pieces[0]) == pieces[:1]


def test_a_row_is_as_high_as_its_longest_cell():
    low, high = slide_room.row_heights([["a", "b"], ["word " * 30, "word " * 30]], 10.5)
    assert high > 2 * low > 0
    assert slide_room.row_heights([["first", "b"], ["b"]], 10.5) == [low, low], "the second goes on below the first"


def test_html_takes_room_as_a_table_or_as_text():
    table = "<table><tbody>" + "<tr><th>a</th><td>b</td></tr>" * 4 + "</tbody></table>"
    assert slide_room.html_height(table) > 4 * 30
    assert slide_room.html_height("<p>some <b>words</b></p>") == slide_room.text_height("some words")
    assert slide_room.html_height("") == 0

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

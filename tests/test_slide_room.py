"""Estimates of how much of a slide text and figures take."""

import base64
import struct

import slide_room


def png(width, height):
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(24)
    return base64.b64encode(head).decode()


def test_a_picture_is_as_wide_as_a_slide_or_as_high_as_the_room_that_is_left():
    assert slide_room.png_size(png(892, 452)) == (892, 452)
    assert slide_room.scale_of(png(1180, 300), 0) == 1
    assert slide_room.scale_of(png(1180, 640), 320) == 0.5
    assert slide_room.scale_of(png(1180, 640), 700) == 0


def test_longer_text_takes_more_room():
    line = "word " * 14
    one, many = slide_room.text_height(line), slide_room.text_height(line * 5)
    assert 40 < one < 70
    assert 4 * 40 < many < 6 * 40 + 16
    assert slide_room.text_height(line, 36) > one
    assert slide_room.text_height(f"{line}\n\n{line}") == 2 * one
    for tall in ("$$x$$", "| a |\n|---|\n| b |", "```\na\nb\nc\n```"):
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

"""Boxes and arrows: every relation is told and drawn, nothing overlaps, and what cannot be drawn is an error."""
from itertools import combinations, pairwise

import numpy as np
import pytest
from test_pictures import is_cut_off, pixel_size, pixels

from helpers.canvas import BLUE, INK, MUTED, ORANGE, PALE, TINTS, Canvas, mix, text_width, to_rgb
from helpers.pictures import chart

ROWS = [["a", "b"], ["c", "c"], ["", "a longer name"]]
ARROWS = {"down": [("a", "half", "c"), ("c", "some words", "a longer name")], "across": [("a", "", "b")]}


def drawn(picture, monkeypatch):
    """The canvas that the picture draws: what it fills, its texts, its lines."""
    canvases = []
    in_earnest = Canvas.png
    monkeypatch.setattr(Canvas, "png", lambda canvas: canvases.append(canvas) or in_earnest(canvas))
    picture.png()
    return canvases[0]


def text_places(canvas):
    """{text: (left, top, right, bottom)}, capitals only."""
    return {string: (x - align * text_width(string, size), y - size / 2,
                     x + (1 - align) * text_width(string, size), y + size / 2)
            for string, x, y, size, _, align in canvas._texts}


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_every_note_and_every_relation_is_a_line():
    picture = chart(ROWS, ARROWS, {"b": "on its own"})
    assert len(picture) == 1
    assert picture.says().splitlines() == [
        "b: on its own", "a → c: half (down)", "c → a longer name: some words (down)", "a → b:  (across)"]


def test_a_kind_without_a_name_is_not_told():
    assert chart(ROWS, {"": [("a", "half", "c")]}).says() == "a → c: half"


def test_boxes_have_the_colour_of_the_arrow_that_ends_there(monkeypatch):
    def colours(arrows):
        return drawn(chart(ROWS, arrows), monkeypatch)._squares_colours

    a, b, c, last, *legend = colours(ARROWS)
    assert (a, b) == (to_rgb(PALE), mix(ORANGE, TINTS[3]))
    assert c == last == mix(BLUE, TINTS[3])
    assert legend == [mix(BLUE, TINTS[3]), mix(ORANGE, TINTS[3])]
    assert set(colours({"": [("a", "half", "c")]})) == {to_rgb(PALE)}  # and no legend


def test_a_repeated_name_is_one_box(monkeypatch):
    canvas = drawn(chart([["a", "a", "b"], ["a", "a", "c"]], {}), monkeypatch)
    assert len(canvas._squares) == 3
    (left, top), _, (right, bottom), _ = canvas._squares[0]
    (next_left, next_top), _, (_, next_bottom), _ = canvas._squares[1]
    assert left < right < next_left
    assert (top, bottom) == (next_top, canvas._squares[2][2][1])
    assert next_bottom < bottom


@pytest.mark.parametrize(("start", "end", "tip"), [
    ("a", "b", "left"), ("b", "a", "right"), ("a", "c", "top"), ("c", "a", "bottom"),
    ("c", "b", "bottom"), ("c", "a longer name", "top"), ("a longer name", "c", "bottom"),
])
def test_an_arrow_ends_at_the_edge_that_faces_its_start(start, end, tip, monkeypatch):
    canvas = drawn(chart(ROWS, {"": [(start, "x", end)]}), monkeypatch)
    names = [name for name in ("a", "b", "c", "a longer name")]
    (left, top), _, (right, bottom), _ = canvas._squares[names.index(end)]
    *_, (_, barb), (_, other) = [stroke[0] for stroke in canvas._strokes if stroke[1] == MUTED]
    assert barb == other  # both barbs end at the tip
    edge = dict(left=(0, left), right=(0, right), top=(1, top), bottom=(1, bottom))[tip]
    assert barb[edge[0]] == pytest.approx(edge[1])
    assert left <= barb[0] <= right
    assert top <= barb[1] <= bottom


@pytest.mark.parametrize("label", ["g", "groups = C", "several words that do not fit beside each other", ""])
def test_a_label_stands_in_a_gap_of_its_line(label, monkeypatch):
    for rows in ([["a"], ["b"]], [["a", "", "b"]]):
        canvas = drawn(chart(rows, {"": [("a", label, "b")]}), monkeypatch)
        places = [place for text, place in text_places(canvas).items() if text not in ("a", "b")]
        lines = [stroke[0] for stroke in canvas._strokes if stroke[1] == MUTED]
        assert len(places) >= bool(label)
        for (x, y), (to_x, to_y) in lines:
            line = min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y)
            assert not any(overlap(place, line) for place in places)


def test_no_text_runs_into_another_or_over_the_edge_of_its_box(monkeypatch):
    words = "a fairly long name of two lines"
    rows = [[f"{i} {words}" for i in range(4)], 4 * ["one box"], [f"{i} {words}" for i in range(4, 8)]]
    arrows = {"kind": [("one box", f"{i} a label", f"{i} {words}") for i in range(8)], "other": []}
    picture = chart(rows, arrows, {"one box": "with a note below"})
    canvas = drawn(picture, monkeypatch)
    places = [(x - align * text_width(text, size), y - size / 2, x + (1 - align) * text_width(text, size), y + size / 2)
              for text, x, y, size, _, align in canvas._texts]
    assert not any(overlap(one, other) for one, other in combinations(places, 2))
    edges = [line for points, colour, _ in canvas._strokes if colour in (INK, BLUE)
             for line in pairwise(points)]
    for (x, y), (to_x, to_y) in edges:
        line = min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y)
        assert not any(overlap(place, line) for place in places)
    assert not is_cut_off(picture)


def test_the_size_depends_on_the_rows_alone():
    def size(label, note):
        return pixel_size(chart(ROWS, {"": [("a", label, "c")]}, {"a": note}))

    assert size("0", "") == size("a label of several words", "and a note") == (1600, 576)


def test_nothing_is_drawn_without_arrows_but_the_boxes():
    frame = pixels(chart([["one"]], {}).png())
    assert (np.abs(frame - 255 * np.array(to_rgb(PALE))).max(axis=2) < 3).mean() > 0.3
    assert chart([["one"]], {}).says() == ""


@pytest.mark.parametrize(("rows", "arrows", "notes", "message"), [
    ([], {}, {}, "same number of names"),
    ([["a"], ["b", "c"]], {}, {}, "same number of names"),
    ([["a", "b", "a"]], {}, {}, "a must stand in neighbouring places"),
    ([["a", "b"], ["b", "b"]], {}, {}, "b must stand in neighbouring places"),
    (ROWS, {"": [("a", "x", "d")]}, {}, "no box for d"),
    (ROWS, {}, {"d": "x"}, "no box for d"),
    (ROWS, {"": [("a", "x", "a longer name")]}, {}, "no straight arrow leads from a to a longer name"),
    (ROWS, {"": [("a", "x", "a")]}, {}, "no straight arrow leads from a to a"),
    (ROWS, {str(i): [] for i in range(5)}, {}, "colours for 4 kinds"),
])
def test_what_cannot_be_drawn_is_told(rows, arrows, notes, message):
    with pytest.raises(ValueError, match=message):
        chart(rows, arrows, notes)

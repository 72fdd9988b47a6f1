"""Boxes and arrows: every relation is told and drawn, nothing overlaps, and what cannot be drawn is an error."""
from itertools import combinations, pairwise

import pytest
from looked_at import extent, faults

from helpers.drawing.palette import BLUE, INK, MUTED, ORANGE, PALE, TINTS, mix
from helpers.drawing.sheet import Fill, Line, Text
from helpers.pictures.chart import chart

ROWS = [["a", "b"], ["c", "c"], ["", "a longer name"]]
ARROWS = {"down": [("a", "half", "c"), ("c", "some words", "a longer name")], "across": [("a", "", "b")]}


def marks(picture, kind):
    return [mark for mark in picture.scene() if isinstance(mark, kind)]


def arrow_lines(picture):
    return [mark.points for mark in marks(picture, Line) if mark.colour == MUTED]


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_every_note_and_every_relation_is_a_line():
    picture = chart(ROWS, ARROWS, {"b": "on its own"})
    assert len(picture) == 1
    assert picture.says().splitlines() == [
        "b: on its own", "a → c: half (down)", "c → a longer name: some words (down)", "a → b:  (across)"]


def test_a_kind_without_a_name_is_not_told():
    assert chart(ROWS, {"": [("a", "half", "c")]}).says() == "a → c: half"


def test_boxes_have_the_colour_of_the_arrow_that_ends_there():
    def colours(arrows):
        return [mark.colour for mark in marks(chart(ROWS, arrows), Fill)]

    a, b, c, last, *legend = colours(ARROWS)
    assert (a, b) == (PALE, mix(ORANGE, TINTS[3]))
    assert c == last == mix(BLUE, TINTS[3])
    assert legend == [mix(BLUE, TINTS[3]), mix(ORANGE, TINTS[3])]
    assert set(colours({"": [("a", "half", "c")]})) == {PALE}  # and no legend


def test_a_repeated_name_is_one_box():
    a, b, c = [mark.points for mark in marks(chart([["a", "a", "b"], ["a", "a", "c"]], {}), Fill)]
    assert a[0] < a[2] < b[0] == c[0]
    assert (a[1], a[3]) == (b[1], c[3])
    assert b[3] < c[1]


@pytest.mark.parametrize(("start", "end", "tip"), [
    ("a", "b", "left"), ("b", "a", "right"), ("a", "c", "top"), ("c", "a", "bottom"),
    ("c", "b", "bottom"), ("c", "a longer name", "top"), ("a longer name", "c", "bottom"),
])
def test_an_arrow_ends_at_the_edge_that_faces_its_start(start, end, tip):
    picture = chart(ROWS, {"": [(start, "x", end)]})
    box = marks(picture, Fill)[["a", "b", "c", "a longer name"].index(end)].points
    *_, (*_, x, y), (*_, other_x, other_y) = arrow_lines(picture)
    assert (x, y) == (other_x, other_y)  # both barbs end at the tip
    edge = ["left", "top", "right", "bottom"].index(tip)
    assert (x, y)[edge % 2] == pytest.approx(box[edge])
    assert box[0] <= x <= box[2]
    assert box[1] <= y <= box[3]


@pytest.mark.parametrize("label", ["g", "groups = C", "several words that do not fit beside each other", ""])
def test_a_label_stands_in_a_gap_of_its_line(label):
    for rows in ([["a"], ["b"]], [["a", "", "b"]]):
        picture = chart(rows, {"": [("a", label, "b")]})
        places = [extent(mark) for mark in marks(picture, Text) if mark.string not in ("a", "b")]
        assert len(places) >= bool(label)
        assert not any(overlap(place, box(line)) for place in places for line in arrow_lines(picture))


def box(line):
    xs, ys = line[::2], line[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def test_no_text_runs_into_another_or_over_the_edge_of_its_box():
    words = "a fairly long name of two lines"
    rows = [[f"{i} {words}" for i in range(4)], 4 * ["one box"], [f"{i} {words}" for i in range(4, 8)]]
    arrows = {"kind": [("one box", f"{i} a label", f"{i} {words}") for i in range(8)], "other": []}
    picture = chart(rows, arrows, {"one box": "with a note below"})
    places = [extent(mark) for mark in marks(picture, Text)]
    assert not any(overlap(one, other) for one, other in combinations(places, 2))
    corners = [list(zip(mark.points[::2], mark.points[1::2], strict=True))
               for mark in marks(picture, Line) if mark.colour in (INK, BLUE)]
    edges = [box((*start, *end)) for outline in corners for start, end in pairwise(outline)]
    assert edges
    assert not any(overlap(place, edge) for place in places for edge in edges)
    assert list(faults(picture)) == []


def test_the_size_depends_on_the_rows_alone():
    def size(label, note):
        sheet = chart(ROWS, {"": [("a", label, "c")]}, {"a": note}).sheet
        return sheet.width, sheet.height

    assert size("0", "") == size("a label of several words", "and a note") == (800, 288)


def test_nothing_is_drawn_without_arrows_but_the_boxes():
    picture = chart([["one"]], {})
    assert [(mark.colour, mark.points[2] - mark.points[0]) for mark in marks(picture, Fill)] == [(PALE, 780)]
    assert len(marks(picture, Line)) == len(marks(picture, Text)) == 1
    assert picture.says() == ""


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

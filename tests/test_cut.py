"""Slices in front taken away: what was behind them is seen, over all that stands still, and no line crosses it."""
import numpy as np

from helpers.drawing.palette import BLUE, WHITE, tints
from helpers.drawing.sheet import TEXT, Sheet, Text
from helpers.pictures.parts.blocks import CLEAR, Cubes
from helpers.pictures.parts.cut import draw_cut, lift, lower

VALUES = np.arange(12.0).reshape(3, 2, 2)


def whole():
    """A volume of cubes that stands still, and its place."""
    place, sheet = Cubes(50, 50, 40, VALUES.shape), Sheet()
    place.draw_output(sheet, VALUES)
    return place, sheet


def test_numbers_are_lowered_and_stay_over_what_keeps_lines_off_them():
    _, sheet = whole()
    lower(sheet)
    assert {mark.level for mark in sheet.marks if isinstance(mark, Text)} == {1, (CLEAR + TEXT) / 2}


def test_only_marks_from_a_number_on_are_lowered():
    _, sheet = whole()
    before = list(sheet.marks)
    lower(sheet, len(before))
    assert sheet.marks == before


def test_the_last_slice_that_is_left_has_its_numbers_over_all_that_stands_still():
    place, sheet = whole()
    lower(sheet)
    above, highest = Sheet(), max(mark.level for mark in sheet.marks)
    draw_cut(above, place, VALUES, tints(VALUES, BLUE), 2)
    moving = Sheet()
    lift(above, moving)
    numbers = {mark.string: (mark.x, mark.y) for mark in moving.marks if isinstance(mark, Text)}
    assert numbers == {f"{VALUES[1][at]:.0f}": place.box(1, *at).centre for at in np.ndindex(2, 2)}
    assert all(mark.level > highest for mark in moving.marks)


def test_what_is_taken_away_is_white():
    place, _ = whole()
    above = Sheet()
    draw_cut(above, place, VALUES, tints(VALUES, BLUE), 1)
    first, front = above.marks[0], place.box(2, 0, 0, 2, 2)
    x, y = np.reshape(first.points, (-1, 2)).T
    assert (first.colour, x.min(), y.max()) == (WHITE, front.x, front.bottom)

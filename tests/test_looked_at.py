"""What an eye would find wrong, made on purpose: it is found, and nothing is where nothing is wrong."""
import numpy as np
import pytest
from looked_at import faults

from helpers.drawing.palette import BLUE, INK
from helpers.drawing.picture import Picture
from helpers.drawing.sheet import TEXT, Box, Sheet

VALUES = np.array([[1.0, -2], [30, 4]])


def numbered(more, moving=None, size=None):
    """A Picture of two steps: a grid whose cells are targets, and what is done to its sheet."""
    def still():
        sheet = Sheet()
        place = sheet.grid(VALUES, 40, 40, 30, BLUE, size=size)
        sheet.cells("input", place, VALUES.shape)
        more(sheet, place)
        return sheet

    return Picture(2, still, lambda step: [("step", "one")], moving)


@pytest.mark.parametrize(("more", "found"), [
    (lambda sheet, place: None, None),
    (lambda sheet, place: sheet.frame(place.box(1, 0), INK, 3, 30), None),
    (lambda sheet, place: sheet.outline(place.box(1, 0), INK, 8), "cut by"),
    (lambda sheet, place: sheet.outline(Box(55, 55, 100, 100), INK), "cut by"),
    (lambda sheet, place: sheet.fill(Box(50, 50, 5, 5), BLUE, level=TEXT + 1), None),
    (lambda sheet, place: sheet.grid(VALUES, 40, 40, 30, BLUE, size=6), "several sizes in input"),
    (lambda sheet, place: sheet.grid(VALUES, 400, 40, 60, BLUE), None),
    (lambda sheet, place: sheet.text("1", 900, 40), "outside the sheet"),
])
def test_what_is_wrong_with_what_stands_still_is_found(more, found):
    told = list(faults(numbered(more)))
    assert bool(told) == bool(found)
    assert all(found in fault for fault in told)


def test_a_frame_cuts_what_is_there_at_its_step():
    def late(sheet, place):
        sheet.text("7", 300, 300, since=1)

    for at, is_cut in (0, False), (1, True):
        picture = numbered(late, lambda sheet, step, at=at: step == at and sheet.outline(Box(300, 290, 40, 40), INK))
        assert any(fault.startswith("cut by") for fault in faults(picture)) == is_cut

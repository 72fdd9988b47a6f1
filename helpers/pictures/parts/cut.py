"""Cubes behind others shown: the slices in front of them are taken away, over a volume that stands still."""
import numpy as np

from helpers.drawing.palette import WHITE
from helpers.drawing.sheet import TEXT, Text
from helpers.pictures.parts.blocks import CLEAR, CONTOUR

LIFT = 3  # levels: over all that stands still


def lower(sheet, begin=0):
    """Numbers, from this mark on, a little below others, for slices that are taken away are covered with them."""
    for number, mark in enumerate(sheet.marks[begin:], begin):
        if isinstance(mark, Text) and mark.level == TEXT:
            sheet.marks[number] = mark._replace(level=(CLEAR + TEXT) / 2)


def draw_cut(sheet, place, values, colours, count):
    """White where slices are taken away, all but the first `count`, and the last of these as it is seen then.

    place: Cubes    values, colours: of the whole volume
    """
    sheet.polygon([place.point(*corner) for corner in np.where(CONTOUR, values.shape, (count, 0, 0))], WHITE)
    for cell, marks in place.solid(values[:count], colours[:count]).items():
        for mark in marks if cell[0] == count - 1 else ():
            sheet.put(mark)


def lift(above, sheet):
    """Put all that is on one sheet on another, over what stands still there."""
    for mark in above.marks:
        sheet.put(mark._replace(level=mark.level + LIFT))

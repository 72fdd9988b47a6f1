"""How a plane is drawn: with its padding and the window on it, and an output that fills as the window walks."""
import numpy as np

from helpers.drawing.palette import BLANK, BLUE, INK, MUTED, ORANGE, PALE, WHITE, mix, tints
from helpers.drawing.sheet import FRAME, Box
from helpers.pictures.parts.words import order

MANY = 16  # crosses


def draw_input(sheet, plane, place, verb="is read by", size=None):
    """What stands still of an Input with two axes: its numbers, its padding, × on what no window reads.

    size: of the digits, unless its numbers set it
    """
    colours = tints(np.where(plane.is_input, plane.padded, 0), BLUE)
    colours[~plane.is_input] = PALE
    colours[plane.is_overhang] = WHITE
    sheet.grid(plane.padded, place.x, place.y, place.cell, colours=colours, size=size)
    sheet.frame(place.box(*plane.before, *plane.values.shape), BLUE, 2, place.cell)
    cross_corners(sheet, [place.box(*cell) for cell in np.argwhere(plane.is_unread)])
    for cell, name in np.ndenumerate(plane.names):
        sheet.target(name, place.box(*cell))
    sheet.verbs |= {plane.noun: verb, "padding": verb}


def draw_window(sheet, plane, place, at):
    """What moves: the window of output cell `at`."""
    rows, columns = plane.taps(at)
    washed = np.full(plane.padded.shape, "", dtype="<U7")
    under = np.ix_(rows, columns)
    washed[under] = tints(np.where(plane.is_input, plane.padded, 0), ORANGE)[under]
    sheet.tint(place, washed)
    if any(axis.span > axis.kernel for axis in plane.axes):
        for row in rows:
            for column in columns:
                sheet.frame(place.box(row, column), ORANGE, 2, place.cell)
    (top, left), (bottom, right) = plane.span(at)
    sheet.frame(place.box(top, left, bottom - top, right - left), ORANGE, 4, place.cell)


def draw_output(sheet, values, place, hue, first=0, noun="output", leads=True, at=(0, 0), size=None):
    """An output whose cells appear one a step from step `first` on, row by row; pointing at one leads to its step.

    at: the indices of its first cell    size: of the digits, unless its numbers set it
    """
    since = first + order(values.shape)
    sheet.tint(place, np.full(values.shape, BLANK))
    sheet.grid(values, place.x, place.y, place.cell, hue, since=since, size=size)
    sheet.cells(noun, place, values.shape, lambda *cell: int(since[cell]) if leads else None, at)


def mark_output(sheet, place, at):
    """The cell at work."""
    sheet.frame(place.box(*at), INK, 3, place.cell)


def cross_corners(sheet, boxes):
    """A small × in the corner of each cell that is never read: told by shape as well as by colour.

    Many of them are smaller and paler, so that they do not drown the numbers.
    """
    share, colour, width = (1 / 5, MUTED, 1.5) if len(boxes) < MANY else (1 / 8, mix(MUTED, 0.7), 1)
    for box in boxes:
        side, away = max(share * box.width, 3), 1 + FRAME * box.width / 2
        sheet.cross(Box(box.right - side - away, box.y + away, side, side), colour, width)

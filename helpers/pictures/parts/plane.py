"""How a plane is drawn: with its padding and the window on it, and an output that fills as the window walks."""
import numpy as np

from helpers.drawing.palette import BLANK, BLUE, INK, MUTED, ORANGE, PALE, WHITE, tints
from helpers.drawing.sheet import Box
from helpers.pictures.parts.words import order


def draw_input(sheet, plane, place, verb="is read by"):
    """What stands still of an Input with two axes: its numbers, its padding, × on what no window reads."""
    colours = tints(np.where(plane.is_input, plane.padded, 0), BLUE)
    colours[~plane.is_input] = PALE
    colours[plane.is_overhang] = WHITE
    sheet.grid(plane.padded, place.x, place.y, place.cell, colours=colours)
    sheet.outline(place.box(*plane.before, *plane.values.shape), BLUE, 2)
    for cell in np.argwhere(plane.is_unread):
        cross_corner(sheet, place.box(*cell))
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
                sheet.outline(place.box(row, column), ORANGE, 2)
    (top, left), (bottom, right) = plane.span(at)
    sheet.outline(place.box(top, left, bottom - top, right - left), ORANGE, 4)


def draw_output(sheet, values, place, hue, first=0, noun="output", leads=True, at=(0, 0)):
    """An output whose cells appear one a step from step `first` on, row by row; pointing at one leads to its step.

    at: the indices of its first cell
    """
    since = first + order(values.shape)
    sheet.tint(place, np.full(values.shape, BLANK))
    sheet.grid(values, place.x, place.y, place.cell, hue, since=since)
    sheet.cells(noun, place, values.shape, lambda *cell: int(since[cell]) if leads else None, at)


def mark_output(sheet, place, at):
    """The cell at work."""
    sheet.outline(place.box(*at), INK, 3)


def cross_corner(sheet, box):
    """A small × in the corner of a cell that is never read: told by shape as well as by colour."""
    sheet.cross(Box(box.right - box.width / 5 - 3, box.y + 3, box.width / 5, box.width / 5), MUTED)

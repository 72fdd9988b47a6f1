"""A sheet to put marks on: numbered grids, lines, boxes, text, photos. Knows no layer, and not who will draw it.

Lengths are CSS pixels from the top left corner. Marks are painted level by level, and in a level in the order in which
they were put down: photos lowest, then fills, then lines, then text, unless a level is given.
"""
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha1
from typing import NamedTuple

import numpy as np

from helpers.drawing.palette import INK, text_width, tints, written

SMALL = 13.3  # the least size of what is to be read from the last row: 14 px in a window of 1280
# Shares of a cell: the most for a number, and for a line that runs along the edges, so that there is air between them;
# and the most for a number where no line runs
NUMBER, FRAME, BARE = 3 / 4, 1 / 8, 0.86
LEGIBLE = 4.5  # smaller digits are left out: the tint stays, and the sentences have the number
PHOTO, FILL, LINE, TEXT = range(4)  # levels


class Fill(NamedTuple):
    """What these points enclose; two of them are the corners of a box. points: (x, y, x, y, …)"""

    points: tuple
    colour: str
    level: float = FILL


class Line(NamedTuple):
    """A line through points; one that is `bent` leaves its first and reaches its last point level."""

    points: tuple
    colour: str
    width: float
    bent: bool = False
    level: float = LINE


class Text(NamedTuple):
    """A string with the middle of its capitals at y; `align` 0 starts at x, 0.5 centres, 1 ends."""

    string: str
    x: float
    y: float
    size: float
    colour: str
    align: float
    level: float = TEXT

    @property
    def ends(self):
        """Where it starts and ends."""
        width = text_width(self.string, self.size)
        return self.x - self.align * width, self.x + (1 - self.align) * width


class Photo(NamedTuple):
    """Pixels that stay pixels, found by their name, from corner to corner."""

    name: str
    points: tuple
    level: float = PHOTO


class Target(NamedTuple):
    """What can be pointed at, as in "input[2, 3]", from corner to corner, and the step it leads to, if it does."""

    name: str
    points: tuple
    step: int | None = None


@dataclass(frozen=True)
class Box:
    """Where a drawn thing stands."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self):
        return self.x + self.width

    @property
    def bottom(self):
        return self.y + self.height

    @property
    def centre(self):
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def corners(self):
        return self.x, self.y, self.x + self.width, self.y + self.height

    def corner_of(self, width, height):
        """Top left corner of a thing of this size in the middle of the box."""
        return self.centre[0] - width / 2, self.centre[1] - height / 2

    def at(self, y, height):
        return Box(self.x, y, self.width, height)

    def grown(self, by):
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)


@dataclass(frozen=True)
class Grid(Box):
    """Where a grid of square cells stands; `box(row, column, rows, columns)` is a part of it."""

    cell: float

    @classmethod
    def of(cls, shape, x, y, cell):
        """The place of a grid with so many rows and columns."""
        rows, columns = shape
        return cls(x, y, columns * cell, rows * cell, cell)

    def box(self, row, column, rows=1, columns=1):
        return Box(self.x + column * self.cell, self.y + row * self.cell, columns * self.cell, rows * self.cell)


class Sheet:
    """Marks as they were put down, and targets.

    since: for each mark the first step of the walk in which it is there
    verbs: what joins a kind of target to what it lights, as in {"input": "is read by"}
    """

    def __init__(self, width=800, height=380):
        self.width, self.height = width, height
        self.marks, self.since, self.targets, self.photos, self.verbs = [], [], [], {}, {}

    def put(self, mark, since=0):
        self.marks.append(mark)
        self.since.append(since)

    def text(self, string, x, y, size=15, colour=INK, align=0.5, level=TEXT, since=0):
        """Write with the middle of its capitals at `y`; `align` 0 starts at x, 0.5 centres, 1 ends."""
        if string.strip():
            self.put(Text(string, x, y, size, colour, align, level), since)

    def fill(self, box, colour, level=FILL, since=0):
        self.put(Fill(box.corners, colour, level), since)

    def polygon(self, points, colour, level=FILL):
        """Fill what three points or more, (x, y) each, enclose."""
        self.put(Fill(tuple(number for point in points for number in point), colour, level))

    def outline(self, box, colour, width=2.5, level=LINE):
        """A line along the inside of the box, so that neighbours never cover it."""
        left, top, right, bottom = box.grown(-width / 2).corners
        self.put(Line((left, top, right, top, right, bottom, left, bottom, left, top), colour, width, level=level))

    def frame(self, box, colour, width, cell):
        """A line along the edges of cells with this side, half of it to either side, and finer where they are small."""
        width = min(width, FRAME * cell)
        self.outline(box.grown(width / 2), colour, width)

    def line(self, points, colour, width=1.5, bent=False, level=LINE):
        """A line through (x, y) points."""
        self.put(Line(tuple(number for point in points for number in point), colour, width, bent, level))

    def cross(self, box, colour, width=1.5):
        self.line([(box.x, box.y), (box.right, box.bottom)], colour, width)
        self.line([(box.right, box.y), (box.x, box.bottom)], colour, width)

    def grid(self, values, x, y, cell, hue=None, colours=None, since=None, size=None):
        """Numbered cells with white gaps; returns their Grid.

        values: (rows, columns)    colours: likewise, tints of `hue` unless given
        since: likewise, the step from which on a cell has its number and its colour
        size: of the digits, which all numbers set unless it is given; smaller than LEGIBLE there are none
        """
        place = Grid.of(values.shape, x, y, cell)
        self.tint(place, tints(values, hue) if colours is None else colours, since)
        size = fitting_size(values, cell) if size is None else size
        if size >= LEGIBLE:
            for row, column, value in _numbered(values):
                self.text(written(value), x + (column + 0.5) * cell, y + (row + 0.5) * cell, size,
                          since=0 if since is None else int(since[row, column]))
        return place

    def tint(self, place, colours, since=None, at=(0, 0)):
        """Colour cells of a grid, those that have a colour, within their white gaps. `at`: row and column of the first
        """
        for row, column, colour in _numbered(colours):
            if colour:
                left, top = place.x + (column + at[1]) * place.cell, place.y + (row + at[0]) * place.cell
                self.put(Fill((left + 1, top + 1, left + place.cell - 1, top + place.cell - 1), colour),
                         0 if since is None else int(since[row, column]))

    def photo(self, pixels, x, y, width, height):
        """Pixels as squares, (rows, columns, 3) between 0 and 1, of which all 256 shades are shown. Returns their Box.
        """
        pixels = (255 * np.asarray(pixels)).round().astype(np.uint8)
        name = sha1(pixels.tobytes() + str(pixels.shape).encode()).hexdigest()[:12]
        self.photos[name], box = pixels, Box(x, y, width, height)
        self.put(Photo(name, box.corners))
        return box

    def target(self, name, box, step=None):
        self.targets.append(Target(name, box.corners, step))

    def cells(self, noun, place, shape, step=None, first=(0, 0)):
        """Every cell of a grid as a target, "noun[row, column]".

        step: (row, column) → the step it leads to    first: the indices of the first cell, as in [row, column], or
        [channel, row, column], where all others have the same channel
        """
        for row, column in np.ndindex(*shape):
            self.target(named(noun, (*first[:-2], row + first[-2], column + first[-1])), place.box(row, column),
                        step and step(row, column))


def _numbered(rows):
    """(row, column, value) of an array, or of lists, the values as Python's own."""
    return [(row, column, value) for row, line in enumerate(np.asarray(rows).tolist())
            for column, value in enumerate(line)]


def named(noun, at):
    """A cell as a student would write it: input[2, −1]."""
    return _named(noun, tuple(at))


@lru_cache(4096)
def _named(noun, at):
    return f"{noun}[{', '.join(map(written, at))}]"


def fitting_size(values, cell, share=NUMBER):
    """The size of text with which every number of an array takes no more than this share of a cell's width.

    It takes more of the room where it would be too small to be read from the last row, or at all.
    """
    return fitting(map(written, {*np.ravel(values).tolist()}), cell, share)


def fitting(texts, cell, share=NUMBER):
    """The same for texts."""
    widest = max(max(map(text_width, texts)) / 15, 1e-9)
    roomy = min(0.43 * cell, NUMBER * cell / widest)
    between_gaps = 0.95 * max(cell - 2, 0) / widest
    return min(max(roomy, SMALL), 0.7 * cell, max(share * cell / widest, LEGIBLE), between_gaps)


def fitting_cell(room, columns, least, gap):
    """The largest cell with which blocks as wide as their columns, or at least `least`, fit side by side in `room`."""
    room -= gap * (len(columns) - 1)
    widest = sorted(columns, reverse=True)
    return min((room - least * (len(columns) - k)) / sum(widest[:k]) for k in range(1, len(columns) + 1))


def in_a_row(sheet, shapes, most, least, gap, top):
    """Room for grids of these shapes side by side: a Box for each, and the Grid in the middle of it."""
    cell = min(most, fitting_cell(sheet.width - 20, [columns for _, columns in shapes], least, gap),
               (sheet.height - top - 10) / max(rows for rows, _ in shapes))
    blocks = centred(sheet, [max(columns * cell, least) for _, columns in shapes], gap, top)
    return blocks, [Grid.of(shape, *block.corner_of(shape[1] * cell, shape[0] * cell), cell)
                    for block, shape in zip(blocks, shapes, strict=True)]


def centred(sheet, widths, gap, top):
    """Boxes of these widths, side by side in the middle of the sheet, from `top` to its end."""
    left = (sheet.width - sum(widths) - gap * (len(widths) - 1)) / 2
    lefts = [left + sum(widths[:i]) + i * gap for i in range(len(widths))]
    return [Box(x, top, width, sheet.height - top) for x, width in zip(lefts, widths, strict=True)]

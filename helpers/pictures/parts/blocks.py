"""Volumes, as cubes or as slices side by side: where they stand in a sum such as x ∗ w = y, and how they are drawn.

A cell of a volume is (slice, row, column), counted in what is drawn, padding included.
"""
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, compress, pairwise, product

import numpy as np

from helpers.drawing.palette import BLANK, BLUE, GREEN, INK, MUTED, ORANGE, PALE, WHITE, mix, text_width, tints, written
from helpers.drawing.sheet import (
    FILL,
    FRAME,
    LEGIBLE,
    NUMBER,
    SMALL,
    Box,
    Fill,
    Grid,
    Sheet,
    Text,
    centred,
    fitting_size,
    named,
)
from helpers.pictures.parts.plane import cross_corners
from helpers.pictures.parts.reading import Input
from helpers.pictures.parts.words import order

WIDTH, HEIGHT, TOP, GAP, CELL, EDGE = 800, 430, 60, 54, 50, 16
BETWEEN, SIGN = 12, 30  # slices; size of a sign
NAME, AROUND = 15, 4  # how high a name is written; around what is covered
LEAD = 44  # room for a sign with which a line begins, half of it left and half right of the first volume
SLANT_X, SLANT_Y = 0.42, 0.34  # how far a step of depth goes to the left and down, in cells
SHADE = 0.25  # of ink on the right of a cube
FAINT = 0.5  # of a hue, for the frame of what is taken away, not there yet or out of sight
SEAM = 0.5  # CSS pixels
CLEAR = 2.5  # level over the lines and under the numbers

# Corners of a block, (slice, row, column) each, 0 where it begins and 1 where it ends: of its contour; of its right,
# its top and its front face
CONTOUR = np.array([(1, 0, 0), (0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 1, 0), (1, 0, 0)])
FACES = np.array([[(1, 0, 1), (0, 0, 1), (0, 1, 1), (1, 1, 1)], [(1, 0, 0), (0, 0, 0), (0, 0, 1), (1, 0, 1)],
                  [(1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0)]])


@dataclass(frozen=True)
class _Volume:
    """Where a volume stands, and how large its cells are. shape: (slices, rows, columns)"""

    x: float
    y: float
    cell: float
    shape: tuple


class Cubes(_Volume):
    """A volume of cubes, slice 0 at the back, up and to the right; z counts slices from there."""

    @staticmethod
    def extent(shape):
        """How wide such a volume is, in cells and in pixels besides, and how tall in cells."""
        slices, rows, columns = shape
        return columns + slices * SLANT_X, 0, rows + slices * SLANT_Y

    def name_at(self, line):
        """How high the name stands, in a line with this Box."""
        return self.y - 22

    def point(self, z, row, column):
        """Of a corner, or of arrays of them, on the sheet."""
        return (self.x + (column + (self.shape[0] - z) * SLANT_X) * self.cell,
                self.y + (row + z * SLANT_Y) * self.cell)

    def box(self, z, row, column, rows=1, columns=1):
        """The front of so many cubes of a slice."""
        return Box(*map(float, self.point(z + 1, row, column)), columns * self.cell, rows * self.cell)

    def _points(self, corners):
        """(…, 3) → (…, 2)"""
        return np.stack(self.point(*np.moveaxis(corners, -1, 0)), axis=-1)

    def frame(self, sheet, colour, width=1.5, low=(0, 0, 0), high=None):
        """The contour of what lies between two corners, all unless given."""
        sheet.line(self._points(_between(low, self.shape if high is None else high, CONTOUR)).tolist(), colour, width)

    def solid(self, values, colours, first=(0, 0, 0), since=None):
        """{cell: marks} of cubes, from the back: what is seen of each when it appears, a number on its front.

        values: (slices, rows, columns)    colours: likewise    first: the cell of the first
        since: likewise, the step at which a cube appears; it covers the cubes behind it that were there before
        """
        since = np.zeros(values.shape, dtype=int) if since is None else since
        seen, (size, numbers), marks = _seen(since), _legible(values, self.cell), {}
        there = sorted(np.argwhere(seen.any(axis=-1)).tolist(), key=lambda at: (at[0], -at[1], at[2]))
        cells, which = np.array(there) + first, seen[tuple(np.transpose(there))].tolist()
        for at, cell, faces_seen, back, faces in zip(map(tuple, there), cells.tolist(), which, *self._faces(cells),
                                                     strict=True):
            colour = str(colours[at])
            shown = [Fill(tuple(back), WHITE)] if since[at] else []
            toned = zip(faces, _tones(colour), strict=True)
            shown += [Fill(tuple(face), tone) for face, tone in compress(toned, faces_seen)]
            if faces_seen[-1] and not np.isnan(numbers[at]):
                number = Text(written(numbers[at]), *self.box(*cell).centre, size, INK, 0.5)
                is_covered = at[0] < len(values) - 1
                shown += [number._replace(level=FILL)] if is_covered else _foremost(number, self.cell, colour)
            marks[tuple(cell)] = shown
        return marks

    def _faces(self, cells):
        """For each cube what is behind it, and its right, top and front face: x, y, x, y, … of each.

        Behind it is all that it hides: the front of the cube there, and the right face of its left neighbour.
        """
        gap = 1 / self.cell
        back = self._points(_between(cells + np.array([-gap, gap, -gap]), cells + 1 - gap, CONTOUR[:-1]))
        faces = [self._points(_between(cells + gap, cells + 1 - gap, face)) for face in FACES]
        count = len(cells)
        return back.reshape(count, -1).tolist(), np.stack(faces, axis=1).reshape(count, 3, -1).tolist()

    def draw_input(self, sheet, read, front):
        """What stands still of an Input, without padding and without the slices after `front`."""
        shown = _shown(read, front)
        _put(sheet, self.solid(read.padded[shown], tints(read.padded, BLUE)[shown], read.before))
        unread = np.argwhere(read.is_unread[front] & read.is_input[front])
        cross_corners(sheet, [self.box(front, row, column) for row, column in unread])
        if read.before.any():
            self.frame(sheet, mix(INK, 0.25), 1)
        self.frame(sheet, mix(BLUE, FAINT), 1.5, read.before, read.before + read.values.shape)
        for row, column in np.argwhere(read.is_input[front]):
            sheet.target(read.names[front, row, column], self.box(front, row, column))

    def washed(self, read, front):
        """{cell: marks} that colour what the window covers."""
        shown = _shown(read, front)
        solid = self.solid(read.padded[shown], tints(read.padded, ORANGE)[shown], read.before)
        return {cell: [_grown(mark) for mark in marks if isinstance(mark, Fill)] for cell, marks in solid.items()}

    def draw_window(self, sheet, read, at, front):
        """The contour of the window of output cell `at`: pale where what it reads is out of sight."""
        low, high = read.span(at)
        if not low[0] <= front < high[0]:
            return self.frame(sheet, mix(ORANGE, FAINT), 1.5, low, high)
        self.frame(sheet, ORANGE, 2, low, high)
        sheet.frame(self.box(front, *low[1:], *(high - low)[1:]), ORANGE, 4, self.cell)

    def draw_kernel(self, sheet, weight, noun="weight"):
        """All of it; the weights that are seen from the front are targets."""
        _put(sheet, self.solid(weight, tints(weight, ORANGE)))
        self.frame(sheet, mix(ORANGE, FAINT))
        for cell in product([len(weight) - 1], *map(range, weight.shape[1:])):
            sheet.target(named(noun, cell), self.box(*cell))

    def draw_output(self, sheet, values, hue=GREEN, first=0, noun="output"):
        """Cubes that appear one a step from step `first` on; pointing at one leads to its step."""
        since = first + order(values.shape)
        for cell, marks in self.solid(values, tints(values, hue), since=since).items():
            for mark in marks:
                sheet.put(mark, int(since[cell]))
            z, row, column = cell
            if row and z + 1 < len(values):
                self._lower(sheet, marks, int(since[z + 1, row - 1, column]))
        self.frame(sheet, mix(hue, FAINT))
        for cell in np.ndindex(*values.shape):
            sheet.target(named(noun, cell), self.box(*cell), int(since[cell]))

    def _lower(self, sheet, marks, since):
        """Write the number of a cube into what is seen of it once the cube before it, a row higher, hides its top."""
        for mark in marks:
            if isinstance(mark, Text):
                box = Box(mark.x - self.cell / 2, mark.y - self.cell / 2, self.cell, self.cell).grown(-1)
                ground = next(each for each in reversed(marks) if isinstance(each, Fill))
                sheet.fill(box, ground.colour, since=since)
                sheet.put(mark._replace(y=mark.y + SLANT_Y / 2 * self.cell), since)

    def mark(self, sheet, colour):
        self.frame(sheet, colour, 2)


class Slices(_Volume):
    """The slices of a volume side by side."""

    @staticmethod
    def extent(shape):
        """As above."""
        slices, rows, columns = shape
        return slices * columns, (slices - 1) * BETWEEN, rows

    def name_at(self, line):
        return line.y - 38

    @cached_property
    def grids(self):
        slices, rows, columns = self.shape
        pitch = columns * self.cell + BETWEEN
        return [Grid.of((rows, columns), self.x + z * pitch, self.y, self.cell) for z in range(slices)]

    def box(self, z, *part):
        return self.grids[z].box(*part)

    def _draw(self, sheet, values, colours, since=None, first=0):
        """Numbered cells, under the numbers of their slices, which count from `first`."""
        size, values = _legible(values, self.cell)
        for z, grid in enumerate(self.grids):
            shown = None if since is None else since[z]
            sheet.grid(values[z], grid.x, grid.y, self.cell, colours=colours[z], since=shown, size=size)
            sheet.text(written(z + first), grid.centre[0], grid.y - 14, SMALL, MUTED)

    def draw_input(self, sheet, read, front):
        """What stands still of an Input, all of it."""
        colours = np.where(read.is_input, tints(read.padded, BLUE), PALE)
        self._draw(sheet, read.padded, colours, first=-int(read.before[0]))
        cross_corners(sheet, [self.box(*cell) for cell in np.argwhere(read.is_unread)])
        self.mark(sheet, BLUE, read.before, read.values.shape)
        for cell, name in np.ndenumerate(read.names):
            sheet.target(name, self.box(*cell))

    def washed(self, read, front):
        """As above."""
        colours = tints(read.padded, ORANGE)
        return {cell: [Fill(self.box(*cell).grown(-1).corners, str(colours[cell]))]
                for cell in np.ndindex(*read.padded.shape)}

    def draw_window(self, sheet, read, at, front):
        """Where the window of output cell `at` cuts the slices."""
        low, high = read.span(at)
        for z in read.taps(at)[0]:
            sheet.frame(self.box(z, *low[1:], *(high - low)[1:]), ORANGE, 4, self.cell)

    def draw_kernel(self, sheet, weight, noun="weight"):
        self._draw(sheet, weight, tints(weight, ORANGE))
        self._cells(sheet, noun)

    def draw_output(self, sheet, values, hue=GREEN, first=0, noun="output"):
        """Cells that appear one a step from step `first` on; pointing at one leads to its step."""
        since = first + order(values.shape)
        for grid in self.grids:
            sheet.tint(grid, np.full(values.shape[1:], BLANK))
        self._draw(sheet, values, tints(values, hue), since)
        self._cells(sheet, noun, since)

    def _cells(self, sheet, noun, steps=None):
        for cell in np.ndindex(*self.shape):
            sheet.target(named(noun, cell), self.box(*cell), None if steps is None else int(steps[cell]))

    def mark(self, sheet, colour, first=(0, 0, 0), size=None):
        """A line around each slice of what has this size from the cell `first` on, of all unless given."""
        slices, rows, columns = size or self.shape
        for grid in self.grids[first[0]:first[0] + slices]:
            sheet.frame(grid.box(*first[1:], rows, columns), colour, 2, self.cell)


def _seen(since):
    """(slices, rows, columns, 3): no neighbour hides the right, the top or the front of a cube when it appears."""
    later = np.pad(since.astype(float), [(0, 1), (1, 0), (0, 1)], constant_values=np.inf)
    neighbours = later[:-1, 1:, 1:], later[:-1, :-1, :-1], later[1:, 1:, :-1]
    return np.stack(neighbours, axis=-1) > since[..., None]


def _between(low, high, corners):
    """Corners of blocks: low and high (…, 3) → (…, corners, 3)."""
    return np.where(corners, np.asarray(high)[..., None, :], np.asarray(low)[..., None, :])


def _foremost(number, cell, colour):
    """A number that no cube will cover, and so much of its ground that even lines pass behind it.

    It leaves a frame along the edges of the cell whole: a number takes NUMBER of the cell, and the frame half of FRAME
    on either side.
    """
    air = (1 - FRAME - NUMBER) * cell
    width, height = text_width(number.string, number.size) + 0.9 * air, number.size + 2
    box = Box(number.x - width / 2, number.y - height / 2, width, height)
    return [Fill(box.corners, colour, CLEAR), number]


def _grown(fill):
    """A ground a little larger than the one under it, whose edges would show; other fills as they are."""
    if fill.level != CLEAR:
        return fill
    left, top, right, bottom = fill.points
    return fill._replace(points=(left - SEAM, top - SEAM, right + SEAM, bottom + SEAM))


def _legible(values, cell):
    """How large numbers are in such cells, and the numbers; nan for those that cannot be read there at all."""
    size = fitting_size(values, cell)
    if size >= LEGIBLE:
        return size, values
    fits = np.vectorize(lambda value: text_width(written(value), LEGIBLE) < cell - 2)(values)
    return LEGIBLE, np.where(fits, values, np.nan)


def _tones(colour):
    """Of the right, the top and the front of a cube."""
    return mix(INK, SHADE, colour), mix(INK, SHADE / 2, colour), colour


def _put(sheet, solid):
    for mark in chain(*solid.values()):
        sheet.put(mark)


def _shown(read, front):
    """Which part of `padded` is input, without the slices after `front`."""
    starts, ends = read.before, read.before + read.values.shape
    return slice(starts[0], front + 1), slice(starts[1], ends[1]), slice(starts[2], ends[2])


@dataclass(frozen=True)
class Lines:
    """Where volumes stand that are written in lines, as in x ∗ w = y, with names above and signs before all but one.

    kind: Cubes or Slices    shapes, names: of each volume    counts: how many of them there are in each line
    below: how much more of the sheet there is, for something else
    """

    kind: type
    shapes: tuple
    names: tuple
    counts: tuple
    below: float = 0

    @cached_property
    def _lines(self):
        """Which volumes stand in each line."""
        return [range(first, end) for first, end in pairwise(accumulate(self.counts, initial=0))]

    @cached_property
    def _extents(self):
        """Of each volume; one that begins a line has its sign to the left, and as much room to the right."""
        leads = {line[0] for line in self._lines[1:]}
        extents = enumerate(self.kind.extent(shape) for shape in self.shapes)
        return [(cells, pixels + LEAD * (number in leads), tall) for number, (cells, pixels, tall) in extents]

    def _tall(self, line):
        """In cells."""
        return max(self._extents[number][2] for number in line)

    def _least(self, line):
        """For all volumes of a line the room there is, and for each the room for its name."""
        room = WIDTH - 2 * EDGE - (len(line) - 1) * GAP
        return room, [min(text_width(self.names[number]), room / len(line) - EDGE) for number in line]

    @cached_property
    def cell(self):
        height = HEIGHT - len(self._lines) * TOP - EDGE
        return min(CELL, height / sum(map(self._tall, self._lines)), *map(self._fitting, self._lines))

    def _fitting(self, line):
        """The largest cell with which the volumes of a line fit side by side, each with its least room."""
        room, least = self._least(line)
        each = [(*self._extents[number][:2], need) for number, need in zip(line, least, strict=True)]
        each.sort(key=lambda volume: (volume[2] - volume[1]) / volume[0])  # from which cell on it needs more than that
        return min((room - sum(pixels for _, pixels, _ in each[:k]) - sum(need for *_, need in each[k:]))
                   / sum(cells for cells, *_ in each[:k]) for k in range(1, len(each) + 1))

    @cached_property
    def _boxes(self):
        """For each volume the room it has in its line."""
        rest = HEIGHT - len(self._lines) * TOP - EDGE - self.cell * sum(map(self._tall, self._lines))
        top, boxes = TOP + rest / 2, []
        for line in self._lines:
            widths = [max(self._extents[number][0] * self.cell + self._extents[number][1], need)
                      for number, need in zip(line, self._least(line)[1], strict=True)]
            boxes += [box.at(top, self.cell * self._tall(line)) for box in centred(Sheet(WIDTH), widths, GAP, top)]
            top = boxes[-1].bottom + TOP
        return boxes

    @cached_property
    def _stands(self):
        """The Box that each volume fills."""
        sizes = [self.kind.extent(shape) for shape in self.shapes]
        sizes = [(cells * self.cell + pixels, tall * self.cell) for cells, pixels, tall in sizes]
        return [Box(*box.corner_of(*size), *size) for box, size in zip(self._boxes, sizes, strict=True)]

    @cached_property
    def _signs(self):
        """{number of the volume after it: place}"""
        begins = {line[0] for line in self._lines}
        return {number: (right.x - LEAD / 2 if number in begins else (left.right + right.x) / 2, right.centre[1])
                for number, (left, right) in enumerate(pairwise(self._stands), 1)}

    def around(self, number):
        """Corners of the name of a volume and of the volume: each as wide as both, but for the signs beside it."""
        box, stand, wide = self._boxes[number], self._stands[number], text_width(self.names[number]) / 2
        left, right = min(stand.x, box.centre[0] - wide) - AROUND, max(stand.right, box.centre[0] + wide) + AROUND
        top, middle = self.places[number].name_at(box) - NAME / 2 - AROUND, stand.y - AROUND
        beside = [x for x, y in self._signs.values() if y == stand.centre[1]]
        air = text_width("=", SIGN) / 2 + 1
        within = (max([left, *(x + air for x in beside if x < stand.x)]),
                  min([right, *(x - air for x in beside if x > stand.x)]))
        return (left, top, right, middle), (within[0], middle, within[1], box.bottom + AROUND)

    @cached_property
    def places(self):
        return [self.kind(box.x, box.y, self.cell, shape) for box, shape in zip(self._stands, self.shapes, strict=True)]

    def sheet(self):
        """A new sheet with the names and signs on it."""
        sheet = Sheet(WIDTH, HEIGHT + self.below)
        for box, place, name in zip(self._boxes, self.places, self.names, strict=True):
            sheet.text(name, box.centre[0], place.name_at(box))
        for number, place in self._signs.items():
            sheet.text("=∗"[number % 2], *place, SIGN)
        return sheet


@dataclass(frozen=True)
class Walk:
    """A window with weights on a volume, and what torch made of it: (slices, rows, columns) each.

    places: of the three    front: the foremost slice that is shown of cubes
    """

    read: Input
    weight: np.ndarray
    made: np.ndarray
    places: tuple
    front: int

    @cached_property
    def _washed(self):
        return self.places[0].washed(self.read, self.front)

    def moving(self, sheet, at):
        """What shows how the cell `at` is made."""
        source, _, target = self.places
        for cell in product(*self.read.taps(at)):
            for mark in self._washed.get(cell, ()):
                sheet.put(mark)
        source.draw_window(sheet, self.read, at, self.front)
        sheet.frame(target.box(*at), INK, 3, target.cell)

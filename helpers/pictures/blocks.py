"""A window in a volume: what it meets, and how that is drawn, as a block among cubes or as slices side by side."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import Window
from helpers.canvas import (
    BLANK,
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PALE,
    Box,
    Canvas,
    centred,
    fitting_cell,
    fitting_size,
    mix,
    tints,
    to_rgb,
    written,
)
from helpers.pictures.plane import cross_corner, index_of, listed, rest_sentence, written_size
from helpers.pictures.rules import Weighted, call, signed, verdict

HEIGHT, TOP, GAP, BETWEEN, CELL, NAME, EDGE = 430, 60, 54, 12, 50, 130, 16
SLANT_X, SLANT_Y = 0.42, 0.34  # how far a step of depth goes to the left and down, in cells
SHADE = 0.25  # of ink on the right of a cube
FAINT = 0.5  # of a hue, for the frame of what is taken away or not there yet
AXES = "slice", "row", "column"


@dataclass(frozen=True)
class Walk:
    """A volume, the window on it with its weights, and the output that torch made, (slices, rows, columns) each."""

    x: np.ndarray
    y: np.ndarray
    window: Window
    weight: np.ndarray
    arguments: str

    def __post_init__(self):
        outputs, kernel = self.window.outputs(self.x.shape), tuple(axis.kernel for axis in self.axes)
        if self.y.shape != outputs:
            raise ValueError(f"y is {written_size(self.y)}, but this window makes {outputs} of the input")
        if self.weight.shape != kernel:
            raise ValueError(f"weight is {written_size(self.weight)}, but the window's kernel is {kernel}")

    @cached_property
    def axes(self):
        return self.window.axes(3)

    @cached_property
    def before(self):
        """Slices, rows and columns of padding before the first cell."""
        return np.array([axis.padding for axis in self.axes])

    @cached_property
    def padded(self):
        return np.pad(self.x, [(pad, pad) for pad in self.before])

    @cached_property
    def is_input(self):
        return np.pad(np.ones(self.x.shape, dtype=bool), [(pad, pad) for pad in self.before])

    @cached_property
    def unread(self):
        """Slices, rows and columns that no window reads, numbered as in the unpadded input."""
        return [axis.unread(n) for axis, n in zip(self.axes, self.x.shape, strict=True)]

    def is_unread(self, cell):
        """Whether no window reads a cell of `padded`."""
        return any(i - pad in unread for i, pad, unread in zip(cell, self.before, self.unread, strict=True))

    def taps(self, at):
        """Slices, rows and columns of `padded` under the window of one output cell."""
        return [np.array(axis.cells(i)) + axis.padding for axis, i in zip(self.axes, at, strict=True)]

    def span(self, at):
        """The first corner of that window, and the one past its last, as (slice, row, column) of `padded`."""
        return np.array([(tap[0], tap[-1] + 1) for tap in self.taps(at)]).T

    def colours(self, at):
        """(slices, rows, columns, 3) of `padded`, with the window of one output cell on it."""
        colours = np.where(self.is_input[..., None], tints(self.padded, BLUE), to_rgb(PALE))
        under = np.ix_(*self.taps(at))
        colours[under] = tints(self.padded, ORANGE)[under]
        return colours

    def shown(self, step):
        """Which cells of the output there are after a step."""
        return np.arange(self.y.size).reshape(self.y.shape) <= step

    def names(self):
        padding = f", padding {self.window.padding}" if self.before.any() else ""
        return (f"input {written_size(self.x)}{padding}", f"weight {written_size(self.weight)}",
                f"output {written_size(self.y)}")

    def tell(self, step):
        at = index_of(step, self.y.shape)
        where = [listed(name, axis.cells(i)) for name, axis, i in zip(AXES, self.axes, at, strict=True)]
        patch, rule = self.padded[np.ix_(*self.taps(at))], Weighted(self.weight)
        parts = " + ".join(signed((x * w).sum()) for x, w in zip(patch, self.weight, strict=True))
        return "\n".join([
            f"step: {step + 1} of {self.y.size}, window on {where[0]}, {where[1]} and {where[2]} of the input",
            f"sum: output[{', '.join(map(str, at))}] = {parts} = "
            f"{verdict(rule.of(patch), self.y[at], rule.scale(patch))}, a number from each slice of the window",
            self._size(), *rest_sentence(AXES, self.unread),
            f"torch: {call('F.conv3d', self.arguments, rule.settings(self.window))}"])

    def _size(self):
        slices, rows, columns = (axis.in_words(n) for axis, n in zip(self.axes, self.x.shape, strict=True))
        plane = f"rows and columns {rows}" if rows == columns else f"rows {rows}; columns {columns}"
        return f"size: {slices}, for every axis" if slices == rows == columns else f"size: slices {slices}; {plane}"


@dataclass(frozen=True)
class Block:
    """Where a volume of cubes stands, slice 0 at the back, up and to the right; z counts slices from there."""

    x: float
    y: float
    cell: float
    slices: int

    def point(self, z, row, column):
        """Of a corner, on the canvas."""
        return (self.x + (column + (self.slices - z) * SLANT_X) * self.cell,
                self.y + (row + z * SLANT_Y) * self.cell)

    def box(self, z, row, column):
        """The front face of one cube."""
        return Box(*self.point(z + 1, row, column), self.cell, self.cell)

    def faces(self, low, high):
        """The right, the top and the front face of what lies between two corners, four points each."""
        (back, top, left), (front, bottom, right) = low, high
        faces = ([(front, top, right), (back, top, right), (back, bottom, right), (front, bottom, right)],
                 [(front, top, left), (back, top, left), (back, top, right), (front, top, right)],
                 [(front, top, left), (front, top, right), (front, bottom, right), (front, bottom, left)])
        return [[self.point(*corner) for corner in face] for face in faces]

    def frame(self, canvas, low, high, colour, width):
        """The contour of what lies between two corners: it crosses no number inside."""
        (back, top, left), (front, bottom, right) = low, high
        corners = ((front, top, left), (back, top, left), (back, top, right),
                   (back, bottom, right), (front, bottom, right), (front, bottom, left), (front, top, left))
        canvas.line([self.point(*corner) for corner in corners], colour, width)

    def cubes(self, canvas, values, colours, shown):
        """Draw the cubes that are shown, from the back, with numbers on the faces that look to the front.

        values and shown: (slices, rows, columns)    colours: the same, and 3
        """
        size = fitting_size(values, self.cell)
        hidden = np.pad(shown, [(0, 1), (1, 0), (0, 1)])
        for z, row, column in sorted(np.argwhere(shown).tolist(), key=lambda cell: (cell[0], -cell[1], cell[2])):
            seen = [not hidden[z, row + 1, column + 1], not hidden[z, row, column], not hidden[z + 1, row + 1, column]]
            self._cube(canvas, (z, row, column), colours[z, row, column], seen)
            if seen[2]:
                canvas.text(written(values[z, row, column]), *self.box(z, row, column).centre, size)

    def _cube(self, canvas, cell, colour, seen):
        gap = 1 / self.cell
        faces = self.faces(np.array(cell) + gap, np.array(cell) + 1 - gap)
        tones = mix(INK, SHADE, colour), mix(INK, SHADE / 2, colour), colour
        for face, tone, is_seen in zip(faces, tones, seen, strict=True):
            if is_seen:
                canvas.polygon(face, tone)


def draw_blocks(walk, step, cut=None, names=None):
    """The volumes as cubes, with the slices of the input after `cut` taken away; names of input, weight and output."""
    cut = len(walk.x) - 1 if cut is None else cut
    canvas, at = Canvas(height=HEIGHT), index_of(step, walk.y.shape)
    blocks = _in_a_row(canvas, [walk.padded.shape, walk.weight.shape, walk.y.shape], names or walk.names())
    cut += walk.before[0]
    _draw_input(canvas, blocks[0], walk, at, cut)

    taps = list(walk.taps(at)[0])
    tap = taps.index(cut) if cut in taps else len(taps) - 1  # the cut goes through the kernel, too
    whole = np.ones(walk.weight.shape, dtype=bool)
    blocks[1].cubes(canvas, walk.weight, tints(walk.weight, ORANGE), _up_to(whole, tap))
    blocks[1].frame(canvas, (0, 0, 0), walk.weight.shape, mix(ORANGE, FAINT), 1.5)

    blocks[2].cubes(canvas, walk.y, tints(walk.y, GREEN), walk.shown(step))
    blocks[2].frame(canvas, (0, 0, 0), walk.y.shape, mix(GREEN, FAINT), 1.5)
    canvas.outline(blocks[2].box(*at), INK, 3)
    return canvas


def _draw_input(canvas, block, walk, at, cut):
    block.cubes(canvas, walk.padded, walk.colours(at), _up_to(walk.is_input, cut))
    for row, column in np.argwhere(walk.is_input[cut]):
        if walk.is_unread((cut, row, column)):
            cross_corner(canvas, block.box(cut, row, column))
    if walk.before.any():
        block.frame(canvas, (0, 0, 0), walk.padded.shape, mix(INK, 0.25), 1)
    block.frame(canvas, walk.before, walk.before + walk.x.shape, mix(BLUE, FAINT), 1.5)
    low, high = walk.span(at)
    block.frame(canvas, low, high, ORANGE, 2)
    if low[0] <= cut < high[0]:
        canvas.outline(Box(*block.point(cut + 1, *low[1:]), *(high - low)[:0:-1] * block.cell), ORANGE, 4)


def _up_to(shown, z):
    """What is left of `shown` when the slices after z are taken away."""
    return shown & (np.arange(len(shown)) <= z)[:, None, None]


def _in_a_row(canvas, shapes, names):
    """Blocks for volumes of these shapes side by side, under their names."""
    widths = [columns + slices * SLANT_X for slices, _, columns in shapes]
    heights = [rows + slices * SLANT_Y for slices, rows, _ in shapes]
    cell = min(CELL, (canvas.width - 2 * EDGE - 2 * GAP) / sum(widths), (canvas.height - TOP - EDGE) / max(heights))
    places = centred(canvas, [width * cell for width in widths], GAP, TOP)
    blocks = [Block(*place.corner_of(width * cell, height * cell), cell, slices) for place, width, height, (slices, *_)
              in zip(places, widths, heights, shapes, strict=True)]
    for place, block, name in zip(places, blocks, names, strict=True):
        canvas.text(name, place.centre[0], block.y - 22)
    for left, right, sign in zip(places, places[1:], "∗=", strict=False):
        canvas.text(sign, (left.right + right.x) / 2, left.centre[1], 30)
    return blocks


def draw_slices(walk, step, names=None):
    """The same volumes, slice by slice."""
    canvas, at = Canvas(height=HEIGHT), index_of(step, walk.y.shape)
    blocks, cell = _in_two_rows(canvas, [walk.padded.shape, walk.weight.shape, walk.y.shape])
    shown = walk.shown(step)
    filled = np.where(shown[..., None], tints(walk.y, GREEN), to_rgb(BLANK))
    rows = (_slices(canvas, blocks[0], cell, walk.padded, walk.colours(at), first=-walk.before[0]),
            _slices(canvas, blocks[1], cell, walk.weight, tints(walk.weight, ORANGE)),
            _slices(canvas, blocks[2], cell, walk.y, filled, shown))
    for block, name in zip(blocks, names or walk.names(), strict=True):
        canvas.text(name, block.centre[0], block.y - 38)
    canvas.text("∗", rows[1][0].x - 26, blocks[1].centre[1], 30)
    canvas.text("=", (blocks[1].right + blocks[2].x) / 2, blocks[2].centre[1], 30)
    _mark_slices(canvas, rows[0], walk, at)
    canvas.outline(rows[2][at[0]].box(*at[1:]), INK, 3)
    return canvas


def _mark_slices(canvas, grids, walk, at):
    """The window where it cuts the slices of the input, and what no window reads."""
    for cell in np.ndindex(walk.padded.shape):
        if walk.is_unread(cell):
            cross_corner(canvas, grids[cell[0]].box(*cell[1:]))
    top, left, height, width = walk.before[1], walk.before[2], *walk.x.shape[1:]
    for grid in grids[walk.before[0]:][:len(walk.x)]:
        canvas.outline(grid.box(top, left, height, width), BLUE, 2)
    low, high = walk.span(at)
    for z in walk.taps(at)[0]:
        canvas.outline(grids[z].box(*low[1:], *(high - low)[1:]), ORANGE, 4)


def _slices(canvas, block, cell, volume, colours, shown=None, first=0):
    """The slices of a volume side by side in the middle of a block, numbered from `first`; returns their Grids."""
    count, rows, columns = volume.shape
    shown = [None] * count if shown is None else shown
    x, y = block.corner_of(_width(volume.shape, cell), rows * cell)
    grids = [canvas.grid(volume[z], x + z * (columns * cell + BETWEEN), y, cell, colours=colours[z], shown=shown[z])
             for z in range(count)]
    for z, grid in enumerate(grids, first):
        canvas.text(written(z), grid.centre[0], grid.y - 14, 13, MUTED)
    return grids


def _width(shape, cell):
    count, _, columns = shape
    return count * columns * cell + (count - 1) * BETWEEN


def _in_two_rows(canvas, shapes):
    """A Box for the slices of the input, below it two for those of weight and output; and the side of a cell."""
    lines = shapes[:1], shapes[1:]
    tall = [max(rows for _, rows, _ in line) for line in lines]
    room = canvas.height - 2 * TOP - EDGE
    cell = min(CELL, room / sum(tall), *(_fitting(canvas, line) for line in lines))
    first = TOP + (room - sum(tall) * cell) / 2
    boxes = []
    for line, rows, top in zip(lines, tall, (first, first + tall[0] * cell + TOP), strict=True):
        widths = [max(_width(shape, cell), NAME) for shape in line]
        boxes += [box.at(top, rows * cell) for box in centred(canvas, widths, GAP, top)]
    return boxes, cell


def _fitting(canvas, shapes):
    """The largest cell with which the slices of these volumes fit beside each other."""
    gaps = sum(count - 1 for count, _, _ in shapes) * BETWEEN
    return fitting_cell(canvas.width - 2 * EDGE - gaps, [count * columns for count, _, columns in shapes], NAME, GAP)

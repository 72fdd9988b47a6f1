"""What one unit on top of a stack of layers sees: its cone from the side, every layer's sizes, the field on a photo."""
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np

from helpers.arithmetic import receptive_field, sizes
from helpers.canvas import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PALE,
    TINTS,
    Box,
    Canvas,
    Picture,
    as_array,
    mix,
    written,
)
from helpers.pictures.plane import index_of

HEIGHT, TOP, EDGE, BAR, ROW = 470, 44, 16, 16, 19
SIDE, PHOTO = Box(14, TOP, 290, HEIGHT - TOP - EDGE), Box(590, TOP, 200, HEIGHT - TOP - EDGE)
COLUMNS = {"layer": (318, 0), "size": (446, 1), "jump": (490, 1), "centre": (542, 1), "field": (582, 1)}
SHOWN, ROOM = 5, 1.4  # units along each side of the walk; what the side view shows, in fields
LEAST = 12  # input cells in the side view, at least
CELL = 7  # CSS pixels from which units are drawn one by one


def field(layers, photo, reach):
    """A walk over 5 × 5 of the units on top of a stack, and what of the photo each of them sees.

    layers: square Windows from the input up    photo: (3, rows, columns) between 0 and 1; a 1 may come before
    reach: what torch says, for rows and for columns: (outputs, cells) bool, which cells an output depends on
    Raises Refused where a layer does not fit, ValueError for a `reach` of another shape.
    """
    stack = _Stack(tuple(layers), as_array(photo).reshape(3, *photo.shape[-2:]), tuple(map(as_array, reach)))
    return Picture(stack.walk[0].size * stack.walk[1].size, stack.draw, stack.tell, start=stack.middle)


@dataclass(frozen=True)
class _Stack:
    layers: tuple
    photo: np.ndarray
    reach: tuple

    def __post_init__(self):
        if not self.layers:
            raise ValueError("give at least one layer")
        expected = [(counts[-1], counts[0]) for counts in self.counts]
        if [each.shape for each in self.reach] != expected:
            raise ValueError(f"reach must be of the shapes {expected}, not {[each.shape for each in self.reach]}")

    @cached_property
    def counts(self):
        """Cells after each layer, from the input up: of the rows, and of the columns."""
        return [sizes(self.layers, size) for size in self.photo.shape[1:]]

    @cached_property
    def fields(self):
        return [receptive_field(self.layers[:row]) for row in range(len(self.layers) + 1)]

    @cached_property
    def walk(self):
        """Which rows and columns of units on top are stepped through, evenly apart."""
        return [np.unique(np.linspace(0, counts[-1] - 1, SHOWN).round().astype(int)) for counts in self.counts]

    @property
    def middle(self):
        rows, columns = (len(units) for units in self.walk)
        return rows // 2 * columns + columns // 2

    def unit(self, step):
        """Row and column of the unit of a step."""
        return [int(units[i]) for units, i in zip(self.walk, index_of(step, [len(u) for u in self.walk]), strict=True)]

    def seen(self, unit):
        """First cell of the field of a unit, along one axis of the input, and the one past its last."""
        top = self.fields[-1]
        first = unit * top.jump + top.centre - (top.size - 1) / 2
        return round(first), round(first) + top.size

    def spans(self, unit):
        """On each level, from the input up: the first unit that one on top goes back to, and the one past the last."""
        spans = [(unit, unit + 1)]
        for layer in reversed(self.layers):
            first, end = spans[0]
            spans.insert(0, (layer.cells(first)[0], layer.cells(end - 1)[-1] + 1))
        return spans

    def read(self, axis, unit):
        """On each level, from the input up: the units between those ends that are really read, padding left out."""
        levels = [np.array([unit])]
        for layer, there in zip(reversed(self.layers), self.counts[axis][-2::-1], strict=True):
            cells = np.unique(levels[0][:, None] * layer.stride + layer.cells(0))
            levels.insert(0, cells[(cells >= 0) & (cells < there)])
        return levels

    def draw(self, step):
        canvas, (row, column) = Canvas(height=HEIGHT), self.unit(step)
        for name, (x, align) in COLUMNS.items():
            canvas.text(name, x, TOP / 2, 13, MUTED, align)
        self._draw_side(canvas, column)
        for level in self._told():
            self._draw_line(canvas, level)
        self._draw_photo(canvas, row, column)
        return canvas

    @cached_property
    def pitch(self):
        return min(56, (SIDE.height - ROW) / len(self.layers))

    def height(self, level):
        """Middle of a level, the input being level 0 and the output on top."""
        return SIDE.centre[1] + (len(self.layers) / 2 - level) * self.pitch

    def _draw_side(self, canvas, unit):
        canvas.text("the stack from the side", SIDE.centre[0], TOP / 2, 13, MUTED)
        view = _View(canvas, self.fields[-1].size, unit * self.fields[-1].jump + self.fields[-1].centre)
        spans, read = self.spans(unit), self.read(1, unit)
        for level, field in enumerate(self.fields):
            y, hue = self.height(level), mix(GREEN if level else BLUE, TINTS[-1])
            view.units(field, range(self.counts[1][level]), y, self.pitch, PALE)
            view.units(field, read[level], y, self.pitch, hue)
            if level:
                view.wires(field, spans[level], y, self.fields[level - 1], spans[level - 1], self.height(level - 1))

    def _told(self):
        """Levels with room for a line of the table: ends first, then where the field grows, then the rest."""
        levels = range(len(self.fields))
        changes = [level for level in levels[1:] if self.fields[level].size > self.fields[level - 1].size]
        told = []
        for level in dict.fromkeys([levels[-1], 0, *changes, *levels]):
            if all(abs(self.height(level) - self.height(other)) >= ROW - 0.5 for other in told):
                told.append(level)
        return told

    def _draw_line(self, canvas, level):
        field, size = self.fields[level], "×".join(str(axis[level]) for axis in self.counts)
        cells = self._name(level), size, written(field.jump), written(field.centre), written(field.size)
        for text, (x, align) in zip(cells, COLUMNS.values(), strict=True):
            canvas.text(text, x, self.height(level), 13, INK, align)

    def _name(self, level):
        """A layer as the table names it: k 3 s 2 p 1, without what is as usual."""
        if not level:
            return "input"
        layer = self.layers[level - 1]
        rest = (("s", layer.stride, 1), ("p", layer.padding, 0), ("d", layer.dilation, 1))
        return " ".join([f"k{layer.kernel}", *(f"{name}{value}" for name, value, usual in rest if value != usual)])

    @cached_property
    def _reach_of_all(self):
        """Rows and columns of the photo, with all that any unit of the walk sees around it: (first, end) each."""
        ends = [(self.seen(int(units[0]))[0], self.seen(int(units[-1]))[1]) for units in self.walk]
        return [(min(first, 0), max(end, size)) for (first, end), size in zip(ends, self.photo.shape[1:], strict=True)]

    def _draw_photo(self, canvas, row, column):
        (top, bottom), (left, right) = self._reach_of_all
        scale = min(PHOTO.width / (right - left), PHOTO.height / (bottom - top))
        x = PHOTO.centre[0] - scale * (left + right) / 2
        y = PHOTO.centre[1] - scale * (top + bottom) / 2
        rows, columns = self.photo.shape[1:]
        (top, bottom), (left, right) = self.seen(row), self.seen(column)
        for low, high, first, end in ((top, min(bottom, 0), left, right), (max(top, rows), bottom, left, right),
                                      (max(top, 0), min(bottom, rows), left, min(right, 0)),
                                      (max(top, 0), min(bottom, rows), max(left, columns), right)):
            if low < high and first < end:
                canvas.fill(Box(x + scale * first, y + scale * low, scale * (end - first), scale * (high - low)), PALE)
        canvas.image(self.photo.transpose(1, 2, 0).clip(0, 1), x, y, scale * columns, scale * rows)
        box = Box(x + scale * left, y + scale * top, scale * (right - left), scale * (bottom - top))
        canvas.outline(box, ORANGE, 4 if box.width > 4 * BAR else 2)
        canvas.text(f"input {rows} × {columns}", PHOTO.centre[0], TOP / 2, 13, MUTED)

    def tell(self, step):
        units, top = self.unit(step), self.fields[-1]
        sides = [self._side(axis, unit) for axis, unit in enumerate(units)]
        growth = ", ".join(str(field.size) for field in self.fields[1:])
        sizes = " → ".join("×".join(map(str, size)) for size, _ in groupby(zip(*self.counts, strict=True)))
        return "\n".join([
            f"step: unit [{units[0]}, {units[1]}] of {self.counts[0][-1]} × {self.counts[1][-1]} on top",
            f"field: {top.size} × {top.size}, rows {sides[0]}, columns {sides[1]}; {self._share(units):.0%} is photo",
            f"read: {self._holes(units)} {self._agrees(units)}",
            f"growth: {growth}, layer by layer",
            f"jump: {top.jump}, for so far apart are the fields of neighbours on top; the first is centred on cell "
            f"{written(top.centre)}",
            f"sizes: {sizes}" + self._left_out()])

    def _left_out(self):
        told, every = len(self._told()), len(self.fields)
        return f"\ntable: {told} of {every} lines, those where the field grows first" if told < every else ""

    def _share(self, units):
        """How much of the field lies on the photo."""
        inside = [len(set(range(*self.seen(unit))) & set(range(size)))
                  for unit, size in zip(units, self.photo.shape[1:], strict=True)]
        return inside[0] * inside[1] / self.fields[-1].size ** 2

    def _holes(self, units):
        cells = [self.read(axis, unit)[0] for axis, unit in enumerate(units)]
        gaps = any((np.diff(each) > 1).any() for each in cells)
        return f"{len(cells[0])} rows and {len(cells[1])} columns of the photo{', with gaps' if gaps else ''}"

    def _side(self, axis, unit):
        first, end = self.seen(unit)
        size = self.photo.shape[1 + axis]
        padding = end - first - max(min(end, size) - max(first, 0), 0)
        words = f"{first} to {end - 1}".replace("-", "−")
        return words + (f" ({padding} of them padding)" if padding else "")

    def _agrees(self, units):
        """Whether torch says that the unit depends on just these cells."""
        same = all(np.array_equal(np.flatnonzero(self.reach[axis][unit]), self.read(axis, unit)[0])
                   for axis, unit in enumerate(units))
        return "= torch ✓" if same else "but torch says otherwise"


@dataclass(frozen=True)
class _View:
    """The side view: `width` input cells and some more around `middle`, which keeps its place."""

    canvas: Canvas
    width: int
    middle: float

    @property
    def cell(self):
        return SIDE.width / max(self.width * ROOM, LEAST)

    def x(self, position):
        """Where an input cell stands, or what lies between two."""
        return SIDE.centre[0] + (position - self.middle) * self.cell

    def edges(self, field, span):
        """Left and right of units first to end − 1 of a level."""
        return [self.x((unit - 0.5) * field.jump + field.centre) for unit in span]

    def units(self, field, units, y, pitch, colour):
        """Units of a level, as far as they are in view: one by one where there is room, or else joined in runs."""
        tall, one_by_one = min(BAR, 0.6 * pitch), field.jump * self.cell >= CELL
        for piece in [(unit, unit + 1) for unit in units] if one_by_one else _joined(units):
            left, right = np.clip(self.edges(field, piece), SIDE.x, SIDE.right)
            if right - left > 1:
                self.canvas.fill(Box(left + one_by_one, y - tall / 2, right - left - 2 * one_by_one, tall), colour)

    def wires(self, field, span, y, field_below, span_below, y_below):
        """From the ends of what is seen on one level to its ends on the level below."""
        tall = min(BAR, 0.6 * abs(y - y_below)) / 2
        for ends in zip(self.edges(field, span), self.edges(field_below, span_below), strict=True):
            above, below = np.clip(ends, SIDE.x, SIDE.right)
            if above != below or (above, below) == ends:  # and not wholly out of view
                self.canvas.line([(above, y + tall), (below, y_below - tall)], ORANGE, 2)


def _joined(units):
    """Neighbouring numbers as (first, end) of each run."""
    known = set(units)
    starts, ends = ([unit for unit in units if unit + side not in known] for side in (-1, 1))
    return [(start, end + 1) for start, end in zip(starts, ends, strict=True)]

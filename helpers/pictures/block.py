"""A block of weights as a product: three sticks along its edges, and in every cell one number of each, multiplied."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.drawing.palette import GREEN, INK, ORANGE, mix, tints, written
from helpers.drawing.picture import Fact, Picture, Term
from helpers.drawing.sheet import SMALL, Box, Sheet, Text, fitting_size, named
from helpers.pictures.parts.blocks import FAINT, SLANT_X, SLANT_Y, Cubes
from helpers.pictures.parts.cut import draw_cut, lift, lower
from helpers.pictures.parts.rules import computed, joined, signed
from helpers.pictures.parts.words import index_of, planes, squeezed, written_size

ROOM = Box(16, 52, 480, 352)  # of block and sticks
PRODUCT = Box(512, 180, 272, 48)  # of the numbers that are multiplied
CELL, GAP = 58, 0.7  # the largest cell; between block and sticks, in cells
LETTERS, AXES = "cyx", ("channel", "row", "column")


def block(output, sticks, call):
    """One step per cell of a block, which is the product of a number from each of the three sticks along its edges.

    output: (C, Y, X), what torch made of them    sticks: {name: (C,), name: (Y,), name: (X,)}
    call: how torch is told to; 1s may come before all of these
    Each number of a stick leads to an aside: the cells that it is in.
    Raises ValueError for shapes that do not belong together.
    """
    output = planes(output, "output", 3)
    numbers = {name: squeezed(stick, 1) for name, stick in sticks.items()}
    if [stick.shape for stick in numbers.values()] != [(n,) for n in output.shape]:
        raise ValueError(f"a block of {written_size(output)} needs three sticks as long as its edges")
    drawn = Block(output, numbers, call)
    return Picture(output.size, drawn.still, drawn.tell, drawn.moving, start=output.size - 1, groups=drawn.groups,
                   asides=sum(output.shape))


@dataclass(frozen=True)
class Block:
    """The block stands on the left: the first stick goes into the depth, the second down, the third to the right."""

    output: np.ndarray
    sticks: dict
    call: str

    @cached_property
    def cell(self):
        channels, rows, columns = self.output.shape
        wide = 2 * (1 + GAP) + columns + channels * SLANT_X
        tall = 1 + GAP + rows + channels * SLANT_Y
        return min(CELL, ROOM.width / wide, ROOM.height / tall)

    @cached_property
    def place(self):
        """Of the block, so that it is in the middle of the room with its sticks."""
        channels, rows, columns = self.output.shape
        right, low = columns + GAP + 1 + channels * SLANT_X, rows + GAP + 1 + channels * SLANT_Y
        x, y = ROOM.corner_of((1 + GAP + right) * self.cell, low * self.cell)
        return Cubes(x + (1 + GAP) * self.cell, y, self.cell, self.output.shape)

    @cached_property
    def places(self):
        """Of each stick, beside the front of the block, or below the edge that goes into the depth."""
        channels, rows, columns = self.output.shape
        corners = (rows + GAP, columns + GAP), (0, -1 - GAP), (rows + GAP, 0)
        shapes = (channels, 1, 1), (1, rows, 1), (1, 1, columns)
        return [self._at_front(*corner, shape) for corner, shape in zip(corners, shapes, strict=True)]

    def _at_front(self, row, column, shape):
        """Cubes whose front begins at this row and column of the front of the block."""
        x, y = self.place.point(len(self.output), row, column)
        return Cubes(x, y - shape[0] * SLANT_Y * self.cell, self.cell, shape)

    def number_box(self, axis, index):
        """Where a number of a stick stands: on the front of its cube, or on the top where fronts are hidden."""
        place = self.places[axis]
        if axis:
            return place.box(0, *((index, 0) if axis == 1 else (0, index)))
        x, y = place.point(index + 0.5, 0, 0.5)
        height = SLANT_Y * self.cell
        return Box(x - self.cell / 2, y - height / 2, self.cell, height)

    # What is drawn

    def still(self):
        sheet = Sheet(height=round(ROOM.bottom + 26))
        sheet.text(f"output[c, y, x], {written_size(self.output)}", self._middle, self.place.y - 24)
        begin = len(sheet.marks)
        self.place.draw_output(sheet, self.output, GREEN)
        lower(sheet, begin)
        for axis, name in enumerate(self.sticks):
            self._draw_stick(sheet, axis)
            sheet.text(f"{name}[{LETTERS[axis]}]", *self._name_at(axis))
        return sheet

    @property
    def _middle(self):
        return self.place.x + (self.output.shape[2] + len(self.output) * SLANT_X) * self.cell / 2

    def _draw_stick(self, sheet, axis):
        name, values = [*self.sticks.items()][axis]
        place = self.places[axis]
        cubes = values.reshape(place.shape)
        for marks in place.solid(cubes, tints(cubes, ORANGE)).values():
            for mark in marks:
                if axis or not isinstance(mark, Text):
                    sheet.put(mark)
        for index, value in enumerate(values):
            box = self.number_box(axis, index)
            if not axis:
                sheet.text(written(value), *box.centre, SMALL)
            sheet.target(named(name, (index,)), box, self._asides.index((axis, index)) + self.output.size)

    def _name_at(self, axis):
        """Where the name of a stick is written: x, y, size, colour, alignment."""
        if axis == 0:
            front = self.places[0].box(len(self.output) - 1, 0, 0)
            return front.right + 22, front.bottom - 4, SMALL, INK, 0
        first = self.number_box(axis, 0)
        if axis == 1:
            return first.centre[0], first.bottom + (self.output.shape[1] - 1) * self.cell + 14, SMALL, INK, 0.5
        return first.x - 10, first.centre[1], SMALL, INK, 1

    @cached_property
    def _asides(self):
        """The axis and the place of every number of the sticks."""
        return [(axis, index) for axis, count in enumerate(self.output.shape) for index in range(count)]

    def moving(self, sheet, frame):
        if frame >= self.output.size:
            return self._draw_aside(sheet, *self._asides[frame - self.output.size])
        at = index_of(frame, self.output.shape)
        sheet.frame(self.place.box(*at), INK, 3, self.cell)
        for axis, index in enumerate(at):
            self._mark(sheet, axis, index)
        self._draw_product(sheet, at)

    def _mark(self, sheet, axis, index):
        """A line around a number of a stick."""
        if axis:
            sheet.frame(self.number_box(axis, index), INK, 3, self.cell)
        else:
            corners = (index, 0, 0), (index, 0, 1), (index + 1, 0, 1), (index + 1, 0, 0), (index, 0, 0)
            sheet.line([self.places[0].point(*corner) for corner in corners], INK, 3)

    def _draw_aside(self, sheet, axis, index):
        """The cells that a number of a stick is in: what lies between two corners of the block.

        Where that is a channel, those in front of it are taken away.
        """
        low, high = np.zeros(3, dtype=int), np.array(self.output.shape)
        low[axis], high[axis] = index, index + 1
        self._mark(sheet, axis, index)
        if high[0] == len(self.output):
            return self.place.frame(sheet, ORANGE, 4, low, high)
        above = Sheet(sheet.width, sheet.height)
        draw_cut(above, self.place, self.output, tints(self.output, GREEN), int(high[0]))
        self.place.frame(above, mix(GREEN, FAINT))
        self.place.frame(above, ORANGE, 4, low, high)
        lift(above, sheet)

    def _draw_product(self, sheet, at):
        """The three numbers and their product, each under its name."""
        values = [*(stick[i] for stick, i in zip(self.sticks.values(), at, strict=True)), self.output[at]]
        names = [*self._names(at), "output"]
        side, pitch = PRODUCT.height, PRODUCT.width / 4
        hues = [ORANGE] * 3 + [GREEN]
        size = fitting_size(np.array(values), side)
        for k, (value, name, hue) in enumerate(zip(values, names, hues, strict=True)):
            box = Box(PRODUCT.x + (k + 0.5) * pitch - side / 2, PRODUCT.y, side, side)
            sheet.fill(box, str(tints(np.array([value]), hue, self._most(k))[0]))
            sheet.text(written(value), *box.centre, size)
            sheet.text(name, box.centre[0], PRODUCT.y - 18, SMALL)
            if k:
                sheet.text("··="[k - 1], PRODUCT.x + k * pitch, box.centre[1], 24)

    def _most(self, k):
        """The largest number of a stick, or of the output: what has the full tint there."""
        return np.abs([*self.sticks.values(), self.output][k]).max() or 1

    # What is told

    def _names(self, at):
        return [named(name, (i,)) for name, i in zip(self.sticks, at, strict=True)]

    def groups(self, step):
        """Each factor is a term of its own."""
        if step >= self.output.size:
            return []
        return [[name] for name in self._names(index_of(step, self.output.shape))]

    def tell(self, step):
        if step >= self.output.size:
            yield self._told(*self._asides[step - self.output.size])
            return
        at = index_of(step, self.output.shape)
        factors = [stick[i] for stick, i in zip(self.sticks.values(), at, strict=True)]
        name, product = named("output", at), np.prod(factors)
        terms = [Term(signed(value), k) for k, value in enumerate(factors)]
        where = ", ".join(f"{axis} {i}" for axis, i in zip(AXES, at, strict=True))
        yield "step", f"{step + 1} of {self.output.size}, {where}"
        yield ("product", f"{name} = {' · '.join(self._names(at))} = ", *joined(terms, "·"),
               *computed(name, product, self.output[at], abs(product)))
        sizes, few = self.output.shape, sum(self.output.shape)
        yield ("weights", f"{' + '.join(map(str, sizes))} = ", Fact(few, "How many numbers have the three sticks?"),
               f" in the sticks, {'·'.join(map(str, sizes))} = {self.output.size} in the block")
        yield "torch", self.call

    def _told(self, axis, index):
        """Which cells a number of a stick is in."""
        number = named([*self.sticks][axis], (index,))
        cells = ", ".join(str(index) if other == axis else letter for other, letter in enumerate(LETTERS))
        others = " and ".join(letter for other, letter in enumerate(LETTERS) if other != axis)
        count = self.output.size // self.output.shape[axis]
        return number, f"in {count} of {self.output.size} cells: output[{cells}], whatever {others} are"

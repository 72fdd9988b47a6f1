"""A grouped convolution with its numbers: input channels above, filters below, each beside the channel that it makes.

A kernel stands where the row of its filter meets the column of the channel that it reads, so that each group is a
block of its own, and what is not stored is an empty place.
"""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import Grouped
from helpers.drawing.palette import BLANK, BLUE, GREEN, INK, ORANGE, mix, tints
from helpers.drawing.picture import Fact, Picture, Term
from helpers.drawing.sheet import SMALL, Box, Grid, Sheet, fitting_size, named
from helpers.pictures.parts.blocks import SHADE
from helpers.pictures.parts.plane import draw_input, draw_output, draw_window, mark_output
from helpers.pictures.parts.reading import Input
from helpers.pictures.parts.rules import Weighted, call, computed, joined, products, renumbered, signed
from helpers.pictures.parts.words import index_of, listed, planes, written_size
from helpers.pictures.wiring import HUES

HEIGHT, LEFT, TOP, EDGE, MIDDLE = 590, 88, 46, 14, 40  # MIDDLE: between the input and the filters
NEAR, APART, THICK = 12, 32, 6  # gaps between channels and between groups; how thick a slab looks
CELL, OUTPUT, SUM = 40, 124, 56  # the largest cell; room for the output, and for the sign before it
ROW = 2.5  # cells that are enough for a row of small kernels, where there is no room for more
WRITTEN_OUT = 18  # products that a sentence can hold; of more, only the sum of each channel is told


def grouped_channels(x, y, window, weight, groups, arguments="x, w"):
    """A window walks over the channels of one group at a time, one step per cell of `y`, one filter after the other.

    The walk starts in its middle, at a filter that does not read channel 0 unless there is only one group.
    x: (C_in, rows, columns), or a 1 before them    y: (C_out, rows, columns), what torch made of it
    weight: (C_out, C_in / groups, k_h, k_w), as torch stores it    arguments: the tensors, as written in the torch call
    Raises Refused where groups do not divide the channels or no window fits, ValueError for shapes that do not belong
    together.
    """
    x, y, weight = planes(x, "x", 3), planes(y, "y", 3), planes(weight, "weight", 4)
    layer = Grouped(len(x), len(y), groups)
    inputs = [Input(values, window, channel=c) for c, values in enumerate(x)]
    walk = _Walk(layer, inputs, weight, y, arguments)
    return Picture(y.size, walk.still, walk.tell, walk.moving, start=len(y) // 2 * y[0].size, groups=walk.groups)


@dataclass(frozen=True)
class _Walk:
    """layer: which channels go where    inputs: one for each input channel"""

    layer: Grouped
    inputs: list
    weight: np.ndarray
    y: np.ndarray
    arguments: str

    def __post_init__(self):
        stored = len(self.y), len(self.layer.reads(0))
        if self.weight.shape[:2] != stored:
            raise ValueError(f"weight must be (C_out, C_in / groups, k_h, k_w) with C_out, C_in / groups = {stored}, "
                             f"not {self.weight.shape}")
        self.inputs[0].expect(self.y[0], self.weight[0, 0])

    @cached_property
    def places(self):
        return _Places(self.layer, self.inputs[0].padded.shape, self.weight.shape[2:], self.y.shape[1:])

    def _filters(self, group):
        size = self.layer.c_out // self.layer.groups
        return range(group * size, (group + 1) * size)

    def _group(self, f):
        return f // (self.layer.c_out // self.layer.groups)

    # What is drawn

    def still(self):
        sheet, places = Sheet(height=HEIGHT), self.places
        # What can be covered lies below everything that can be pointed at
        sheet.target("planes", places.planes)
        sheet.target("filters", places.crossings)
        x, y = places.left - 16, places.inputs[0].centre[1]
        sheet.text("input", x, y - 11, align=1)
        sheet.text(f"{len(self.inputs)} × {written_size(self.inputs[0].values)}", x, y + 11, SMALL, align=1)
        for group in range(self.layer.groups):
            self._draw_group(sheet, group)
        size = fitting_size(np.concatenate([plane.padded.ravel() for plane in self.inputs]), places.cell)
        for plane, place in zip(self.inputs, places.inputs, strict=True):
            sheet.target(named("channel", [plane.channel]), place)
            _slab(sheet, place, BLUE)
            draw_input(sheet, plane, place, size=size)
        self._draw_kernels(sheet)
        self._draw_outputs(sheet)
        return sheet

    def _draw_group(self, sheet, group):
        """Its lines above its channels and beside its filters, and its name."""
        sources, filters = self.layer.reads(self._filters(group)[0]), self._filters(group)
        first, last = self.places.inputs[sources[0]], self.places.inputs[sources[-1]]
        hue, y = HUES[group % len(HUES)], first.y - THICK - 6
        sheet.line([(first.x, y), (last.right, y)], hue, 3)
        sheet.text(f"group {group}", (first.x + last.right) / 2, y - 13, SMALL)
        top, bottom = (self.places.kernel(filters[i], sources[0]) for i in (0, -1))
        x = self.places.left - 8
        sheet.line([(x, top.y), (x, bottom.bottom)], hue, 3)

    def _draw_kernels(self, sheet):
        colours, size = tints(self.weight, ORANGE), fitting_size(self.weight, self.places.cell)
        for f, c in np.ndindex(self.layer.c_out, self.layer.c_in):
            place, reads = self.places.kernel(f, c), self.layer.reads(f)
            if c in reads:
                self._draw_kernel(sheet, place, (f, reads.index(c)), colours, size)
            else:
                sheet.fill(place, BLANK)
        for f in range(self.layer.c_out):
            row = self.places.kernel(f, 0)
            sheet.text(f"filter {f}", self.places.left - 16, row.centre[1], min(15, 0.9 * row.height), align=1)

    def _draw_kernel(self, sheet, place, at, colours, size):
        """The kernel that is stored at the index `at`, (filter, channel of its group)."""
        sheet.target(named("kernel", at), place)
        _slab(sheet, place, ORANGE)
        sheet.grid(self.weight[at], place.x, place.y, place.cell, colours=colours[at], size=size)
        sheet.cells("weight", place, self.weight.shape[2:], first=(*at, 0, 0))

    def _draw_outputs(self, sheet):
        size = fitting_size(self.y, self.places.outputs[0].cell)
        sheet.text(f"output {written_size(self.y)}", self.places.outputs[0].centre[0], self.places.outputs[0].y - 22)
        for f, place in enumerate(self.places.outputs):
            sheet.text("Σ →", place.x - 30, place.centre[1], 20)
            _slab(sheet, place, GREEN)
            draw_output(sheet, self.y[f], place, GREEN, first=f * self.y[0].size, at=(f, 0, 0), size=size)

    def moving(self, sheet, step):
        f, *at = index_of(step, self.y.shape)
        for c in self.layer.reads(f):
            draw_window(sheet, self.inputs[c], self.places.inputs[c], at)
            sheet.frame(self.places.kernel(f, c), ORANGE, 3, self.places.cell)
        mark_output(sheet, self.places.outputs[f], at)

    # What is told

    @property
    def _is_written_out(self):
        return self.weight[0].size <= WRITTEN_OUT

    def groups(self, step):
        """The terms of the sum; where these are whole channels, each cell with its weight besides."""
        f, *at = index_of(step, self.y.shape)
        under = [name for c in self.layer.reads(f) for name in self.inputs[c].names_under(at)]
        weights = [named("weight", (f, *index)) for index in np.ndindex(self.weight.shape[1:])]
        pairs = list(zip(under, weights, strict=True))
        if self._is_written_out:
            return pairs
        return [(named("channel", [c]), named("kernel", (f, k))) for k, c in enumerate(self.layer.reads(f))] + pairs

    def tell(self, step):
        f, *at = cell = index_of(step, self.y.shape)
        reads, group = self.layer.reads(f), self._group(f)
        patches = np.array([self.inputs[c].patch(at) for c in reads])
        terms, name = patches * self.weight[f], named("output", cell)
        yield "step", f"{step + 1} of {self.y.size}, filter {f}, {self.inputs[0].where(at)}"
        yield ("reads", f"filter {f} is in group ",
               Fact(group, f"In which group is filter {f}, counted from 0?", ["filters", "planes"]),
               f" and reads {len(reads)} of {self.layer.c_in} channels, {listed('number', reads)}")
        told = self._products(patches, f) if self._is_written_out else self._sums(terms)
        yield "sum", f"{name} = ", *told, *computed(name, terms.sum(), self.y[cell], np.abs(terms).sum())
        yield self._shape
        yield "torch", call("F.conv2d", self.arguments, self._settings)

    def _products(self, patches, f):
        """All products, those of each channel in brackets where that tells them apart."""
        if 1 in (len(patches), patches[0].size):
            return products(patches.flat, self.weight[f].flat)
        told = []
        for k, (patch, weight) in enumerate(zip(patches, self.weight[f], strict=True)):
            told += [" + (" if k else "(", *renumbered(products(patch.flat, weight.flat), k * weight.size), ")"]
        return told

    def _sums(self, terms):
        """What each channel adds."""
        return joined([Term(signed(part), k) for k, part in enumerate(terms.sum(axis=(1, 2)))], " + ")

    @cached_property
    def _shape(self):
        c_out, c_in, size = self.layer.c_out, self.layer.c_in, self.weight.shape[2:]
        count = Fact(c_out * self.weight.shape[1], f"How many of the {c_out * c_in} kernels are stored?", ["filters"])
        height, width = size
        return ("weight", f"(C_out, C_in / groups, k_h, k_w) = ({c_out}, {c_in} / {self.layer.groups}, {height}, "
                          f"{width}), so ", count, f" of {c_out * c_in} kernels")

    @cached_property
    def _settings(self):
        return Weighted(self.weight[0, 0]).settings(self.inputs[0].window) | dict(groups=self.layer.groups)


@dataclass(frozen=True)
class _Places:
    """Where everything stands. padded, kernel, made: (rows, columns) of an input, of a kernel, of an output"""

    layer: Grouped
    padded: tuple
    kernel_size: tuple
    made: tuple

    @cached_property
    def _gaps(self):
        """Before each input, and before each filter."""
        return _gaps(self.layer.c_in, self.layer.groups), _gaps(self.layer.c_out, self.layer.groups)

    @cached_property
    def _cells(self):
        """Width of a channel and height of a filter, in cells: an output, too, needs room in the row of its filter."""
        return max(self.padded[1], self.kernel_size[1]), max(self.kernel_size[0], min(self.made[0], ROW))

    @cached_property
    def cell(self):
        across, down = map(sum, self._gaps)
        width, height = self._cells[0] * self.layer.c_in, self.padded[0] + self._cells[1] * self.layer.c_out
        return min(CELL, (Sheet().width - LEFT - SUM - OUTPUT - EDGE - across) / width,
                   (HEIGHT - TOP - MIDDLE - EDGE - down) / height)

    @cached_property
    def left(self):
        """Of the input, with everything in the middle of the sheet."""
        width = self._cells[0] * self.layer.c_in * self.cell + sum(self._gaps[0])
        return LEFT + (Sheet().width - LEFT - SUM - OUTPUT - EDGE - width) / 2

    @cached_property
    def inputs(self):
        """The Grid of each input channel."""
        width = self._cells[0] * self.cell
        lefts = self.left + np.cumsum(self._gaps[0]) + width * np.arange(self.layer.c_in)
        return [Grid.of(self.padded, left, TOP, self.cell) for left in lefts.tolist()]

    @cached_property
    def _row(self):
        """How high the row of a filter is: what is left, unless neither kernel nor output needs so much."""
        left = HEIGHT - TOP - self.padded[0] * self.cell - MIDDLE - EDGE - sum(self._gaps[1])
        return min(left / self.layer.c_out, max(self.kernel_size[0] * self.cell, self.made[0] * CELL))

    @cached_property
    def _rows(self):
        """For each filter the height of its middle."""
        first = TOP + self.padded[0] * self.cell + MIDDLE + self._row / 2
        return (first + np.cumsum(self._gaps[1]) + self._row * np.arange(self.layer.c_out)).tolist()

    def kernel(self, f, channel):
        """The Grid at the crossing of a filter and a channel, whether there is a kernel or not."""
        rows, columns = self.kernel_size
        centre = self.inputs[channel].centre[0]
        return Grid.of(self.kernel_size, centre - columns * self.cell / 2, self._rows[f] - rows * self.cell / 2,
                       self.cell)

    @cached_property
    def outputs(self):
        """The Grid of each output channel, in the row of its filter, with cells as large as there is room."""
        rows, columns = self.made
        cell = min(CELL, OUTPUT / columns, self._row / rows)
        left = self.inputs[-1].right + SUM + (OUTPUT - columns * cell) / 2
        return [Grid.of(self.made, left, middle - rows * cell / 2, cell) for middle in self._rows]

    @cached_property
    def planes(self):
        """The Box around all input channels."""
        first, right = self.inputs[0], self.inputs[-1].right + THICK
        return Box(first.x, first.y - THICK, right - first.x, first.height + THICK)

    @cached_property
    def crossings(self):
        """The Box around all kernels, with the names of the filters."""
        top, right = self.inputs[0].bottom + THICK, self.inputs[-1].right + THICK
        return Box(0, top, right, HEIGHT - top)


def _gaps(count, groups):
    """Before each channel: none before the first, a wide one where a group begins."""
    return [0 if not channel else NEAR if channel % (count // groups) else APART for channel in range(count)]


def _slab(sheet, place, hue):
    """The top and the right side of a plane that is a little thick, for it is a part of a volume."""
    left, top, right, bottom = place.grown(-1).corners
    side = mix(INK, SHADE, mix(hue, 0.3))
    over = [(left, top), (left + THICK, top - THICK), (right + THICK, top - THICK), (right, top)]
    beside = [(right, top), (right + THICK, top - THICK), (right + THICK, bottom - THICK), (right, bottom)]
    sheet.polygon(over, mix(hue, 0.3))
    sheet.polygon(beside, side)

"""A stack of one-dimensional layers from the side, and the cone of input cells that reach one output."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import receptive_field
from helpers.canvas import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PALE,
    Box,
    Canvas,
    Picture,
    as_array,
    mix,
    text_width,
    tints,
    to_rgb,
    written,
)
from helpers.pictures.plane import written_size

LEFT, RIGHT, EDGE, CELL, ROW, HEIGHT = 150, 20, 16, 40, 96, 456


def cone(layers, size, reach, causal=False):
    """One step per output of a stack of layers: the cells below that it depends on, and along how many paths.

    layers: Windows from the input up, each a plain number per value    size: input cells
    reach: (outputs, size), what torch says: the gradient of each output by each input where all weights are 1
    causal: all padding on the left, as many outputs as inputs, and each output above the last cell that it sees
    Raises Refused where a window does not fit, ValueError for a `reach` of another shape.
    """
    stack = _Stack(tuple(layers), size, as_array(reach), causal)
    outputs = stack.counts[-1]
    return Picture(outputs, stack.draw, stack.tell, start=outputs - 1 if causal else outputs // 2)


@dataclass(frozen=True)
class _Stack:
    layers: tuple
    size: int
    reach: np.ndarray
    causal: bool

    def __post_init__(self):
        if not self.layers:
            raise ValueError("give at least one layer")
        if self.causal and any(layer.stride > 1 for layer in self.layers):
            raise ValueError("a causal stack is drawn with stride 1 only")
        if self.reach.shape != (self.counts[-1], self.size):
            raise ValueError(f"reach is {written_size(self.reach)}, but must be {self.counts[-1]} × {self.size}")

    @cached_property
    def counts(self):
        """Cells of each row, from the input up."""
        counts = [self.size]
        for layer in self.layers:
            counts.append(counts[-1] if self.causal else layer.outputs(counts[-1]))
        return counts

    def wires(self, row, unit):
        """Cells of the row below that a unit reads, padding left out."""
        return [cell for cell in self.layers[row - 1].cells(unit) if 0 <= cell < self.counts[row - 1]]

    def paths(self, unit):
        """For each row, from the input up: the number of paths from each of its cells to the unit on top."""
        rows = [np.eye(self.counts[-1], dtype=int)[unit]]
        for row in range(len(self.layers), 0, -1):
            below = np.zeros(self.counts[row - 1], dtype=int)
            for cell in np.flatnonzero(rows[0]):
                below[self.wires(row, cell)] += rows[0][cell]
            rows.insert(0, below)
        return rows

    @cached_property
    def _centres(self):
        """Centre of every cell of every row, in input cells."""
        fields = [receptive_field(self.layers[:row]) for row in range(len(self.counts))]
        return [np.arange(count) * field.jump + (0 if self.causal else field.centre)
                for count, field in zip(self.counts, fields, strict=True)]

    @cached_property
    def _edges(self):
        """Where the longest row begins and ends, in input cells."""
        return min(row[0] for row in self._centres) - 0.5, max(row[-1] for row in self._centres) + 0.5

    @cached_property
    def cell(self):
        return min(CELL, (Canvas().width - LEFT - RIGHT) / (self._edges[1] - self._edges[0]))

    @cached_property
    def places(self):
        """Centre of every cell of every row, in CSS pixels."""
        return [LEFT + (row - self._edges[0]) * self.cell for row in self._centres]

    def height(self, row):
        """Top of a row; the output is on top."""
        pitch = min(ROW, (HEIGHT - 2 * EDGE - self.cell) / len(self.layers))
        return HEIGHT - EDGE - self.cell - row * pitch

    def draw(self, unit):
        canvas, paths = Canvas(height=HEIGHT), self.paths(unit)
        for row in range(1, len(self.counts)):
            self._wire(canvas, row, range(self.counts[row]), mix(INK, 0.13), 1)
        for row in range(1, len(self.counts)):
            self._wire(canvas, row, np.flatnonzero(paths[row]), ORANGE, 2.5)
        for row, counts in enumerate(paths):
            self._cells(canvas, row, counts)
            self._name(canvas, row)
        canvas.outline(self._box(len(self.layers), unit), INK, 3)
        return canvas

    def _box(self, row, cell):
        return Box(self.places[row][cell] - self.cell / 2, self.height(row), self.cell, self.cell)

    def _wire(self, canvas, row, units, colour, width):
        for unit in units:
            for cell in self.wires(row, unit):
                canvas.line([(self.places[row][unit], self.height(row) + self.cell),
                             (self.places[row - 1][cell], self.height(row - 1))], colour, width)

    def _cells(self, canvas, row, counts):
        colours = tints(counts[None].astype(float), BLUE if row == 0 else GREEN)[0]
        colours[counts == 0] = to_rgb(PALE)
        size = min(0.42 * self.cell, 0.8 * self.cell / max(text_width(written(n), 1) for n in counts))
        for cell, count in enumerate(counts):
            box = self._box(row, cell)
            canvas.fill(Box(box.x + 1, box.y + 1, box.width - 2, box.height - 2), colours[cell])
            if row == 0 and count:
                canvas.text(written(count), *box.centre, size)

    def _name(self, canvas, row):
        middle = self.height(row) + self.cell / 2
        if row == 0:
            return canvas.text(f"input {self.size}", LEFT - 16, middle, align=1)
        layer = self.layers[row - 1]
        told = [name for name in ("stride", "dilation") if any(getattr(each, name) > 1 for each in self.layers)]
        text = ", ".join(f"{name[0]} {getattr(layer, name)}" for name in ("kernel", *told))
        canvas.text(text, LEFT - 16, middle - 9, align=1)
        canvas.text(f"sees {receptive_field(self.layers[:row]).size}", LEFT - 16, middle + 11, 13, align=1)

    def tell(self, unit):
        counts = self.paths(unit)[0]
        reached = np.flatnonzero(counts)
        agree = "= torch ✓" if np.allclose(counts, self.reach[unit]) else f"but torch says {_numbers(self.reach[unit])}"
        return "\n".join([
            f"step: output {unit} of {self.counts[-1]}, counted from 0",
            f"reach: {_gaps(reached)}",
            f"paths: {_numbers(counts[reached]) or 'none'} to these cells {agree}",
            f"sees: {self._formula()} = {receptive_field(self.layers).size} cells, padding included",
        ])

    def _formula(self):
        jumps = [receptive_field(self.layers[:row]).jump for row in range(len(self.layers))]
        return "1" + "".join(f" + {layer.dilation}·({layer.kernel} − 1)" + (f"·{jump}" if jump > 1 else "")
                             for layer, jump in zip(self.layers, jumps, strict=True))


def _gaps(reached):
    """Which cells are reached, one by one only where there are gaps between them."""
    if not len(reached):
        return "no input cell, only padding"
    span = reached[-1] - reached[0] + 1
    cells = _numbers(reached) if len(reached) < span else "without a gap"
    noun = "input cell" if len(reached) == 1 else "input cells"
    return f"{len(reached)} {noun}, {cells}, from {reached[0]} to {reached[-1]}, which spans {span}"


def _numbers(numbers):
    return ", ".join(written(number) for number in numbers)

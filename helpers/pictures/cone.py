"""A stack of one-dimensional layers from the side, and the cone of input cells that reach one output."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import receptive_fields
from helpers.drawing.palette import BLUE, GREEN, INK, ORANGE, PALE, as_array, mix, tints, written
from helpers.drawing.picture import STEP, Fact, Picture
from helpers.drawing.sheet import SMALL, Box, Sheet, fitting, named
from helpers.pictures.parts.paths import Paths

LEFT, RIGHT, EDGE, CELL, ROW, HEIGHT = 150, 20, 16, 40, 96, 456


def cone(layers, size, reach, causal=False):
    """One step per output of a stack of layers: the cells below that it depends on, and along how many paths.

    layers: Windows from the input up, each a plain number per value    size: input cells
    reach: (outputs, size), what torch says: the gradient of each output by each input where all weights are 1
    causal: all padding on the left, as many outputs as inputs, and each output above the last cell that it sees
    Every other cell leads to an aside: the paths through it, those from the input and those to the outputs.
    Raises Refused where a window does not fit, ValueError for a `reach` of another shape.
    """
    drawn = Cone(tuple(layers), size, as_array(reach), causal)
    paths, outputs = drawn.paths, drawn.paths.counts[-1]
    return Picture(outputs, drawn.still, drawn.tell, drawn.moving, start=outputs - 1 if causal else outputs // 2,
                   groups=lambda frame: paths.groups("cell", frame), asides=paths.asides)


@dataclass(frozen=True)
class Cone:
    """What is drawn and told of a stack of layers, the input in row 0. reach: (outputs, size)"""

    layers: tuple
    size: int
    reach: np.ndarray
    causal: bool

    def __post_init__(self):
        if not self.layers:
            raise ValueError("give at least one layer")
        if self.causal and any(layer.stride > 1 for layer in self.layers):
            raise ValueError("a causal stack is drawn with stride 1 only")

    @cached_property
    def paths(self):
        counts = [self.size]
        for layer in self.layers:
            counts.append(counts[-1] if self.causal else layer.outputs(counts[-1]))
        return Paths.of(self.layers, counts, self.reach)

    @cached_property
    def fields(self):
        """What a cell of each row sees of the input, from the input up."""
        return receptive_fields(self.layers)

    @cached_property
    def _centres(self):
        """Centre of every cell of every row, in input cells."""
        return [np.arange(count) * field.jump + (0 if self.causal else field.centre)
                for count, field in zip(self.paths.counts, self.fields, strict=True)]

    @cached_property
    def _edges(self):
        """Where the longest row begins and ends, in input cells."""
        return float(min(row[0] for row in self._centres)) - 0.5, float(max(row[-1] for row in self._centres)) + 0.5

    @cached_property
    def cell(self):
        return min(CELL, (Sheet().width - LEFT - RIGHT) / (self._edges[1] - self._edges[0]))

    def _top(self, row):
        """Of a row; the output is on top."""
        pitch = min(ROW, (HEIGHT - 2 * EDGE - self.cell) / len(self.layers))
        return HEIGHT - EDGE - self.cell - row * pitch

    def _middle(self, row):
        return self._top(row) + self.cell / 2

    @cached_property
    def boxes(self):
        """For each row the Box of every cell."""
        return [[Box(x, self._top(row), self.cell, self.cell)
                 for x in (LEFT + (centres - 0.5 - self._edges[0]) * self.cell).tolist()]
                for row, centres in enumerate(self._centres)]

    def box(self, row, cell):
        return self.boxes[row][cell]

    # What is drawn

    def still(self):
        sheet = Sheet(height=HEIGHT)
        for wire in self.paths.wires:
            self._draw_wire(sheet, wire, mix(INK, 0.13), 1)
        for row, boxes in enumerate(self.boxes):
            self._draw_name(sheet, row)
            for box in boxes:
                sheet.fill(box.grown(-1), PALE)
        self.paths.put_targets(sheet, "cell", self.box)
        return sheet

    def moving(self, sheet, frame):
        shown = self.paths.at(frame)
        for wire in shown.wires:
            self._draw_wire(sheet, wire, ORANGE, 2.5)
        for row, numbers in enumerate(shown.numbers):
            colours = tints(numbers, GREEN if row else BLUE)
            for cell in np.flatnonzero(numbers):
                sheet.fill(self.box(row, cell).grown(-1), str(colours[cell]))
        for end in shown.ends:
            self._draw_numbers(sheet, end)
        for row, field in enumerate(self.fields[1:], 1):  # here, for it answers what a step can ask
            sheet.text(f"sees {field.size}", LEFT - 16, self._middle(row) + 11, SMALL, align=1)
        sheet.frame(self.box(shown.level, shown.unit), INK, 3, self.cell)

    def _draw_wire(self, sheet, wire, colour, width):
        layer, above, below = wire
        start, end = self.box(layer + 1, above), self.box(layer, below)
        sheet.line([(start.centre[0], start.bottom), (end.centre[0], end.y)], colour, width)

    def _draw_numbers(self, sheet, end):
        told = list(map(written, end.paths))
        size = fitting(told, self.cell) if told else 0
        for cell, text in zip(end.reached, told, strict=True):
            sheet.text(text, *self.box(end.level, cell).centre, size)

    def _draw_name(self, sheet, row):
        if row == 0:
            return sheet.text(f"input {self.size}", LEFT - 16, self._middle(row), align=1)
        layer = self.layers[row - 1]
        told = [name for name in ("stride", "dilation") if any(getattr(each, name) > 1 for each in self.layers)]
        text = ", ".join(f"{name[0]} {getattr(layer, name)}" for name in ("kernel", *told))
        sheet.text(text, LEFT - 16, self._middle(row) - 9, align=1)

    # What is told

    def tell(self, frame):
        shown = self.paths.at(frame)
        row, unit, count = shown.level, shown.unit, self.paths.counts[shown.level]
        if shown.is_on_top:
            yield "step", f"{frame + 1} of {count}, {named('output', (unit,))}"
        else:
            yield "cell", f"[{unit}] of {count} {f'after layer {row}' if row else 'in the input'}"
        for end in shown.ends:
            yield from self._end_sentences(end, named("output", (unit,)) if shown.is_on_top else "")
        yield from shown.told()
        if row:
            yield "sees", f"{self._formula(row)} = {self.fields[row].size} cells, padding included"

    def _formula(self, row):
        return "1" + "".join(f" + {layer.dilation}·({layer.kernel} − 1)" + f"·{field.jump}" * (field.jump > 1)
                             for layer, field in zip(self.layers[:row], self.fields, strict=False))

    def _end_sentences(self, end, seer):
        """Which cells there are at the end of paths, and how many paths to each; `seer`: an output at their beginning.
        """
        reach, paths, cells = ("seen by", "paths up", "outputs") if end.level else ("reach", "paths", "cells")
        yield reach, *(_outputs(end) if end.level else self._inputs(end, seer))
        yield paths, *(end.terms(map(written, end.paths)) or ["none"]), f" to these {cells}{end.verdict(_numbers)}"

    def _inputs(self, end, seer):
        """How many cells of the input are reached, and whether there are gaps: of an output both can be asked for."""
        if not end.reached:
            return ["no input cell, only padding"]
        gaps, kinds = _gaps(end), ("without a gap", "with gaps")
        count, kind = str(len(end.reached)), kinds[bool(gaps)]
        if seer:
            count = Fact(count, f"How many input cells have a path to {seer}?", [STEP])
            kind = Fact(kind, f"How does {seer} reach the input: without a gap, or with gaps?", [STEP], kinds)
        return [count, f" input cell{'s' * (len(end.reached) > 1)}, ", kind, *gaps, _span(end)]


def _outputs(end):
    if not end.reached:
        return ["no output"]
    gaps = _gaps(end) or [", without a gap"]
    return [f"{len(end.reached)} output{'s' * (len(end.reached) > 1)}", *gaps, _span(end)]


def _gaps(end):
    """The cells one by one where there are gaps between them, else nothing."""
    reached = end.reached
    return [", ", *end.terms(map(str, reached))] if len(reached) < reached[-1] - reached[0] + 1 else []


def _span(end):
    first, last = end.reached[0], end.reached[-1]
    return f", from {first} to {last}, which spans {last - first + 1}"


def _numbers(numbers):
    return ", ".join(map(written, numbers))

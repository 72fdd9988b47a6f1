"""All windows of a pooling layer at once, where none overlaps another: which cells are pooled together."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.drawing.palette import GREEN, ORANGE
from helpers.drawing.picture import Picture
from helpers.drawing.sheet import named
from helpers.pictures.parts.equation import Equation
from helpers.pictures.parts.plane import draw_input
from helpers.pictures.parts.reading import Input
from helpers.pictures.parts.rules import agrees, approved, pooling_rule
from helpers.pictures.parts.words import noted, planes, rest_sentence, written_rows, written_size
from helpers.pictures.side_by_side import SPOKEN

BORDER = 4  # width of the line around a window


def tiles(x, y, window, pool="max", note=""):
    """One step that shows the whole input, a border around every window, and the whole output.

    x: (rows, columns), or 1s before them    y: what torch made of it, likewise    pool: "max" or "average"
    note: a sentence of the lesson, said first
    Raises Refused where no window fits, ValueError where windows overlap and for shapes that do not belong together.
    """
    rule, y = pooling_rule(window, pool), planes(y, "y")
    shown = Tiles(Input(planes(x, "x"), window, rule.fill), y, rule, note)
    return Picture(1, shown.still, shown.tell, groups=lambda step: shown.groups)


@dataclass(frozen=True)
class Tiles:
    """An input cut into windows, and the number that the rule makes of each."""

    read: Input
    y: np.ndarray
    rule: object
    note: str

    def __post_init__(self):
        if any(axis.stride < axis.span for axis in self.read.axes):
            raise ValueError("windows overlap where stride is less than what a window spans: their borders would, too")
        self.read.expect(self.y)

    @cached_property
    def _row(self):
        names = self.read.name(), f"output {written_size(self.y)}"
        return Equation((self.read.padded.shape, self.y.shape), names, "→")

    def still(self):
        sheet, (source, target) = self._row.sheet(), self._row.grids
        draw_input(sheet, self.read, source)
        sheet.verbs = {}  # what reads a cell is found by steps, of which there is one: the groups tell it
        for at in np.ndindex(self.y.shape):
            (top, left), (bottom, right) = self.read.span(at)
            sheet.frame(source.box(top, left, bottom - top, right - left), ORANGE, BORDER, source.cell)
        sheet.grid(self.y, target.x, target.y, target.cell, GREEN)
        sheet.cells("output", target, self.y.shape)
        return sheet

    @cached_property
    def groups(self):
        """Each output with the cells of its window."""
        return [(named("output", at), *self.read.names_under(at)) for at in np.ndindex(self.y.shape)]

    def tell(self, step):
        yield from noted(self.note)
        told = written_rows(self.y) if self.y.size <= SPOKEN else written_size(self.y)
        yield "output", f"{told}, each the {self.rule.name} of its window {approved(self._is_so)}"
        yield from rest_sentence(self.read.axis_names, self.read.unread, ", marked ×")

    @property
    def _is_so(self):
        patches = [self.read.patch(at) for at in np.ndindex(self.y.shape)]
        return all(agrees(self.rule.of(patch), value, self.rule.scale(patch))
                   for patch, value in zip(patches, self.y.flat, strict=True))

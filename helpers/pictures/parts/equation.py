"""Grids in a row, such as x ∗ w = y: a name above each, a sign between neighbours."""
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from helpers.drawing.sheet import Sheet, in_a_row

TOP, NAME, ABOVE, SIGN = 44, 120, 20, 30  # of all grids; least room for a name; its distance; size of a sign
AROUND = 2  # what is covered


@dataclass(frozen=True)
class Equation:
    """Where grids of these shapes stand on a sheet, and what is written around them."""

    shapes: tuple
    names: tuple
    signs: str
    cell: float = 46
    gap: float = 70
    least: float = NAME
    height: float = 380

    @cached_property
    def _places(self):
        return in_a_row(Sheet(height=self.height), self.shapes, self.cell, self.least, self.gap, TOP)

    @property
    def grids(self):
        """The Grid of each."""
        return self._places[1]

    def column(self, number):
        """Corners of all that stands above and below a grid, as wide as that and its name."""
        block = self._places[0][number]
        return block.x - AROUND, 0, block.right + AROUND, self.height

    def sheet(self):
        """A new sheet with the names and signs on it."""
        sheet, (blocks, grids) = Sheet(height=self.height), self._places
        for block, grid, name in zip(blocks, grids, self.names, strict=True):
            sheet.text(name, block.centre[0], grid.y - ABOVE)
        for (left, right), sign in zip(pairwise(blocks), self.signs, strict=True):
            sheet.text(sign, (left.right + right.x) / 2, left.centre[1], SIGN)
        return sheet

"""A kernel as a sum of multiplication tables: how many of them it takes, and what the first few leave out."""
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from helpers.arithmetic import Refused, whole
from helpers.drawing.palette import MUTED, ORANGE, TINTS, mix, tints, written
from helpers.drawing.picture import Fact, Picture
from helpers.drawing.sheet import BARE, NUMBER, Box, Sheet, centred, fitting_cell, fitting_size
from helpers.pictures.parts.rules import verdict
from helpers.pictures.parts.words import planes, squeezed, written_rows, written_size

GAP, TOP, CELL, NAME, ROOM, LEFT, BARS, BAR, HEIGHT = 24, 40, 54.2, 130, 217, 60, 298, 27, 440
TABLE, SUMS = ("column", "row", "table"), ("added", "missing", "weight")  # what can be covered
NOTHING = 1e-5  # share of the largest singular value: below that is rounding


def terms(weight, u, s, vh, rank, call="u, s, vh = torch.linalg.svd(w)"):
    """One step that shows term `rank` of a kernel, a column times a row, and the sum of the terms up to it.

    weight: (rows, columns), or 1s before them    u, s, vh: what torch.linalg.svd(weight) gives    call: as it is typed
    Each column is scaled so that its largest number is 1: its row is then one that a student recognises.
    Raises Refused where the kernel has fewer terms than `rank`.
    """
    weight = planes(weight, "weight")
    s, (u, vh) = squeezed(s, 1), (planes(each, name) for each, name in ((u, "u"), (vh, "vh")))
    if whole("rank", rank, 1) > len(s):
        raise Refused(f"rank {rank} is more than a kernel of {written_size(weight)} can have: lower rank to {len(s)}.")
    sums = _Terms(weight, u, s, vh, rank, call)
    return Picture(1, sums.still, sums.tell)


@dataclass(frozen=True)
class _Terms:
    weight: np.ndarray
    u: np.ndarray
    s: np.ndarray
    vh: np.ndarray
    rank: int
    call: str

    @property
    def needed(self):
        """How many terms there is something left for."""
        return int((self.s > NOTHING * self.s[0]).sum())

    def pair(self, term):
        """Column and row of a term, both 0 where nothing is left for it."""
        column = self.u[:, term]
        nearly = np.abs(column) > 0.999 * np.abs(column).max()
        peak = column[nearly.argmax()] * (term < self.needed)
        return (column / peak, self.s[term] * peak * self.vh[term]) if peak else (0 * column, 0 * self.vh[term])

    @cached_property
    def sum(self):
        return np.sum([np.outer(*self.pair(term)) for term in range(self.rank)], axis=0)

    @cached_property
    def missing(self):
        rest = self.weight - self.sum
        return np.where(np.abs(rest) > NOTHING * np.abs(self.weight).max(), rest, 0)

    def still(self):
        sheet = Sheet(height=HEIGHT)
        rows, widths = len(self.weight), [self.weight.shape[1] + extra for extra in (1, 0, 0, 0)]
        cell = min(CELL, fitting_cell(sheet.width - 20, widths, NAME, GAP), ROOM / (rows + 1))
        blocks = centred(sheet, [max(n * cell, NAME) for n in widths], GAP, TOP)
        top = TOP + cell + (ROOM - (rows + 1) * cell) / 2
        lefts = [block.centre[0] - n * cell / 2 for block, n in zip(blocks, widths, strict=True)]
        self._table(sheet, lefts[0], top, cell)
        for target, left, (name, values) in zip(SUMS, lefts[1:], self._sums.items(), strict=True):
            place = self._grid(sheet, values, left, top, cell)
            sheet.text(name, place.centre[0], top - 20)
            sheet.target(target, place)
        for (left, right), sign in zip(pairwise(blocks), "→+=", strict=True):
            sheet.text(sign, (left.right + right.x) / 2, top + rows * cell / 2, 24)
        self._bars(sheet)
        return sheet

    @cached_property
    def _sums(self):
        added = "term 1 alone" if self.rank == 1 else f"terms 1 to {self.rank} added"
        return {added: self.sum, "still missing": self.missing, f"weight {written_size(self.weight)}": self.weight}

    def _grid(self, sheet, values, x, y, cell, share=BARE):
        """A grid whose tints have the scale of the kernel, so that a little looks like little."""
        most = np.abs(self.weight).max()
        return sheet.grid(values, x, y, cell, colours=tints(values.clip(-most, most), ORANGE, most),
                          size=fitting_size(values, cell, share))

    def _table(self, sheet, x, top, cell):
        """The term as a multiplication table, with its column on the left and its row on top."""
        column, row = self.pair(self.rank - 1)
        edges = [sheet.grid(column[:, None], x - 3, top, cell, ORANGE),
                 self._grid(sheet, row[None], x + cell, top - cell - 3, cell, NUMBER)]
        body = self._grid(sheet, np.outer(column, row), x + cell, top, cell)
        for edge in edges:
            sheet.frame(edge, ORANGE, 3, cell)
        for target, place in zip(TABLE, [*edges, body], strict=True):
            sheet.target(target, place)
        sheet.text("·", x - 3 + cell / 2, top - 3 - cell / 2, 24)
        sheet.text(f"term {self.rank}: column · row", (x + body.right) / 2, top - cell - 23)

    def _bars(self, sheet):
        """The singular values, those in use in the colour of weights."""
        sheet.text("singular values", LEFT, BARS - 18, align=0)
        sheet.target("values", Box(0, BARS - 30, sheet.width, sheet.height - BARS + 30))
        for term, value in enumerate(self.s):
            y, length = BARS + BAR * term, (sheet.width - 2 * LEFT - 150) * value / (self.s[0] or 1)
            colour = mix(ORANGE, TINTS[-1]) if term < self.rank else mix(MUTED, 0.5)
            sheet.text(f"term {term + 1}", LEFT, y + BAR / 2, align=0)
            sheet.fill(Box(LEFT + 70, y + 3, max(length, 2), BAR - 6), colour)
            sheet.text(written(value), LEFT + 80 + length, y + BAR / 2, align=0)

    def tell(self, step):
        column, row = self.pair(self.rank - 1)
        rows, columns = self.weight.shape
        size = verdict(np.linalg.norm(self.weight - self.sum), np.linalg.norm(self.s[self.rank:]), self.s[0])
        yield "rank", *self._needs(), f"; shown {self.rank}; singular values {', '.join(map(written, self.s))}"
        yield f"term {self.rank}", f"column {written_rows([column])}, times row {written_rows([row])}"
        yield from ((name, written_rows(values)) for name, values in self._sums.items())
        yield "size of what is missing", f"√(Σ cells²) = {size}, from the singular values left out"
        added = f"{self.rank}·({rows} + {columns}) = {self.rank * (rows + columns)} weights in columns and rows"
        yield "cost", f"{added}, {rows}·{columns} = {rows * columns} in the kernel"
        yield "torch", self.call

    def _needs(self):
        covers = "values", *TABLE, *SUMS[:2]  # all but the kernel
        enough = Fact("enough" if self.needed <= 1 else "not enough", "Is one column times one row enough for it?",
                      covers, choices=("enough", "not enough"))
        return (Fact(self.needed, "How many terms does this kernel take?", covers),
                f" of at most {len(self.s)} terms, so one is ", enough)

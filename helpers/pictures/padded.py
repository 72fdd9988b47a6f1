"""What stands around an input that is padded: zeros, or copies of its own cells."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import Refused, whole
from helpers.drawing.palette import BLANK, BLUE, ORANGE, PALE, tints
from helpers.drawing.picture import Picture
from helpers.drawing.sheet import named
from helpers.pictures.parts.equation import Equation
from helpers.pictures.parts.plane import mark_output
from helpers.pictures.parts.rules import call, computed
from helpers.pictures.parts.words import planes, written_size

RULES = {"constant": "zeros, wherever it is",
         "replicate": "the nearest cell of the input",
         "reflect": "a mirror stands on the outermost cells, which do not appear twice",
         "circular": "the input again, as on a ring: what leaves on the right comes in on the left"}


def padded(x, y, padding, mode="constant", arguments="x"):
    """One step per cell of the padding, which shows where its number comes from.

    x: (rows, columns), or 1s before them    y: (rows + 2p, columns + 2p), what F.pad made of it, likewise
    padding: p, cells on each side    mode: "constant", "replicate", "reflect" or "circular"
    arguments: how the input is written in the torch call
    Raises Refused for more padding than the mode can fill, ValueError for shapes that do not belong together.
    """
    if mode not in RULES:
        raise ValueError(f"mode must be one of {', '.join(RULES)}, not {mode!r}")
    x, y = planes(x, "x"), planes(y, "y")
    copies = _Copies(x, y, whole("padding", padding, 1), mode, arguments)
    return Picture(len(copies.cells), copies.still, copies.tell, copies.moving, groups=copies.groups)


def source(index, size, mode):
    """Which of `size` cells along an axis stands at an index, which may lie outside; none for a zero."""
    match mode:
        case "replicate":
            return min(max(index, 0), size - 1)
        case "reflect":
            return size - 1 - abs(size - 1 - abs(index))
        case "circular":
            return index % size
    return index if 0 <= index < size else None


@dataclass(frozen=True)
class _Copies:
    x: np.ndarray
    y: np.ndarray
    padding: int
    mode: str
    arguments: str

    def __post_init__(self):
        most = min(self.x.shape) - {"reflect": 1, "circular": 0}.get(self.mode, -self.padding)
        if self.padding > most:
            raise Refused(f"padding {self.padding} is more than {self.mode} finds cells for: lower padding to {most}.")
        if self.y.shape != tuple(size + 2 * self.padding for size in self.x.shape):
            raise ValueError(f"y is {written_size(self.y)}, but x {written_size(self.x)} "
                             f"has padding {self.padding} on each side")

    @cached_property
    def _is_input(self):
        inside = np.zeros(self.y.shape, dtype=bool)
        inside[self.padding:-self.padding, self.padding:-self.padding] = True
        return inside

    @cached_property
    def cells(self):
        """Those of the padding, (row, column) of the output each, in the order of the walk."""
        return list(map(tuple, np.argwhere(~self._is_input).tolist()))

    def source(self, cell):
        """Where in the input the number of a cell stands, or none for a zero."""
        at = tuple(source(i - self.padding, size, self.mode) for i, size in zip(cell, self.x.shape, strict=True))
        return None if None in at else at

    @cached_property
    def _row(self):
        names = f"input {written_size(self.x)}", f"output {written_size(self.y)}, padding {self.padding}"
        return Equation((self.x.shape, self.y.shape), names, "→")

    def still(self):
        sheet, (place, target) = self._row.sheet(), self._row.grids
        inside, since = target.box(self.padding, self.padding, *self.x.shape), np.zeros(self.y.shape, dtype=int)
        since[~self._is_input] = range(len(self.cells))
        colours = np.full(self.y.shape, PALE)
        colours[self._is_input] = tints(self.x, BLUE).ravel()
        sheet.grid(self.x, place.x, place.y, place.cell, BLUE)
        sheet.tint(target, np.where(self._is_input, "", BLANK))
        sheet.grid(self.y, target.x, target.y, target.cell, colours=colours, since=since)
        for box, cell in ((place, place.cell), (inside, target.cell)):
            sheet.frame(box, BLUE, 2, cell)
        sheet.target("source[0]", place)  # covered as a whole, with the frame that tells where a number comes from
        sheet.cells("input", place, self.x.shape)
        for at in np.ndindex(*self.y.shape):
            sheet.target(named("output", at), target.box(*at), None if self._is_input[at] else int(since[at]))
        return sheet

    def moving(self, sheet, step):
        cell, (place, target) = self.cells[step], self._row.grids
        at = self.source(cell)
        if at is not None:
            sheet.frame(place.box(*at), ORANGE, 4, place.cell)
        mark_output(sheet, target, cell)

    def groups(self, step):
        """The cell of the padding with the one that it copies."""
        cell = self.cells[step]
        at = self.source(cell)
        return [(named("output", cell), *([] if at is None else [named("input", at)]))]

    def tell(self, step):
        cell = self.cells[step]
        at, name = self.source(cell), named("output", cell)
        by_hand = 0 if at is None else self.x[at]
        yield "step", f"{step + 1} of {len(self.cells)} cells of the padding"
        copied = "" if at is None else f" = {named('input', at)}"
        yield "copy", f"{name}{copied}", *computed(name, by_hand, self.y[cell], abs(by_hand), ["source[0]", name])
        yield "rule", f"{self.mode}: {RULES[self.mode]}"
        yield "torch", call("F.pad", self.arguments, dict(pad=4 * (self.padding,), mode=self.mode))

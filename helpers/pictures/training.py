"""A kernel that is learned: its weights beside those it should find, and how the loss falls, step by step."""
from dataclasses import dataclass
from functools import cached_property
from math import floor, log10

import numpy as np

from helpers.drawing.palette import INK, MUTED, ORANGE, PALE, tints, written
from helpers.drawing.picture import Fact, Picture
from helpers.drawing.sheet import SMALL, Box, Grid, Sheet, fitting_size
from helpers.pictures.parts.words import planes, written_rows, written_size

HEIGHT, TOP, BELOW, CELL, LEFT, GAP, ROOM = 380, 56, 50, 58, 30, 60, 174  # ROOM: the most for a grid
ABOVE = 20  # a name's distance
LEAST = 1e-6  # a smaller loss is drawn like this one
DOT = 5
NEAR = 0.05  # share of the largest weight: what is no farther off has been found


def training(weights, losses, target):
    """One step per step of a training, the first before any.

    weights: for each step (rows, columns), or 1s before them    losses: a number each    target: what made the examples
    Raises ValueError for lists of different lengths, and for weights of another shape than the target.
    """
    target, weights = planes(target, "target"), [planes(weight, "weights") for weight in weights]
    if len(weights) != len(losses):
        raise ValueError(f"there are {len(weights)} weights, but {len(losses)} losses")
    if other := {weight.shape for weight in weights} - {target.shape}:
        raise ValueError(f"weights of the shape {other.pop()} cannot become a target of {target.shape}")
    course = _Course(np.array(weights), np.array([float(loss) for loss in losses]), target)
    return Picture(len(weights), course.still, course.tell, course.moving)


@dataclass(frozen=True)
class _Course:
    weights: np.ndarray
    losses: np.ndarray
    target: np.ndarray

    @cached_property
    def _cell(self):
        return min(CELL, *(ROOM / count for count in self.target.shape))

    @cached_property
    def _grids(self):
        """Where the kernel stands as far as it is learned, and the one that it should become."""
        width = ROOM + GAP / 2
        size = [count * self._cell for count in self.target.shape[::-1]]
        rooms = [Box(LEFT + i * width, self._plot.y, ROOM, self._plot.height) for i in range(2)]
        return [Grid.of(self.target.shape, *room.corner_of(*size), self._cell) for room in rooms]

    @cached_property
    def _plot(self):
        left = LEFT + 2 * ROOM + 2 * GAP
        return Box(left, TOP, Sheet().width - left - LEFT, HEIGHT - TOP - BELOW)

    @cached_property
    def _range(self):
        """The powers of ten below and above all losses."""
        logs = np.log10(np.maximum(self.losses, LEAST))
        low, high = int(np.floor(logs.min())), int(np.ceil(logs.max()))
        return low, max(high, low + 1)

    @cached_property
    def points(self):
        """(x, y) of every loss, on a scale of powers of ten."""
        (low, high), plot = self._range, self._plot
        x = plot.x + plot.width * np.arange(len(self.losses)) / max(len(self.losses) - 1, 1)
        share = (np.log10(np.maximum(self.losses, LEAST)) - low) / (high - low)
        return list(zip(x.tolist(), (plot.bottom - plot.height * share).tolist(), strict=True))

    def still(self):
        sheet, most = Sheet(height=HEIGHT), np.abs(self.target).max()
        for grid, name in zip(self._grids, ("weight, learned", "weight, wanted"), strict=True):
            sheet.text(name, grid.centre[0], grid.y - ABOVE)
        self._draw_kernel(sheet, self._grids[1], self.target, most)
        self._draw_scale(sheet)
        if len(self.points) > 1:
            sheet.line(self.points, MUTED, 1.5)
        return sheet

    def _draw_scale(self, sheet):
        (low, high), plot = self._range, self._plot
        sheet.target("loss[0]", plot)
        for power in range(low, high + 1):
            y = plot.bottom - plot.height * (power - low) / (high - low)
            sheet.line([(plot.x, y), (plot.right, y)], PALE, 1.5)
            sheet.text(power_of_ten(power), plot.x - 10, y, SMALL, MUTED, align=1)
        sheet.text("0", plot.x, plot.bottom + 20, SMALL, MUTED)
        sheet.text(f"step {len(self.losses) - 1}", plot.right, plot.bottom + 20, SMALL, MUTED, align=1)

    def _draw_kernel(self, sheet, grid, values, most):
        """On the scale of the wanted weights, so that a little looks like little."""
        sheet.grid(values, grid.x, grid.y, grid.cell, colours=tints(values.clip(-most, most), ORANGE, most),
                   size=self._size)

    @cached_property
    def _size(self):
        return fitting_size(np.concatenate([self.weights.ravel(), self.target.ravel()]), self._cell)

    def moving(self, sheet, step):
        self._draw_kernel(sheet, self._grids[0], self.weights[step], np.abs(self.target).max())
        x, y = self.points[step]
        sheet.fill(Box(x, y, 0, 0).grown(DOT), INK)
        sheet.text(f"loss {loss_in_words(self.losses[step])}", self._plot.centre[0], TOP - ABOVE)

    def off(self, step):
        """The largest difference between learned and wanted weights."""
        return np.abs(self.weights[step] - self.target).max()

    @property
    def is_found(self):
        return bool(self.off(-1) <= NEAR * np.abs(self.target).max())

    def tell(self, step):
        found = Fact("yes" if self.is_found else "no", "Will the weights become the wanted ones?", ["loss[0]"],
                     ("yes", "no"))
        yield "step", f"{step} of {len(self.losses) - 1}"
        yield "weight", f"{written_size(self.target)}, {written_rows(self.weights[step])}"
        yield "wanted", f"{written_rows(self.target)}, largest difference {written(self.off(step))}"
        yield "loss", loss_in_words(self.losses[step])
        yield "found in the end", found


def power_of_ten(number):
    """As it is written at a scale: 0.01, 1, 100."""
    return f"{10.0**number:.{max(-number, 0)}f}"


def loss_in_words(loss):
    """With two digits, however small, down to LEAST."""
    if loss < LEAST:
        return "less than 0.000001"
    return written(loss) if loss >= 0.1 else f"{loss:.{1 - floor(log10(loss))}f}"

"""The input plane with its padding and the window on it: what every picture of a sliding window draws."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import Window
from helpers.canvas import BLANK, BLUE, MUTED, ORANGE, PALE, WHITE, Box, as_array, tints, to_rgb


def planes(values, name, axes=2):
    """`values` as a float array with `axes` axes; leading axes of size 1 may come before. ValueError otherwise."""
    values = squeezed(values, axes)
    if values.ndim != axes or not values.size:
        raise ValueError(f"{name} must have {axes} axes, with only 1s before them, not shape {values.shape}")
    return values


def squeezed(values, axes):
    """`values` as a float array, without the leading axes of size 1 that it has beyond `axes`."""
    values = as_array(values)
    while values.ndim > axes and values.shape[0] == 1:
        values = values[0]
    return values


def written_size(values):
    """Shape as the lessons write it: 6 × 6."""
    return " × ".join(map(str, values.shape))


def index_of(step, shape):
    """Which cell a step of a walk is at, row by row."""
    return tuple(int(i) for i in np.unravel_index(step, shape))


def size_sentence(rows, columns):
    """The size formula of both axes, once where they have the same numbers."""
    return f"size: {rows}, for rows and for columns" if rows == columns else f"size: rows {rows}, columns {columns}"


def filling(canvas, values, x, y, cell, hue, step):
    """A grid whose cells are written up to number `step`, row by row; returns its Grid."""
    shown = np.arange(values.size).reshape(values.shape) <= step
    colours = np.where(shown[..., None], tints(values, hue), to_rgb(BLANK))
    return canvas.grid(values, x, y, cell, colours=colours, shown=shown)


@dataclass(frozen=True)
class Plane:
    """One channel of an input, (rows, columns), as a window meets it."""

    values: np.ndarray
    window: Window
    fill: float

    def expect(self, y, weight=None):
        """ValueError unless output and weight have the shapes that belong to this window."""
        if y.shape != self.outputs:
            raise ValueError(f"y is {written_size(y)}, but this window makes {self.outputs} of the input")
        kernel = tuple(axis.kernel for axis in self.axes)
        if weight is not None and weight.shape != kernel:
            raise ValueError(f"weight is {written_size(weight)}, but the window's kernel is {kernel}")

    @cached_property
    def axes(self):
        return self.window.axes(2)

    @cached_property
    def outputs(self):
        return self.window.outputs(self.values.shape)

    @cached_property
    def before(self):
        """Rows and columns of padding before the first cell."""
        return [axis.padding for axis in self.axes]

    @cached_property
    def padded(self):
        """The plane within its padding; nan where a window of ceil_mode hangs over even that."""
        after = [max(axis.padding, axis.cells(count - 1)[-1] + 1 - size) if axis.ceil_mode else axis.padding
                 for axis, count, size in zip(self.axes, self.outputs, self.values.shape, strict=True)]
        edges = [(axis.padding, axis.padding) for axis in self.axes]
        over = [(0, more - axis.padding) for axis, more in zip(self.axes, after, strict=True)]
        return np.pad(np.pad(self.values, edges, constant_values=self.fill), over, constant_values=np.nan)

    def taps(self, cell):
        """Rows and columns of `padded` under the window of one output cell."""
        return [np.array(axis.cells(i)) + axis.padding for axis, i in zip(self.axes, cell, strict=True)]

    def patch(self, cell):
        return self.padded[np.ix_(*self.taps(cell))]

    @cached_property
    def is_padding(self):
        inside = np.zeros(self.padded.shape, dtype=bool)
        top, left = self.before
        inside[top:top + self.values.shape[0], left:left + self.values.shape[1]] = True
        return ~inside

    @cached_property
    def _is_overhang(self):
        rows, columns = (n + 2 * pad for n, pad in zip(self.values.shape, self.before, strict=True))
        over = np.ones(self.padded.shape, dtype=bool)
        over[:rows, :columns] = False
        return over

    @cached_property
    def unread(self):
        """Rows, and columns, that no window reads, numbered as in the unpadded input."""
        return [axis.unread(n) for axis, n in zip(self.axes, self.values.shape, strict=True)]

    @cached_property
    def _tints_under(self):
        return tints(np.where(self.is_padding, 0, self.padded), ORANGE)

    @cached_property
    def _colours(self):
        colours = tints(np.where(self.is_padding, 0, self.padded), BLUE)
        colours[self.is_padding] = to_rgb(PALE)
        colours[self._is_overhang] = to_rgb(WHITE)
        return colours

    def draw(self, canvas, x, y, cell, at):
        """Draw the plane with the window of output cell `at`; returns its Grid."""
        colours = self._colours.copy()
        rows, columns = self.taps(at)
        under = np.ix_(rows, columns)
        colours[under] = self._tints_under[under]
        place = canvas.grid(self.padded, x, y, cell, colours=colours)
        top, left = self.before
        canvas.outline(place.box(top, left, *self.values.shape), BLUE, 2)
        self._cross_unread(canvas, place)
        if any(axis.span > axis.kernel for axis in self.axes):
            for row in rows:
                for column in columns:
                    canvas.outline(place.box(row, column), ORANGE, 2)
        span = place.box(rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
        canvas.outline(span, ORANGE, 4)
        return place

    def _cross_unread(self, canvas, place):
        (top, left), (rows, columns) = self.before, self.unread
        for row, column in np.argwhere(~self._is_overhang):
            if row - top in rows or column - left in columns:
                cross_corner(canvas, place.box(row, column))

    def where(self, at, noun="input"):
        """The cells under the window, in words, numbered as in the unpadded plane."""
        rows, columns = (axis.cells(index) for axis, index in zip(self.axes, at, strict=True))
        return f"window on {listed('row', rows)} and {listed('column', columns)} of the {noun}"

    def name(self, noun="input"):
        """What stands above the input."""
        padding = f", padding {self.window.padding}" if any(self.before) else ""
        return f"{noun} {written_size(self.values)}{padding}"

    def sentences(self):
        """The size formula with its numbers in it, and what no window reaches."""
        axes = list(zip(self.axes, self.values.shape, strict=True))
        rows, columns = (axis.in_words(n) for axis, n in axes)
        yield size_sentence(rows, columns)
        yield from (f"{rest}, marked ×" for rest in rest_sentence(("row", "column"), self.unread))


def cross_corner(canvas, box):
    """A small × in the corner of a cell that is never read: told by shape as well as by colour."""
    canvas.cross(Box(box.right - box.width / 5 - 3, box.y + 3, box.width / 5, box.width / 5), MUTED)


def rest_sentence(names, unread):
    """What no window reads, one list of numbers per axis: a sentence, or none."""
    lines = [listed(name, numbers) for name, numbers in zip(names, unread, strict=True) if numbers]
    return [f"rest: no window reads {' and '.join(lines)}"] if lines else []


def listed(name, indices):
    """A noun and its numbers: "row 3", "columns −1, 0, 1"."""
    numbers = ", ".join(str(i).replace("-", "−") for i in indices)
    return f"{name}{'s' * (len(indices) > 1)} {numbers}"

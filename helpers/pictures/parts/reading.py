"""An input as a window meets it: its padding, the cells under each window, what none reads; on any number of axes."""
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import product

import numpy as np

from helpers.arithmetic import Window
from helpers.drawing.sheet import named
from helpers.pictures.parts.words import listed, written_size

AXES = {1: ("cell",), 2: ("row", "column"), 3: ("slice", "row", "column")}


@dataclass(frozen=True)
class Input:
    """`values` with padding of `fill` around them, and a `window` that walks over them.

    A cell of the output is named by its indices, one per axis; so is a cell of the input, below 0 in the padding.
    noun: what a cell is called    channel: of which channel this is the plane, which the names of its cells say first
    """

    values: np.ndarray
    window: Window
    fill: float = 0
    noun: str = "input"
    channel: int | None = None

    def expect(self, y, weight=None):
        """ValueError unless output and weight have the shapes that belong to this window."""
        if y.shape != self.outputs:
            raise ValueError(f"y is {written_size(y)}, but this window makes {self.outputs} of the input")
        kernel = tuple(axis.kernel for axis in self.axes)
        if weight is not None and weight.shape != kernel:
            raise ValueError(f"weight is {written_size(weight)}, but the window's kernel is {kernel}")

    @cached_property
    def axes(self):
        return self.window.axes(self.values.ndim)

    @property
    def axis_names(self):
        return AXES[self.values.ndim]

    @cached_property
    def outputs(self):
        return self.window.outputs(self.values.shape)

    @cached_property
    def before(self):
        """Cells of padding before the first cell, one number per axis."""
        return np.array([axis.before for axis in self.axes])

    @cached_property
    def after(self):
        """Likewise after the last cell."""
        return np.array([axis.after for axis in self.axes])

    @cached_property
    def padded(self):
        """The values within their padding; nan where a window of ceil_mode hangs over even that."""
        edges = list(zip(self.before, self.after, strict=True))
        over = [(0, max(axis.cells(count - 1)[-1] + 1 - size - axis.after, 0) if axis.ceil_mode else 0)
                for axis, count, size in zip(self.axes, self.outputs, self.values.shape, strict=True)]
        return np.pad(np.pad(self.values, edges, constant_values=self.fill), over, constant_values=np.nan)

    @cached_property
    def is_input(self):
        """Which cells of `padded` are no padding."""
        return self._is_within(self.before, self.values.shape)

    @cached_property
    def is_overhang(self):
        """Which cells of `padded` lie beyond the padding."""
        return ~self._is_within(0 * self.before, self.before + self.values.shape + self.after)

    def _is_within(self, first, size):
        inside = np.zeros(self.padded.shape, dtype=bool)
        inside[tuple(slice(low, low + count) for low, count in zip(first, size, strict=True))] = True
        return inside

    @cached_property
    def _all_taps(self):
        """For each axis and window along it the places in `padded`."""
        return [[np.array(axis.cells(i)) + axis.before for i in range(count)]
                for axis, count in zip(self.axes, self.outputs, strict=True)]

    def taps(self, at):
        """For each axis the places in `padded` under the window of one output cell."""
        return [taps[i] for taps, i in zip(self._all_taps, at, strict=True)]

    def patch(self, at):
        """What lies under that window."""
        return self.padded[np.ix_(*self.taps(at))]

    def span(self, at):
        """The first corner of that window, and the one past its last, in `padded`."""
        return np.array([(tap[0], tap[-1] + 1) for tap in self.taps(at)]).T

    @cached_property
    def unread(self):
        """For each axis the cells that no window reads, numbered as in the unpadded input."""
        return [axis.unread(n) for axis, n in zip(self.axes, self.values.shape, strict=True)]

    @cached_property
    def is_unread(self):
        """Which cells of `padded` no window reads."""
        read = [np.isin(np.arange(size) - pad, numbers, invert=True)
                for size, pad, numbers in zip(self.padded.shape, self.before, self.unread, strict=True)]
        return ~reduce(np.logical_and.outer, read) & ~self.is_overhang

    @cached_property
    def names(self):
        """What each cell of `padded` is called where it is pointed at."""
        names, channel = np.empty(self.padded.shape, dtype=object), [] if self.channel is None else [self.channel]
        for cell in np.ndindex(*self.padded.shape):
            names[cell] = named(self.noun if self.is_input[cell] else "padding",
                                [*channel, *(int(i - pad) for i, pad in zip(cell, self.before, strict=True))])
        return names

    def names_under(self, at):
        """Those of the cells under a window, in the order of its weights."""
        return [self.names[cell] for cell in product(*self.taps(at))]

    def where(self, at, noun="input"):
        """The cells under the window, in words, numbered as in the unpadded input."""
        *some, last = [listed(name, axis.cells(index))
                       for name, axis, index in zip(self.axis_names, self.axes, at, strict=True)]
        return f"window on {', '.join(some)} and {last} of the {noun}"

    def name(self, noun="input"):
        """What stands above the input."""
        padding = f", padding {self.window.padding}" if (self.before + self.after).any() else ""
        return f"{noun} {written_size(self.values)}{padding}"

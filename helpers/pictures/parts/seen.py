"""What the units of a stack of layers see of its input, in numbers: fields, and what is really read."""
from dataclasses import dataclass
from functools import cached_property

from helpers.arithmetic import receptive_fields, sizes


@dataclass(frozen=True)
class Seen:
    """What the units of a stack see, in numbers. Level 0 is the input; axis 0 has the rows, axis 1 the columns.

    A run (first, end) is the units, or cells, from first to end − 1.
    """

    layers: tuple
    shape: tuple

    @cached_property
    def counts(self):
        """For each axis the units of every level."""
        return [sizes(self.layers, size) for size in self.shape]

    @property
    def top(self):
        return len(self.layers)

    @cached_property
    def fields(self):
        """The Field of every level."""
        return receptive_fields(self.layers)

    @cached_property
    def _taps(self):
        """For each layer what its first window reads; the others read the same, further on by their strides."""
        return [layer.cells(0) for layer in self.layers]

    def centre(self, level, unit):
        return unit * self.fields[level].jump + self.fields[level].centre

    def nearest(self, axis, level, place):
        """The unit of a level whose field has its centre nearest to a place in the input."""
        field = self.fields[level]
        return min(max(round((place - field.centre) / field.jump), 0), self.counts[axis][level] - 1)

    def field(self, level, unit):
        """The field of a unit, along one axis of the input, as a run."""
        first = round(self.centre(level, unit) - (self.fields[level].size - 1) / 2)
        return first, first + self.fields[level].size

    def inside(self, axis, level, unit):
        """How many cells of its field are no padding."""
        first, end = self.field(level, unit)
        return max(min(end, self.shape[axis]) - max(first, 0), 0)

    def spans(self, level, unit):
        """On each level from the input up to a unit: from the first to the last that it goes back to, a run."""
        spans = [(unit, unit + 1)]
        for layer in reversed(range(level)):
            spans.append(self._under(layer, *spans[-1]))
        return spans[::-1]

    def read(self, axis, level, unit):
        """On each level from the input up to a unit: what is really read, padding left out, in runs."""
        read = [[(unit, unit + 1)]]
        for layer in reversed(range(level)):
            read.append(_joined(self._pieces(layer, read[-1]), self.counts[axis][layer]))
        return read[::-1]

    def _under(self, layer, first, end):
        """From the first to the last cell under a run of windows."""
        taps, stride = self._taps[layer], self.layers[layer].stride
        return first * stride + taps[0], (end - 1) * stride + taps[-1] + 1

    def _pieces(self, layer, runs):
        """What some runs of windows read, in order: a run for each of them, or single cells where these have gaps."""
        window, taps = self.layers[layer], self._taps[layer]
        if len(taps) == taps[-1] - taps[0] + 1 >= window.stride:
            return [self._under(layer, *run) for run in runs]
        cells = {unit * window.stride + tap for run in runs for unit in range(*run) for tap in taps}
        return [(cell, cell + 1) for cell in sorted(cells)]


def _joined(runs, count):
    """Runs in order, cut to units that exist, those that meet as one."""
    joined = []
    for first, end in runs:
        first, end = max(first, 0), min(end, count)
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif first < end:
            joined.append((first, end))
    return joined

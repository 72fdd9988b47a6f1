"""A window walks through a volume: a block among cubes, or the same as slices side by side."""
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np

from helpers.arithmetic import whole
from helpers.drawing.palette import ORANGE, mix, tints
from helpers.drawing.picture import Picture, Term
from helpers.drawing.sheet import Box, named
from helpers.pictures.parts.blocks import FAINT, Cubes, Lines, Slices, Walk
from helpers.pictures.parts.reading import Input
from helpers.pictures.parts.rules import Weighted, call, computed, joined, signed
from helpers.pictures.parts.words import ending_in, index_of, planes, rest_sentence, written_size


def volume(x, y, window, weight, cut=None, arguments="x, w"):
    """A block walks through a volume of cubes, one step per cell of `y`, and the cubes of the output appear.

    x: (slices, rows, columns), or 1s before them    y: what torch made of it, likewise    weight: (k_d, k_h, k_w)
    cut: the slice of the input whose numbers are seen, the last unless given; those in front of it are taken away,
        which are none where `cut` is the last or past it
    arguments: how the tensors are written in the torch call
    Raises Refused where no window fits, ValueError for shapes that do not belong together.
    """
    read, y, weight = _checked(x, y, window, weight)
    last = len(read.values) - 1
    wanted = last if cut is None else whole("cut", cut, 0)
    return _AmongCubes(read, y, weight, arguments, min(wanted, last), wanted).picture()


def slices(x, y, window, weight, arguments="x, w"):
    """The same walk with all slices of input, weight and output side by side; arguments and errors as above."""
    return _AmongSlices(*_checked(x, y, window, weight), arguments).picture()


def _checked(x, y, window, weight):
    read, y, weight = Input(planes(x, "x", 3), window), planes(y, "y", 3), planes(weight, "weight", 3)
    read.expect(y, weight)
    return read, y, weight


@dataclass(frozen=True)
class _Volume:
    """What both views share. Each term of the sum is a slice of the kernel, whose cells belong together."""

    read: Input
    y: np.ndarray
    weight: np.ndarray
    arguments: str

    def picture(self):
        return Picture(self.y.size, self.still, self.tell, self.moving, groups=self.groups)

    @cached_property
    def lines(self):
        names = self.read.name(), f"weight {written_size(self.weight)}", f"output {written_size(self.y)}"
        return Lines(self.kind, (self.read.padded.shape, self.weight.shape, self.y.shape), names, self.counts)

    @cached_property
    def walk(self):
        return Walk(self.read, self.weight, self.y, tuple(self.lines.places), self.front)

    def still(self):
        sheet, (source, kernel, target) = self.lines.sheet(), self.lines.places
        source.draw_input(sheet, self.read, self.front)
        self.draw_kernel(sheet, kernel)
        target.draw_output(sheet, self.y)
        sheet.verbs["input"] = sheet.verbs["padding"] = "is read by"
        return sheet

    def moving(self, sheet, step):
        self.walk.moving(sheet, index_of(step, self.y.shape))

    def tell(self, step):
        at, rule = index_of(step, self.y.shape), Weighted(self.weight)
        patch, name = self.read.patch(at), named("output", at)
        sums = [Term(signed(value), k) for k, value in enumerate((patch * self.weight).sum(axis=(1, 2)))]
        yield "step", f"{step + 1} of {self.y.size}, {self.read.where(at)}"
        yield ("sum", f"{name} = ", *joined(sums, " + "),
               *computed(name, rule.of(patch), self.y[at], rule.scale(patch)),
               ", a number from each slice of the window")
        yield from self._lasting

    @cached_property
    def _lasting(self):
        slices, rows, columns = (axis.in_words(n)
                                 for axis, n in zip(self.read.axes, self.read.values.shape, strict=True))
        plane = f"rows and columns {rows}" if rows == columns else f"rows {rows}; columns {columns}"
        asked = ending_in(slices, "How many slices will the output have?", ["output"])
        size = (*asked, ", for every axis") if slices == rows == columns else ("slices ", *asked, f"; {plane}")
        torch = call("F.conv3d", self.arguments, Weighted(self.weight).settings(self.read.window))
        return [("size", *size), *rest_sentence(self.read.axis_names, self.read.unread), ("torch", torch)]


@dataclass(frozen=True)
class _AmongSlices(_Volume):
    kind, counts, front = Slices, (1, 2), 0

    def draw_kernel(self, sheet, place):
        place.draw_kernel(sheet, self.weight)

    def groups(self, step):
        """The cells under each slice of the kernel, and its weights."""
        under = self.read.names_under(index_of(step, self.y.shape))
        each = self.weight[0].size
        return [under[k * each:(k + 1) * each] + weights for k, weights in enumerate(self._weights)]

    @cached_property
    def _weights(self):
        return [[named("weight", (k, *at)) for at in np.ndindex(*page.shape)] for k, page in enumerate(self.weight)]


@dataclass(frozen=True)
class _AmongCubes(_Volume):
    """The cut goes through the kernel too, where the window has a slice there; otherwise the kernel is whole."""

    cut: int
    wanted: int
    kind, counts = Cubes, (3,)

    @cached_property
    def front(self):
        return self.cut + int(self.read.before[0])

    def _foremost(self, at):
        """The slice of the kernel that is seen."""
        taps = self.read.taps(at)[0].tolist()
        return taps.index(self.front) if self.front in taps else len(taps) - 1

    @cached_property
    def _kernels(self):
        """The marks of the kernel up to each of its slices."""
        place, colours = self.lines.places[1], tints(self.weight, ORANGE)
        return [list(chain(*place.solid(self.weight[:end], colours[:end]).values()))
                for end in range(1, len(self.weight) + 1)]

    def draw_kernel(self, sheet, place):
        """Its frame; it is one target, for its slices are seen at different places."""
        place.frame(sheet, mix(ORANGE, FAINT))
        width, _, height = place.extent(place.shape)
        sheet.target("weight", Box(place.x, place.y, width * place.cell, height * place.cell))

    def moving(self, sheet, step):
        for mark in self._kernels[self._foremost(index_of(step, self.y.shape))]:
            sheet.put(mark)
        super().moving(sheet, step)

    def groups(self, step):
        """The cells that are seen under the foremost slice of the kernel; the rest is out of sight."""
        at = index_of(step, self.y.shape)
        slices, rows, columns = self.read.taps(at)
        seen = [self.read.names[self.front, row, column] for row in rows for column in columns
                if self.front in slices and self.read.is_input[self.front, row, column]]
        return [[*seen, "weight"] if k == self._foremost(at) else [] for k in range(len(self.weight))]

    def tell(self, step):
        yield "view", self._view
        yield from super().tell(step)

    @property
    def _view(self):
        last = len(self.read.values) - 1
        left = f"slices 0 to {self.cut}" if self.cut else "slice 0"
        missing = f", which has no slice {self.wanted}" * (self.wanted > last)
        return f"{left}, those in front are taken away" if self.cut < last else f"the whole input{missing}"

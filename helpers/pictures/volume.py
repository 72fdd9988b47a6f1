"""A window walks through a volume: a block among cubes, or the same as slices side by side."""
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np

from helpers.arithmetic import whole
from helpers.drawing.palette import ORANGE, mix, tints, written
from helpers.drawing.picture import Fact, Picture, Term
from helpers.drawing.sheet import SMALL, Box, named
from helpers.pictures.parts.blocks import FAINT, HEIGHT, WIDTH, Cubes, Lines, Slices, Walk
from helpers.pictures.parts.reading import Input
from helpers.pictures.parts.rules import Weighted, call, computed, joined, products, renumbered, signed
from helpers.pictures.parts.words import ending_in, index_of, planes, rest_sentence, written_size

BELOW = 10  # the number of a slice, below its cubes
MOVES = "slices", "rows", "columns"
SLICES = "input slice", "weight slice"
OUTPUT = "name of the output", "output"  # what is covered


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
    """What both views share.

    The sum has a term for each slice of the kernel, and each of these is a sum of products: so are the groups, first
    one for each slice, and then one for each weight.
    """

    read: Input
    y: np.ndarray
    weight: np.ndarray
    arguments: str

    def picture(self):
        name, output = self.lines.around(2)
        # To the edges, for how far it goes would tell how large it is
        places = zip(OUTPUT, ((*name[:2], WIDTH, name[3]), (*output[:2], WIDTH, HEIGHT)), strict=True)
        return Picture(self.y.size, self.still, self.tell, self.moving, groups=self.groups, places=places)

    def _slices(self, at):
        """The slices under the window of an output cell, numbered as in the unpadded input."""
        return (self.read.taps(at)[0] - self.read.before[0]).tolist()

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
        sums = [Term(signed(value), k) for k, value in enumerate(self._sums(patch))]
        yield "step", f"{step + 1} of {self.y.size}, {self.read.where(at)}"
        yield from self._products(at, patch)
        yield ("sum", f"{name} = ", *joined(sums, " + "),
               *computed(name, rule.of(patch), self.y[at], rule.scale(patch)),
               ", a number from each slice of the window")
        yield "next", *self._next(step)
        yield from self._lasting

    def _sums(self, patch):
        """What each slice of the kernel makes."""
        return (patch * self.weight).sum(axis=(1, 2))

    def _products(self, at, patch):
        """A sentence for each slice that is told: its products, and what they add up to."""
        for k, (slice_number, value) in enumerate(zip(self._slices(at), self._sums(patch), strict=True)):
            if self.tells(at, k):
                parts = renumbered(products(patch[k].flat, self.weight[k].flat), len(patch) + k * patch[k].size)
                yield f"slice {written(slice_number)}", *parts, f" = {written(value)}"

    def _next(self, step):
        """Where the window goes from here. At the end of a row that can be asked for."""
        if step + 1 == self.y.size:
            return ["nowhere, this is the last stop"]
        here, there = index_of(step, self.y.shape), index_of(step + 1, self.y.shape)
        axis = next(axis for axis, (now, then) in enumerate(zip(here, there, strict=True)) if now != then)
        if axis == 2:
            return ["along the columns"]
        return ["along the ", Fact(MOVES[axis], "Along what does the window go on from here?", choices=MOVES[::-1])]

    @cached_property
    def _lasting(self):
        slices, rows, columns = (axis.in_words(n)
                                 for axis, n in zip(self.read.axes, self.read.values.shape, strict=True))
        plane = f"rows and columns {rows}" if rows == columns else f"rows {rows}; columns {columns}"
        asked = ending_in(slices, "How many slices will the output have?", OUTPUT)
        size = (*asked, ", for every axis") if slices == rows == columns else ("slices ", *asked, f"; {plane}")
        torch = call("F.conv3d", self.arguments, Weighted(self.weight).settings(self.read.window))
        return [("size", *size), *rest_sentence(self.read.axis_names, self.read.unread), ("torch", torch)]


@dataclass(frozen=True)
class _AmongSlices(_Volume):
    kind, counts, front = Slices, (1, 2), 0

    def still(self):
        """The cells, and below them the whole slices, which are lit, too."""
        sheet = super().still()
        cells, sheet.targets = sheet.targets, []
        for noun, place, first in zip(SLICES, self.lines.places, (self.read.before[0], 0), strict=False):
            for z, grid in enumerate(place.grids, -int(first)):
                sheet.target(named(noun, [z]), grid)
        sheet.targets += cells
        return sheet

    def draw_kernel(self, sheet, place):
        place.draw_kernel(sheet, self.weight)

    def tells(self, at, k):
        """Whether the products of a slice of the kernel are told."""
        return True

    def groups(self, step):
        """Each slice under the window with that of the kernel, and each cell under it with its weight."""
        at = index_of(step, self.y.shape)
        pages = [[named(SLICES[0], [z]), named(SLICES[1], [k])] for k, z in enumerate(self._slices(at))]
        return pages + list(zip(self.read.names_under(at), self._weights, strict=True))

    @cached_property
    def _weights(self):
        return [named("weight", at) for at in np.ndindex(*self.weight.shape)]


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

    def still(self):
        """The cells, and below them the whole slice at the cut, which is lit, too."""
        sheet, source = super().still(), self.lines.places[0]
        first, size = self.read.before.tolist()[1:], self.read.values.shape[1:]
        sheet.target(named(SLICES[0], [self.cut]), source.box(self.front, *first, *size))
        sheet.targets.insert(0, sheet.targets.pop())
        self._number(sheet, source, self.cut)
        return sheet

    def _number(self, sheet, place, number):
        """Which slice of a volume is seen, below it."""
        width, _, height = place.extent(place.shape)
        x, y = place.x + width * place.cell / 2, place.y + height * place.cell + BELOW
        sheet.text(f"slice {number} in front", x, y, SMALL)

    def draw_kernel(self, sheet, place):
        """Its frame; it is one target, for its slices are seen at different places."""
        place.frame(sheet, mix(ORANGE, FAINT))
        width, _, height = place.extent(place.shape)
        sheet.target("weight", Box(place.x, place.y, width * place.cell, height * place.cell))

    def moving(self, sheet, step):
        foremost = self._foremost(index_of(step, self.y.shape))
        for mark in self._kernels[foremost]:
            sheet.put(mark)
        self._number(sheet, self.lines.places[1], foremost)
        super().moving(sheet, step)

    def tells(self, at, k):
        """Whether the numbers of a slice under the window are in sight."""
        return self.read.taps(at)[0][k] == self.front

    def groups(self, step):
        """The slice at the cut with the foremost of the kernel, and each cell of it; the rest is out of sight."""
        at = index_of(step, self.y.shape)
        is_cut = self.front in self.read.taps(at)[0]
        pages = [[*[named(SLICES[0], [self.cut])] * is_cut, "weight"] if k == self._foremost(at) else []
                 for k in range(len(self.weight))]
        return pages + [[name] if name in self._seen else [] for name in self.read.names_under(at)]

    @cached_property
    def _seen(self):
        """The names of the input's cells at the cut."""
        return set(self.read.names[self.front][self.read.is_input[self.front]])

    def tell(self, step):
        yield "view", self._view
        yield from super().tell(step)

    @property
    def _view(self):
        last = len(self.read.values) - 1
        left = f"slices 0 to {self.cut}" if self.cut else "slice 0"
        missing = f", which has no slice {self.wanted}" * (self.wanted > last)
        return f"{left}, those in front are taken away" if self.cut < last else f"the whole input{missing}"

"""A depthwise separable convolution as stacks of channels: first each channel alone, then all of them mixed."""
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from helpers.arithmetic import macs, parameters
from helpers.drawing.palette import BLANK, BLUE, GREEN, INK, ORANGE, mix, tints
from helpers.drawing.picture import Fact, Picture
from helpers.drawing.sheet import BARE, SMALL, Sheet, centred, fitting_cell, fitting_size, named
from helpers.pictures.parts.columns import BESIDE, stacked
from helpers.pictures.parts.rules import Weighted, agrees, products, verdict
from helpers.pictures.parts.words import planes, written_size

GAP, TOP, HEIGHT, CELL, NAME, BELOW, WIRE, FRAME = 44, 56, 560, 34, 100, 8, 6, 3
ABOVE = 40, 20  # the grids of a column: its name and, smaller, its size
COLUMNS = "input", "depthwise", "middle", "pointwise", "output"


def separable(x, depthwise, middle, pointwise, y, call):
    """One step per channel: first those of `middle`, each made of one channel of `x`, then those of `y`, each of all.

    x: (C_in, rows, columns)    depthwise: (C_in · m, 1, k_h, k_w)    pointwise: (C_out, C_in · m, 1, 1)
    middle, y: what torch made of it in each stage, with stride 1 and a padding that keeps the size; a 1 may come
    before x, middle and y
    call: how torch is told to do both
    A channel is named by its cell that is computed in words.
    Raises ValueError for even kernels, and for shapes that do not belong together.
    """
    x, middle, y = (planes(each, name, 3) for each, name in ((x, "x"), (middle, "middle"), (y, "y")))
    stages = _Stages(x, planes(depthwise, "depthwise", 4), middle, planes(pointwise, "pointwise", 4), y, call)
    drawn = _Drawn(stages, _Columns(len(x), len(y), stages.multiplier, x.shape[1:], stages.kernel))
    return Picture(len(middle) + len(y), drawn.still, stages.tell, drawn.moving, groups=stages.groups,
                   before=lambda step: {"pointwise": (max(step - len(middle), 0),)})


@dataclass(frozen=True)
class _Stages:
    """What both stages compute, told by one cell of each channel."""

    x: np.ndarray
    depthwise: np.ndarray
    middle: np.ndarray
    pointwise: np.ndarray
    y: np.ndarray
    call: str

    def __post_init__(self):
        between, size = len(self.x) * self.multiplier, self.x.shape[1:]
        if not all(n % 2 for n in self.kernel):
            raise ValueError(f"a kernel of {written_size(self.depthwise[0, 0])} cannot keep the size: take an odd one")
        expected = {"depthwise": (between, 1, *self.kernel), "middle": (between, *size),
                    "pointwise": (len(self.y), between, 1, 1), "y": (len(self.y), *size)}
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} is {written_size(getattr(self, name))}, but must be {shape}")

    def name(self, noun, channel):
        """Of a channel in the middle or of the output: of its cell that is computed in words."""
        return named(noun, (channel, *self.cell))

    @property
    def kernel(self):
        return self.depthwise.shape[2:]

    @property
    def multiplier(self):
        return max(len(self.depthwise) // len(self.x), 1)

    @property
    def cell(self):
        """The cell that is computed in words."""
        return tuple(n // 2 for n in self.x.shape[1:])

    @cached_property
    def under(self):
        """The rows and columns under the window of that cell, weight by weight, and whether they are no padding."""
        corner = np.array(self.cell) - np.array(self.kernel) // 2
        cells = [tuple(int(i) for i in corner + at) for at in np.ndindex(self.kernel)]
        return [(cell, all(0 <= i < n for i, n in zip(cell, self.x.shape[1:], strict=True))) for cell in cells]

    @cached_property
    def _windows(self):
        """The cells under each window, (C_in, rows, columns, k_h, k_w)."""
        padded = np.pad(self.x, [(0, 0), *((n // 2, n // 2) for n in self.kernel)])
        return np.lib.stride_tricks.sliding_window_view(padded, self.kernel, axis=(1, 2))

    @cached_property
    def _by_hand(self):
        """What each stage makes of what torch made before it: the channels in the middle, then those of the output."""
        # torch keeps the channels that are made of the same input channel together
        middle = np.einsum("cyxij,cij->cyx", self._windows.repeat(self.multiplier, axis=0), self.depthwise[:, 0])
        return [*middle, *np.einsum("oc,cyx->oyx", self.pointwise[..., 0, 0], self.middle)]

    def groups(self, step):
        """The terms of the cell in words."""
        if step >= len(self.middle):
            return [(self.name("middle", channel), named("pointwise", (channel, 0, 0)))
                    for channel in range(len(self.middle))]
        source = step // self.multiplier
        weights = [named("depthwise", (step, 0, *at)) for at in np.ndindex(self.kernel)]
        return [(named("input", (source, *cell)), weight) if inside else (weight,)
                for (cell, inside), weight in zip(self.under, weights, strict=True)]

    def tell(self, step):
        mixed = step - len(self.middle)
        does, told = self._mixing(mixed) if mixed >= 0 else self._filtering(step)
        yield "step", f"{step + 1} of {len(self.middle) + len(self.y)}, {does}"
        yield "sum", *told
        yield from self._lasting

    def _filtering(self, channel):
        source = channel // self.multiplier
        rule, patch = Weighted(self.depthwise[channel, 0]), self._windows[(source, *self.cell)]
        return (f"depthwise: kernel {channel} reads channel {source} of the input, and nothing else",
                (f"{self.name('middle', channel)} = ", *rule.told(patch),
                 f" = {self._ending(channel, self.middle[channel], rule.scale(patch))}"))

    def _mixing(self, channel):
        weights, values = self.pointwise[channel, :, 0, 0], self.middle[(slice(None), *self.cell)]
        ending = self._ending(len(self.middle) + channel, self.y[channel], np.abs(values * weights).sum())
        return (f"pointwise: filter {channel} mixes all channels in the middle, cell by cell",
                (f"{self.name('output', channel)} = ", *products(values, weights), f" = {ending}"))

    def _ending(self, step, torch_says, scale):
        """The verdict on one cell of a channel, and on all of them."""
        by_hand = self._by_hand[step]
        ending = verdict(by_hand[self.cell], torch_says[self.cell], scale)
        all_agree = agrees(by_hand, torch_says, max(scale, np.abs(torch_says).max()))
        return f"{ending}, {'and so are the other cells' if all_agree else 'but torch says otherwise elsewhere'}"

    @cached_property
    def _lasting(self):
        return [*self._costs(), ("torch", self.call)]

    def _costs(self):
        """Weights and multiplications of both stages, beside those of the full convolution."""
        c_in, between, c_out = len(self.x), len(self.middle), len(self.y)
        kernel, outputs = self.kernel, self.y.shape[1:]
        size = " · ".join(map(str, kernel))
        layers = [(c_in, between, kernel), (between, c_out, (1, 1)), (c_in, c_out, kernel)]
        groups = (c_in, 1, 1)
        weights = [parameters(*layer, bias=False, groups=g) for layer, g in zip(layers, groups, strict=True)]
        works = [macs(*layer, outputs, groups=g) for layer, g in zip(layers, groups, strict=True)]
        both = Fact(f"{sum(weights[:2]):,}", "How many weights have the two stages together?")
        yield ("weights", f"{between} · {size} + {c_out} · {between} = {weights[0]:,} + {weights[1]:,} = ", both,
               f", full convolution {c_out} · {c_in} · {size} = {weights[2]:,}")
        yield "work", (f"{works[0]:,} + {works[1]:,} = {sum(works[:2]):,} MACs, full convolution {works[2]:,}, "
                       f"{100 * sum(works[:2]) / works[2]:.3g} % of it")


@dataclass(frozen=True)
class _Columns:
    """Where the grids of all five columns stand, a row per channel, which may have several kernels."""

    channels: int
    filters: int
    beside: int
    size: tuple
    kernel: tuple

    @property
    def _shapes(self):
        return self.size, self.kernel, self.size, (1, 1), self.size

    @property
    def _besides(self):
        return 1, self.beside, self.beside, self.beside, 1

    @property
    def _pitch(self):
        return min((HEIGHT - TOP) / max(self.channels, self.filters), self.size[0] * CELL + BELOW)

    def _tallest(self, shape):
        """The largest cell with which grids of this shape stay below each other."""
        return min(CELL, (self._pitch - BELOW) / shape[0])

    @cached_property
    def _widths(self):
        """Of the columns, and the most that a cell may have in each."""
        gaps = BESIDE * (self.beside - 1)
        columns = [shape[1] * n for shape, n in zip(self._shapes, self._besides, strict=True)]
        room = Sheet().width - 20
        cell = min(self._tallest(self.size), fitting_cell(room - 3 * gaps, columns, NAME, GAP))
        widths = [max(n * cell + gaps, NAME) for n in columns]
        # What is left over goes to the kernels, whose numbers one wants to read
        free = room - 4 * GAP - sum(widths) + widths[1]
        widths[1] = max(NAME, min(free, columns[1] * self._tallest(self.kernel) + gaps))
        return widths, [cell, (widths[1] - gaps) / columns[1], cell, (widths[3] - gaps) / columns[3], cell]

    @cached_property
    def blocks(self):
        """A Box per column, by its name."""
        return dict(zip(COLUMNS, centred(Sheet(height=HEIGHT), self._widths[0], GAP, TOP), strict=True))

    @cached_property
    def grids(self):
        """A Grid per channel, by the name of the column."""
        counts = [self.channels * beside for beside in self._besides[:4]] + [self.filters]
        each = zip(COLUMNS, self._shapes, self._besides, self._widths[1], counts, strict=True)
        return {name: stacked(self.blocks[name], shape, min(side, self._tallest(shape)), self._pitch, count, beside)
                for name, shape, beside, side, count in each}

    def above(self, name):
        """Where the words above a column stand: the middle of its grids, and the height of each line."""
        x, top = self.blocks[name].centre[0], self.grids[name][0].y
        return [(x, top - height) for height in ABOVE]

    def wire(self, left, row, right, to):
        """The line from a row of one column to a row of the next."""
        (*_, start), (end, *_) = self._row(left, row), self._row(right, to)
        return [(start.right + WIRE, start.centre[1]), (end.x - WIRE, end.centre[1])]

    def _row(self, name, row):
        beside = self._besides[COLUMNS.index(name)]
        return self.grids[name][row * beside:(row + 1) * beside]


@dataclass(frozen=True)
class _Drawn:
    """Both stages, drawn in columns."""

    stages: _Stages
    columns: _Columns

    def still(self):
        sheet, stages, between = Sheet(height=HEIGHT), self.stages, len(self.stages.middle)
        self._names(sheet)
        for wire in self._wires:
            sheet.line(self.columns.wire(*wire), mix(INK, 0.13), 1)
        self._column(sheet, "input", stages.x, BLUE)
        self._column(sheet, "depthwise", stages.depthwise[:, 0], ORANGE)
        self._cells(sheet)
        self._column(sheet, "middle", stages.middle, BLUE, leads=range(between))
        for place in self.columns.grids["pointwise"]:
            sheet.tint(place, np.array([[BLANK]]))
        self._column(sheet, "output", stages.y, GREEN, leads=range(between, between + len(stages.y)))
        sheet.verbs["middle"] = "is read by"
        return sheet

    def _names(self, sheet):
        stages = self.stages
        kernels = f"{_count(stages.middle, 'kernel')} {written_size(stages.depthwise[0, 0])}"
        sizes = written_size(stages.x), kernels, written_size(stages.middle), "", written_size(stages.y)
        for name, size in zip(COLUMNS, sizes, strict=True):
            upper, lower = self.columns.above(name)
            sheet.text(name, *upper)
            sheet.text(size, *lower, SMALL)

    @property
    def _wires(self):
        rows, filters = range(self.columns.channels), range(self.columns.filters)
        straight = [(left, row, right, row) for left, right in pairwise(COLUMNS[:4]) for row in rows]
        return straight + [("pointwise", row, "output", to) for row in rows for to in filters]

    def _cells(self, sheet):
        """What was there before: every number of the input and of the kernels."""
        for channel, place in enumerate(self.columns.grids["input"]):
            sheet.cells("input", place, self.columns.size, first=(channel, 0, 0))
        for channel, place in enumerate(self.columns.grids["depthwise"]):
            sheet.cells("depthwise", place, self.stages.kernel, first=(channel, 0, 0, 0))
        for channel, place in enumerate(self.columns.grids["pointwise"]):
            sheet.cells("pointwise", place, (1, 1), first=(channel, 0, 0))

    @cached_property
    def _digits(self):
        """How large they are in each column, so that all of its grids have them, or none."""
        stages = self.stages
        shown = stages.x, stages.depthwise, stages.middle, stages.pointwise, stages.y
        return {name: fitting_size(values, self.columns.grids[name][0].cell, BARE)
                for name, values in zip(COLUMNS, shown, strict=True)}

    def _column(self, sheet, name, values, hue, leads=None):
        """The grids of a column; one that `leads` to a step is blank before it."""
        for channel, (plane, place) in enumerate(zip(values, self.columns.grids[name], strict=True)):
            since = None
            if leads:
                since = np.full(plane.shape, leads[channel])
                sheet.tint(place, np.full(plane.shape, BLANK))
                sheet.target(self.stages.name(name, channel), place, leads[channel])
            sheet.grid(plane, place.x, place.y, place.cell, hue, size=self._digits[name], since=since)

    def moving(self, sheet, step):
        mixed = step - len(self.stages.middle)
        if mixed >= 0:
            self._filter(sheet, mixed)
            wires = [wire for wire in self._wires if wire[2:] == ("output", mixed) or wire[2] == "pointwise"]
        else:
            row = step // self.columns.beside
            wires = [wire for wire in self._wires if wire[1] == row and wire[2] in ("depthwise", "middle")]
            self._frame(sheet, "depthwise", step, ORANGE)
        self._frame(sheet, *(("output", mixed) if mixed >= 0 else ("middle", step)), INK)
        for wire in wires:
            sheet.line(self.columns.wire(*wire), ORANGE, 2.5)
        told = f"filter {mixed}, 1 × 1" if mixed >= 0 else f"{_count(self.stages.y, 'filter')} 1 × 1"
        sheet.text(told, *self.columns.above("pointwise")[1], SMALL)

    def _filter(self, sheet, number):
        weights = self.stages.pointwise[number]
        for values, colour, place in zip(weights, tints(weights, ORANGE), self.columns.grids["pointwise"], strict=True):
            sheet.grid(values, place.x, place.y, place.cell, colours=colour, size=self._digits["pointwise"])

    def _frame(self, sheet, name, channel, colour):
        """From outside, for the digits may be small."""
        sheet.outline(self.columns.grids[name][channel].grown(FRAME), colour, FRAME)


def _count(things, noun):
    return f"{len(things)} {noun}{'s' * (len(things) > 1)}"

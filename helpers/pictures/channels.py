"""Every input channel in its own row: convolved and then summed, or pooled alone."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.drawing.palette import BLANK, BLUE, GREEN, MUTED, ORANGE, as_array, text_width
from helpers.drawing.picture import Fact, Picture, Term
from helpers.drawing.sheet import SMALL, Box, Sheet, centred, fitting_cell, fitting_size, named
from helpers.pictures.parts.columns import stacked
from helpers.pictures.parts.plane import draw_input, draw_output, draw_window, mark_output
from helpers.pictures.parts.reading import Input
from helpers.pictures.parts.rules import Weighted, call, computed, joined, pooling_rule, renumbered, signed
from helpers.pictures.parts.words import index_of, order, planes, written_size

GAP, WIDE, TOP, CELL, NAME, HEIGHT, MARGIN = 56, 84, 40, 38, 110, 540, 28  # WIDE: a gap of which a part can be covered
BETWEEN, BIAS, ABOVE = 14, 26, 20  # rows; room below an output for its bias; a name's distance
SIGN, ACROSS = 52, 36  # height of a sign with what stands above it, and width


def channels(x, y, window, weight, bias=None, arguments=None):
    """A window walks over all channels of `x` at once, one step per cell of `y`, one filter after the other.

    x: (C_in, rows, columns), or a 1 before them    y: (C_out, rows, columns), what torch made of it
    weight: (C_out, C_in, k_h, k_w)    bias: (C_out,)
    arguments: how the tensors are written in the torch call, "x, w, b" or "x, w" unless given
    Raises Refused where no window fits, ValueError for shapes that do not belong together.
    """
    x, y = planes(x, "x", 3), planes(y, "y", 3)
    arguments = arguments or ("x, w" if bias is None else "x, w, b")
    bias = np.zeros(len(y)) if bias is None else as_array(bias)
    walk = _Summed(_inputs(x, window), y, as_array(weight), bias, arguments)
    return Picture(y.size, walk.still, walk.tell, walk.moving, groups=walk.groups,
                   before=lambda step: {"weight": index_of(step, y.shape)[:1]})


def pooled_channels(x, y, window, pool="max", arguments="x"):
    """The same for a pooling layer, where each channel keeps to itself: one step for the same cell of them all.

    y: (C_in, rows, columns)    pool: "max" or "average"    arguments: how x is written in the torch call
    Raises Refused for average pooling with dilation.
    """
    x, y, rule = planes(x, "x", 3), planes(y, "y", 3), pooling_rule(window, pool)
    walk = _Pooled(_inputs(x, window, rule.fill), y, rule, arguments)
    return Picture(y[0].size, walk.still, walk.tell, walk.moving, groups=walk.groups)


def _inputs(x, window, fill=0):
    return [Input(values, window, fill, channel=c) for c, values in enumerate(x)]


@dataclass(frozen=True)
class _Pooled:
    inputs: list
    y: np.ndarray
    rule: object
    arguments: str

    def __post_init__(self):
        if len(self.y) != len(self.inputs):
            raise ValueError(f"y has {len(self.y)} channels, but pooling makes as many as x has: {len(self.inputs)}")
        for plane, pooled in zip(self.inputs, self.y, strict=True):
            plane.expect(pooled)

    @cached_property
    def _table(self):
        return _Table((self.inputs[0].padded.shape, self.y[0].shape), len(self.y), gap=WIDE)

    def still(self):
        sheet = self._table.sheet(_name(self.inputs), f"output {written_size(self.y)}")
        sizes = self._table.digits(_padded(self.inputs), self.y)
        for plane, pooled, source, target in zip(self.inputs, self.y, *self._table.grids, strict=True):
            draw_input(sheet, plane, source, size=sizes[0])
            self._table.sign(sheet, 0, plane.channel, "→", above=self.rule.name)
            sheet.target(f"{self.rule.name}[{plane.channel}]", self._table.between(0, plane.channel))
            draw_output(sheet, pooled, target, GREEN, at=(plane.channel, 0, 0), size=sizes[1])
        return sheet

    def moving(self, sheet, step):
        at = index_of(step, self.y[0].shape)
        for plane, source, target in zip(self.inputs, *self._table.grids, strict=True):
            draw_window(sheet, plane, source, at)
            mark_output(sheet, target, at)

    def groups(self, step):
        """Each cell under the window with the output of its own channel; then each arrow with its output."""
        at = index_of(step, self.y[0].shape)
        outputs = [named("output", (plane.channel, *at)) for plane in self.inputs]
        cells = [(name, outputs[plane.channel]) for plane in self.inputs for name in plane.names_under(at)]
        return cells + [(f"{self.rule.name}[{c}]", output) for c, output in enumerate(outputs)]

    def tell(self, step):
        at, window = index_of(step, self.y[0].shape), self.inputs[0].window
        yield "step", f"{step + 1} of {self.y[0].size}, {self.inputs[0].where(at)}"
        yield self.rule.name, *(part for plane in self.inputs for part in self._told(plane, at))
        mixes = Fact("no", "Does pooling mix the channels?", [self.rule.name], choices=("yes", "no"))
        yield "mixed", mixes, ": no channel looks at another, so as many come out as went in"
        yield "torch", call(self.rule.layer, self.arguments, self.rule.settings(window))

    def _told(self, plane, at):
        c, patch = plane.channel, plane.patch(at)
        yield f"{'; ' if c else ''}channel {c}: "
        yield from renumbered(self.rule.told(patch), c * patch.size)
        yield from computed(named("output", (c, *at)), self.rule.of(patch), self.y[(c, *at)], self.rule.scale(patch))


@dataclass(frozen=True)
class _Summed:
    inputs: list
    y: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    arguments: str

    def __post_init__(self):
        channels = len(self.y), len(self.inputs)
        if self.weight.ndim != 4 or self.weight.shape[:2] != channels:
            raise ValueError(f"weight must be (C_out, C_in, k_h, k_w) with C_out, C_in = {channels}, "
                             f"not {self.weight.shape}")
        if self.bias.shape != channels[:1]:
            raise ValueError(f"bias must be (C_out,) = {channels[:1]}, not {self.bias.shape}")
        self.inputs[0].expect(self.y[0], self.weight[0, 0])

    @cached_property
    def _patches(self):
        """What is under each window, (C_in, rows, columns, k_h, k_w)."""
        size = self.y[0].shape
        return np.array([[plane.patch(at) for at in np.ndindex(size)] for plane in self.inputs]).reshape(
            len(self.inputs), *size, *self.weight.shape[2:])

    @cached_property
    def per_channel(self):
        """What each input channel adds to each output, (C_out, C_in, rows, columns)."""
        return np.einsum("crkij,fcij->fcrk", self._patches, self.weight)

    @cached_property
    def _scales(self):
        """How large the terms of each output are, (C_out, rows, columns)."""
        terms = np.einsum("crkij,fcij->frk", np.abs(self._patches), np.abs(self.weight))
        return terms + np.abs(self.bias)[:, None, None]

    @cached_property
    def _table(self):
        made = self.y[0].shape
        shapes = self.inputs[0].padded.shape, self.weight.shape[2:], made, made
        return _Table(shapes, len(self.inputs), len(self.y), BIAS * bool(self.bias.any()))

    @cached_property
    def _digits(self):
        return self._table.digits(_padded(self.inputs), self.weight, self.per_channel, self.y)

    def still(self):
        sheet = self._table.sheet(_name(self.inputs), "", "per channel", f"output {written_size(self.y)}")
        for plane, *places in zip(self.inputs, *self._table.grids[:3], strict=True):
            self._draw_channel(sheet, plane, *places)
        for f, (values, place) in enumerate(zip(self.y, self._table.grids[3], strict=True)):
            draw_output(sheet, values, place, GREEN, first=f * values.size, at=(f, 0, 0), size=self._digits[3])
            if self.bias.any():
                sheet.text(f"+ bias {signed(self.bias[f])}", place.centre[0], place.bottom + 12, SMALL)
                sheet.target(f"bias[{f}]", Box(place.centre[0] - NAME / 2, place.bottom + 3, NAME, 18))
        return sheet

    def _draw_channel(self, sheet, plane, source, weight, part):
        """A row, but for what the filter makes of it. Whole grids are lit, too: they lie below their cells."""
        c = plane.channel
        sheet.target(f"channel[{c}]", source)
        sheet.target(f"slice[{c}]", weight)
        draw_input(sheet, plane, source, size=self._digits[0])
        sheet.cells("weight", weight, self.weight.shape[2:], first=(c, 0, 0))
        sheet.tint(part, np.full(self.y[0].shape, BLANK))
        sheet.cells("part", part, self.y[0].shape, first=(c, 0, 0))
        self._table.sign(sheet, 0, c, "∗")
        self._table.sign(sheet, 1, c, "=")

    @cached_property
    def _filters(self):
        """For each filter a Sheet with its weights, and with what each channel adds, from the step on that makes it."""
        return [self._filter(f) for f in range(len(self.y))]

    def _filter(self, f):
        sheet, (_, weights, parts, _) = Sheet(height=HEIGHT), self._table.grids
        self._table.name(sheet, 1, f"weight, filter {f}")
        since = f * self.y[0].size + order(self.y[0].shape)
        for c, (weight, part) in enumerate(zip(weights, parts, strict=True)):
            sheet.grid(self.weight[f, c], weight.x, weight.y, weight.cell, ORANGE, size=self._digits[1])
            sheet.grid(self.per_channel[f, c], part.x, part.y, part.cell, BLUE, since=since, size=self._digits[2])
        self._table.gather(sheet, f)
        return sheet

    def moving(self, sheet, step):
        (f, *at), (sources, _, parts, targets) = index_of(step, self.y.shape), self._table.grids
        for mark, since in zip(self._filters[f].marks, self._filters[f].since, strict=True):
            if since <= step:
                sheet.put(mark)
        for plane, source, part in zip(self.inputs, sources, parts, strict=True):
            draw_window(sheet, plane, source, at)
            mark_output(sheet, part, at)
        mark_output(sheet, targets[f], at)

    def groups(self, step):
        """The terms, a channel with its slice of the filter each; then each cell under the window with its weight."""
        f, *at = index_of(step, self.y.shape)
        terms = [(f"channel[{c}]", f"slice[{c}]", named("part", (c, *at))) for c in range(len(self.inputs))]
        terms += [(f"bias[{f}]",)] * bool(self.bias.any())
        cells = [name for plane in self.inputs for name in plane.names_under(at)]
        return terms + list(zip(cells, self._weight_names, strict=True))

    @cached_property
    def _weight_names(self):
        return [named("weight", at) for at in np.ndindex(self.weight.shape[1:])]

    def tell(self, step):
        f, *at = cell = index_of(step, self.y.shape)
        parts = self.per_channel[(f, slice(None), *at)]
        terms = [*map(signed, parts), *[f"bias {signed(self.bias[f])}"] * bool(self.bias.any())]
        terms = joined([Term(term, k) for k, term in enumerate(terms)], " + ")
        name = named("output", cell)
        ending = computed(name, parts.sum() + self.bias[f], self.y[cell], self._scales[cell])
        yield "step", f"{step + 1} of {self.y.size}, filter {f}, {self.inputs[0].where(at)}"
        yield "sum", f"{name} = ", *terms, *ending
        yield from self._lasting

    @cached_property
    def _lasting(self):
        settings = Weighted(self.weight[0, 0]).settings(self.inputs[0].window)
        c_out, *others = self.weight.shape
        c_out = Fact(c_out, "How many channels will come out?", ["output"])
        return [("shape", "weight (C_out, C_in, k_h, k_w) = (", c_out, f", {str(others)[1:-1]}), one slice per input "
                          "channel and one filter per output channel"),
                ("torch", call(Weighted.layer, self.arguments, settings))]


@dataclass(frozen=True)
class _Table:
    """Where grids of these shapes stand, in columns, a row for each channel; the last may have its own number of rows.

    last_below: room below each grid of the last column, for something else    gap: between columns
    """

    shapes: tuple
    rows: int
    last_rows: int = 0
    last_below: float = 0
    gap: float = GAP

    @cached_property
    def _counts(self):
        return [self.rows] * (len(self.shapes) - 1) + [self.last_rows or self.rows]

    @cached_property
    def _below(self):
        """What stands below each grid of a column."""
        return [0] * (len(self.shapes) - 1) + [self.last_below]

    @cached_property
    def _cells(self):
        """How large the cells of each column are: low grids have more room than tall ones, and one shape one size."""
        pitch, columns = (HEIGHT - TOP) / max(self._counts), [columns for _, columns in self.shapes]
        most = min(CELL, fitting_cell(Sheet().width - 2 * MARGIN, columns, NAME, self.gap))
        fits = [min(most, (pitch - BETWEEN - below) / shape[0])
                for shape, below in zip(self.shapes, self._below, strict=True)]
        return [min(fit for fit, other in zip(fits, self.shapes, strict=True) if other == shape)
                for shape in self.shapes]

    @cached_property
    def _pitch(self):
        """From one row to the next."""
        return BETWEEN + max(rows * cell + below
                             for (rows, _), cell, below in zip(self.shapes, self._cells, self._below, strict=True))

    @cached_property
    def columns(self):
        """A Box each, from top to bottom."""
        widths = [max(columns * cell, NAME) for (_, columns), cell in zip(self.shapes, self._cells, strict=True)]
        return centred(Sheet(height=HEIGHT), widths, self.gap, TOP)

    @cached_property
    def grids(self):
        """The Grids of each column, one per channel."""
        each = zip(self.columns, self.shapes, self._cells, self._counts, strict=True)
        return [stacked(column, shape, cell, self._pitch, count) for column, shape, cell, count in each]

    def digits(self, *values):
        """How large they are in each column, so that its grids have one size; `values` are those of all its grids."""
        return [fitting_size(some, cell) for some, cell in zip(values, self._cells, strict=True)]

    def sheet(self, *names):
        """A new sheet with names above the columns, and the number of each input channel."""
        sheet = Sheet(height=HEIGHT)
        for column, name in enumerate(names):
            self.name(sheet, column, name)
        for channel, grid in enumerate(self.grids[0]):
            sheet.text(f"{channel}", self.columns[0].x - 16, grid.centre[1])
        return sheet

    def name(self, sheet, column, name):
        sheet.text(name, self.columns[column].centre[0], self.grids[column][0].y - ABOVE)

    def sign(self, sheet, column, channel, sign, above=""):
        """A sign between a column and the next."""
        x, y = self.between(column, channel).centre
        sheet.text(above, x, y - 16)
        sheet.text(sign, x, y + 4, 24)

    def between(self, column, channel):
        """Where a sign and what stands above it have their place."""
        middle = (self.columns[column].right + self.columns[column + 1].x) / 2
        height = min(SIGN, self._pitch)
        return Box(middle - ACROSS / 2, self.grids[column][channel].centre[1] - height / 2, ACROSS, height)

    def gather(self, sheet, row):
        """The last but one column flows together, to a row of the last."""
        *_, parts, targets = self.grids
        x, heights = parts[0].right + 10, [part.centre[1] for part in parts]
        to = targets[row].centre[1]
        for part, y in zip(parts, heights, strict=True):
            sheet.line([(part.right + 4, y), (x, y)], MUTED)
        sheet.line([(x, min(*heights, to)), (x, max(*heights, to))], MUTED)
        middle = (x + targets[row].x) / 2
        sheet.line([(x, to), (max(middle - text_width("Σ →", 20) / 2 - 5, x), to)], MUTED)
        sheet.text("Σ →", middle, to, 20)


def _padded(inputs):
    return np.array([plane.padded for plane in inputs])


def _name(inputs):
    return f"input {len(inputs)} × {written_size(inputs[0].values)}"

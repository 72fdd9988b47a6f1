"""Every input channel in its own row: pooled alone, or convolved and then summed."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.canvas import BLUE, GREEN, INK, ORANGE, Canvas, Picture, as_array, centred, fitting_cell
from helpers.pictures.plane import Plane, filling, index_of, planes, written_size
from helpers.pictures.rules import Weighted, call, rule_for, signed, verdict

GAP, TOP, CELL, NAME, HEIGHT, MARGIN, BELOW = 56, 36, 38, 110, 540, 40, 40


def channels(x, y, window, weight=None, bias=None, pool=None, arguments=None):
    """A window walks over all channels of `x` at once, one step per cell of `y`.

    x: (C_in, rows, columns), or a 1 before them    y: (C_out, rows, columns), what torch made of it
    weight: (C_out, C_in, k_h, k_w) and bias: (C_out,) for a convolution, whose steps go through one filter after
    the other, or else pool: "max" or "average", where each channel keeps to itself
    arguments: how the tensors are written in the torch call, "x, w, b", "x, w" or "x" unless given
    Raises Refused where no window fits, ValueError for shapes that do not belong together.
    """
    x, y = planes(x, "x", 3), planes(y, "y", 3)
    rule = rule_for(window, weight, pool)
    inputs = [Plane(channel, window, rule.fill) for channel in x]
    if weight is None:
        walk = _Pooled(inputs, y, arguments or "x", rule)
    else:
        arguments = arguments or ("x, w" if bias is None else "x, w, b")
        walk = _Summed(inputs, y, arguments, as_array(weight), np.zeros(len(y)) if bias is None else as_array(bias))
    return Picture(walk.steps, walk.draw, walk.tell)


@dataclass(frozen=True)
class _Pooled:
    inputs: list
    y: np.ndarray
    arguments: str
    rule: object

    def __post_init__(self):
        if len(self.y) != len(self.inputs):
            raise ValueError(f"y has {len(self.y)} channels, but pooling makes as many as x has: {len(self.inputs)}")
        for plane, pooled in zip(self.inputs, self.y, strict=True):
            plane.expect(pooled)

    @property
    def steps(self):
        return self.y[0].size

    def draw(self, step):
        table = _Table([self.inputs[0].padded, self.y[0]], len(self.y))
        at = index_of(step, self.y[0].shape)
        for c, plane in enumerate(self.inputs):
            table.place(c, 0, lambda *where, plane=plane: plane.draw(*where, at))
            table.fill(c, 1, self.y[c], GREEN, step, at)
            table.sign(c, 0, "→", above=self.rule.name)
        table.name_columns(f"input {_size(self.inputs)}", f"output {written_size(self.y)}")
        table.name_rows()
        return table.canvas

    def _verdict(self, patch, torch_says):
        return verdict(self.rule.of(patch), torch_says, self.rule.scale(patch))

    def tell(self, step):
        at = index_of(step, self.y[0].shape)
        patches = [plane.patch(at) for plane in self.inputs]
        cells = [f"channel {c}: {self.rule.words(patch)} = {self._verdict(patch, self.y[(c, *at)])}"
                 for c, patch in enumerate(patches)]
        window = self.inputs[0].window
        return "\n".join([f"step: {step + 1} of {self.steps}, {self.inputs[0].where(at)}",
                          f"{self.rule.name}: {'; '.join(cells)}",
                          "note: no channel looks at another, so as many come out as went in",
                          f"torch: {call(self.rule.layer, self.arguments, self.rule.settings(window))}"])


@dataclass(frozen=True)
class _Summed:
    inputs: list
    y: np.ndarray
    arguments: str
    weight: np.ndarray
    bias: np.ndarray

    def __post_init__(self):
        channels = len(self.y), len(self.inputs)
        if self.weight.ndim != 4 or self.weight.shape[:2] != channels:
            raise ValueError(f"weight must be (C_out, C_in, k_h, k_w) with C_out, C_in = {channels}, "
                             f"not {self.weight.shape}")
        if self.bias.shape != channels[:1]:
            raise ValueError(f"bias must be (C_out,) = {channels[:1]}, not {self.bias.shape}")
        self.inputs[0].expect(self.y[0], self.weight[0, 0])

    @property
    def steps(self):
        return self.y.size

    @cached_property
    def per_channel(self):
        """What each input channel adds to each output, (C_out, C_in, rows, columns)."""
        parts = np.empty((*self.weight.shape[:2], *self.y[0].shape))
        for f, c, *at in np.ndindex(parts.shape):
            parts[(f, c, *at)] = Weighted(self.weight[f, c]).of(self.inputs[c].patch(at))
        return parts

    def draw(self, step):
        f, *at = index_of(step, self.y.shape)
        table = _Table([self.inputs[0].padded, self.weight[0, 0], self.y[0], self.y[0]], len(self.inputs), len(self.y))
        for c, plane in enumerate(self.inputs):
            table.place(c, 0, lambda *where, plane=plane: plane.draw(*where, at))
            table.place(c, 1, lambda canvas, *where, c=c: canvas.grid(self.weight[f, c], *where, ORANGE))
            table.fill(c, 2, self.per_channel[f, c], BLUE, step - f * self.y[0].size, at)
            table.sign(c, 0, "∗")
            table.sign(c, 1, "=")
        for o, channel in enumerate(self.y):
            place = table.fill(o, 3, channel, GREEN, step - o * channel.size, at if o == f else None)
            if self.bias.any() and o == f:
                table.canvas.text(f"+ bias {signed(self.bias[o])}", place.centre[0], place.bottom + 12, 13)
        table.sign_between(2, "Σ →")
        table.name_columns(f"input {_size(self.inputs)}", f"weight, filter {f}", "per channel",
                           f"output {written_size(self.y)}")
        table.name_rows()
        return table.canvas

    def tell(self, step):
        f, *at = index_of(step, self.y.shape)
        parts = self.per_channel[(f, slice(None), *at)]
        terms = [signed(part) for part in parts] + [f"bias {signed(self.bias[f])}"] * bool(self.bias.any())
        scale = sum(Weighted(w).scale(plane.patch(at)) for w, plane in zip(self.weight[f], self.inputs, strict=True))
        ending = verdict(parts.sum() + self.bias[f], self.y[(f, *at)], scale + abs(self.bias[f]))
        settings = Weighted(self.weight[0, 0]).settings(self.inputs[0].window)
        return "\n".join([f"step: {step + 1} of {self.steps}, filter {f}, {self.inputs[0].where(at)}",
                          f"sum: output[{f}, {at[0]}, {at[1]}] = {' + '.join(terms)} = {ending}",
                          f"shape: weight (C_out, C_in, k_h, k_w) = {self.weight.shape}, one slice per input channel "
                          "and one filter per output channel",
                          f"torch: {call(Weighted.layer, self.arguments, settings)}"])


class _Table:
    """Grids of the given sizes as columns, a row for each channel; the last column may have its own number of rows."""

    def __init__(self, examples, rows, last_rows=None):
        self.canvas = Canvas(height=HEIGHT)
        self.examples, self.counts = examples, [rows] * (len(examples) - 1) + [last_rows or rows]
        most, tallest = max(self.counts), max(example.shape[0] for example in examples)
        columns = [example.shape[1] for example in examples]
        self.cell = min(CELL, fitting_cell(self.canvas.width - 2 * MARGIN, columns, NAME, GAP),
                        ((HEIGHT - TOP) / most - BELOW) / tallest)
        self.pitch = min((HEIGHT - TOP) / most, tallest * self.cell + BELOW)
        widths = [max(example.shape[1] * self.cell, NAME) for example in examples]
        self.columns = centred(self.canvas, widths, GAP, TOP)

    def block(self, row, column):
        first = TOP + (HEIGHT - TOP - self.counts[column] * self.pitch) / 2
        return self.columns[column].at(first + row * self.pitch, self.pitch)

    def place(self, row, column, draw):
        """Call draw(canvas, x, y, cell) at the right spot; returns its Grid."""
        height, width = self.examples[column].shape
        corner = self.block(row, column).corner_of(width * self.cell, height * self.cell)
        return draw(self.canvas, *corner, self.cell)

    def fill(self, row, column, values, hue, step, at):
        place = self.place(row, column, lambda canvas, *where: filling(canvas, values, *where, hue, step))
        if at is not None:
            self.canvas.outline(place.box(*at), INK, 3)
        return place

    def sign(self, row, column, sign, above=""):
        left, right = self.block(row, column), self.block(row, column + 1)
        x, y = (left.right + right.x) / 2, left.centre[1]
        self.canvas.text(above, x, y - 16)
        self.canvas.text(sign, x, y + 4, 24)

    def sign_between(self, column, sign):
        left, right = self.columns[column:column + 2]
        self.canvas.text(sign, (left.right + right.x) / 2, left.centre[1], 24)

    def name_columns(self, *names):
        for column, name in zip(self.columns, names, strict=True):
            self.canvas.text(name, column.centre[0], 18)

    def name_rows(self):
        for row in range(self.counts[0]):
            block = self.block(row, 0)
            self.canvas.text(f"{row}", block.x - 16, block.centre[1])


def _size(inputs):
    return f"{len(inputs)} × {written_size(inputs[0].values)}"


"""A depthwise separable convolution as stacks of channels: first each channel alone, then all of them mixed."""
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from helpers.arithmetic import macs, parameters
from helpers.canvas import BLUE, GREEN, INK, ORANGE, Box, Canvas, Picture, centred, fitting_cell, mix
from helpers.pictures.plane import filling, planes, written_size
from helpers.pictures.rules import Weighted, signed, verdict

GAP, TOP, HEIGHT, CELL, NAME, BELOW, BESIDE, WIRE, FRAME = 48, 56, 560, 34, 112, 12, 8, 6, 3
COLUMNS = "input", "depthwise", "middle", "pointwise", "output"


def separable(x, depthwise, middle, pointwise, y):
    """One step per channel: first those of `middle`, each made of one channel of `x`, then those of `y`, each of all.

    x: (C_in, rows, columns)    depthwise: (C_in · m, 1, k_h, k_w)    pointwise: (C_out, C_in · m, 1, 1)
    middle, y: what torch made of it in each stage, with stride 1 and a padding that keeps the size; a 1 may come
    before x, middle and y
    Raises ValueError for even kernels, and for shapes that do not belong together.
    """
    x, middle, y = (planes(each, name, 3) for each, name in ((x, "x"), (middle, "middle"), (y, "y")))
    stages = _Stages(x, planes(depthwise, "depthwise", 4), middle, planes(pointwise, "pointwise", 4), y)
    return Picture(len(middle) + len(y), stages.draw, stages.tell)


@dataclass(frozen=True)
class _Stages:
    x: np.ndarray
    depthwise: np.ndarray
    middle: np.ndarray
    pointwise: np.ndarray
    y: np.ndarray

    def __post_init__(self):
        between, size = len(self.x) * self.multiplier, self.x.shape[1:]
        if not all(n % 2 for n in self.kernel):
            raise ValueError(f"a kernel of {written_size(self.depthwise[0, 0])} cannot keep the size: take an odd one")
        expected = {"depthwise": (between, 1, *self.kernel), "middle": (between, *size),
                    "pointwise": (len(self.y), between, 1, 1), "y": (len(self.y), *size)}
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} is {written_size(getattr(self, name))}, but must be {shape}")

    @property
    def kernel(self):
        return self.depthwise.shape[2:]

    @property
    def multiplier(self):
        return max(len(self.depthwise) // len(self.x), 1)

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

    def draw(self, step):
        sheet, mixed = _Sheet(self), step - len(self.middle)
        sheet.wires(step, mixed)
        filters = self.pointwise[max(mixed, 0)]
        everything = len(self.middle)
        stacks = {"input": (self.x, BLUE, everything), "depthwise": (self.depthwise[:, 0], ORANGE, everything),
                  "middle": (self.middle, BLUE, step + 1), "output": (self.y, GREEN, mixed + 1),
                  "pointwise": (filters, ORANGE, everything if mixed >= 0 else 0)}
        for name, stack in stacks.items():
            sheet.stack(name, *stack)
        sheet.mark(*(("output", mixed),) if mixed >= 0 else (("depthwise", step), ("middle", step)))
        last = f"filter {mixed}, 1 × 1" if mixed >= 0 else f"{_count(self.y, 'filter')} 1 × 1"
        sheet.names(written_size(self.x), f"{_count(self.middle, 'kernel')} {written_size(self.depthwise[0, 0])}",
                    written_size(self.middle), last, written_size(self.y))
        return sheet.canvas

    def tell(self, step):
        mixed = step - len(self.middle)
        told = self._tell_mixing(mixed) if mixed >= 0 else self._tell_filtering(step)
        call = f'F.conv2d(F.conv2d(x, depthwise, padding="same", groups={len(self.x)}), pointwise)'
        return "\n".join([f"step: {step + 1} of {len(self.middle) + len(self.y)}, {told[0]}", f"sum: {told[1]}",
                          *self._costs(), f"torch: {call}"])

    @property
    def _cell(self):
        """The cell that is computed in words."""
        return tuple(n // 2 for n in self.x.shape[1:])

    def _tell_filtering(self, channel):
        source, (row, column) = channel // self.multiplier, self._cell
        rule, patch = Weighted(self.depthwise[channel, 0]), self._windows[source, row, column]
        return (f"depthwise: kernel {channel} reads channel {source} of the input, and nothing else",
                f"middle[{channel}, {row}, {column}] = {rule.words(patch)} = "
                + self._ending(channel, self.middle[channel], rule.scale(patch)))

    def _tell_mixing(self, channel):
        row, column = self._cell
        weights, values = self.pointwise[channel, :, 0, 0], self.middle[:, row, column]
        terms = " + ".join(f"{signed(value)}·{signed(weight)}" for value, weight in zip(values, weights, strict=True))
        return (f"pointwise: filter {channel} mixes all channels in the middle, cell by cell",
                f"output[{channel}, {row}, {column}] = {terms} = "
                + self._ending(len(self.middle) + channel, self.y[channel], np.abs(values * weights).sum()))

    def _ending(self, step, torch_says, scale):
        """The verdict on one cell of a channel, and on all of them."""
        by_hand = self._by_hand[step]
        ending = verdict(by_hand[self._cell], torch_says[self._cell], scale)
        agree = np.abs(by_hand - torch_says).max() <= 1e-5 * max(scale, np.abs(torch_says).max())
        return f"{ending}, {'and so are the other cells' if agree else 'but torch says otherwise elsewhere'}"

    def _costs(self):
        """Weights and multiplications of both stages, beside those of the full convolution."""
        c_in, between, c_out = len(self.x), len(self.middle), len(self.y)
        kernel, outputs = self.kernel, self.y.shape[1:]
        size = " · ".join(map(str, kernel))
        layers = [(c_in, between, kernel), (between, c_out, (1, 1)), (c_in, c_out, kernel)]
        groups = (c_in, 1, 1)
        weights = [parameters(*layer, bias=False, groups=g) for layer, g in zip(layers, groups, strict=True)]
        works = [macs(*layer, outputs, groups=g) for layer, g in zip(layers, groups, strict=True)]
        yield (f"weights: {between} · {size} + {c_out} · {between} = {weights[0]} + {weights[1]} = {sum(weights[:2])}, "
               f"full convolution {c_out} · {c_in} · {size} = {weights[2]}")
        yield (f"work: {works[0]:,} + {works[1]:,} = {sum(works[:2]):,} MACs, full convolution {works[2]:,}, "
               f"{100 * sum(works[:2]) / works[2]:.3g} % of it")


def _count(things, noun):
    return f"{len(things)} {noun}{'s' * (len(things) > 1)}"


@dataclass(frozen=True)
class _Column:
    """A stack of grids: a row for each channel, or for each `beside` channels that belong together."""

    block: Box
    rows: int
    beside: int
    shape: tuple
    pitch: float
    cell: float

    def box(self, channel):
        row, place = divmod(channel, self.beside)
        height, width = (n * self.cell for n in self.shape)
        x, y = self.block.centre
        return Box(x + (place - (self.beside - 1) / 2) * (width + BESIDE) - width / 2,
                   y + (row - (self.rows - 1) / 2) * self.pitch - height / 2, width, height)

    def ends(self, row):
        """Where wires end on the left of a row, and where they begin on its right."""
        first, last = self.box(row * self.beside), self.box((row + 1) * self.beside - 1)
        return (first.x - WIRE, first.centre[1]), (last.right + WIRE, first.centre[1])


class _Sheet:
    """The five columns of the picture and the wires between them."""

    def __init__(self, stages):
        self.canvas = Canvas(height=HEIGHT)
        beside, (c_in, *size), c_out = stages.multiplier, stages.x.shape, len(stages.y)
        shapes = [tuple(size), stages.kernel, stages.y[0].shape, (1, 1), stages.y[0].shape]
        counts = [(c_in, 1), (c_in, beside), (c_in, beside), (c_in, beside), (c_out, 1)]
        self.pitch = min((HEIGHT - TOP) / max(c_in, c_out), size[0] * CELL + BELOW)
        gaps, columns = BESIDE * (beside - 1), [shape[1] * n for shape, (_, n) in zip(shapes, counts, strict=True)]
        room = self.canvas.width - 20 - 3 * gaps
        cell = min(self._tallest(shapes[0]), fitting_cell(room, columns, NAME, GAP))
        widths = [max(n * cell + gaps, NAME) for n in columns]
        # What is left over goes to the kernels, whose numbers one wants to read
        free = self.canvas.width - 20 - 4 * GAP - sum(widths) + widths[1]
        widths[1] = max(NAME, min(free, columns[1] * self._tallest(shapes[1]) + gaps))
        blocks = centred(self.canvas, widths, GAP, TOP)
        sides = [cell, (widths[1] - gaps) / columns[1], cell, (widths[3] - gaps) / columns[3], cell]
        self.columns = {name: _Column(block, *count, shape, self.pitch, min(side, self._tallest(shape)))
                        for name, block, count, shape, side in zip(COLUMNS, blocks, counts, shapes, sides, strict=True)}

    def _tallest(self, shape):
        """The largest cell with which grids of this shape stay below each other."""
        return min(CELL, (self.pitch - BELOW) / shape[0])

    def stack(self, name, values, hue, shown):
        """Draw all grids of a column, the first `shown` of them with what is in them."""
        column = self.columns[name]
        for channel, grid in enumerate(values):
            box = column.box(channel)
            filling(self.canvas, grid, box.x, box.y, column.cell, hue, grid.size if channel < shown else -1)

    def mark(self, *places):
        """Frame these grids from outside, for their digits may be small."""
        for name, channel in places:
            box = self.columns[name].box(channel)
            frame = Box(box.x - FRAME, box.y - FRAME, box.width + 2 * FRAME, box.height + 2 * FRAME)
            self.canvas.outline(frame, ORANGE if name == "depthwise" else INK, FRAME)

    def wires(self, step, mixed):
        """Every wire pale, and those of this step orange."""
        c_in, c_out = self.columns["input"].rows, self.columns["output"].rows
        straight = [(*pair, row, row) for pair in pairwise(COLUMNS[:4])
                    for row in range(c_in)]
        fan = [("pointwise", "output", row, channel) for row in range(c_in) for channel in range(c_out)]
        now = step // self.columns["middle"].beside
        for left, right, row, channel in straight + fan:
            used = channel == mixed if right == "output" else mixed >= 0 if right == "pointwise" else channel == now
            self._wire(left, right, row, channel, *(ORANGE, 2.5) if used else (mix(INK, 0.13), 1))

    def _wire(self, left, right, row, channel, colour, width):
        self.canvas.line([self.columns[left].ends(row)[1], self.columns[right].ends(channel)[0]], colour, width)

    def names(self, *sizes):
        for (name, column), size in zip(self.columns.items(), sizes, strict=True):
            self.canvas.text(name, column.block.centre[0], 16)
            self.canvas.text(size, column.block.centre[0], 36, 13)

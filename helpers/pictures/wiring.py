"""Channels as columns of numbered boxes, wired by what feeds what, and the weights that the wires stand for."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import Shuffled
from helpers.canvas import (
    BLANK,
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    TINTS,
    WHITE,
    Box,
    Canvas,
    Picture,
    as_array,
    mix,
)
from helpers.pictures.plane import listed, written_size

HUES = BLUE, ORANGE, GREEN, PURPLE  # of the groups of input channels, and again from the first
LEFT, RIGHT, TOP, HEIGHT, EDGE = 84, 26, 60, 500, 12
WIDTH, TALLEST = 40, 34  # of a box
NEAR, APART, PITCH = 4, 22, 190  # gaps between boxes and between groups, and from column to column
FULL, SOME, PALE = TINTS[-1], TINTS[3], TINTS[1]
BEND = np.linspace(0, 1, 21)


def wiring(layers, reach, names=None, note=""):
    """One step per output channel of a stack of layers: the input channels it hears, and along how many paths.

    layers: arithmetic.Grouped or arithmetic.Shuffled, from the input on, drawn from left to right
    reach: (outputs, inputs), what torch says: the gradient of each output by each input where all weights are 1
    names: of the layers, as in conv2, to stand above their kinds    note: sentences of the lesson, said last
    A box has the colours of the input groups that it hears. After a shuffle it keeps the number it had before.
    Raises ValueError for layers that do not fit together, and for a `reach` of another shape.
    """
    stack = _Stack(tuple(layers), as_array(reach), tuple(names or len(layers) * [""]))
    return Picture(stack.counts[-1], stack.draw, lambda unit: _joined(*stack.sentences(unit), note), stack.start)


def grouped(layer, weight, reach, note=""):
    """The wiring of one grouped convolution, and beside it its weight as the block diagonal that it is.

    layer: arithmetic.Grouped    weight: (C_out, C_in / groups, k_h, k_w), as torch stores it    reach, note: as above
    Every row belongs to an output channel; kernels that are not stored are marked 0.
    """
    stack, weight = _Stack((layer,), as_array(reach), ("",), 150), as_array(weight)
    if weight.ndim != 4:
        raise ValueError(f"weight must be (C_out, C_in / groups, k_h, k_w), not {weight.shape}")

    def draw(unit):
        canvas = stack.draw(unit)
        _draw_kernels(canvas, stack, weight.shape[2:], unit)
        return canvas

    def tell(unit):
        return _joined(*stack.sentences(unit), *_shape_sentences(layer, weight), note)

    return Picture(layer.c_out, draw, tell, stack.start)


@dataclass(frozen=True)
class _Stack:
    layers: tuple
    reach: np.ndarray
    names: tuple
    pitch: float = PITCH

    def __post_init__(self):
        if not self.layers:
            raise ValueError("give at least one layer")
        if len(self.names) != len(self.layers):
            raise ValueError(f"names has {len(self.names)} names for {len(self.layers)} layers")
        for below, above in zip(self.layers, self.layers[1:], strict=False):
            if below.c_out != above.c_in:
                raise ValueError(f"a layer makes {below.c_out} channels, but the next one reads {above.c_in}")
        if self.reach.shape != (self.counts[-1], self.counts[0]):
            raise ValueError(f"reach is {written_size(self.reach)}, but must be {self.counts[-1]} × {self.counts[0]}")

    @property
    def start(self):
        return (self.counts[-1] - 1) // 2

    @cached_property
    def counts(self):
        """Channels of each column, from the input on."""
        return [self.layers[0].c_in, *(layer.c_out for layer in self.layers)]

    @cached_property
    def _feeds(self):
        """For each layer a matrix (c_out, c_in) that is 1 where an input channel goes into an output channel."""
        matrices = [np.zeros((layer.c_out, layer.c_in), dtype=int) for layer in self.layers]
        for layer, matrix in zip(self.layers, matrices, strict=True):
            for output in range(layer.c_out):
                matrix[output, layer.reads(output)] = 1
        return matrices

    def paths(self, unit):
        """For each column, from the input on: the number of paths from each of its channels to the output `unit`."""
        columns = [np.eye(self.counts[-1], dtype=int)[unit]]
        for matrix in reversed(self._feeds):
            columns.insert(0, columns[0] @ matrix)
        return columns

    @cached_property
    def hues(self):
        """For each column, the colours of every channel: one for each input group that it hears."""
        heard = [np.repeat(np.eye(self.layers[0].groups, dtype=int), self.counts[0] // self.layers[0].groups, axis=0)]
        for matrix in self._feeds:
            heard.append(matrix @ heard[-1])
        return [[[HUES[group % len(HUES)] for group in np.flatnonzero(row)] for row in column] for column in heard]

    @cached_property
    def numbers(self):
        """For each column the numbers in its boxes."""
        numbers = [list(range(self.counts[0]))]
        for layer in self.layers:
            moved = isinstance(layer, Shuffled)
            numbers.append([numbers[-1][layer.reads(i)[0]] if moved else i for i in range(layer.c_out)])
        return numbers

    @cached_property
    def height(self):
        """Of a box: what leaves room for gaps in the longest column."""
        return min(TALLEST, (HEIGHT - TOP - EDGE) / max(self.counts) / 1.28)

    @cached_property
    def tops(self):
        """For each column the top of every box; the groups of the layers on both its sides stand apart."""
        groups, last = [layer.groups for layer in self.layers], self.layers[-1]
        end = last.c_out // last.groups if isinstance(last, Shuffled) else last.groups  # rows of the turned table
        return [self._spread(count, max(sides))
                for count, *sides in zip(self.counts, [groups[0], *groups], [*groups, end], strict=True)]

    def _spread(self, count, groups):
        free = HEIGHT - TOP - EDGE - count * self.height
        apart = min(APART, (free - (count - groups) * NEAR) / max(groups - 1, 1))
        starts_group = np.arange(count) % (count // groups) == 0
        tops = np.cumsum(self.height + np.where(starts_group, apart, NEAR)) - self.height - apart
        return TOP + (free + (count - 1) * self.height - tops[-1]) / 2 + tops

    def box(self, column, channel):
        pitch = min(self.pitch, (Canvas().width - LEFT - RIGHT - WIDTH) / len(self.layers))
        return Box(LEFT + column * pitch, self.tops[column][channel], WIDTH, self.height)

    def draw(self, unit):
        canvas, paths = Canvas(height=HEIGHT), self.paths(unit)
        for column in range(len(self.layers)):
            self._wire(canvas, column, np.flatnonzero(paths[column + 1] == 0), SOME, 1)
        for column in range(len(self.layers)):
            thick = 2.5 if self._feeds[column][0].sum() <= 4 else 1.5
            self._wire(canvas, column, np.flatnonzero(paths[column + 1]), 1, thick)
        for column, counts in enumerate(paths):
            self._boxes(canvas, column, counts)
        self._brackets(canvas)
        canvas.outline(self.box(len(self.layers), unit), INK, 3)
        return canvas

    def _wire(self, canvas, column, units, share, width):
        """All wires into these units, each in the colour of where it starts, grey where that is more than one."""
        for unit in units:
            for source in self.layers[column].reads(unit):
                hues, start = self.hues[column][source], self.box(column, source)
                colour = mix(hues[0] if len(hues) == 1 else MUTED, share)
                canvas.line(_curve(start, self.box(column + 1, unit)), colour, width)

    def _boxes(self, canvas, column, counts):
        self._title(canvas, column)
        for channel, count in enumerate(counts):
            box, hues = self.box(column, channel), self.hues[column][channel]
            width = box.width / len(hues)
            for i, hue in enumerate(hues):
                canvas.fill(Box(box.x + i * width, box.y, width, box.height), mix(hue, FULL if count else PALE))
            number = str(self.numbers[column][channel])
            canvas.text(number, *box.centre, min(15, 0.6 * self.height), INK if count else MUTED)

    def _title(self, canvas, column):
        name, kind = ("", "input") if column == 0 else (self.names[column - 1], _kind(self.layers[column - 1]))
        x, _ = self.box(column, 0).centre
        canvas.text(name, x, 20)
        canvas.text(kind, x, 42 if name else 20, 13 if name else 15)

    def _brackets(self, canvas):
        """The groups of the input, named and held together."""
        groups = self.layers[0].groups
        block = self.counts[0] // groups
        for group in range(groups):
            first, last = self.box(0, group * block), self.box(0, (group + 1) * block - 1)
            x = first.x - 8
            canvas.line([(x, first.y), (x, last.bottom)], HUES[group % len(HUES)], 3)
            canvas.text(f"group {group}", x - 8, (first.y + last.bottom) / 2, 13, align=1)

    def sentences(self, unit):
        counts = self.paths(unit)[0]
        heard = np.flatnonzero(counts)
        agree = np.allclose(counts, self.reach[unit])
        which = "all of them" if 1 < len(heard) == len(counts) else listed("number", heard)
        yield f"step: output {unit} of {self.counts[-1]}, counted from 0"
        yield f"hears: {len(heard)} of {self.counts[0]} input channels, {which}"
        yield f"paths: {_told(counts[heard])} {'= torch ✓' if agree else f'but torch says {_told(self.reach[unit])}'}"


def _curve(start, end):
    """From the right of one box to the left of another, level at both ends."""
    (_, y), (_, to) = start.centre, end.centre
    if y == to:
        return [(start.right, y), (end.x, y)]
    across, down = 1.5 * BEND * (1 - BEND) + BEND**3, BEND**2 * (3 - 2 * BEND)  # of a Bézier curve
    return list(zip(start.right + across * (end.x - start.right), y + down * (to - y), strict=True))


def _kind(layer):
    return "shuffled" if isinstance(layer, Shuffled) else f"groups {layer.groups}"


def _draw_kernels(canvas, stack, kernel, unit):
    """A row of kernels for every output, a column for every input; their gaps are those of the boxes."""
    layer, size, (across, down) = stack.layers[0], stack.height, stack.tops
    width = across[-1] - across[0] + size
    columns = across - across[0] + canvas.width - EDGE - (HEIGHT - TOP - EDGE + width) / 2
    stored, every = layer.c_out * layer.c_in // layer.groups, layer.c_out * layer.c_in
    canvas.text(f"weight: {stored} kernels stored of {every}", columns[0] + width / 2, 20)
    for source, x in enumerate(columns):
        canvas.text(str(source), x + size / 2, down[0] - 12, 13, INK if source in layer.reads(unit) else MUTED)
        for output, y in enumerate(down):
            hue = stack.hues[0][source][0] if source in layer.reads(output) else None
            _draw_kernel(canvas, Box(x, y, size, size), kernel, hue, FULL if output == unit else SOME)
    first, last = columns[layer.reads(unit)[0]], columns[layer.reads(unit)[-1]]
    canvas.outline(Box(first - 3, down[unit] - 3, last - first + size + 6, size + 6), INK, 2)


def _draw_kernel(canvas, box, kernel, hue, share):
    """A square of kernel cells, or, where there is no hue, a kernel that is not stored."""
    if hue is None:
        canvas.fill(box, BLANK)
        return canvas.text("0", *box.centre, 0.4 * box.height, MUTED)
    canvas.fill(box, mix(hue, share))
    for y in np.linspace(box.y, box.bottom, kernel[0] + 1)[1:-1]:
        canvas.line([(box.x, y), (box.right, y)], WHITE, 1)
    for x in np.linspace(box.x, box.right, kernel[1] + 1)[1:-1]:
        canvas.line([(x, box.y), (x, box.bottom)], WHITE, 1)


def _shape_sentences(layer, weight):
    height, width = weight.shape[2:]
    shape = layer.c_out, layer.c_in // layer.groups, height, width
    agree = "= torch ✓" if weight.shape == shape else f"but torch says {weight.shape}"
    yield f"weight: ({layer.c_out}, {layer.c_in} / {layer.groups}, {height}, {width}) = {shape} {agree}"


def _told(numbers):
    """Numbers one by one, or once where they are all the same."""
    told = [f"{number:,.0f}" for number in numbers]
    return f"{told[0]} to each" if len(set(told)) == 1 else f"{', '.join(told)} to these channels"


def _joined(*lines):
    return "\n".join(filter(None, lines))

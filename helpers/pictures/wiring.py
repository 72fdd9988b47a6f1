"""Channels as columns of numbered boxes, wired by what feeds what, and the weights that the wires stand for."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import Shuffled
from helpers.drawing.palette import (
    BLANK,
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    TINTS,
    WHITE,
    as_array,
    mix,
    text_width,
)
from helpers.drawing.picture import STEP, Fact, Picture
from helpers.drawing.sheet import SMALL, Box, Sheet, named
from helpers.pictures.parts.paths import Paths
from helpers.pictures.parts.rules import approved

HUES = BLUE, ORANGE, GREEN, PURPLE  # of the groups of input channels, and again from the first
LEFT, RIGHT, TOP, HEIGHT, EDGE = 84, 26, 60, 500, 12
WIDTH, TALLEST = 40, 34  # of a box
NEAR, APART, PITCH, PITCH_OF_ONE = 4, 22, 190, 150  # gaps between boxes and groups, and from column to column
DOWN = "output ↓"
KERNELS = "kernels"  # all of them, with their names
HEARS = STEP, KERNELS  # in this order, for what covers most is asked first, by its first place: how many are stored
LIT, WIRE, DIM = TINTS[-1], TINTS[3], TINTS[1]  # shares of a hue: on the paths shown, of wires and boxes off them


def wiring(layers, reach, names=None, note=""):
    """One step per output channel of a stack of layers: the input channels it hears, and along how many paths.

    layers: arithmetic.Grouped or arithmetic.Shuffled, from the input on, drawn from left to right
    reach: (outputs, inputs), what torch says: what comes out of each output where all weights are 1, that input is 1
        and all others are 0
    names: of the layers, as in conv2, to stand above their kinds    note: sentences of the lesson, said last
    An output hears an input where a path of wires joins them. A box has the colours of the input groups that it hears;
    after a shuffle it keeps the number it had before.
    Every other channel leads to an aside: the paths through it, those from the input and those to the outputs.
    Raises ValueError for layers that do not fit together, and for a `reach` of another shape.
    """
    wires = Wires(tuple(layers), as_array(reach), tuple(names or len(layers) * [""]))
    return _walk(wires, wires, _sentences(note))


def grouped(layer, weight, reach, note=""):
    """The wiring of one grouped convolution, and beside it its weight as the block diagonal that it is.

    layer: arithmetic.Grouped    weight: (C_out, C_in / groups, k_h, k_w), as torch stores it    reach, note: as above
    Every row belongs to an output channel; kernels that are not stored are marked 0.
    Raises ValueError for a weight with other axes, and for a `reach` of another shape.
    """
    weight = as_array(weight)
    if weight.ndim != 4:
        raise ValueError(f"weight must be (C_out, C_in / groups, k_h, k_w), not {weight.shape}")
    wires = Wires((layer,), as_array(reach), ("",), PITCH_OF_ONE, HEARS)
    kernels = Kernels(wires, weight.shape[2:])
    return _walk(wires, kernels, [_shape_sentence(layer, weight), *_sentences(note)], {KERNELS: kernels.place.corners})


def _walk(wires, drawn, more, places=()):
    """A Picture of the paths through each channel. more: what every step says at its end"""
    outputs, asides = wires.paths.counts[-1], wires.paths.asides
    return Picture(outputs, drawn.still, lambda frame: (*wires.tell(frame), *more), drawn.moving,
                   start=(outputs - 1) // 2, groups=drawn.groups, asides=asides, places=places)


@dataclass(frozen=True)
class Wires:
    """What is drawn and told of a stack of layers. reach: (outputs, inputs)

    pitch: from column to column, at most    covers: what of the picture answers how many channels are heard
    """

    layers: tuple
    reach: np.ndarray
    names: tuple
    pitch: float = PITCH
    covers: tuple = (STEP,)

    def __post_init__(self):
        if not self.layers:
            raise ValueError("give at least one layer")
        if len(self.names) != len(self.layers):
            raise ValueError(f"names has {len(self.names)} names for {len(self.layers)} layers")
        for below, above in zip(self.layers, self.layers[1:], strict=False):
            if below.c_out != above.c_in:
                raise ValueError(f"a layer makes {below.c_out} channels, but the next one reads {above.c_in}")

    @cached_property
    def paths(self):
        return Paths(tuple(map(_feeds, self.layers)), self.reach)

    @property
    def counts(self):
        """Channels of each column, from the input on."""
        return self.paths.counts

    @cached_property
    def hues(self):
        """For each column, the colours of every channel: one for each input group that it hears."""
        heard = [np.repeat(np.eye(self.layers[0].groups), self.counts[0] // self.layers[0].groups, axis=0)]
        for feeds in self.paths.feeds:
            heard.append(feeds @ heard[-1])
        return [[[HUES[group % len(HUES)] for group in np.flatnonzero(row)] for row in column] for column in heard]

    @cached_property
    def numbers(self):
        """For each column the numbers in its boxes."""
        numbers = [list(range(self.counts[0]))]
        for layer in self.layers:
            moved = isinstance(layer, Shuffled)
            numbers.append([numbers[-1][layer.reads(i)[0]] if moved else i for i in range(layer.c_out)])
        return numbers

    # Where things stand

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
        return (TOP + (free + (count - 1) * self.height - tops[-1]) / 2 + tops).tolist()

    @cached_property
    def boxes(self):
        """For each column the Box of every channel."""
        pitch = min(self.pitch, (Sheet().width - LEFT - RIGHT - WIDTH) / len(self.layers))
        return [[Box(LEFT + column * pitch, top, WIDTH, self.height) for top in tops]
                for column, tops in enumerate(self.tops)]

    def box(self, column, channel):
        return self.boxes[column][channel]

    # What is drawn

    def still(self):
        sheet = Sheet(height=HEIGHT)
        for wire in self.paths.wires:
            self._draw_wire(sheet, wire, WIRE, 1)
        for column, boxes in enumerate(self.boxes):
            self._draw_title(sheet, column)
            for channel, box in enumerate(boxes):
                self._draw_box(sheet, column, channel, DIM)
                sheet.text(str(self.numbers[column][channel]), *box.centre, min(15, 0.6 * self.height))
        self._draw_brackets(sheet)
        self.paths.put_targets(sheet, "channel", self.box)
        return sheet

    def moving(self, sheet, frame):
        shown = self.paths.at(frame)
        for wire in shown.wires:
            self._draw_wire(sheet, wire, 1, 2.5 if self.paths.feeds[wire[0]][0].sum() <= 4 else 1.5)
        for column, numbers in enumerate(shown.numbers):
            for channel in np.flatnonzero(numbers):
                self._draw_box(sheet, column, channel, LIT)
        sheet.outline(self.box(shown.level, shown.unit), INK, 3)

    def _draw_wire(self, sheet, wire, share, width):
        """In the colour of where it starts, grey where that is more than one."""
        column, target, source = wire
        hues, start, end = self.hues[column][source], self.box(column, source), self.box(column + 1, target)
        colour = mix(hues[0] if len(hues) == 1 else MUTED, share)
        sheet.line([(start.right, start.centre[1]), (end.x, end.centre[1])], colour, width, bent=True)

    def _draw_box(self, sheet, column, channel, share):
        box, hues = self.box(column, channel), self.hues[column][channel]
        width = box.width / len(hues)
        for i, hue in enumerate(hues):
            sheet.fill(Box(box.x + i * width, box.y, width, box.height), mix(hue, share))

    def _draw_title(self, sheet, column):
        name, kind = ("", "input") if column == 0 else (self.names[column - 1], _kind(self.layers[column - 1]))
        x, _ = self.box(column, 0).centre
        sheet.text(name, x, 20)
        sheet.text(kind, x, 42 if name else 20, size=SMALL if name else 15)
        if kind == "shuffled" and not name:
            sheet.text("old numbers", x, 42, SMALL, MUTED)

    def _draw_brackets(self, sheet):
        """The groups of the input, named and held together."""
        groups = self.layers[0].groups
        block = self.counts[0] // groups
        for group in range(groups):
            first, last = self.box(0, group * block), self.box(0, (group + 1) * block - 1)
            x = first.x - 8
            sheet.line([(x, first.y), (x, last.bottom)], HUES[group % len(HUES)], 3)
            sheet.text(f"group {group}", x - 8, (first.y + last.bottom) / 2, SMALL, align=1)

    # What is told

    def groups(self, frame):
        return self.paths.groups("channel", frame)

    def tell(self, frame):
        shown = self.paths.at(frame)
        yield self._place(shown.level, shown.unit)
        for end in shown.ends:
            hearer = f"output {shown.unit}" if shown.level == self.paths.top else "this channel"
            yield from _end_sentences(end, hearer, self.covers, has_paths=self.paths.top > 1)
        yield from shown.told()

    def _place(self, column, channel):
        count, number = self.counts[column], self.numbers[column][channel]
        if column == self.paths.top:
            return "step", f"output {channel} of {count}, counted from 0"
        where = f"after {self.names[column - 1] or f'layer {column}'}" if column else "of the input"
        place = "" if number == channel else f", at place {channel}"
        return "channel", f"{number} of {count} {where}{place}, counted from 0"


@dataclass(frozen=True)
class Kernels:
    """The wires of one layer, and beside them the kernel of each. size: (rows, columns) of a kernel"""

    wires: Wires
    size: tuple

    @property
    def layer(self):
        return self.wires.layers[0]

    @cached_property
    def columns(self):
        """Left side of the kernels of each input; their gaps are those of the boxes."""
        lefts = np.array(self.wires.tops[0]) - self.wires.tops[0][0]
        width = lefts[-1] + self.wires.height
        return (lefts + Sheet().width - EDGE - (HEIGHT - TOP - EDGE + width) / 2).tolist()

    def box(self, output, source):
        """Of a kernel: a row for every output, a column for every input."""
        return Box(self.columns[source], self.wires.tops[1][output], self.wires.height, self.wires.height)

    def still(self):
        sheet, rows, columns = self.wires.still(), self.layer.c_out, self.layer.c_in
        stored, middle = len(self.wires.paths.wires), self._around([0], [0, columns - 1]).centre[0]
        sheet.text(f"weight: {stored} kernels stored of {rows * columns}", middle, 11)
        for output, source in np.ndindex(rows, columns):
            self._draw_kernel(sheet, output, source)
        for first in range(0, rows, rows // self.layer.groups):
            self._draw_cells(sheet, range(first, first + rows // self.layer.groups), self.layer.reads(first))
        for source in range(columns):
            self._draw_label(sheet, source)
        for output in range(rows):
            self._draw_row_label(sheet, output)
        top, left = self.box(0, 0).y, self.box(0, 0).x
        sheet.text("input channel →", left, top - 31, SMALL, MUTED, align=0)
        sheet.text(DOWN, left - 8, top - 12, SMALL, MUTED, align=1)
        return sheet

    @cached_property
    def place(self):
        """The Box around everything that is said of the kernels."""
        left = self.box(0, 0).x - 8 - text_width(DOWN, SMALL) - NEAR
        return Box(left, 0, Sheet().width - left, HEIGHT)

    def _draw_kernel(self, sheet, output, source):
        box = self.box(output, source)
        if source in self.layer.reads(output):
            sheet.fill(box, mix(self._hue(source), WIRE))
            return sheet.target(named("kernel", (output, source)), box, output)
        sheet.fill(box, BLANK)
        sheet.text("0", *box.centre, 0.5 * box.height, MUTED)

    def _draw_cells(self, sheet, outputs, sources):
        """White lines through the kernels of a group, from end to end, for the gaps between them are white too."""
        whole = self._around(outputs, sources)
        for output in outputs:
            for y in self._cuts(self.size[0], self.box(output, 0).y):
                sheet.line([(whole.x, y), (whole.right, y)], WHITE, 1)
        for source in sources:
            for x in self._cuts(self.size[1], self.box(0, source).x):
                sheet.line([(x, whole.y), (x, whole.bottom)], WHITE, 1)

    def _cuts(self, cells, start):
        return [start + cell * self.wires.height / cells for cell in range(1, cells)]

    def _draw_label(self, sheet, source):
        box = self.box(0, source).at(self.box(0, source).y - 22, 20)
        sheet.text(str(source), *box.centre, SMALL, MUTED)
        sheet.target(named("column", [source]), box, self.wires.paths.frame(0, source))

    def _draw_row_label(self, sheet, output):
        first = self.box(output, 0)
        box = Box(first.x - 28, first.y, 24, first.height)
        sheet.text(str(output), *box.centre, min(SMALL, 0.7 * box.height), MUTED)
        sheet.target(named("row", [output]), box, output)

    def moving(self, sheet, frame):
        self.wires.moving(sheet, frame)
        kernels = self._kernels(frame)
        for output, source in kernels:
            sheet.fill(self.box(output, source), mix(self._hue(source), LIT))
        sheet.outline(self._around(*zip(*kernels, strict=True)).grown(3), INK, 2)

    def groups(self, frame):
        """Each channel to which a wire goes, with the kernel of the wire."""
        return [[*group, named("kernel", kernel)]
                for group, kernel in zip(self.wires.groups(frame), self._kernels(frame), strict=True)]

    def _kernels(self, frame):
        """(output, input) of each that a wire of a frame stands for."""
        return [(output, source) for _, output, source in self.wires.paths.at(frame).wires]

    def _hue(self, source):
        return self.wires.hues[0][source][0]

    def _around(self, outputs, sources):
        """The Box around all kernels of these rows and columns."""
        first, last = self.box(outputs[0], sources[0]), self.box(outputs[-1], sources[-1])
        return Box(first.x, first.y, last.right - first.x, last.bottom - first.y)


def _feeds(layer):
    """(c_out, c_in), 1 where an input channel goes into an output channel."""
    return np.array([np.isin(range(layer.c_in), layer.reads(output)) for output in range(layer.c_out)], dtype=float)


def _kind(layer):
    return "shuffled" if isinstance(layer, Shuffled) else f"groups {layer.groups}"


def _end_sentences(end, hearer, covers, has_paths):
    """Which channels there are at the end of paths, and how many paths to each; `hearer`: at their beginning.

    has_paths: whether there can be more than one path to a channel; the second sentence is left out otherwise
    """
    names, noun = (("heard by", "paths up"), "outputs") if end.level else (("hears", "paths"), "input channels")
    count, known = len(end.reached), len(end.numbers)
    which = (["all of them"] if 1 < count == known else
             [f"number{'s' * (count > 1)} ", *end.terms(map(str, end.reached))])
    how_many = str(count) if end.level else Fact(count, f"How many input channels does {hearer} hear?", covers)
    yield names[0], how_many, f" of {known} {noun}, ", *which, *([] if has_paths else [end.verdict(_told)])
    if has_paths:
        yield names[1], *_told(end.paths, end.terms), end.verdict(_told)


def _shape_sentence(layer, weight):
    height, width = weight.shape[2:]
    shape = layer.c_out, layer.c_in // layer.groups, height, width
    said = f"({layer.c_out}, {layer.c_in} / {layer.groups}, {height}, {width}) = ({layer.c_out}, "
    reads = Fact(shape[1], "How many channels does one filter read?", HEARS)
    stored = Fact(shape[0] * shape[1], f"How many of the {layer.c_out * layer.c_in} kernels are stored?", [KERNELS])
    return ("weight", said, reads, f", {height}, {width}) {approved(weight.shape == shape, weight.shape)}, ",
            stored, " kernels")


def _sentences(note):
    """The lines of a note, each named by what stands before its colon."""
    lines = [line.partition(": ") for line in note.splitlines()]
    return [(name, told) if colon else ("", name) for name, colon, told in lines]


def _told(numbers, listed=", ".join):
    """Numbers one by one, `listed`, or once where they are all the same."""
    told = [f"{number:,.0f}" for number in numbers]
    same = Fact(told[0], "Along how many paths does it hear each of these channels?", [STEP])
    return [same, " to each"] if len(set(told)) == 1 else [*listed(told), " to these channels"]

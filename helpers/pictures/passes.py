"""One convolution after another, each along one axis of a volume."""
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import accumulate

import numpy as np

from helpers.arithmetic import Window
from helpers.drawing.palette import BLUE, GREEN, INK, MUTED, ORANGE, text_width
from helpers.drawing.picture import Fact, Picture
from helpers.drawing.sheet import SMALL, centred, named
from helpers.pictures.parts.blocks import HEIGHT, Cubes, Lines, Slices, Walk
from helpers.pictures.parts.reading import Input
from helpers.pictures.parts.rules import Weighted, agrees, computed
from helpers.pictures.parts.words import index_of, listed, part_of, planes, written_size

AXES = "channel", "row", "column"
BETWEEN, LINE = 40, 24


def passes(x, kernels, made, cubes=False):
    """Sticks of weights walk through a volume one after the other, one step per cell that each of them makes.

    x: (channels, rows, columns)    kernels: {name: (k_c, k_h, k_w)}, 1 along all axes but one, each axis at most once
    made: what torch made in each pass, stride 1 and no padding; 1s may come before all of these
    cubes: draw volumes of cubes, and not their slices side by side
    Raises Refused where no window fits, ValueError for shapes that do not belong together.
    """
    volumes = tuple(planes(each, "x or made", 3) for each in (x, *made))
    sticks = {name: planes(kernel, name, 3) for name, kernel in kernels.items()}
    shapes = np.array([stick.shape for stick in sticks.values()])
    if len(sticks) != len(made) or (shapes.prod(axis=0) != shapes.max(axis=0)).any():
        raise ValueError("give a result for each kernel, and kernels that do not share an axis")
    row = _Passes(volumes, tuple(sticks), tuple(sticks.values()), Cubes if cubes else Slices)
    for read, stick, target in zip(row.reads, row.sticks, volumes[1:], strict=True):
        read.expect(target, stick)
    return Picture(sum(row.lengths), lambda: row.sheet, row.tell, row.moving, groups=row.groups)


@dataclass(frozen=True)
class _Passes:
    """volumes: the input, and what each pass makes    names: of the sticks    kind: Cubes or Slices"""

    volumes: tuple
    names: tuple
    sticks: tuple
    kind: type

    @cached_property
    def nouns(self):
        """What a cell of each volume is called."""
        return ["input", *(f"pass {number}" for number in range(1, len(self.sticks))), "output"]

    @cached_property
    def reads(self):
        """Each pass's input."""
        return [Input(volume, Window(stick.shape), noun=noun)
                for volume, stick, noun in zip(self.volumes, self.sticks, self.nouns, strict=False)]

    @property
    def lengths(self):
        return [volume.size for volume in self.volumes[1:]]

    @cached_property
    def lines(self):
        """x ∗ α = …, and below what follows: in as many lines as let it be large."""
        count = len(self.volumes) + len(self.sticks)
        shown, names = [None] * count, [None] * count
        shown[::2], shown[1::2] = self.volumes, self.sticks
        names[::2] = "input", *(f"after {noun}" for noun in self.nouns[1:-1]), "output"
        names[1::2] = self.names
        shapes = tuple(values.shape for values in shown)
        names = tuple(f"{name}, {written_size(values)}" for name, values in zip(names, shown, strict=True))
        ways = [(3, count - 3), (2, 2, count - 4)] if count > 4 else [(count,)]
        return max((Lines(self.kind, shapes, names, way, LINE) for way in ways), key=lambda lines: lines.cell)

    @cached_property
    def walks(self):
        places = self.lines.places
        passes = zip(self.reads, self.sticks, self.volumes[1:], strict=True)
        return [Walk(read, stick, target, tuple(places[2 * number:2 * number + 3]), len(read.values) - 1)
                for number, (read, stick, target) in enumerate(passes)]

    @cached_property
    def sheet(self):
        """What stands still."""
        sheet, starts = self.lines.sheet(), accumulate(self.lengths, initial=0)
        self.walks[0].places[0].draw_input(sheet, self.reads[0], self.walks[0].front)
        for number, (walk, first) in enumerate(zip(self.walks, starts, strict=False)):
            _, kernel, target = walk.places
            kernel.draw_kernel(sheet, walk.weight, self.names[number])
            hue = GREEN if walk is self.walks[-1] else BLUE  # what is read next is an input
            target.draw_output(sheet, walk.made, hue, first, self.nouns[number + 1])
            sheet.verbs[self.nouns[number]] = "is read by"
        return sheet

    def _at(self, step):
        """Which pass a step belongs to, and the cell that it makes."""
        number, step = part_of(step, self.lengths)
        return number, index_of(step, self.walks[number].made.shape)

    def moving(self, sheet, step):
        number, at = self._at(step)
        source, kernel, _ = self.walks[number].places
        if number:
            source.mark(sheet, BLUE)  # an input now
        kernel.mark(sheet, ORANGE)
        self.walks[number].moving(sheet, at)
        for i, (x, word) in enumerate(self._words):
            sheet.text(word, x, HEIGHT + LINE / 2, SMALL, INK if i == number else MUTED, align=0)

    @cached_property
    def _words(self):
        """One more line below: where every pass is named, and its name."""
        words = [f"pass {number}: {name} {written_size(stick)}"
                 for number, (name, stick) in enumerate(zip(self.names, self.sticks, strict=True), 1)]
        boxes = centred(self.sheet, [text_width(word, SMALL) for word in words], BETWEEN, 0)
        return [(box.x, word) for box, word in zip(boxes, words, strict=True)]

    @cached_property
    def _targets(self):
        return {target.name for target in self.sheet.targets}

    @cached_property
    def _weights(self):
        """The names of all weights of each stick."""
        return [[named(name, cell) for cell in np.ndindex(*stick.shape)]
                for name, stick in zip(self.names, self.sticks, strict=True)]

    def groups(self, step):
        """Each cell under the stick with its weight, as far as they are seen."""
        number, at = self._at(step)
        pairs = zip(self.reads[number].names_under(at), self._weights[number], strict=True)
        return [[name for name in pair if name in self._targets] for pair in pairs]

    def tell(self, step):
        number, at = self._at(step)
        walk = self.walks[number]
        patch, rule = walk.read.patch(at), Weighted(walk.weight)
        yield "step", f"{step + 1} of {sum(self.lengths)}, pass {number + 1}, {self._where(number, at)}"
        ending = computed(named(self.nouns[number + 1], at), rule.of(patch), walk.made[at], rule.scale(patch))
        yield "sum", *rule.told(patch), *ending
        yield from self._lasting

    def _where(self, number, at):
        walk = self.walks[number]
        where = [listed(name, axis.cells(i)) for name, axis, i in zip(AXES, walk.read.axes, at, strict=True)]
        is_hidden = self.kind is Cubes and walk.front not in walk.read.taps(at)[0]
        return f"{self.names[number]} on {', '.join(where)}" + f", out of sight behind channel {walk.front}" * is_hidden

    @cached_property
    def _lasting(self):
        return [("together", f"a kernel of {written_size(self.together)}, the product of all, {self._ending()}"),
                ("cost", *self._cost()),
                ("torch", reduce(lambda inner, name: f"F.conv3d({inner}, {name})", self.names, "x"))]

    @cached_property
    def together(self):
        """The one kernel that does what all do."""
        return reduce(np.multiply, self.sticks)

    def _ending(self):
        """Whether one pass with the kernel `together` makes what torch made in several."""
        products = np.lib.stride_tricks.sliding_window_view(self.volumes[0], self.together.shape) * self.together
        at_once, scale = (each.sum(axis=(3, 4, 5)) for each in (products, np.abs(products)))
        return ("makes the same output at once = torch ✓" if agrees(at_once, self.volumes[-1], scale)
                else "should do the same, but torch says otherwise")

    def _cost(self):
        work = [made * stick.size for made, stick in zip(self.lengths, self.sticks, strict=True)]
        each = [f"{made}·{stick.size}" for made, stick in zip(self.lengths, self.sticks, strict=True)]
        outputs, weights = self.volumes[-1].size, self.together.size
        all_work = Fact(sum(work), "How many multiplications do all the passes make?")
        return (f"{' + '.join(each)} = ", all_work,
                f" multiplications, {' + '.join(str(stick.size) for stick in self.sticks)} weights; at once "
                f"{outputs}·{weights} = {outputs * weights} multiplications, {weights} weights")

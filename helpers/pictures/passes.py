"""One convolution after another, each along one axis of a volume."""
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate, chain, product

import numpy as np

from helpers.arithmetic import Window
from helpers.drawing.palette import BLUE, GREEN, INK, MUTED, ORANGE, mix, text_width, tints
from helpers.drawing.picture import Fact, Picture
from helpers.drawing.sheet import SMALL, Sheet, centred, named
from helpers.pictures.parts.blocks import FAINT, HEIGHT, Cubes, Lines, Slices, Walk
from helpers.pictures.parts.cut import draw_cut, lift, lower
from helpers.pictures.parts.reading import Input
from helpers.pictures.parts.rules import Weighted, agrees, computed
from helpers.pictures.parts.words import fewer, index_of, listed, part_of, planes, written_size

AXES = "channel", "row", "column"
BETWEEN, LINE = 40, 24


def passes(x, kernels, made, cubes=False, call=None):
    """Sticks of weights walk through a volume one after the other, one step per cell that each of them makes.

    x: (channels, rows, columns)    kernels: {name: (k_c, k_h, k_w)}, 1 along all axes but one, each axis at most once
    made: what torch made in each pass, stride 1 and no padding; 1s may come before all of these
    cubes: draw volumes of cubes, and not their slices side by side; channels in front of those that a stick reads are
        taken away while it does
    call: how torch is told to do all, F.conv3d(F.conv3d(x, …), …) with these names unless given
    Raises Refused where no window fits, ValueError for shapes that do not belong together.
    """
    volumes = tuple(planes(each, "x or made", 3) for each in (x, *made))
    sticks = {name: planes(kernel, name, 3) for name, kernel in kernels.items()}
    shapes = np.array([stick.shape for stick in sticks.values()])
    if len(sticks) != len(made) or (shapes.prod(axis=0) != shapes.max(axis=0)).any():
        raise ValueError("give a result for each kernel, and kernels that do not share an axis")
    call = call or reduce(lambda inner, name: f"F.conv3d({inner}, {name})", sticks, "x")
    row = _Passes(volumes, tuple(sticks), tuple(sticks.values()), Cubes if cubes else Slices, call)
    for read, stick, target in zip(row.reads, row.sticks, volumes[1:], strict=True):
        read.expect(target, stick)
    return Picture(sum(row.lengths), lambda: row.sheet, row.tell, row.moving, groups=row.groups, places=row.covered)


@dataclass(frozen=True)
class _Passes:
    """volumes: the input, and what each pass makes    names: of the sticks    kind: Cubes or Slices"""

    volumes: tuple
    names: tuple
    sticks: tuple
    kind: type
    call: str

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

    @property
    def covered(self):
        """What the passes make, with its sizes; the sticks stay in sight."""
        names = ((f"name of {noun}", noun) for noun in self.nouns[1:])
        boxes = (self.lines.around(2 * number) for number in range(1, len(self.nouns)))
        return dict(zip(chain(*names), chain(*boxes), strict=True))

    @cached_property
    def sheet(self):
        """What stands still."""
        sheet, starts = self.lines.sheet(), accumulate(self.lengths, initial=0)
        self._draw_input(sheet)
        for number, (walk, first) in enumerate(zip(self.walks, starts, strict=False)):
            _, kernel, target = walk.places
            kernel.draw_kernel(sheet, walk.weight, self.names[number])
            hue = GREEN if walk is self.walks[-1] else BLUE  # what is read next is an input
            begin = len(sheet.marks)
            target.draw_output(sheet, walk.made, hue, first, self.nouns[number + 1])
            lower(sheet, begin)
            sheet.verbs[self.nouns[number]] = "is read by"
        return sheet

    def _draw_input(self, sheet):
        walk = self.walks[0]
        if self.kind is Cubes:  # those at the front come after these, and are on top
            for cell in np.ndindex(walk.front, *walk.read.values.shape[1:]):
                sheet.target(walk.read.names[cell], walk.places[0].box(*cell))
        walk.places[0].draw_input(sheet, walk.read, walk.front)
        lower(sheet)

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
        if front := self._cut(number, at):
            self._draw_cut(sheet, number, at, front)
        else:
            self.walks[number].moving(sheet, at)
        for i, (x, word) in enumerate(self._words):
            sheet.text(word, x, HEIGHT + LINE / 2, SMALL, INK if i == number else MUTED, align=0)

    def _cut(self, number, at):
        """Up to which channel, counted from 1, cubes are left for this cell; None where all of them are."""
        walk = self.walks[number]
        count = int(walk.read.taps(at)[0][-1]) + 1
        return count if self.kind is Cubes and count < len(walk.read.values) else None

    def _draw_cut(self, sheet, number, at, count):
        """The same without the channels in front, over the volume that stands still."""
        walk, above = self.walks[number], Sheet(sheet.width, sheet.height)
        place, values = walk.places[0], walk.read.values
        draw_cut(above, place, values, tints(values, BLUE), count)
        place.frame(above, BLUE if number else mix(BLUE, FAINT), 2 if number else 1.5)
        replace(walk, front=count - 1).moving(above, at)
        lift(above, sheet)

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
        """Each cell under the stick with its weight, as far as they are seen; then what is not, with what it makes."""
        number, at = self._at(step)
        read, made = self.reads[number], named(self.nouns[number + 1], at)
        hidden = self._hidden(number, at)
        pairs = zip(read.names_under(at), self._weights[number], strict=True)
        terms = [[name for name in pair if name in self._targets and name not in hidden] for pair in pairs]
        return terms + [[name, made] for name in hidden]

    def _hidden(self, number, at):
        """The cells under the stick that are behind others."""
        if self.kind is Slices:
            return []
        channels, rows, columns = self.reads[number].taps(at)
        return [self.reads[number].names[cell] for cell in product(channels[:-1], rows, columns)]

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
        gone = range(self._cut(number, at) or len(walk.read.values), len(walk.read.values))
        cut = f", {listed('channel', gone)} in front of it taken away" if gone else ""
        return f"{self.names[number]} on {', '.join(where)}{cut}"

    @cached_property
    def _lasting(self):
        first, *rest = (volume.shape[0] for volume in self.volumes[1:])
        left = Fact(first, "How many channels are left after pass 1?", self.covered)
        return [("channels", f"{len(self.volumes[0])} → ", left, *(f" → {count}" for count in rest)),
                ("together", f"a kernel of {written_size(self.together)}, the product of all, {self._ending()}"),
                ("cost", *self._cost()),
                ("torch", self.call)]

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
                f"{outputs}·{weights} = {outputs * weights} multiplications, {weights} weights; fewer: ",
                fewer({"sticks": sum(work), "block": outputs * weights}))

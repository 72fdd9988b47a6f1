"""Two convolutions one after the other: the first fills a plane in the middle, which the second then reads."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import Window
from helpers.drawing.palette import BLUE, GREEN, ORANGE
from helpers.drawing.picture import Fact, Picture
from helpers.drawing.sheet import named
from helpers.pictures.parts.equation import Equation
from helpers.pictures.parts.plane import draw_input, draw_output, draw_window, mark_output
from helpers.pictures.parts.reading import Input
from helpers.pictures.parts.rules import Weighted, agrees, computed
from helpers.pictures.parts.words import fewer, index_of, part_of, planes, written_rows, written_size


def two_passes(x, first, middle, second, y, call="F.conv2d(F.conv2d(x, first), second)"):
    """One step per cell of `middle`, which the kernel `first` makes of `x`, and then one per cell of `y`.

    x: (rows, columns)    first, second: kernels, (k_h, k_w)    middle, y: what torch made of it in each pass, with
    stride 1 and no padding; 1s may come before all of these    call: how torch is told to do both
    Raises Refused where no window fits, ValueError for shapes that do not belong together.
    """
    x, middle, y = planes(x, "x"), planes(middle, "middle"), planes(y, "y")
    both = _TwoPasses((_Pass.of(x, "input", planes(first, "first"), "first", middle, "middle"),
                       _Pass.of(middle, "middle", planes(second, "second"), "second", y, "output")), call)
    return Picture(middle.size + y.size, both.still, both.tell, both.moving, groups=both.groups, places=both.places)


@dataclass(frozen=True)
class _Pass:
    """A kernel walks over a plane and makes another; each of the two is called by a noun."""

    read: Input
    weight: np.ndarray
    kernel: str
    made: np.ndarray
    noun: str

    @classmethod
    def of(cls, values, source, weight, kernel, made, noun):
        read = Input(values, Window(weight.shape), noun=source)
        read.expect(made, weight)
        return cls(read, weight, kernel, made, noun)

    def groups(self, at):
        """Each cell under the window with its weight."""
        weights = [named(self.kernel, cell) for cell in np.ndindex(self.weight.shape)]
        return list(zip(self.read.names_under(at), weights, strict=True))

    def tell(self, at):
        """How the cell `at` of what it makes is computed."""
        rule, patch, name = Weighted(self.weight), self.read.patch(at), named(self.noun, at)
        return f"{name} = ", *rule.told(patch), *computed(name, rule.of(patch), self.made[at], rule.scale(patch))


@dataclass(frozen=True)
class _TwoPasses:
    passes: tuple
    call: str

    def _at(self, step):
        """Which of the passes a step belongs to, 0 or 1, and its cell in what that pass makes."""
        number, step = part_of(step, [each.made.size for each in self.passes])
        return number, index_of(step, self.passes[number].made.shape)

    @cached_property
    def _row(self):
        first, second = self.passes
        shown = {"input": first.read.values, "first": first.weight, "middle": first.made, "second": second.weight,
                 "output": second.made}
        return Equation(tuple(values.shape for values in shown.values()),
                        tuple(f"{noun} {written_size(values)}" for noun, values in shown.items()), "∗=∗=",
                        gap=42, least=104)

    @property
    def places(self):
        """What both passes make, with its sizes; the kernels stay in sight."""
        return {noun: self._row.column(number) for number, noun in ((2, "middle"), (4, "output"))}

    def still(self):
        sheet, (source, *places) = self._row.sheet(), self._row.grids
        draw_input(sheet, self.passes[0].read, source)
        for each, place in zip(self.passes, places[::2], strict=True):
            sheet.grid(each.weight, place.x, place.y, place.cell, ORANGE)
            sheet.cells(each.kernel, place, each.weight.shape)
        middle, y = (each.made for each in self.passes)
        draw_output(sheet, middle, places[1], BLUE, noun="middle")
        draw_output(sheet, y, places[3], GREEN, first=middle.size)
        sheet.verbs["middle"] = sheet.verbs["input"]
        return sheet

    def moving(self, sheet, step):
        number, at = self._at(step)
        source, kernel, target = self._row.grids[2 * number:2 * number + 3]
        if number:
            sheet.frame(source, BLUE, 2, source.cell)  # an input now, as the first plane was
        draw_window(sheet, self.passes[number].read, source, at)
        sheet.frame(kernel, ORANGE, 4, kernel.cell)
        mark_output(sheet, target, at)

    def groups(self, step):
        number, at = self._at(step)
        return self.passes[number].groups(at)

    def tell(self, step):
        number, at = self._at(step)
        now, source = self.passes[number], ("input", "plane in the middle")[number]
        steps = sum(each.made.size for each in self.passes)
        yield "step", f"{step + 1} of {steps}, pass {number + 1}, {now.read.where(at, source)}"
        yield "sum", *now.tell(at)
        yield from self._lasting

    @cached_property
    def _lasting(self):
        return [("kernel", self._sameness()), ("cost", *self._cost()), ("torch", self.call)]

    @cached_property
    def together(self):
        """The one kernel that does what both do."""
        return _spread(*(each.weight for each in self.passes))

    def _sameness(self):
        """Whether one pass with the kernel `together` makes what torch made in two."""
        first, second = self.passes
        windows = np.lib.stride_tricks.sliding_window_view(first.read.values, self.together.shape)
        at_once = np.einsum("rcij,ij->rc", windows, self.together)
        # torch rounds the plane in the middle, and terms that are large there may cancel in `together`
        scale = np.einsum("rcij,ij->rc", np.abs(windows), _spread(np.abs(first.weight), np.abs(second.weight)))
        told = ("does the same in one pass = torch ✓" if agrees(at_once, second.made, scale)
                else "should do the same, but torch says otherwise")
        return f"{written_size(self.together)}, {written_rows(self.together)}, {told}"

    def _cost(self):
        made = *((each.made, each.weight) for each in self.passes), (self.passes[-1].made, self.together)
        words = [f"{plane.shape[0]}·{plane.shape[1]}·{weight.size}" for plane, weight in made]
        works = [plane.size * weight.size for plane, weight in made]
        weights = sum(each.weight.size for each in self.passes)
        both = Fact(works[0] + works[1], "How many multiplications do the two passes make?", self.places)
        return (f"{words[0]} + {words[1]} = {works[0]} + {works[1]} = ", both, f" multiplications with "
                f"{weights} weights; in one pass {words[2]} = {works[2]} with {self.together.size}; fewer: ",
                fewer({"two passes": both, "one pass": works[2]}, covers=self.places))


def _spread(first, second):
    """The kernel in which every weight of the second lays down its multiple of the first."""
    together = np.zeros(np.add(first.shape, second.shape) - 1)
    for (row, column), weight in np.ndenumerate(second):
        together[row:row + first.shape[0], column:column + first.shape[1]] += weight * first
    return together

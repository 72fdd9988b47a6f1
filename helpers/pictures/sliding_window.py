"""A window walks over the input, and the output fills: a convolution, or a pooling layer."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.drawing.palette import GREEN, INK, ORANGE
from helpers.drawing.picture import Fact, Picture
from helpers.drawing.sheet import named
from helpers.pictures.parts.equation import Equation
from helpers.pictures.parts.plane import draw_input, draw_output, draw_window, mark_output
from helpers.pictures.parts.reading import Input
from helpers.pictures.parts.rules import Weighted, call, computed, pooling_rule
from helpers.pictures.parts.words import index_of, planes, rest_sentence, size_sentence, written_size


def sliding_window(x, y, window, weight, arguments="x, w", names=("input", "weight")):
    """A kernel walks over `x`, one step per cell of `y`; each step computes its cell by hand and asks torch.

    x: (rows, columns), or 1s before them    y: what torch made of it, likewise    weight: (k_h, k_w), likewise
    arguments: how the tensors are written in the torch call    names: what stands above the input and the weight
    Raises Refused where no window fits, ValueError for shapes that do not belong together.
    """
    weight = planes(weight, "weight")
    return _walk(x, y, window, Weighted(weight), arguments, (names[0], f"{names[1]} {written_size(weight)}"), "∗=")


def pooling(x, y, window, pool="max", count_include_pad=True, arguments="x"):
    """The same for a pooling layer, which has no weights: the cells under the window stand in their place.

    pool: "max" or "average", whose `count_include_pad` is torch's    arguments: how x is written in the torch call
    Raises Refused for average pooling with dilation.
    """
    rule = pooling_rule(window, pool, count_include_pad)
    return _walk(x, y, window, rule, arguments, ("input", f"{rule.name} of these"), "→→")


def _walk(x, y, window, rule, arguments, names, signs):
    y, read = planes(y, "y"), Input(planes(x, "x"), window, rule.fill)
    weight = getattr(rule, "weight", None)
    read.expect(y, weight)
    walk = _Walk(read, y, rule, arguments, names, signs, weight)
    return Picture(y.size, walk.still, walk.tell, walk.moving, groups=walk.groups)


@dataclass(frozen=True)
class _Walk:
    read: Input
    y: np.ndarray
    rule: object
    arguments: str
    names: tuple
    signs: str
    weight: np.ndarray | None

    @cached_property
    def _row(self):
        kernel = tuple(axis.kernel for axis in self.read.axes)
        names = self.read.name(self.names[0]), self.names[1], f"output {written_size(self.y)}"
        return Equation((self.read.padded.shape, kernel, self.y.shape), names, self.signs)

    @property
    def _noun(self):
        return "under" if self.weight is None else "weight"

    def still(self):
        sheet, (source, middle, target) = self._row.sheet(), self._row.grids
        draw_input(sheet, self.read, source)
        if self.weight is not None:
            sheet.grid(self.weight, middle.x, middle.y, middle.cell, ORANGE)
        sheet.cells(self._noun, middle, self._row.shapes[1])
        draw_output(sheet, self.y, target, GREEN)
        return sheet

    def moving(self, sheet, step):
        at, (source, middle, target) = index_of(step, self.y.shape), self._row.grids
        draw_window(sheet, self.read, source, at)
        if self.weight is None:
            patch = self.read.patch(at)
            sheet.grid(patch, middle.x, middle.y, middle.cell, ORANGE)
            if self.rule.name == "max":
                largest = np.unravel_index(np.nanargmax(patch), patch.shape)
                sheet.frame(middle.box(*largest), INK, 3, middle.cell)
        mark_output(sheet, target, at)

    def groups(self, step):
        """Each cell under the window with its weight."""
        weights = [named(self._noun, at) for at in np.ndindex(*self._row.shapes[1])]
        return list(zip(self.read.names_under(index_of(step, self.y.shape)), weights, strict=True))

    def tell(self, step):
        at = index_of(step, self.y.shape)
        patch, name = self.read.patch(at), named("output", at)
        yield "step", f"{step + 1} of {self.y.size}, {self.read.where(at)}"
        # without weights the largest of the cells under the window is framed, which would answer
        covers = [self._noun] if self.weight is None else ()
        yield (self.rule.name, f"{name} = ", *self.rule.told(patch),
               *computed(name, self.rule.of(patch), self.y[at], self.rule.scale(patch), covers))
        yield from self._sizes
        yield "torch", call(self.rule.layer, self.arguments, self.rule.settings(self.read.window))

    @cached_property
    def _sizes(self):
        rows, columns = (axis.in_words(n) for axis, n in zip(self.read.axes, self.read.values.shape, strict=True))
        return [size_sentence(rows, columns), *_same_sentence(self.read),
                *rest_sentence(self.read.axis_names, self.read.unread, ", marked ×")]


def _same_sentence(read):
    """For padding "same": how many columns it adds on each side, a sentence, or none. The side can be asked for."""
    if read.window.padding != "same":
        return []
    before, after = int(read.before[1]), int(read.after[1])
    side = Fact("right" if after > before else "neither", "On which side will there be more columns of zeros?", [""],
                ("left", "right", "neither"))
    return [("same", f"columns of zeros: {before} on the left, {after} on the right; more of them: ", side)]

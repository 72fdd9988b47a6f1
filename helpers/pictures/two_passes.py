"""Two convolutions one after the other: the first fills a plane in the middle, which the second then reads."""
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from helpers.arithmetic import Window
from helpers.canvas import BLUE, GREEN, INK, ORANGE, Canvas, Picture, in_a_row, written
from helpers.pictures.plane import Plane, filling, index_of, planes, written_size
from helpers.pictures.rules import Weighted, verdict

GAP, TOP, CELL, NAME = 36, 44, 46, 110


def two_passes(x, first, middle, second, y):
    """One step per cell of `middle`, which the kernel `first` makes of `x`, and then one per cell of `y`.

    x: (rows, columns)    first, second: kernels, (k_h, k_w)    middle, y: what torch made of it in each pass, with
    stride 1 and no padding; 1s may come before all of these
    Raises Refused where no window fits, ValueError for shapes that do not belong together.
    """
    values = planes(x, "x"), planes(middle, "middle"), planes(y, "y")
    walk = _Walk(values, (planes(first, "first"), planes(second, "second")))
    return Picture(walk.steps, walk.draw, walk.tell)


@dataclass(frozen=True)
class _Walk:
    values: tuple
    weights: tuple

    def __post_init__(self):
        for plane, weight, made in zip(self.read, self.weights, self.values[1:], strict=True):
            plane.expect(made, weight)

    @property
    def steps(self):
        return self.values[1].size + self.values[2].size

    @cached_property
    def read(self):
        """What each pass reads, under its own window."""
        return [Plane(values, Window(weight.shape), 0)
                for values, weight in zip(self.values[:2], self.weights, strict=True)]

    def _at(self, step):
        """Which pass a step belongs to, 0 or 1, and its cell in what that pass makes."""
        _, middle, y = self.values
        if step < middle.size:
            return 0, index_of(step, middle.shape)
        return 1, index_of(step - middle.size, y.shape)

    def draw(self, step):
        canvas, (now, at) = Canvas(), self._at(step)
        order = [self.values[0], self.weights[0], self.values[1], self.weights[1], self.values[2]]
        blocks, corners, cell = in_a_row(canvas, [each.shape for each in order], CELL, NAME, GAP, TOP)
        places = [canvas.grid(weight, *corners[1 + 2 * i], cell, ORANGE) for i, weight in enumerate(self.weights)]
        canvas.outline(places[now], ORANGE, 4)
        places = [self._draw_plane(canvas, i, *corners[2 * i], cell, step) for i in range(3)]
        canvas.outline(places[now + 1].box(*at), INK, 3)
        for name, each, block, corner in zip(("input", "first", "middle", "second", "output"), order, blocks, corners,
                                             strict=True):
            canvas.text(f"{name} {written_size(each)}", block.centre[0], corner[1] - 20)
        for (left, right), sign in zip(pairwise(blocks), "∗=∗=", strict=True):
            canvas.text(sign, (left.right + right.x) / 2, left.centre[1], 24)
        return canvas

    def _draw_plane(self, canvas, number, x, y, cell, step):
        now, at = self._at(step)
        if number == now:
            return self.read[now].draw(canvas, x, y, cell, at)
        done = step if number == 1 else step - self.values[1].size
        values, hue = self.values[number], GREEN if number == 2 else BLUE
        return canvas.grid(values, x, y, cell, hue) if number == 0 else filling(canvas, values, x, y, cell, hue, done)

    @cached_property
    def together(self):
        """The one kernel that does what both do: every weight of the second lays down its multiple of the first."""
        first, second = self.weights
        together = np.zeros(np.add(first.shape, second.shape) - 1)
        for (row, column), weight in np.ndenumerate(second):
            together[row:row + first.shape[0], column:column + first.shape[1]] += weight * first
        return together

    @cached_property
    def _agrees(self):
        """Whether one pass with the kernel `together` makes what torch made in two."""
        (x, _, y), rule = self.values, Weighted(self.together)
        plane = Plane(x, Window(self.together.shape), 0)
        patches = [(plane.patch(at), torch_says) for at, torch_says in np.ndenumerate(y)]
        return all(abs(rule.of(patch) - torch_says) <= 1e-4 * max(rule.scale(patch), np.abs(y).max())
                   for patch, torch_says in patches)

    def tell(self, step):
        now, at = self._at(step)
        plane, rule = self.read[now], Weighted(self.weights[now])
        patch = plane.patch(at)
        ending = verdict(rule.of(patch), self.values[now + 1][at], rule.scale(patch))
        source, made = ("input", "middle") if now == 0 else ("plane in the middle", "output")
        return "\n".join([
            f"step: {step + 1} of {self.steps}, pass {now + 1}, {plane.where(at, source)}",
            f"sum: {made}[{at[0]}, {at[1]}] = {rule.words(patch)} = {ending}",
            self._sameness(), self._cost(), "torch: F.conv2d(F.conv2d(x, first), second)"])

    def _sameness(self):
        numbers = " / ".join(" ".join(map(written, row)) for row in self.together)
        told = "does the same in one pass = torch ✓" if self._agrees else "should do the same, but torch says otherwise"
        return f"kernel: {written_size(self.together)}, {numbers}, {told}"

    def _cost(self):
        (_, middle, y), (first, second) = self.values, self.weights
        words = [f"{made.shape[0]}·{made.shape[1]}·{weight.size}"
                 for made, weight in ((middle, first), (y, second), (y, self.together))]
        works = middle.size * first.size, y.size * second.size
        return (f"cost: {words[0]} + {words[1]} = {works[0]} + {works[1]} = {sum(works)} multiplications with "
                f"{first.size + second.size} weights; in one pass {words[2]} = {y.size * self.together.size} "
                f"with {self.together.size}")

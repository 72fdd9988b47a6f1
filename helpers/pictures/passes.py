"""One convolution after another, each along one axis of a volume."""
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np

from helpers.arithmetic import Window
from helpers.canvas import INK, MUTED, Picture, centred, text_width
from helpers.pictures.blocks import Walk, draw_blocks, draw_slices
from helpers.pictures.plane import index_of, listed, planes, written_size
from helpers.pictures.rules import Weighted, verdict

AXES = "channel", "row", "column"
SMALL, GAP, LINE = 13, 40, 24


def passes(x, kernels, made, cubes=False):
    """Sticks of weights walk through a volume one after the other, one step per cell that each of them makes.

    x: (channels, rows, columns)    kernels: {name: (k_c, k_h, k_w)}, 1 along all axes but one, each axis at most once
    made: what torch made in each pass, stride 1 and no padding; 1s may come before all of these
    cubes: draw volumes of cubes, and not their slices side by side
    Raises Refused where no window fits, ValueError for shapes that do not belong together.
    """
    volumes = [planes(each, "x or made", 3) for each in (x, *made)]
    sticks = {name: planes(kernel, name, 3) for name, kernel in kernels.items()}
    if len(sticks) != len(made) or (np.prod([stick.shape for stick in sticks.values()], axis=0)
                                    != np.max([stick.shape for stick in sticks.values()], axis=0)).any():
        raise ValueError("give a result for each kernel, and kernels that do not share an axis")
    walks = [Walk(source, target, Window(stick.shape), stick, "")
             for source, target, stick in zip(volumes, volumes[1:], sticks.values(), strict=False)]
    row = _Passes(tuple(walks), tuple(sticks), draw_blocks if cubes else draw_slices)
    return Picture(sum(walk.y.size for walk in walks), row.draw, row.tell)


@dataclass(frozen=True)
class _Passes:
    walks: tuple
    names: tuple
    drawn: callable

    def _at(self, step):
        """Which pass a step belongs to, and its step there."""
        number = 0
        while step >= self.walks[number].y.size:
            step -= self.walks[number].y.size
            number += 1
        return number, step

    def draw(self, step):
        number, step = self._at(step)
        canvas = self.drawn(self.walks[number], step, names=self._titles(number))
        self._all_passes(canvas, number)
        return canvas

    def _all_passes(self, canvas, number):
        """One more line below: every kernel, the one at work in ink."""
        canvas.height += LINE
        words = [f"pass {i}: {name} {written_size(walk.weight)}"
                 for i, (name, walk) in enumerate(zip(self.names, self.walks, strict=True), 1)]
        widths = [text_width(each, SMALL) for each in words]
        for i, (box, each) in enumerate(zip(centred(canvas, widths, GAP, 0), words, strict=True)):
            canvas.text(each, box.x, canvas.height - LINE / 2, SMALL, INK if i == number else MUTED, align=0)

    def _titles(self, number):
        walk, last = self.walks[number], len(self.walks) - 1
        source = f"after pass {number}" if number else "input"
        target = f"after pass {number + 1}" if number < last else "output"
        return (f"{source}, {written_size(walk.x)}", f"{self.names[number]}, {written_size(walk.weight)}",
                f"{target}, {written_size(walk.y)}")

    @cached_property
    def together(self):
        """The one kernel that does what all do."""
        return reduce(np.multiply, (walk.weight for walk in self.walks))

    @cached_property
    def _ending(self):
        """Whether one pass with the kernel `together` makes what torch made in several."""
        windows = np.lib.stride_tricks.sliding_window_view(self.walks[0].x, self.together.shape)
        at_once = (windows * self.together).sum(axis=(3, 4, 5))
        scale = np.abs(windows * self.together).sum(axis=(3, 4, 5))
        agree = (np.abs(at_once - self.walks[-1].y) <= 1e-5 * scale).all()
        return "makes the same output at once = torch ✓" if agree else "should do the same, but torch says otherwise"

    def tell(self, step):
        number, at = self._at(step)
        walk = self.walks[number]
        cell = index_of(at, walk.y.shape)
        where = [listed(name, axis.cells(i)) for name, axis, i in zip(AXES, walk.axes, cell, strict=True)]
        patch, rule = walk.padded[np.ix_(*walk.taps(cell))], Weighted(walk.weight)
        steps = sum(walk.y.size for walk in self.walks)
        return "\n".join([
            f"step: {step + 1} of {steps}, pass {number + 1}, {self.names[number]} on {', '.join(where)}",
            f"sum: {rule.words(patch)} = {verdict(rule.of(patch), walk.y[cell], rule.scale(patch))}",
            f"together: a kernel of {written_size(self.together)}, the product of all, {self._ending}",
            self._cost(),
            f"torch: {reduce(lambda inner, name: f'F.conv3d({inner}, {name})', self.names, 'x')}"])

    def _cost(self):
        each = [f"{walk.y.size}·{walk.weight.size}" for walk in self.walks]
        work = sum(walk.y.size * walk.weight.size for walk in self.walks)
        weights = " + ".join(str(walk.weight.size) for walk in self.walks)
        outputs = self.walks[-1].y.size
        return (f"cost: {' + '.join(each)} = {work} multiplications, {weights} weights; at once "
                f"{outputs}·{self.together.size} = {outputs * self.together.size} multiplications, "
                f"{self.together.size} weights")

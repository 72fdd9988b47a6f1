"""A transposed convolution in two views: stamps that add up, and the transposed matrix of a convolution."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import Transposed
from helpers.canvas import BLANK, BLUE, GREEN, INK, ORANGE, PALE, Canvas, Picture, in_a_row, tints, to_rgb, written
from helpers.pictures.plane import filling, index_of, listed, planes, size_sentence, written_size
from helpers.pictures.rules import call, signed, verdict

GAP, TOP, CELL, NAME = 60, 44, 44, 120


def stamping(x, y, layer, weight, arguments="x, w"):
    """Every input cell stamps its multiple of the kernel on the output, one a step; where stamps overlap they add up.

    x: (rows, columns), or 1s before them    y: what torch made of it, likewise    weight: (k, k)
    layer: Transposed    arguments: how the tensors are written in the torch call
    Raises Refused where padding leaves no output, ValueError for shapes that do not belong together.
    """
    walk = _Stamps(planes(x, "x"), planes(y, "y"), layer, planes(weight, "weight"), arguments)
    return Picture(walk.x.size, walk.draw, walk.tell)


def transposed_matrix(x, y, layer, weight, arguments="x, w"):
    """The same layer as a matrix that multiplies the flattened input, one output cell a step; arguments as above.

    Row i of the matrix says where the kernel lands for input cell i: it is the matrix of the convolution with the same
    weights, which the transposed convolution multiplies from the left, and so transposed.
    """
    walk = _Stamps(planes(x, "x"), planes(y, "y"), layer, planes(weight, "weight"), arguments)
    return Picture(walk.y.size, walk.draw_matrix, walk.tell_matrix)


@dataclass(frozen=True)
class _Stamps:
    x: np.ndarray
    y: np.ndarray
    layer: Transposed
    weight: np.ndarray
    arguments: str

    def __post_init__(self):
        expected = tuple(self.layer.outputs(n) for n in self.x.shape)
        if self.y.shape != expected:
            raise ValueError(f"y is {written_size(self.y)}, but this layer makes {expected}")
        if self.weight.shape != 2 * (self.layer.kernel,):
            raise ValueError(f"weight is {written_size(self.weight)}, but the layer's kernel is {self.layer.kernel}")

    @cached_property
    def sheet(self):
        """Shape of the sheet that all stamps fit on, before padding cuts it down to the output."""
        return tuple(n + 2 * self.layer.padding for n in self.y.shape)

    @cached_property
    def stamps(self):
        """Each input cell's stamp on the sheet, (cells, rows, columns); nan where it does not paint."""
        stamps = np.full((self.x.size, *self.sheet), np.nan)
        for i, at in enumerate(np.ndindex(self.x.shape)):
            rows, columns = (np.array(self.layer.cells(index)) + self.layer.padding for index in at)
            stamps[i][np.ix_(rows, columns)] = self.x[at] * self.weight
        return stamps

    @cached_property
    def _kept(self):
        kept = np.zeros(self.sheet, dtype=bool)
        inside = slice(self.layer.padding, -self.layer.padding or None)
        kept[inside, inside] = True
        return kept

    def _sum(self, step):
        """What lies on the sheet after a step; nan where nothing is painted yet."""
        painted = self.stamps[:step + 1]
        blank = np.isnan(painted).all(axis=0)
        if step == self.x.size - 1:
            blank &= ~self._kept  # what no print has reached is 0 in the end
        return np.where(blank, np.nan, np.nansum(painted, axis=0))

    def draw(self, step):
        canvas, at = Canvas(), index_of(step, self.x.shape)
        stamp = self.x[at] * self.weight
        shapes = self.x.shape, self.weight.shape, stamp.shape, self.sheet
        blocks, corners, cell = in_a_row(canvas, shapes, CELL, NAME, GAP, TOP)
        source = canvas.grid(self.x, *corners[0], cell, BLUE)
        places = [source, canvas.grid(self.weight, *corners[1], cell, ORANGE),
                  canvas.grid(stamp, *corners[2], cell, ORANGE), self._draw_sheet(canvas, *corners[3], cell, step)]
        canvas.outline(source.box(*at), INK, 3)
        names = f"input {written_size(self.x)}", f"weight {written_size(self.weight)}", "print"
        names = *names, f"output {written_size(self.y)}"
        for place, name in zip(places, names, strict=True):
            canvas.text(name, place.centre[0], place.y - 20)
        for left, right, sign in zip(blocks, blocks[1:], "·=→", strict=False):
            canvas.text(sign, (left.right + right.x) / 2, left.centre[1], 26)
        return canvas

    def _draw_sheet(self, canvas, x, y, cell, step):
        total = self._sum(step)
        colours = tints(total, GREEN, most=np.nansum(np.abs(self.stamps), axis=0).max())
        colours[np.isnan(total)] = to_rgb(BLANK)
        colours[~self._kept] = to_rgb(PALE)
        place = canvas.grid(total, x, y, cell, colours=colours)
        pad, layer = self.layer.padding, self.layer
        canvas.outline(place.box(pad, pad, *self.y.shape), GREEN, 3)
        row, column = (index * layer.stride for index in index_of(step, self.x.shape))
        canvas.outline(place.box(row, column, layer.kernel, layer.kernel), ORANGE, 4)
        return place

    def tell(self, step):
        at = index_of(step, self.x.shape)
        rows, columns = (listed(name, self.layer.cells(i)) for name, i in zip(("row", "column"), at, strict=True))
        sums, sizes = (np.nansum(part, axis=0)[self._kept] for part in (self.stamps, np.abs(self.stamps)))
        agree = (np.abs(sums - self.y.ravel()) <= 1e-5 * sizes).all()
        cut = f"cut: padding {self.layer.padding} cuts the grey rim off the output" if self.layer.padding else ""
        return "\n".join(filter(None, [
            f"step: {step + 1} of {self.x.size}, input[{at[0]}, {at[1]}] is {written(self.x[at])}",
            f"print: {signed(self.x[at])} · weight, on {rows} and {columns} of the output",
            f"sum: all {self.x.size} prints, overlaps added, {'= torch ✓' if agree else 'but torch says otherwise'}",
            size_sentence(*map(self.layer.in_words, self.x.shape)), cut, self._call()]))

    def _call(self):
        layer = self.layer
        settings = dict(stride=layer.stride, padding=layer.padding, output_padding=layer.output_padding)
        return f"torch: {call('F.conv_transpose2d', self.arguments, settings)}"

    @cached_property
    def matrix(self):
        """(input cells, output cells): how much of an input cell arrives in an output cell."""
        unit = _Stamps(np.ones_like(self.x), self.y, self.layer, self.weight, "")
        return np.nan_to_num(unit.stamps[:, self._kept])

    def draw_matrix(self, step):
        canvas = Canvas()
        rows, columns = self.matrix.shape
        cell = min(34, (canvas.width - 130) / columns, (canvas.height - 140) / (rows + 1))
        left, top = (canvas.width - columns * cell) / 2 + 50, 70 + (canvas.height - 140 - (rows + 1) * cell) / 2
        source = canvas.grid(self.x.reshape(-1, 1), left - 40 - cell, top, cell, BLUE)
        place = canvas.grid(self.matrix, left, top, cell, ORANGE)
        output = filling(canvas, self.y.reshape(1, -1), left, place.bottom + 34, cell, GREEN, step)
        for box in (place.box(0, step, rows, 1), output.box(0, step)):
            canvas.outline(box, INK, min(3, cell / 6))
        canvas.text("input", source.centre[0], top - 20)
        canvas.text(f"matrix {written_size(self.matrix)}", place.centre[0], top - 20)
        canvas.text("output, laid end to end", output.centre[0], output.bottom + 20)
        return canvas

    def tell_matrix(self, step):
        at = index_of(step, self.y.shape)
        column, inputs = self.matrix[:, step], self.x.ravel()
        terms = " + ".join(f"{signed(v)}·{signed(w)}" for v, w in zip(inputs, column, strict=True))
        ending = verdict(inputs @ column, self.y[at], np.abs(inputs * column).sum())
        return "\n".join([
            f"step: {step + 1} of {self.y.size}, column {step} of the matrix, which belongs to this output cell",
            f"sum: output[{at[0]}, {at[1]}] = {terms} = {ending}",
            f"zeros: {np.isnan(self.stamps[:, self._kept]).sum()} of the {self.matrix.size} places are always 0",
            size_sentence(*map(self.layer.in_words, self.x.shape)), self._call()])

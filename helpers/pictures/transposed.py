"""A transposed convolution in two views: stamps that add up, and the transposed matrix of a convolution."""
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from helpers.arithmetic import Transposed
from helpers.drawing.palette import BLANK, BLUE, GREEN, INK, ORANGE, PALE, tints, written
from helpers.drawing.picture import Fact, Picture, Term
from helpers.drawing.sheet import LEGIBLE, Grid, Sheet, fitting_size, named
from helpers.pictures.parts.equation import Equation
from helpers.pictures.parts.rules import agrees, approved, call, computed, joined, products, signed
from helpers.pictures.parts.words import index_of, listed, order, planes, size_sentence, written_size

TOLD = 3  # overlaps a sentence writes out; their number is always told
CELL, BELOW, BESIDE, ROOM = 34, 34, 40, (130, 140)  # of the matrix: to its output, to its input, around all of them


def stamping(x, y, layer, weight, arguments="x, w"):
    """Every input cell stamps its multiple of the kernel on the output, one a step; where stamps overlap they add up.

    x: (rows, columns), or 1s before them    y: what torch made of it, likewise    weight: (k, k)
    layer: Transposed    arguments: how the tensors are written in the torch call
    Raises Refused where padding leaves no output, ValueError for shapes that do not belong together.
    """
    walk = _Stamping(planes(x, "x"), planes(y, "y"), layer, planes(weight, "weight"), arguments)
    return Picture(walk.x.size, walk.still, walk.tell, walk.moving, groups=walk.groups)


def transposed_matrix(x, y, layer, weight, arguments="x, w"):
    """The same layer as a matrix that multiplies the flattened input, one output cell a step; arguments as above.

    Row i of the matrix says where the kernel lands for input cell i: it is the matrix of the convolution with the same
    weights, which the transposed convolution multiplies from the left, and so transposed.
    """
    walk = _Matrix(planes(x, "x"), planes(y, "y"), layer, planes(weight, "weight"), arguments)
    return Picture(walk.y.size, walk.still, walk.tell, walk.moving, groups=walk.groups)


@dataclass(frozen=True)
class _Prints:
    """What each input cell prints on a sheet, whose rim padding cuts off: the rest is the output."""

    x: np.ndarray
    y: np.ndarray
    layer: Transposed
    weight: np.ndarray
    arguments: str

    def __post_init__(self):
        expected = self.layer.outputs(self.x.shape)
        if self.y.shape != expected:
            raise ValueError(f"y is {written_size(self.y)}, but this layer makes {expected}")
        kernel = tuple(axis.kernel for axis in self.axes)
        if self.weight.shape != kernel:
            raise ValueError(f"weight is {written_size(self.weight)}, but the layer's kernel is {kernel}")

    @cached_property
    def axes(self):
        """The layer along rows and along columns."""
        return self.layer.axes(2)

    @property
    def rim(self):
        """Cells of the sheet before the output, one number per axis; as many come after it."""
        return [axis.padding for axis in self.axes]

    @cached_property
    def kept(self):
        """Which cells of the sheet are the output."""
        return np.pad(np.ones(self.y.shape, dtype=bool), [(rim, rim) for rim in self.rim])

    def painted_by(self, step):
        """Rows and columns of the output that one input cell paints, also beyond its edges."""
        return self.layer.cells(index_of(step, self.x.shape))

    def spot(self, step):
        """Where that is on the sheet: an index of its rows and columns."""
        return np.ix_(*(np.add(cells, rim) for cells, rim in zip(self.painted_by(step), self.rim, strict=True)))

    @cached_property
    def prints(self):
        """(input cells, rows, columns) of the sheet; nan where a print has no paint."""
        prints = np.full((self.x.size, *self.kept.shape), np.nan)
        for step, value in enumerate(self.x.flat):
            prints[step][self.spot(step)] = value * self.weight
        return prints

    @cached_property
    def size(self):
        return size_sentence(*self.layer.in_words(self.x.shape))

    @cached_property
    def torch(self):
        layer = self.layer
        settings = dict(stride=layer.stride, padding=layer.padding, output_padding=layer.output_padding)
        if layer.span != layer.kernel:
            settings["dilation"] = layer.dilation
        return "torch", call("F.conv_transpose2d", self.arguments, settings)


class _Stamping(_Prints):
    """One print a step, and what lies on the sheet by then."""

    @cached_property
    def totals(self):
        """What lies on each cell after each step: (steps, rows, columns)."""
        return np.nan_to_num(self.prints).cumsum(axis=0)

    @cached_property
    def painted(self):
        """Whether there is paint on it by then, likewise."""
        return np.logical_or.accumulate(~np.isnan(self.prints))

    @cached_property
    def last(self):
        """The step after which a cell no longer changes. In the end what no print has reached is 0."""
        return len(self.prints) - 1 - (~np.isnan(self.prints[::-1])).argmax(axis=0)

    @cached_property
    def colours(self):
        """Of the totals, on one scale for all steps; "" on the rim, which stays grey."""
        most = np.nansum(np.abs(self.prints), axis=0).max()
        return np.where(self.kept, tints(self.totals, GREEN, most), "")

    @cached_property
    def names(self):
        """What each cell of the sheet is called where it is pointed at."""
        names = np.empty(self.kept.shape, dtype=object)
        for cell in np.ndindex(*names.shape):
            names[cell] = named("output" if self.kept[cell] else "rim", np.subtract(cell, self.rim).tolist())
        return names

    @cached_property
    def row(self):
        rim = " and its rim" if any(self.rim) else ""
        names = (f"input {written_size(self.x)}", f"weight {written_size(self.weight)}", "print",
                 f"output {written_size(self.y)}{rim}")
        shapes = self.x.shape, self.weight.shape, self.weight.shape, self.kept.shape
        return Equation(shapes, names, "·=→", gap=60)

    @cached_property
    def digits(self):
        """How large they are on the print and on the sheet, so that all numbers of all steps fit."""
        values = np.multiply.outer(np.unique(self.x), np.unique(self.weight)), np.unique(self.totals)
        return [fitting_size(some, self.row.grids[0].cell) for some in values]

    def still(self):
        sheet, (source, middle, _, target) = self.row.sheet(), self.row.grids
        sheet.grid(self.x, source.x, source.y, source.cell, BLUE)
        sheet.grid(self.weight, middle.x, middle.y, middle.cell, ORANGE)
        sheet.tint(target, np.where(self.kept, BLANK, PALE))
        there = self.painted[-1] | self.kept
        _paint(sheet, target, self.totals[-1], self.colours[-1], there, self.digits[1], self.last)
        sheet.frame(target.box(*self.rim, *self.y.shape), GREEN, 3, target.cell)
        self._targets(sheet)
        return sheet

    def _targets(self, sheet):
        source, middle, stamp, target = self.row.grids
        sheet.cells("input", source, self.x.shape, lambda row, column: row * self.x.shape[1] + column)
        for noun, place in (("weight", middle), ("print", stamp)):
            sheet.cells(noun, place, self.weight.shape)
        for cell, name in np.ndenumerate(self.names):
            sheet.target(name, target.box(*cell))
        sheet.verbs |= {"output": "is painted by", "rim": "is painted by"}

    def moving(self, sheet, step):
        at, (source, _, stamp, target) = index_of(step, self.x.shape), self.row.grids
        values = self.x[at] * self.weight
        colours = tints(values, ORANGE, np.abs(self.x).max() * np.abs(self.weight).max())
        _paint(sheet, stamp, values, colours, np.ones(values.shape), self.digits[0])
        changing = self.painted[step] & (self.last > step)
        _paint(sheet, target, self.totals[step], self.colours[step], changing, self.digits[1])
        spot, spans = self.spot(step), [axis.span for axis in self.axes]
        sheet.frame(target.box(*(int(cells.min()) for cells in spot), *spans), ORANGE, 4, target.cell)
        sheet.frame(source.box(*at), INK, 3, source.cell)

    def groups(self, step):
        """Each weight with its print and the cell that this lands on."""
        return [[named("weight", at), named("print", at), name]
                for at, name in np.ndenumerate(self.names[self.spot(step)])]

    def tell(self, step):
        at = index_of(step, self.x.shape)
        rows, columns = (listed(name, cells)
                         for name, cells in zip(("row", "column"), self.painted_by(step), strict=True))
        yield "step", f"{step + 1} of {self.x.size}, {named('input', at)} is {written(self.x[at])}"
        yield "print", f"{signed(self.x[at])} · weight, on {rows} and {columns} of the output"
        yield "overlap", *self._overlap(step)
        yield "sum", self._sum(step)
        yield self.size
        if any(self.rim):
            yield "cut", f"padding {self.layer.padding} cuts the grey rim off the output"
        yield self.torch

    def _overlap(self, step):
        """What lay there and what comes on top of it, for the cells of the output that were painted before."""
        spot = self.spot(step)
        again = np.flatnonzero(self.painted[step - 1][spot] & self.kept[spot]) if step else []
        if not len(again):
            return ["on no cell of the output"]
        names, before, more = (some[spot].flat for some in (self.names, self.totals[step - 1], self.prints[step]))
        told = [Term(f"{names[k]} = {signed(before[k])} + {signed(more[k])} = {written(before[k] + more[k])}", int(k))
                for k in again[:TOLD]]
        count = Fact(len(again), "On how many cells of the output does this print meet earlier ones?", ["output"])
        return ["on ", count, f" cell{'s' * (len(again) > 1)}, ", *joined(told, ", "), ", …" * (len(again) > TOLD)]

    def _sum(self, step):
        count = self.x.size
        if step + 1 == count:
            return f"all {count} prints, overlaps added, {self._ending}"
        return f"{step + 1} of {count} prints so far, overlaps added; all {count} together {self._ending}"

    @cached_property
    def _ending(self):
        scale = np.nansum(np.abs(self.prints), axis=0)
        return approved(agrees(self.totals[-1][self.kept], self.y.ravel(), scale[self.kept]))


def _paint(sheet, place, values, colours, there, size, since=None):
    """Colours and numbers of the cells that are `there`; `since` as for Sheet.grid."""
    sheet.tint(place, np.where(there, colours, ""), since)
    for cell in map(tuple, np.argwhere(there).tolist() if size >= LEGIBLE else []):
        first = 0 if since is None else int(since[cell])
        sheet.text(written(values[cell]), *place.box(*cell).centre, size, since=first)


class _Matrix(_Prints):
    """The matrix, and one output cell a step."""

    @cached_property
    def entries(self):
        """(input cells, output cells): how much of an input cell arrives in an output cell; nan for never any."""
        return replace(self, x=np.ones_like(self.x)).prints[:, self.kept]

    @cached_property
    def matrix(self):
        return np.nan_to_num(self.entries)

    @cached_property
    def places(self):
        """Where input, matrix and output stand: the input as a column, the output as a row."""
        (rows, columns), sheet = self.matrix.shape, Sheet()
        cell = min(CELL, (sheet.width - ROOM[0]) / columns, (sheet.height - ROOM[1]) / (rows + 1))
        left, height = (sheet.width - columns * cell + BESIDE + cell) / 2, (rows + 1) * cell + BELOW
        top = (sheet.height - height) / 2
        return (Grid.of((rows, 1), left - BESIDE - cell, top, cell), Grid.of((rows, columns), left, top, cell),
                Grid.of((1, columns), left, top + rows * cell + BELOW, cell))

    def still(self):
        sheet, (source, middle, target) = Sheet(), self.places
        sheet.grid(self.x.reshape(-1, 1), source.x, source.y, source.cell, BLUE)
        colours = np.where(np.isnan(self.entries), BLANK, tints(self.matrix, ORANGE))
        sheet.grid(self.matrix, middle.x, middle.y, middle.cell, colours=colours)
        for row, at in enumerate(np.ndindex(*self.x.shape)):
            sheet.target(named("input", at), source.box(row, 0))
        sheet.cells("matrix", middle, self.matrix.shape, lambda row, column: column)
        self._names(sheet)
        self._output(sheet, target)
        sheet.verbs["input"] = "arrives in"
        return sheet

    def _output(self, sheet, place):
        since = order(self.y.shape)
        sheet.tint(place, np.full((1, self.y.size), BLANK))
        sheet.grid(self.y.reshape(1, -1), place.x, place.y, place.cell, GREEN, since=since.reshape(1, -1))
        for at, step in np.ndenumerate(since):
            sheet.target(named("output", at), place.box(0, step), int(step))

    def _names(self, sheet):
        source, middle, target = self.places
        sheet.text("input", source.centre[0], source.y - 20)
        sheet.text(f"matrix {written_size(self.matrix)}", middle.centre[0], middle.y - 20)
        sheet.text("output, laid end to end", target.centre[0], target.bottom + 20)

    def moving(self, sheet, step):
        _, middle, target = self.places
        for box in (middle.box(0, step, len(self.matrix), 1), target.box(0, step)):
            sheet.frame(box, INK, 3, middle.cell)

    def groups(self, step):
        """Each input cell with its place in this column; that place alone where nothing ever arrives."""
        column = np.isfinite(self.entries[:, step]).reshape(self.x.shape)
        return [[named("input", at)] * bool(arrives) + [named("matrix", (row, step))]
                for row, (at, arrives) in enumerate(np.ndenumerate(column))]

    def tell(self, step):
        at, column, inputs = index_of(step, self.y.shape), self.matrix[:, step], self.x.ravel()
        name = named("output", at)
        ending = computed(name, inputs @ column, self.y[at], np.abs(inputs * column).sum())
        yield "step", f"{step + 1} of {self.y.size}, column {step} of the matrix, which belongs to this output cell"
        yield "sum", f"{name} = ", *products(inputs, column), *ending
        yield "zeros", f"{np.isnan(self.entries).sum()} of the {self.matrix.size} places are always 0"
        yield from (self.size, self.torch)

"""A transposed convolution in three views: stamps that add up, a convolution of its input with zeros between the cells,
and the transposed matrix of a convolution.
"""
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from helpers.arithmetic import Transposed, Window
from helpers.drawing.palette import BLANK, BLUE, GREEN, INK, ORANGE, PALE, tints, written
from helpers.drawing.picture import Fact, Picture, Term
from helpers.drawing.sheet import LEGIBLE, Grid, Sheet, fitting_size, named
from helpers.pictures.parts.equation import Equation
from helpers.pictures.parts.plane import draw_input, draw_output, draw_window, mark_output
from helpers.pictures.parts.reading import Input
from helpers.pictures.parts.rules import Weighted, agrees, approved, call, computed, joined, products, signed
from helpers.pictures.parts.words import index_of, listed, order, planes, size_sentence, written_size

TOLD, MET = 3, 12  # overlaps a sentence writes out, and prints in these; how many there are is always told
CELL, BELOW, BESIDE, ROOM = 34, 34, 40, (130, 140)  # of the matrix: to its output, to its input, around all of them


def stamping(x, y, layer, weight, arguments="x, w", finished=False):
    """Every input cell stamps its multiple of the kernel on the output, one a step; where stamps overlap they add up.

    Each output cell leads to an aside: which prints meet in it, and their sum.
    x: (rows, columns), or 1s before them    y: what torch made of it, likewise    weight: (k, k)
    layer: Transposed    arguments: how the tensors are written in the torch call    finished: begin with the last print
    Raises Refused where padding leaves no output, ValueError for shapes that do not belong together.
    """
    walk = _Stamping(planes(x, "x"), planes(y, "y"), layer, planes(weight, "weight"), arguments)
    start = walk.x.size - 1 if finished else 0
    return Picture(walk.x.size, walk.still, walk.tell, walk.moving, start, walk.groups, asides=walk.y.size)


def zeros_between(x, y, layer, weight, arguments="x, w"):
    """The same layer as an ordinary convolution with stride 1, one output cell a step; arguments as above.

    The input cells stand `stride` apart, with zeros between and around them, and the kernel is turned by 180°. A cell
    of input or weight is called what it is called in the layer.
    """
    walk = _Between(planes(x, "x"), planes(y, "y"), layer, planes(weight, "weight"), arguments)
    return Picture(walk.y.size, walk.still, walk.tell, walk.moving, groups=walk.groups)


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
        sheet = f" of {written_size(self.kept)}" if any(self.rim) else ""
        names = (f"input {written_size(self.x)}", f"weight {written_size(self.weight)}", "print",
                 f"output {written_size(self.y)}{sheet}")
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
        """Cells, and below those of the sheet whole prints, each where it lies: print[0, 1] is that of input[0, 1]."""
        source, middle, stamp, target = self.row.grids
        sheet.cells("input", source, self.x.shape, lambda row, column: row * self.x.shape[1] + column)
        for noun, place in (("weight", middle), ("ink", stamp)):
            sheet.cells(noun, place, self.weight.shape)
        for step in range(self.x.size):
            sheet.target(self._print(step), self._lies(step), step)
        asides = self.x.size + order(self.y.shape)
        for cell, name in np.ndenumerate(self.names):
            at = tuple(np.subtract(cell, self.rim))
            sheet.target(name, target.box(*cell), int(asides[at]) if self.kept[cell] else None)
        sheet.verbs |= {"input": "makes", "output": "is painted by", "rim": "is painted by"}

    def _print(self, step):
        return named("print", index_of(step, self.x.shape))

    def _lies(self, step):
        """The Box of a print on the sheet."""
        spans = [axis.span for axis in self.axes]
        return self.row.grids[3].box(*(int(cells.min()) for cells in self.spot(step)), *spans)

    def moving(self, sheet, step):
        if step >= self.x.size:
            return self._point(sheet, self._cell(step))
        at, (source, _, stamp, target) = index_of(step, self.x.shape), self.row.grids
        values = self.x[at] * self.weight
        _paint(sheet, stamp, values, self._inked(values), np.ones(values.shape), self.digits[0])
        changing = self.painted[step] & (self.last > step)
        _paint(sheet, target, self.totals[step], self.colours[step], changing, self.digits[1])
        sheet.frame(self._lies(step), ORANGE, 4, target.cell)
        sheet.frame(source.box(*at), INK, 3, source.cell)

    def _inked(self, values):
        """Colours of prints, on one scale for all of them."""
        return tints(values, ORANGE, np.abs(self.x).max() * np.abs(self.weight).max())

    def _point(self, sheet, at):
        """At an output cell, and at the cells of the input and of the weight that meet in it, with their ink."""
        (source, middle, stamp, target), ink = self.row.grids, np.full(self.weight.shape, np.nan)
        for step, tap in self._meeting(at):
            ink[tap] = self.x.flat[step] * self.weight[tap]
            sheet.frame(source.box(*index_of(step, self.x.shape)), ORANGE, 3, source.cell)
            sheet.frame(middle.box(*tap), ORANGE, 3, middle.cell)
        _paint(sheet, stamp, ink, self._inked(ink), ~np.isnan(ink), self.digits[0])
        sheet.frame(target.box(*np.add(at, self.rim).tolist()), INK, 3, target.cell)

    def _cell(self, aside):
        """The output cell that an aside is about."""
        return index_of(aside - self.x.size, self.y.shape)

    def _meeting(self, at):
        """The prints that lie on an output cell: of each its step, and the weight that lands there."""
        spot = tuple(np.add(at, self.rim))
        for step in np.flatnonzero(~np.isnan(self.prints[(slice(None), *spot)])).tolist():
            taps = [cells.index(i) for cells, i in zip(self.painted_by(step), at, strict=True)]
            yield step, tuple(taps)

    def groups(self, step):
        """Each weight with its ink and the cell that this lands on; of an aside each input cell with weight and ink.

        What leads to the step comes last: the print.
        """
        if step >= self.x.size:
            return [[named("input", index_of(each, self.x.shape)), named("weight", tap), named("ink", tap)]
                    for each, tap in self._meeting(self._cell(step))]
        groups = [[named("weight", at), named("ink", at), name]
                  for at, name in np.ndenumerate(self.names[self.spot(step)])]
        return [*groups, [named("input", index_of(step, self.x.shape)), self._print(step)]]

    def tell(self, step):
        yield from (self._aside(self._cell(step)) if step >= self.x.size else self._step(step))
        yield self.size
        if any(self.rim):
            yield "cut", f"padding {self.layer.padding} cuts the grey rim off the output"
        yield self.torch

    def _step(self, step):
        at = index_of(step, self.x.shape)
        rows, columns = (listed(name, cells)
                         for name, cells in zip(("row", "column"), self.painted_by(step), strict=True))
        yield "step", f"{step + 1} of {self.x.size}, {named('input', at)} is {written(self.x[at])}"
        yield "print", f"{signed(self.x[at])} · weight, on {rows} and {columns} of the output"
        yield "overlap", *self._overlap(step)
        yield "sum", self._sum(step)
        if step + 1 == self.x.size and self._middle.size:
            yield "coats", *self._coats()

    def _overlap(self, step):
        """What lay there and what comes on top of it, for the cells of the output that were painted before."""
        spot = self.spot(step)
        again = np.flatnonzero(self.painted[step - 1][spot] & self.kept[spot]) if step else []
        if not len(again):
            return ["on no cell of the output"]
        names = self.names[spot].flat[again]
        met = np.cumsum([len(self._met(name, step)) for name in names[:TOLD]])
        few = max(int((met <= MET).sum()), 1)
        told = [Term(self._written_out(name, step), int(k)) for k, name in zip(again[:few], names, strict=False)]
        count = Fact(len(again), "On how many cells of the output does this print meet earlier ones?", ["output"])
        return ["on ", count, f" cell{'s' * (len(again) > 1)}, ", *joined(told, "; "), "; …" * (len(again) > few)]

    def _met(self, name, step):
        """Which prints, up to a step, are in the cell of this name."""
        spot = tuple(np.argwhere(self.names == name)[0])
        return np.flatnonzero(~np.isnan(self.prints[(slice(None, step + 1), *spot)])).tolist()

    def _written_out(self, name, step):
        """What the prints up to a step add up to in the cell of this name, and whose they are."""
        spot, met = tuple(np.argwhere(self.names == name)[0]), self._met(name, step)
        values = " + ".join(signed(self.prints[(each, *spot)]) for each in met)
        first, *others = map(self._print, met)
        whose = ", ".join([first, *(each.removeprefix("print") for each in others)])
        return f"{name} = {values} = {written(self.totals[(step, *spot)])} from {whose}"

    def _sum(self, step):
        """How much of the output torch can confirm by now: all that no later print changes."""
        count = self.x.size
        if step + 1 == count:
            return f"all {count} prints, overlaps added, {self._ending(self.kept)}"
        done = self.kept & (self.last <= step)
        so_far = f"{step + 1} of {count} prints so far"
        if not done.any():
            return f"{so_far}; finished: none of the output cells, the ✓ comes with the last print"
        return f"{so_far}; finished: {done.sum()} of {self.y.size} output cells, {self._ending(done)}"

    def _ending(self, there):
        scale, made = np.nansum(np.abs(self.prints), axis=0), np.zeros(self.kept.shape)
        made[self.kept] = self.y.ravel()
        return approved(agrees(self.totals[-1][there], made[there], scale[there]))

    @cached_property
    def _middle(self):
        """How many prints lie on each cell that no edge of the input is near."""
        edges = [slice(axis.span - 1, size - axis.span + 1 - axis.output_padding)
                 for axis, size in zip(self.axes, self.kept.shape, strict=True)]
        return (~np.isnan(self.prints)).sum(axis=0)[tuple(edges)]

    def _coats(self):
        """Whether the sheet is painted evenly, but for its edges."""
        least, most = self._middle.min(), self._middle.max()
        yield f"away from the edges {least} to {most} prints on a cell; everywhere as many: "
        yield Fact("yes" if least == most else "no", "Away from the edges, do as many prints lie on every cell?",
                   ["output"], choices=("yes", "no"))

    def _aside(self, at):
        """How an output cell comes about."""
        name, meeting = named("output", at), list(self._meeting(at))
        whose = ", ".join(named("input", index_of(step, self.x.shape)) for step, _ in meeting)
        met = {0: "where no print arrives", 1: f"under one print alone, that of {whose}"}
        yield "cell", f"{name}, {met.get(len(meeting), f'where {len(meeting)} prints meet, those of {whose}')}"
        values = np.array([self.x.flat[step] for step, _ in meeting])
        weights = np.array([self.weight[tap] for _, tap in meeting])
        parts = products(values, weights) or ["0"]
        between = f" = {' + '.join(map(signed, values * weights))}" if len(meeting) > 1 else ""
        yield "sum", f"{name} = ", *parts, between, *computed(
            name, (values * weights).sum(), self.y[at], np.abs(values * weights).sum())


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


@dataclass(frozen=True)
class _Stuffed(Input):
    """An input with zeros between its cells, `stride` apart, and `cut` cells less at both ends of each axis.

    The cells that are no zeros are called what they are called in the input.
    """

    stride: tuple = (1, 1)
    cut: tuple = (0, 0)
    shape: tuple = (1, 1)

    @cached_property
    def names(self):
        names = super().names
        for cell in np.argwhere(self.is_input):
            place = cell - self.before + self.cut
            at, between = np.divmod(place, self.stride)
            is_real = not between.any() and (at < self.shape).all()
            names[tuple(cell)] = named("input" if is_real else "zero", (at if is_real else place).tolist())
        return names


class _Between(_Prints):
    """A window of the turned kernel walks over the stuffed input."""

    @cached_property
    def _borders(self):
        """Zeros around the stuffed input, for each axis: d(k − 1) − p; so many cells less where that is negative."""
        return [axis.span - 1 - axis.padding for axis in self.axes]

    @cached_property
    def read(self):
        wide = self._wide
        cut = tuple(max(0, -border) for border in self._borders)
        inside = tuple(slice(less, size - less) for less, size in zip(cut, wide.shape, strict=True))
        around = [max(0, border) for border in self._borders]
        window = Window(_once(axis.kernel for axis in self.axes), 1, _once(around),
                        _once(axis.dilation for axis in self.axes))
        stride = tuple(axis.stride for axis in self.axes)
        return _Stuffed(wide[inside], window, stride=stride, cut=cut, shape=self.x.shape)

    @cached_property
    def _wide(self):
        """The input with zeros between its cells, and those of output_padding after them."""
        ends = [(count - 1) * axis.stride + 1 for count, axis in zip(self.x.shape, self.axes, strict=True)]
        wide = np.zeros([end + axis.output_padding for end, axis in zip(ends, self.axes, strict=True)])
        wide[tuple(slice(0, end, axis.stride) for end, axis in zip(ends, self.axes, strict=True))] = self.x
        return wide

    @cached_property
    def rule(self):
        return Weighted(self.weight[::-1, ::-1])

    @cached_property
    def row(self):
        names = (f"input and zeros {written_size(self.read.padded)}", f"weight, turned: {written_size(self.weight)}",
                 f"output {written_size(self.y)}")
        return Equation((self.read.padded.shape, self.weight.shape, self.y.shape), names, "∗=")

    def still(self):
        sheet, (source, middle, target) = self.row.sheet(), self.row.grids
        draw_input(sheet, self.read, source)
        sheet.verbs["zero"] = sheet.verbs[self.read.noun]
        sheet.grid(self.rule.weight, middle.x, middle.y, middle.cell, ORANGE)
        for at, name in zip(np.ndindex(*self.weight.shape), self._turned, strict=True):
            sheet.target(name, middle.box(*at))
        draw_output(sheet, self.y, target, GREEN)
        return sheet

    @cached_property
    def _turned(self):
        """The names of the weights, in the order in which they stand in the turned kernel."""
        return [named("weight", at) for at in np.ndindex(*self.weight.shape)][::-1]

    def moving(self, sheet, step):
        at, (source, _, target) = index_of(step, self.y.shape), self.row.grids
        draw_window(sheet, self.read, source, at)
        mark_output(sheet, target, at)

    def groups(self, step):
        """Each cell under the window with its weight."""
        return list(zip(self.read.names_under(index_of(step, self.y.shape)), self._turned, strict=True))

    def tell(self, step):
        at = index_of(step, self.y.shape)
        patch, name = self.read.patch(at), named("output", at)
        yield "step", f"{step + 1} of {self.y.size}, the window makes {name}"
        yield ("sum", f"{name} = ", *self.rule.told(patch),
               *computed(name, self.rule.of(patch), self.y[at], self.rule.scale(patch)))
        yield "zeros", self._zeros
        yield from (self.size, self.torch)

    @property
    def _zeros(self):
        """How many there are, between and around; of rows and columns where they differ."""
        rows, columns = map(_zeros_along, self.axes, self._borders)
        return rows if rows == columns else f"rows: {rows}; columns: {columns}"


def _zeros_along(axis, border):
    around = (f"{axis.span} − 1 − {axis.padding} = {border} on every side" if border >= 0
              else f"none around, for padding cuts {-border} off every side")
    more = f", and {axis.output_padding} more at the far ends" * bool(axis.output_padding)
    return f"{axis.stride - 1} between neighbours, {around}{more}"


def _once(values):
    """One number where all axes have the same, or else a tuple."""
    values = tuple(values)
    return values[0] if len(set(values)) == 1 else values

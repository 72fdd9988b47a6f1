"""What one unit in a stack of layers sees: its cone from the side, every layer's sizes, the field on a photo."""
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise, product
from math import atan2, ceil, floor

import numpy as np

from helpers.arithmetic import Refused
from helpers.drawing import palette
from helpers.drawing.palette import BLUE, GREEN, INK, MUTED, ORANGE, PALE, TINTS, WHITE, as_array, mix, written
from helpers.drawing.picture import STEP, Fact, Picture
from helpers.drawing.sheet import FILL, PHOTO, SMALL, Box, Sheet, named
from helpers.pictures.parts.rules import approved
from helpers.pictures.parts.seen import Seen

HEIGHT, TOP, EDGE, BAR, ROW = 470, 44, 16, 16, 17  # the last of a line of the table
SIDE = Box(4, TOP, 276, HEIGHT - TOP - EDGE)
COLUMNS = {"#": 1, "layer": 0, "size": 1, "jump": 1, "centre": 1, "field": 1}  # and which end of each is in line
LEFT, NARROW, WIDE, GAP = 288, 316, 400, 8  # of the table: its left edge, least and largest width, between its columns
TABLE = "table"  # with the photo beside it
RIGHT = 790  # edge of the photo's place
LARGER = 1.2  # than usual, at most
MOST = 9999  # cells of a field, of a row, and of what else has its place in the table
SHOWN, ROOM = 5, 1.4  # units along each side of the walk; what the side view shows, in fields
LEAST = 12  # input cells in the side view, at least
CELL, SLIVER = 7, 3  # CSS pixels from which units are drawn one by one, and of which one at the border is drawn
STRETCHES, ASIDES, VISITS = 9, 300, 4000  # at most: of a bar; in all; levels that all their cones go through
BELOW, LIT = PHOTO - 1, FILL + 0.5  # levels of painting
HUES = mix(BLUE, TINTS[-1]), mix(GREEN, TINTS[-1])  # of units that are read: in the input, and above it


def field(layers, photo, reach):
    """A walk over 5 × 5 of the units on top of a stack, the middle one first, and what of the photo each of them sees.

    layers: square Windows from the input up    photo: (3, rows, columns) between 0 and 1; a 1 may come before
    reach: asked for rows and for columns what torch says, a function of the layers and of how many cells there are:
    (outputs, cells) bool, which cells an output depends on
    Raises Refused where a layer does not fit or sees too much to be drawn, ValueError for a `reach` of another shape.
    """
    if not layers:
        raise ValueError("give at least one layer")
    photo = as_array(photo).reshape(3, *photo.shape[-2:])
    seen = Seen(tuple(layers), photo.shape[1:])
    _expect_room(seen)
    reach = [as_array(reach(layers, size)) for size in seen.shape]
    expected = [(counts[-1], counts[0]) for counts in seen.counts]
    if [each.shape for each in reach] != expected:
        raise ValueError(f"reach must be of the shapes {expected}, not {[each.shape for each in reach]}")
    walk = _Walk(seen, photo, reach)
    places = {TABLE: (SIDE.right + 2, 0, Sheet().width, HEIGHT)}
    return Picture(walk.steps, walk.still, walk.tell, walk.moving, asides=len(walk.asides), places=places)


def _expect_room(seen):
    """Refused where numbers grow beyond what the table and the side view hold."""
    for level, (field, *counts) in enumerate(zip(seen.fields, *seen.counts, strict=True)):
        numbers = {"row": max(counts), "field": field.size, "jump": field.jump, "centre": abs(field.centre)}
        widest = max(numbers, key=numbers.get)
        if numbers[widest] > MOST:
            raise Refused(f"Layer {level}: its {widest} exceeds {MOST:,} cells, which is as far as the picture goes: "
                          "lower kernel, stride, padding or dilation.")


def _evenly(some, count):
    """So many of them at most, evenly apart, the ends among them."""
    return [some[i] for i in np.linspace(0, len(some) - 1, min(len(some), count)).round().astype(int)]


def _without(run, other):
    """What is left of a run when another is taken away, on either side of that."""
    return (run[0], min(run[1], other[0])), (max(run[0], other[1]), run[1])


@dataclass(frozen=True)
class _Row:
    """A level in the side view: its unit 0 starts at x = `left`, and a unit is `width` wide.

    ratio: how many of its units a unit on top is wide
    """

    left: float
    width: float
    middle: float
    height: float
    count: int
    ratio: int

    @property
    def is_apart(self):
        """Whether there is room for its units one by one."""
        return self.width >= CELL

    @cached_property
    def _window(self):
        """The run that would be in view, were there enough units."""
        sliver = SLIVER * self.is_apart
        return (floor((SIDE.x + sliver - self.left) / self.width),
                ceil((SIDE.right - sliver - self.left) / self.width))

    def in_view(self, first, end):
        """The part of a run that is in view; its end is not above its first if there is none."""
        return max(first, self._window[0]), min(end, self._window[1])

    def edges(self, first, end):
        """Left and right of a run, or of the part in view."""
        return (min(max(self.left + first * self.width, SIDE.x), SIDE.right),
                min(max(self.left + end * self.width, SIDE.x), SIDE.right))

    def box(self, first, end):
        """Where a run is drawn, never too thin to be seen."""
        left, right = self.edges(first, end)
        more = -1 if self.is_apart else max(2 - right + left, 0) / 2
        return Box(left - more, self.middle - self.height / 2, right - left + 2 * more, self.height)

    def draw(self, sheet, first, end, colour, level=FILL, joined=False):
        """What is in view of a run: one by one where there is room, or else joined."""
        first, end = self.in_view(first, end)
        if self.is_apart and not joined:
            for unit in range(first, end):
                sheet.fill(self._units[unit], colour, level)
        elif first < end:
            sheet.fill(self.box(first, end), colour, level)

    @cached_property
    def _units(self):
        """{unit: where it is drawn}, of all that may be in view."""
        return {unit: self.box(unit, unit + 1) for unit in range(*self._window)}

    def stretches(self, most):
        """What is in view, cut into units, or into at most so many runs."""
        first, end = self.in_view(0, self.count)
        parts = min(max(end - first, 0), most if self.is_apart else min(most, STRETCHES))
        return list(pairwise(first + (end - first) * part // parts for part in range(parts + 1))) if parts else []


@dataclass(frozen=True)
class _SideView:
    """The columns of a stack from the side, around one column of units on top.

    Around any other it looks the same, but for the ends of the levels: so in every step the unit stands in the middle.
    """

    seen: Seen
    column: int

    @cached_property
    def middle(self):
        """The place in the input that is in the middle."""
        return self.seen.centre(self.seen.top, self.column)

    @cached_property
    def pitch(self):
        return min(56, (SIDE.height - ROW) / self.seen.top)

    @cached_property
    def rows(self):
        """The levels, from the input up."""
        fields, top = self.seen.fields, self.seen.top
        cell, middle_x, middle_y = SIDE.width / max(fields[-1].size * ROOM, LEAST), *SIDE.centre
        return [_Row(middle_x + (field.centre - field.jump / 2 - self.middle) * cell, field.jump * cell,
                     middle_y + (top / 2 - level) * self.pitch, min(BAR, 0.6 * self.pitch), count,
                     fields[-1].jump // field.jump)
                for level, (field, count) in enumerate(zip(fields, self.seen.counts[1], strict=True))]

    def still(self, sheet):
        top = self.rows[-1].middle - ROW / 2
        sheet.text("the stack from the side", SIDE.centre[0], top - TOP / 2, SMALL, MUTED)
        for row in self.rows:
            row.draw(sheet, 0, row.count, PALE)

    def ends(self, sheet, column):
        """With another column on top in the middle: add what is there only then, take away what is not there."""
        for row in self.rows:
            by = (column - self.column) * row.ratio
            usual, there = (0, row.count), (-by, row.count - by)
            for run in _without(there, usual):
                row.draw(sheet, *run, PALE)
            for run in _without(usual, there):
                row.draw(sheet, *run, WHITE, joined=True)

    def cone(self, sheet, level, unit, column):
        """A unit and what it sees, with a column on top in the middle."""
        edges, levels = [], zip(self.rows, self.seen.spans(level, unit), self.seen.read(1, level, unit), strict=False)
        for row, (first, end), runs in levels:
            by = (column - self.column) * row.ratio
            edges.append(row.edges(first - by, end - by))
            for first, end in runs:
                row.draw(sheet, first - by, end - by, HUES[row is not self.rows[0]], LIT)
        for (below, to), (above, ends) in pairwise(zip(self.rows, edges, strict=False)):
            y, to_y = above.middle + above.height / 2, below.middle - below.height / 2
            for x, to_x in zip(ends, to, strict=True):
                if x != to_x or SIDE.x < x < SIDE.right:  # not wholly out of view
                    sheet.line([(x, y), (to_x, to_y)], ORANGE, 2)

    def target(self, level, run):
        """Where a run of a level is pointed at."""
        row, height = self.rows[level], min(self.pitch, 1.5 * BAR)
        return row.box(*run).at(row.middle - height / 2, height)


@dataclass(frozen=True)
class _Table:
    """A line for each level, or for as many as there is room for, beside its level in the side view."""

    seen: Seen
    view: _SideView

    @cached_property
    def growing(self):
        """Levels below the top on which field or jump grows."""
        fields = [(field.size, field.jump) for field in self.seen.fields]
        return [level for level in range(1, self.seen.top) if fields[level] != fields[level - 1]]

    @cached_property
    def levels(self):
        """Those with a line: all, or the input, the top and the growing ones.

        If these are too many, then those where the jump grows, and some of the others, evenly.
        """
        room, fields = int(SIDE.height / ROW), self.seen.fields
        if self.seen.top < room:
            return list(range(self.seen.top + 1))
        strided = _evenly([level for level in self.growing if fields[level].jump > fields[level - 1].jump], room - 2)
        others = _evenly([level for level in self.growing if level not in strided], room - 2 - len(strided))
        return [0, *sorted(strided + others), self.seen.top]

    @cached_property
    def lines(self):
        """{level: Box}, each as near to its level as its neighbours allow."""
        bottoms, end = {}, SIDE.y
        for level in reversed(self.levels):
            bottoms[level] = end = max(self.view.rows[level].middle + ROW / 2, end + ROW)
        end = SIDE.bottom + ROW
        for level in self.levels:
            bottoms[level] = end = min(bottoms[level], end - ROW)
        return {level: self.line.at(bottom - ROW, ROW) for level, bottom in bottoms.items()}

    @cached_property
    def widths(self):
        """How wide the entries of each column are, where they are of the usual size."""
        columns = zip(COLUMNS, *map(self._cells, self.levels), strict=True)
        return [max(palette.text_width(text, SMALL) for text in column) for column in columns]

    @property
    def _most(self):
        """How much larger than usual the writing may be: more where lines are apart."""
        return min(max(self.view.pitch / ROW, 1), LARGER)

    @cached_property
    def line(self):
        """The first line's place, as wide as the entries need."""
        needed = self._most * sum(self.widths) + GAP * (len(COLUMNS) + 1)
        return Box(LEFT, 0, min(max(NARROW, needed), WIDE), ROW)

    @cached_property
    def columns(self):
        """Size of the writing, as large as there is room for, and where each column is in line."""
        gaps = len(COLUMNS) + 1
        scale = min((self.line.width - gaps * GAP) / sum(self.widths), self._most)
        gap = (self.line.width - scale * sum(self.widths)) / gaps
        x, places = LEFT + gap, []
        for width, align in zip(self.widths, COLUMNS.values(), strict=True):
            places.append((x + align * scale * width, align))
            x += scale * width + gap
        return scale * SMALL, places

    def still(self, sheet):
        size, places = self.columns
        for name, (x, align) in zip(COLUMNS, places, strict=True):
            sheet.text(name, x, self.lines[self.seen.top].y - TOP / 2, size, MUTED, align)
        for level, line in self.lines.items():
            for text, (x, align) in zip(self._cells(level), places, strict=True):
                sheet.text(text, x, line.centre[1], size, INK, align)
            if len(self.lines) <= self.seen.top:
                ends = (SIDE.right + 2, self.view.rows[level].middle), (LEFT - 2, line.centre[1])
                sheet.line(ends, mix(MUTED, 0.35), 1)

    def _cells(self, level):
        field, size = self.seen.fields[level], "×".join(str(counts[level]) for counts in self.seen.counts)
        return (str(level or ""), self.name(level), size,
                written(field.jump), written(field.centre), written(field.size))

    def name(self, level):
        """A layer as the table names it: k 3 s 2 p 1, without what is as usual."""
        if not level:
            return "input"
        layer = self.seen.layers[level - 1]
        rest = (("s", layer.stride, 1), ("p", layer.padding, 0), ("d", layer.dilation, 1))
        told = [f"{name}{value}" for name, value, usual in rest if value != usual]
        return " ".join([f"k{layer.kernel}", *told, *["ceil"] * layer.ceil_mode])

    def mark(self, sheet, level):
        """The line of the level at work, if it has one."""
        if level in self.lines:
            sheet.fill(self.lines[level], mix(ORANGE, TINTS[1]))

    def told(self):
        """The sentence on what is left out, or none."""
        lines, every, growing = len(self.levels), len(self.seen.fields), len(self.growing)
        if lines < every:
            some = f"{lines - 2} of the {growing}" if lines < growing + 2 else "those"
            yield "table", f"{lines} of {every} lines: the input, the top, and {some} where field or jump grows"


@dataclass(frozen=True)
class _Plate:
    """The photo, with room around it for the field of every unit, right of x = `left`."""

    seen: Seen
    left: float

    @property
    def place(self):
        return Box(self.left, TOP, RIGHT - self.left, HEIGHT - TOP - EDGE)

    @cached_property
    def reach(self):
        """What all units together see, rows and columns, as runs."""
        return [(min(self.seen.field(level, 0)[0] for level in range(len(counts))),
                 max(self.seen.field(level, count - 1)[1] for level, count in enumerate(counts)))
                for counts in self.seen.counts]

    @cached_property
    def scale(self):
        (top, bottom), (left, right) = self.reach
        return min(self.place.width / (right - left), self.place.height / (bottom - top))

    def box(self, rows, columns):
        """Where a run of rows crosses one of columns."""
        middle_x, middle_y = self.place.centre
        y, bottom = (middle_y + self.scale * (row - sum(self.reach[0]) / 2) for row in rows)
        x, right = (middle_x + self.scale * (column - sum(self.reach[1]) / 2) for column in columns)
        return Box(x, y, right - x, bottom - y)

    def still(self, sheet, photo):
        rows, columns = self.seen.shape
        sheet.text(f"input {rows} × {columns}", self.place.centre[0], self.box(*self.reach).y - TOP / 2, SMALL, MUTED)
        place = self.box((0, rows), (0, columns))
        sheet.photo(photo.transpose(1, 2, 0).clip(0, 1), place.x, place.y, place.width, place.height)

    def frame(self, sheet, level, units):
        """The field of a unit; its padding comes out from below the photo."""
        box = self.box(*(self.seen.field(level, unit) for unit in units))
        width = 4 if box.width > 4 * BAR else 2
        sheet.fill(box, PALE, BELOW)
        sheet.outline(box if box.width > BAR else box.grown(width), ORANGE, width)

    def places(self, units):
        """A Box around the centre of each of some units on top, rows and columns of them, half the way to the next."""
        cuts = []
        for (first, end), along in zip(self.reach, units, strict=True):
            centres = [sum(self.seen.field(self.seen.top, unit)) / 2 for unit in along]
            cuts.append([first, *(sum(pair) / 2 for pair in pairwise(centres)), end])
        return {(row, column): self.box(rows, columns)
                for row, rows in zip(units[0], pairwise(cuts[0]), strict=True)
                for column, columns in zip(units[1], pairwise(cuts[1]), strict=True)}


@dataclass(frozen=True)
class _Walk:
    """A walk over units on top, and asides for units of every level in the side view."""

    seen: Seen
    photo: np.ndarray
    reach: tuple

    @cached_property
    def units(self):
        """Which rows and columns of units on top are visited, evenly apart."""
        return [np.unique(np.linspace(0, counts[-1] - 1, SHOWN).round().astype(int)).tolist()
                for counts in self.seen.counts]

    @cached_property
    def order(self):
        """The units of the steps: the middle one first, so that every stack is met there, then ring after ring."""
        numbered = product(*map(enumerate, self.units))  # ((number, row), (number, column))
        rows, columns = map(len, self.units)

        def ring(place):
            (row, _), (column, _) = place
            down, right = row - rows // 2, column - columns // 2
            return max(abs(down), abs(right)), atan2(down, right)

        return [(row, column) for (_, row), (_, column) in sorted(numbered, key=ring)]

    @property
    def steps(self):
        return len(self.order)

    @cached_property
    def view(self):
        return _SideView(self.seen, self.order[0][1])

    @cached_property
    def table(self):
        return _Table(self.seen, self.view)

    @cached_property
    def plate(self):
        return _Plate(self.seen, self.table.line.right + 4)

    @cached_property
    def stretches(self):
        """(level, first, end) of the runs in the side view that can be pointed at: to each belongs an aside."""
        levels = self.seen.top + 1
        most = max(min(ASIDES // levels, 2 * VISITS // (levels * (levels + 1))), 1)
        return [(level, *run) for level in reversed(range(levels)) for run in self.view.rows[level].stretches(most)]

    @cached_property
    def asides(self):
        """Level, row and column of the unit of each aside: in the middle of its run, beside the first unit."""
        beside = self.seen.centre(self.seen.top, self.order[0][0])
        return [(level, self.seen.nearest(0, level, beside), (first + end) // 2)
                for level, first, end in self.stretches]

    def at(self, frame):
        """Level, row and column of the unit of a step or an aside."""
        if frame >= self.steps:
            return self.asides[frame - self.steps]
        return self.seen.top, *self.order[frame]

    def still(self):
        sheet = Sheet(height=HEIGHT)
        self.view.still(sheet)
        self.table.still(sheet)
        self.plate.still(sheet, self.photo)
        self._put_targets(sheet)
        return sheet

    def _put_targets(self, sheet):
        places = self.plate.places(self.units)
        for step, at in enumerate(self.order):
            sheet.target(named("place", at), places[at], step)
        middle = {}
        for frame, (level, *run) in enumerate(self.stretches, self.steps):
            unit = self.at(frame)[2]
            sheet.target(named("unit", (level, unit)), self.view.target(level, run), frame)
            away = abs(self.seen.centre(level, unit) - self.view.middle)
            middle[level] = min(middle.get(level, (away, frame)), (away, frame))
        for level, line in self.table.lines.items():
            sheet.target(named("line", (level,)), line, middle[level][1] if level in middle else None)

    def moving(self, sheet, frame):
        level, row, column = self.at(frame)
        beside = column if frame < self.steps else self.view.column
        if beside != self.view.column:
            self.view.ends(sheet, beside)
        self.view.cone(sheet, level, column, beside)
        self.table.mark(sheet, level)
        self.plate.frame(sheet, level, (row, column))

    def tell(self, frame):
        level, *units = self.at(frame)
        yield self._which(frame, level, units)
        yield self._field(level, units, "a unit on top" if frame < self.steps else "this unit")
        read = [self.seen.read(axis, level, unit)[0] for axis, unit in enumerate(units)]
        yield "read", *self._read(read, frame), f" {self._verdict(units, read)}" if frame < self.steps else ""
        yield from self._rest if frame < self.steps else self._grown(level)

    def _which(self, frame, level, units):
        rows, columns = (counts[level] for counts in self.seen.counts)
        if frame < self.steps:
            return "step", f"{frame + 1} of {self.steps}, unit [{units[0]}, {units[1]}] of {rows} × {columns} on top"
        where = f"after layer {level}, {self.table.name(level)}" if level else "in the input"
        return "unit", f"[{units[0]}, {units[1]}] of {rows} × {columns} {where}"

    def _field(self, level, units, whose):
        rows, columns = (self._side(axis, level, unit) for axis, unit in enumerate(units))
        high, wide = (self.seen.inside(axis, level, unit) for axis, unit in enumerate(units))
        size = self.seen.fields[level].size
        wide_is = Fact(size, f"How many cells high and wide is the field of {whose}?", [STEP, TABLE])
        return "field", wide_is, f" × {size}, rows {rows}, columns {columns}; {high * wide / size**2:.0%} is photo"

    def _side(self, axis, level, unit):
        first, end = self.seen.field(level, unit)
        beyond = end - first - self.seen.inside(axis, level, unit)
        return f"{written(first)} to {written(end - 1)}" + (f" ({beyond} of them beyond the photo)" if beyond else "")

    def _read(self, read, frame):
        rows, columns = (sum(end - first for first, end in runs) for runs in read)
        yield f"{rows} rows and {columns} columns of the photo"
        if rows and columns:
            kinds = "without a gap", "with gaps"
            kind = kinds[any(len(runs) > 1 for runs in read)]
            ask = "How does a unit on top read its field: without a gap, or with gaps?"
            yield from (", ", Fact(kind, ask, [STEP, TABLE], kinds) if frame < self.steps else kind)

    def _verdict(self, units, read):
        """Whether torch says that a unit on top depends on just these cells."""
        says = [np.flatnonzero(reach[unit]).tolist() for reach, unit in zip(self.reach, units, strict=True)]
        return approved(says == [[cell for run in runs for cell in range(*run)] for runs in read])

    @cached_property
    def _rest(self):
        """The sentences that all steps share."""
        top = self.seen.fields[-1]
        sizes = " → ".join("×".join(map(str, size)) for size, _ in groupby(zip(*self.seen.counts, strict=True)))
        growth = [str(size) for size, _ in groupby(field.size for field in self.seen.fields[1:])]
        where = "layer by layer" if len(growth) == self.seen.top else "where it grows"
        return [("growth", f"{', '.join(growth)}, {where}"),
                ("jump", Fact(top.jump, "How many cells apart are the fields of neighbours on top?", [STEP, TABLE]),
                 ", for so far apart are the fields of neighbours on top; "
                 f"the first is centred on cell {written(top.centre)}"),
                ("sizes", sizes), *self.table.told()]

    def _grown(self, level):
        """What a layer has made of field and jump: none for the input."""
        if level:
            below, here, layer = *self.seen.fields[level - 1:level + 1], self.seen.layers[level - 1]
            yield "growth", f"{below.size} + ({layer.span} − 1)·{below.jump} = {here.size}"
            yield "jump", f"{below.jump}·{layer.stride} = {here.jump}"

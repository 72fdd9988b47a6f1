"""What feeds what in a stack of layers, along how many paths, and what torch says of that."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.drawing.picture import Term
from helpers.drawing.sheet import named
from helpers.pictures.parts.rules import agrees, approved, joined
from helpers.pictures.parts.words import written_size


@dataclass(frozen=True)
class Paths:
    """Units of levels 0 (the input), 1, …, each fed by units of the level below.

    feeds: for each layer, from the input up, (units above, units below), 1 where a wire goes from one to the other
    reach: (units on top, units of the input), what torch says of the number of paths between them, if it is asked
    Raises ValueError for a `reach` of another shape.
    The units on top are the steps of a walk; all others are its asides.
    """

    feeds: tuple
    reach: np.ndarray | None = None

    def __post_init__(self):
        top, bottom = self.counts[-1], self.counts[0]
        if self.reach is not None and self.reach.shape != (top, bottom):
            raise ValueError(f"reach is {written_size(self.reach)}, but must be {top} × {bottom}")

    @classmethod
    def of(cls, windows, counts, reach=None):
        """The paths of a stack of Windows on one axis, with so many cells on its levels; padding feeds nothing."""
        return cls(tuple(map(_read, windows, counts[:-1], counts[1:])), reach)

    @cached_property
    def counts(self):
        """Units of each level."""
        return [self.feeds[0].shape[1], *map(len, self.feeds)]

    @property
    def top(self):
        return len(self.feeds)

    def through(self, level, unit):
        """For each level the number of paths between each of its units and this one."""
        numbers = [np.eye(1, self.counts[level], unit)[0]]
        for feeds in reversed(self.feeds[:level]):
            numbers.insert(0, numbers[0] @ feeds)
        for feeds in self.feeds[level:]:
            numbers.append(feeds @ numbers[-1])
        return numbers

    @cached_property
    def wires(self):
        """All wires, as (layer from 0, unit above, unit below)."""
        return _listed(self.feeds)

    @property
    def asides(self):
        return sum(self.counts[:-1])

    def frame(self, level, unit):
        """Which step or aside shows the paths through a unit."""
        return unit if level == self.top else self.counts[-1] + sum(self.counts[:level]) + unit

    def at(self, frame):
        """What a step or an aside shows: the other way round."""
        if frame < self.counts[-1]:
            return Through(self, self.top, frame)
        level, unit = 0, frame - self.counts[-1]
        while unit >= self.counts[level]:
            level, unit = level + 1, unit - self.counts[level]
        return Through(self, level, unit)

    def groups(self, noun, frame):
        """The units at the ends of the paths of a frame, each with its term in the sentences."""
        return [[named(noun, (end.level, unit))] for end in self.at(frame).ends for unit in end.reached]

    def put_targets(self, sheet, noun, box):
        """Every unit as a target, "noun[level, unit]", that leads to its paths. box: (level, unit) → Box"""
        for level in (self.top, *range(self.top)):
            for unit in range(self.counts[level]):
                sheet.target(named(noun, (level, unit)), box(level, unit), self.frame(level, unit))


@dataclass(frozen=True)
class Through:
    """All paths through one unit."""

    paths: Paths
    level: int
    unit: int

    @property
    def is_on_top(self):
        return self.level == self.paths.top

    @cached_property
    def numbers(self):
        return self.paths.through(self.level, self.unit)

    @cached_property
    def wires(self):
        """Those that the paths run along."""
        met = [numbers > 0 for numbers in self.numbers]
        return _listed(feeds * np.outer(above, below)
                       for feeds, above, below in zip(self.paths.feeds, met[1:], met[:-1], strict=True))

    @cached_property
    def ends(self):
        """Where the paths end: at the input, on top, or, for a unit between these, at both."""
        below = [End(0, self.numbers[0], 0, self._torch)] if self.level else []
        first = sum(len(end.reached) for end in below)
        return below if self.is_on_top else [*below, End(self.paths.top, self.numbers[-1], first, self._torch)]

    @property
    def _torch(self):
        """What torch says of the numbers at the other end, if it is known."""
        reach = self.paths.reach
        if reach is None or 0 < self.level < self.paths.top:
            return None
        return reach[self.unit] if self.is_on_top else reach[:, self.unit]

    def told(self):
        """How many paths of the whole stack go through a unit between its ends: a sentence, or none."""
        if len(self.ends) == 2:
            up_to, on = (end.numbers.sum() for end in self.ends)
            yield "through", f"{up_to:,.0f} paths up to here, times {on:,.0f} on to the top: {up_to * on:,.0f}"


@dataclass(frozen=True)
class End:
    """The units of one level, and how many paths go to each; on level 0 that means from each.

    numbers: (units,)    first: how many terms come before these in the sentences
    torch: what torch says of the numbers, where it can be asked
    """

    level: int
    numbers: np.ndarray
    first: int
    torch: np.ndarray | None = None

    @cached_property
    def reached(self):
        return np.flatnonzero(self.numbers).tolist()

    @cached_property
    def paths(self):
        """How many go to each unit that is reached."""
        return self.numbers[self.reached]

    def terms(self, texts):
        """One text for each unit that is reached, as parts of a sentence that light the units."""
        return joined([Term(text, self.first + k) for k, text in enumerate(texts)], ", ")

    def verdict(self, told):
        """How a sentence ends that says how many paths there are. told: numbers → parts of a sentence"""
        if self.torch is None:
            return ""
        is_so = agrees(self.numbers, self.torch, self.numbers)
        return " " + approved(is_so, "" if is_so else "".join(told(self.torch)))


def _read(window, below, above):
    """(cells above, cells below), 1 where a window reads."""
    cells = np.arange(above)[:, None] * window.stride + window.cells(0)
    there = (cells >= 0) & (cells < below)
    feeds = np.zeros((above, below))
    feeds[there.nonzero()[0], cells[there]] = 1
    return feeds


def _listed(matrices):
    return [(layer, *pair) for layer, wires in enumerate(matrices) for pair in np.argwhere(wires).tolist()]

"""Shapes, cells and arrays: what a picture is given, made sure of, and put into words."""
import numpy as np

from helpers.drawing.palette import as_array, written
from helpers.drawing.picture import Fact


def planes(values, name, axes=2):
    """`values` as a float array with `axes` axes; leading axes of size 1 may come before. ValueError otherwise."""
    values = squeezed(values, axes)
    if values.ndim != axes or not values.size:
        raise ValueError(f"{name} must have {axes} axes, with only 1s before them, not shape {values.shape}")
    return values


def squeezed(values, axes):
    """`values` as a float array, without the leading axes of size 1 that it has beyond `axes`."""
    values = as_array(values)
    while values.ndim > axes and values.shape[0] == 1:
        values = values[0]
    return values


def written_size(values):
    """Shape as the lessons write it: 6 × 6."""
    return " × ".join(map(str, values.shape))


def written_rows(values):
    """The numbers of a plane, row by row: 1 0 −1 / 2 0 −2; · for nan."""
    return " / ".join(" ".join(written(value) or "·" for value in row) for row in values)


def index_of(step, shape):
    """Which cell a step of a walk is at, row by row."""
    return tuple(int(i) for i in np.unravel_index(step, shape))


def order(shape):
    """Which step of a walk each cell is, row by row: the other way round."""
    return np.arange(np.prod(shape)).reshape(shape)


def part_of(step, lengths):
    """Of walks that follow each other: which of them a step belongs to, and its step there."""
    ends = np.cumsum(lengths)
    number = int(np.searchsorted(ends, step, side="right"))
    return number, int(step - (ends[number] - lengths[number]))


def listed(name, indices):
    """A noun and its numbers: "row 3", "columns −1, 0, 1"."""
    return f"{name}{'s' * (len(indices) > 1)} {', '.join(map(written, indices))}"


def ending_in(formula, ask, covers):
    """The parts of a formula "… = 3" whose result can be asked for."""
    *numbers, result = formula.rpartition("= ")
    return *numbers, Fact(result, ask, covers)


def fewer(works, covers=()):
    """Which of two ways takes fewer multiplications, {what it is called: how many}: a part of a sentence to guess."""
    (one, first), (other, second) = ((name, int(count)) for name, count in works.items())
    least = "neither" if first == second else one if first < second else other
    return Fact(least, "Which takes fewer multiplications?", covers, choices=(one, other, "neither"))


def size_sentence(rows, columns):
    """The size formula of both axes, once where they have the same numbers. The rows can be asked for."""
    asked = ending_in(rows, "How many rows will the output have?", ["output"])
    if rows == columns:
        return "size", *asked, ", for rows and for columns"
    return "size", "rows ", *asked, f", columns {columns}"


def rest_sentence(names, unread, more=""):
    """What no window reads, one list of numbers per axis: a sentence, or none."""
    lines = [listed(name, numbers) for name, numbers in zip(names, unread, strict=True) if numbers]
    return [("rest", f"no window reads {' and '.join(lines)}{more}")] if lines else []


def noted(note):
    """A sentence that the lesson gives, as "name: text" or as a text alone: a sentence, or none."""
    name, _, text = note.partition(": ")
    return [(name, text) if text else ("", note)] if note else []

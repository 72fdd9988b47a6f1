"""A window walks over the input, and the output fills."""
from itertools import pairwise

import numpy as np

from helpers.canvas import GREEN, INK, ORANGE, Canvas, Picture, in_a_row
from helpers.pictures.plane import Plane, filling, index_of, planes, written_size
from helpers.pictures.rules import call, rule_for, verdict

GAP, TOP, CELL, NAME = 70, 44, 46, 120


def sliding_window(x, y, window, weight=None, pool=None, count_include_pad=True, arguments=None,
                   names=("input", "weight")):
    """A window walks over `x`, one step per cell of `y`; each step computes its cell by hand and asks torch.

    x: (rows, columns), or 1s before them    y: what torch made of it, likewise
    weight: (k_h, k_w) for a convolution, or else pool: "max" or "average"
    arguments: how the tensors are written in the torch call, "x, w" or "x" unless given
    names: what the input and the weight are called above them
    Raises Refused where no window fits, ValueError for shapes that do not belong together.
    """
    rule = rule_for(window, None if weight is None else planes(weight, "weight"), pool, count_include_pad)
    plane = Plane(planes(x, "x"), window, rule.fill)
    y = planes(y, "y")
    plane.expect(y, weight if weight is None else rule.weight)
    arguments = arguments or ("x" if weight is None else "x, w")
    return Picture(y.size, lambda step: _draw(plane, y, rule, step, names),
                   lambda step: _tell(plane, y, rule, step, arguments))


def _draw(plane, y, rule, step, names):
    canvas = Canvas()
    at = index_of(step, y.shape)
    middle = rule.weight if rule.name == "sum" else plane.patch(at)
    shapes = plane.padded.shape, middle.shape, y.shape
    blocks, corners, cell = in_a_row(canvas, shapes, CELL, NAME, GAP, TOP)
    places = [plane.draw(canvas, *corners[0], cell, at), canvas.grid(middle, *corners[1], cell, ORANGE),
              filling(canvas, y, *corners[2], cell, GREEN, step)]
    if rule.name == "max":
        canvas.outline(places[1].box(*np.unravel_index(np.nanargmax(middle), middle.shape)), INK, 3)
    canvas.outline(places[2].box(*at), INK, 3)

    name = f"{names[1]} {written_size(middle)}" if rule.name == "sum" else f"{rule.name} of these"
    for place, text in zip(places, (plane.name(names[0]), name, f"output {written_size(y)}"), strict=True):
        canvas.text(text, place.centre[0], place.y - 20)
    for (left, right), sign in zip(pairwise(blocks), "∗=" if rule.name == "sum" else "→→", strict=True):
        canvas.text(sign, (left.right + right.x) / 2, left.centre[1], 30)
    return canvas


def _tell(plane, y, rule, step, arguments):
    at = index_of(step, y.shape)
    patch = plane.patch(at)
    ending = verdict(rule.of(patch), y[at], rule.scale(patch))
    return "\n".join([
        f"step: {step + 1} of {y.size}, {plane.where(at)}",
        f"{rule.name}: output[{at[0]}, {at[1]}] = {rule.words(patch)} = {ending}",
        *plane.sentences(),
        f"torch: {call(rule.layer, arguments, rule.settings(plane.window))}",
    ])

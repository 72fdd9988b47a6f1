"""What a stack of layers makes of sizes, and what a unit on top of it sees.

A stack is a list of Windows and Transposed, from the input up. A list in the list stands for branches: each is a stack
of its own, [] for a shortcut, all of them read the same cells, and they meet in a sum or side by side.
"""
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import accumulate
from math import lcm, prod

from helpers.arithmetic.given import Refused, numbers, per_axis
from helpers.arithmetic.windows import Transposed, Window


@dataclass(frozen=True)
class Field:
    """What one unit sees: `size` input cells; neighbouring units stand `jump` apart, the first centred on `centre`.

    apart: input cells between the outermost centres of the paths through branches; 0 where the paths agree
    Numbers for one axis, or tuples with one per axis.
    """

    size: int = 1
    jump: int | Fraction = 1
    centre: float = 0.0
    apart: float = 0.0


def sizes(layers, size):
    """Cells in the input and after each layer of a stack: a list of numbers, or of tuples with one per axis.

    Raises Refused where a layer does not fit, or branches end in different sizes.
    """
    layers, size = _stack(layers), numbers("size", size, 1)
    count = _axes(layers)
    return _sizes(layers, per_axis(size, count) if count else size)


def receptive_field(layers):
    """The Field of a unit on top of a stack, counted in input cells; of tuples where a layer has numbers per axis.

    size = 1 + Σ (span_l − 1) · Π_{i<l} s_i: Araujo, Norris & Sim, Computing receptive fields of convolutional neural
    networks, Distill 2019, equation 2. Padding moves the centre and never the size.
    Branches count together, from the first cell of any path to the last of any: the same, "arbitrary computation
    graphs". Raises Refused where branches have different jumps, for those cannot meet.

    Through a transposed layer of stride s the jump is divided by s, and neighbours see differently many cells, in
    turn. Then size is the largest field of all units away from the ends (0 if none sees anything), and unit i stands at
    centre + i · jump; where no kernel is smaller than its stride and none dilated, the middle of what it sees is less
    than half a cell of each transposed layer's input away.
    """
    return _fields(layers, slice(-1, None))[0]


def receptive_fields(layers):
    """The Field of a cell of the input, and of a unit after each layer, as above: a list, from the input up."""
    return _fields(layers, slice(None))


# A stack, made sure of: layers in a tuple, branches in a tuple of stacks

def _stack(layers, name="layers"):
    if not isinstance(layers, list | tuple):
        raise Refused(f"{name} must be a list of layers, not {layers!r}.")
    return tuple(_layer(layer, number, name) for number, layer in enumerate(layers, 1))


def _layer(layer, number, name):
    if isinstance(layer, Window | Transposed):
        return layer
    if not isinstance(layer, list | tuple) or not layer:
        raise Refused(f"Number {number} of {name} must be a Window, a Transposed or a list of branches, not {layer!r}.")
    return tuple(_stack(branch, f"branch {k} of layer {number}") for k, branch in enumerate(layer, 1))


def _every(layers):
    """Every layer, those of branches too."""
    for layer in layers:
        if isinstance(layer, tuple):
            for branch in layer:
                yield from _every(branch)
        else:
            yield layer


def _axes(layers):
    """How many axes the layers name, None where all have plain numbers."""
    counts = {len(value) for layer in _every(layers) for value in layer.named.values()}
    if len(counts) > 1:
        raise Refused(f"Some layers name {min(counts)} axes and others {max(counts)}: give all as many numbers.")
    return next(iter(counts), None)


def _along(layers, axis, count):
    """The stack as it is along one axis."""
    return [tuple(_along(branch, axis, count) for branch in layer) if isinstance(layer, tuple)
            else layer.axes(count)[axis] for layer in layers]


def _sizes(layers, size, name="Layer"):
    counts = [size]
    for number, layer in enumerate(layers, 1):
        try:
            counts.append(_after(layer, counts[-1]))
        except Refused as refusal:
            raise Refused(f"{name} {number}: {refusal}") from None
    return counts


def _after(layer, size):
    """Cells after a layer, or after branches."""
    if not isinstance(layer, tuple):
        return layer.outputs(size)
    ends = [_sizes(branch, size, f"branch {number}, layer")[-1] for number, branch in enumerate(layer, 1)]
    if len(set(ends)) > 1:
        raise Refused(f"Branches end in {' and '.join(map(str, ends))} cells: "
                      "give them the same stride, and as much padding as their kernels take.")
    return ends[0]


# What unit 0 sees along one axis: its jump, its first and last cell, the lowest and the highest centre of its paths

INPUT = (1, 0, 0, 0, 0)


def _fields(layers, which):
    """The Field of each of these levels."""
    layers = _stack(layers)
    count = _axes(layers)
    along = [_levels(_along(layers, axis, count or 1), which) for axis in range(count or 1)]
    return [Field(*zip(*level, strict=True)) if count else Field(*level[0]) for level in zip(*along, strict=True)]


def _levels(layers, which):
    """The numbers of these Fields on one axis."""
    levels = list(enumerate(accumulate(layers, _put_on, initial=INPUT)))
    return [_numbers(layers[:depth], *level) for depth, level in levels[which]]


def _numbers(layers, jump, first, last, lowest, highest):
    upsamples = any(isinstance(layer, Transposed) for layer in _every(layers))
    size = _largest(layers) if upsamples else last - first + 1
    jump = jump.numerator if jump.denominator == 1 else jump
    return size, jump, float((first + last) / 2), float(highest - lowest)


def _put_on(below, layer):
    """A layer more on a stack: what is one unit of the stack apart is a jump apart in the input."""
    jump, *places = below
    own, *more = _alone(layer)
    return jump * own, *(place + jump * away for place, away in zip(places, more, strict=True))


def _alone(layer):
    if isinstance(layer, tuple):
        return _together(*zip(*(reduce(_put_on, branch, INPUT) for branch in layer), strict=True))
    if isinstance(layer, Transposed):
        jump, last = Fraction(1, layer.stride), Fraction(layer.padding, layer.stride)
        first = last - (layer.span - 1) * jump
    else:
        jump, first, last = layer.stride, -layer.before, layer.span - layer.before - 1
    centre = Fraction(first + last) / 2
    return jump, first, last, centre, centre


def _together(jumps, first, last, lowest, highest):
    """Branches as one layer."""
    if len(set(jumps)) > 1:
        raise Refused(f"Branches with jumps {' and '.join(map(str, jumps))} cannot meet: give them the same stride.")
    return jumps[0], min(first), max(last), min(lowest), max(highest)


def _largest(layers):
    """The largest field of any unit, on an input without end: one period of units is walked back, cell by cell."""
    seen = [_seen(layers, {unit}) for unit in range(_period(layers))]
    return max(max(cells) - min(cells) + 1 if cells else 0 for cells in seen)


def _seen(layers, units):
    """Which input cells some units see."""
    for layer in reversed(layers):
        if isinstance(layer, tuple):
            units = set().union(*(_seen(branch, units) for branch in layer))
        else:
            units = {cell for unit in units for cell in layer.reads(unit)}
    return units


def _period(layers):
    """After how many units it all repeats: the strides of the transposed layers multiplied."""
    return prod(lcm(*map(_period, layer)) if isinstance(layer, tuple)
                else layer.stride if isinstance(layer, Transposed) else 1 for layer in layers)

"""What a layer makes of the cells under its window: a weighted sum, the largest, or the mean, in numbers and in words.

A patch holds the values under one window; nan stands for a cell that is not there.
"""
from dataclasses import dataclass

import numpy as np

from helpers.arithmetic import Refused
from helpers.drawing.palette import written
from helpers.drawing.picture import Fact, Term


@dataclass(frozen=True)
class Weighted:
    """Σ x·w, with zeros around the input: what torch calls convolution."""

    weight: np.ndarray
    name, layer, fill = "sum", "F.conv2d", 0

    def of(self, patch):
        return (patch * self.weight).sum()

    def scale(self, patch):
        return np.abs(patch * self.weight).sum()

    def told(self, patch):
        """The parts of a sentence that computes this cell, a Term for each weight."""
        return products(patch.flat, self.weight.flat)

    def settings(self, window):
        return dict(stride=window.stride, padding=window.padding, dilation=window.dilation)


@dataclass(frozen=True)
class Largest:
    """The largest value, with −∞ around the input, so that padding never wins."""

    name, layer, fill = "max", "F.max_pool2d", -np.inf

    def of(self, patch):
        return np.nanmax(patch)

    def scale(self, patch):
        return np.abs(self.of(patch))

    def told(self, patch):
        return ["max(", *joined([Term(written(x), k) for k, x in enumerate(patch.flat) if x == x], ", "), ")"]

    def settings(self, window):
        return dict(kernel_size=window.kernel, stride=window.stride, padding=window.padding,
                    dilation=window.dilation, ceil_mode=window.ceil_mode)


@dataclass(frozen=True)
class Mean:
    """The mean, with zeros around the input, which count unless `count_include_pad` is off."""

    count_include_pad: bool = True
    name, layer = "mean", "F.avg_pool2d"

    @property
    def fill(self):
        return 0 if self.count_include_pad else np.nan

    def of(self, patch):
        return np.nanmean(patch)

    def scale(self, patch):
        return np.nanmax(np.abs(patch))

    def told(self, patch):
        there = [Term(signed(x), k) for k, x in enumerate(patch.flat) if x == x]
        return ["(", *joined(there, " + "), f") / {len(there)}"]

    def settings(self, window):
        return dict(kernel_size=window.kernel, stride=window.stride, padding=window.padding,
                    ceil_mode=window.ceil_mode, count_include_pad=self.count_include_pad)


def pooling_rule(window, pool, count_include_pad=True):
    """Largest or Mean. Refused for average pooling with dilation, which torch does not have."""
    if pool not in ("max", "average"):
        raise ValueError(f"pool must be 'max' or 'average', not {pool!r}")
    if pool == "max":
        return Largest()
    if {axis.dilation for axis in window.axes()} != {1}:
        raise Refused("Average pooling has no dilation: set dilation to 1, or pool to max.")
    return Mean(count_include_pad)


def signed(value):
    """A number as it stands in a sum: (−2) in brackets."""
    text = written(value)
    return f"({text})" if text.startswith("−") else text


def joined(parts, between):
    """The parts of a sentence with something between them."""
    return [each for part in parts for each in (between, part)][1:]


def products(values, weights):
    """The parts of a sum, value·weight each, as Terms numbered from 0."""
    terms = [Term(f"{signed(x)}·{signed(w)}", k) for k, (x, w) in enumerate(zip(values, weights, strict=True))]
    return joined(terms, " + ")


def renumbered(parts, first):
    """The parts of a sentence with their Terms numbered from `first`, where others come before them."""
    return [Term(part, first + part.number) if isinstance(part, Term) else part for part in parts]


def agrees(by_hand, torch_says, scale):
    """Whether numbers computed by hand are torch's, all of them.

    scale: how large the terms are, for torch adds them in 32 bits
    """
    by_hand, torch_says = np.asarray(by_hand), np.asarray(torch_says)
    return bool(np.all((by_hand == torch_says) | (np.abs(by_hand - torch_says) <= 1e-5 * scale)))


def verdict(by_hand, torch_says, scale):
    """How a sentence that computes a cell by hand ends, once torch's value is known; `scale` as above."""
    if agrees(by_hand, torch_says, scale):
        return f"{written(by_hand)} = torch ✓"
    return f"{written(by_hand)}, but torch says {written(torch_says)}"


def computed(name, by_hand, torch_says, scale, covers=()):
    """The same as parts of a sentence: the number of the cell with this name can be asked for.

    covers: what answers that, the cell itself unless given
    """
    number = written(by_hand)
    rest = verdict(by_hand, torch_says, scale).removeprefix(number)
    return " = ", Fact(number, f"What will {name} be?", covers or [name]), rest


def approved(is_so, otherwise="otherwise"):
    """How a sentence ends about something that torch says too, or not."""
    return "= torch ✓" if is_so else f"but torch says {otherwise}"


def call(layer, arguments, settings):
    """A call as it is typed."""
    return f"{layer}({', '.join([arguments] + [f'{name}={value!r}' for name, value in settings.items()])})"

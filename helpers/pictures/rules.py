"""What a layer makes of the cells under its window: a weighted sum, the largest, or the mean, in numbers and in words.

A patch holds the values under one window; nan stands for a cell that is not there.
"""
from dataclasses import dataclass

import numpy as np

from helpers.arithmetic import Refused
from helpers.canvas import written


@dataclass(frozen=True)
class Weighted:
    """Σ x·w, with zeros around the input: what torch calls convolution."""

    weight: np.ndarray
    name, layer, fill = "sum", "F.conv2d", 0

    def of(self, patch):
        return (patch * self.weight).sum()

    def scale(self, patch):
        return np.abs(patch * self.weight).sum()

    def words(self, patch):
        return " + ".join(f"{signed(x)}·{signed(w)}" for x, w in zip(patch.flat, self.weight.flat, strict=True))

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

    def words(self, patch):
        return f"max({', '.join(written(x) for x in patch[~np.isnan(patch)])})"

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

    def words(self, patch):
        there = patch[~np.isnan(patch)]
        return f"({' + '.join(signed(x) for x in there)}) / {len(there)}"

    def settings(self, window):
        return dict(kernel_size=window.kernel, stride=window.stride, padding=window.padding,
                    ceil_mode=window.ceil_mode, count_include_pad=self.count_include_pad)


def rule_for(window, weight, pool, count_include_pad=True):
    """The one rule that these arguments of a picture name; ValueError when they name none, or two.

    Refused for average pooling with dilation, which torch does not have.
    """
    if (weight is None) == (pool is None):
        raise ValueError("give either weight, for a convolution, or pool, for pooling")
    if weight is not None:
        return Weighted(weight)
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


def verdict(by_hand, torch_says, scale):
    """How a sentence that computes a cell by hand ends, once torch's value is known.

    scale: how large the terms are, for torch adds them in 32 bits
    """
    agree = by_hand == torch_says or abs(by_hand - torch_says) <= 1e-5 * scale
    return f"{written(by_hand)} = torch ✓" if agree else f"{written(by_hand)}, but torch says {written(torch_says)}"


def call(layer, arguments, settings):
    """A call as it is typed."""
    return f"{layer}({', '.join([arguments] + [f'{name}={value}' for name, value in settings.items()])})"

"""Several arrays side by side: small ones as numbered cells, larger ones as pictures."""
import re
from dataclasses import dataclass
from math import ceil, inf, sqrt

import numpy as np

from helpers.drawing.palette import BLUE, GREEN, MUTED, ORANGE, PURPLE, parts, tints, written
from helpers.drawing.picture import Picture
from helpers.drawing.sheet import BARE, SMALL, Box, Grid, Sheet, centred, fitting_size
from helpers.pictures.parts.words import noted, squeezed, written_rows, written_size

GAP, TOP, BELOW, HEIGHT, CELL, NUMBERED = 36, 44, 10, 346, 44, 17
ABREAST, LOWER = 3, 236  # of more arrays, one of them a picture, there are two lines; the most for the height of each
LABEL = 0.7  # of a cell: room above each channel of a volume, and between them
BRIGHTEST = 0.99  # share of the values below full colour, so that a few extremes do not pale the rest
SPOKEN = 49  # cells: of more, no list of numbers tells anything
HUES = {"input": BLUE, "weight": ORANGE, "output": GREEN}


def side_by_side(arrays, note="", volumes=False):
    """One step that shows every array under its name, and what the numbers are.

    arrays: {name: array}, each (rows, columns) or a photo (3, rows, columns) between 0 and 1; 1s may come before.
    volumes: three axes are no photo but (channels, rows, columns) of a few numbers, drawn channel by channel; at the
    ends of its axes nan is nothing, so that volumes of several sizes keep their places
    Up to 17 × 17 they are numbered cells, blank for nan; above that a picture, from black to white, or from purple to
    green around 0 where there are negative values. The first word of a name gives the colour: input, weight, output.
    The first array sets the height, so that the page does not jump where a slider changes the others, and a picture
    fills it whatever its size, so that pictures can be compared. More than three stand in two lines.
    note: a sentence of the lesson, said first
    """
    if not arrays:
        raise ValueError("give at least one array, as in {'input': x}")
    shown = [_shown(name, values, volumes) for name, values in arrays.items()]
    return Picture(1, lambda: _still(shown), lambda step: _tell(shown, note))


def _shown(name, values, volumes):
    if volumes and squeezed(values, 3).ndim == 3:
        return _Channels(name, squeezed(values, 3))
    values = _plane_or_photo(name, values)
    return (_Cells if values.ndim == 2 and max(values.shape) <= NUMBERED else _Pixels)(name, values)


def _plane_or_photo(name, values):
    values = squeezed(values, 2)
    if values.ndim == 2 or (values.ndim == 3 and len(values) == 3):
        return values
    raise ValueError(f"{name} must be (rows, columns) or a photo (3, rows, columns), not {values.shape}")


def _still(shown):
    lines, height = _lines(shown)
    share = (Sheet().width - GAP * (len(lines[0]) + 1)) / len(lines[0])
    height = round(shown[0].fitting(share, height) * shown[0].size[0])
    pitch = TOP + height
    sheet = Sheet(height=len(lines) * pitch + BELOW)
    fits = [each.fitting(share, height) for each in shown if each.most < inf]
    for number, line in enumerate(lines):
        for each, block in zip(line, centred(sheet, [share] * len(line), GAP, TOP + number * pitch), strict=True):
            cell = min(fits) if each.most < inf else each.fitting(share, height)
            size = [count * cell for count in each.size[::-1]]
            each.draw(sheet, Box(*block.at(block.y, height).corner_of(*size), *size))
    return sheet


def _lines(shown):
    """Which arrays stand in each line, and how high they may be: two lines where pictures would be small in one."""
    if len(shown) <= ABREAST or all(each.most < inf for each in shown):
        return [shown], HEIGHT
    half = ceil(len(shown) / 2)
    return [shown[:half], shown[half:]], LOWER


@dataclass(frozen=True)
class _Array:
    """An array under its name. most: how large a cell, or a pixel, may be; all that have cells have the same"""

    name: str
    values: np.ndarray

    @property
    def size(self):
        """Rows and columns of cells, or of pixels, that it takes."""
        return self.values.shape[-2:]

    def fitting(self, width, height):
        """The side of a cell, or of a pixel, with which it fits."""
        return min(self.most, height / self.size[0], width / self.size[1])

    def in_words(self):
        return f"{written_size(self.values)}, {_range(self.values)}"


class _Pixels(_Array):
    most = inf

    def draw(self, sheet, place):
        low, high = written(self.values.min()), written(self.values.max())
        sheet.photo(_pixels(self.values), place.x, place.y, place.width, place.height)
        sheet.text(f"{low} … {high}", place.centre[0], place.y - 12, SMALL, MUTED)
        sheet.text(self.name, place.centre[0], place.y - 30)


class _Cells(_Array):
    most = CELL

    @property
    def hue(self):
        return HUES.get(re.split(r"\W", self.name)[0], MUTED)

    def draw(self, sheet, place):
        cell = place.width / self.size[1]
        sheet.grid(self.values, place.x, place.y, cell, self.hue, size=fitting_size(self.values, cell, BARE))
        sheet.text(self.name, place.centre[0], place.y - 20)

    def in_words(self):
        is_there = ~np.isnan(self.values)
        if self.values.size <= SPOKEN or not is_there.any():
            return f"{written_size(self.values)}, {written_rows(self.values)}"
        if is_there.all():
            return super().in_words()
        return (f"{written_size(self.values)}, {is_there.sum()} of {is_there.size} cells painted, "
                f"{_range(self.values[is_there])}")


class _Channels(_Cells):
    """A volume, its channels in a square, each under its number."""

    @property
    def _beside(self):
        """How many channels stand in a row."""
        return ceil(sqrt(len(self.values)))

    @property
    def size(self):
        channels, rows, columns = self.values.shape
        return ceil(channels / self._beside) * (rows + LABEL), self._beside * (columns + LABEL) - LABEL

    def draw(self, sheet, place):
        cell = place.width / self.size[1]
        colours = np.where(np.isnan(self.values), "", tints(self.values, self.hue))
        for channel in np.flatnonzero(~np.isnan(self.values).all(axis=(1, 2))):
            grid = self._grid(channel, place, cell)
            sheet.grid(self.values[channel], grid.x, grid.y, cell, colours=colours[channel],
                       size=fitting_size(self.values, cell, BARE))
            sheet.text(f"channel {channel}", grid.x, grid.y - LABEL * cell / 2, SMALL, MUTED, align=0)
        sheet.text(self.name, place.centre[0], place.y - 20)

    def _grid(self, channel, place, cell):
        rows, columns = self.values.shape[1:]
        row, column = divmod(int(channel), self._beside)
        return Grid.of((rows, columns), place.x + column * (columns + LABEL) * cell,
                       place.y + (row * (rows + LABEL) + LABEL) * cell, cell)

    def in_words(self):
        values = _trimmed(self.values)
        told = "; ".join(f"channel {channel}: {written_rows(plane)}" for channel, plane in enumerate(values))
        return f"{written_size(values)}, {told if values.size <= SPOKEN else _range(values)}"


def _trimmed(values):
    """A volume without what is nothing along all of an axis."""
    is_there = ~np.isnan(values)
    return values[np.ix_(*(is_there.any(axis=others) for others in ((1, 2), (0, 2), (0, 1))))]


def _range(values):
    low, high = written(values.min()), written(values.max())
    if low == high:
        return f"each {low}"
    mean = written(values.mean())
    is_rounded_away = mean == "0" and values.min() >= 0  # for only zeros have this mean
    return f"from {low} to {high}" + ("" if is_rounded_away else f", mean {mean}")


def _pixels(values):
    """(rows, columns, 3) between 0 and 1."""
    if values.ndim == 3:
        return values.transpose(1, 2, 0).clip(0, 1)
    if values.min() >= 0:
        return np.repeat(values[..., None] / (values.max() or 1), 3, axis=-1)
    full = np.quantile(np.abs(values), BRIGHTEST) or np.abs(values).max()
    share = (np.abs(values) / full).clip(0, 1)[..., None]
    return share * np.where((values < 0)[..., None], parts(PURPLE), parts(GREEN)) / 255 + 1 - share


def _tell(shown, note):
    yield from noted(note)
    for each in shown:
        yield each.name, each.in_words()

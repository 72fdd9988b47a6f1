"""Several arrays in a row: small ones as numbered cells, larger ones as pictures."""
import re

import numpy as np

from helpers.drawing.palette import BLUE, GREEN, MUTED, ORANGE, PURPLE, parts, written
from helpers.drawing.picture import Picture
from helpers.drawing.sheet import SMALL, Box, Sheet, centred
from helpers.pictures.parts.words import noted, squeezed, written_rows, written_size

GAP, TOP, BELOW, HEIGHT, CELL, PIXEL, NUMBERED = 36, 44, 10, 346, 44, 9, 17
BRIGHTEST = 0.99  # share of the values below full colour, so that a few extremes do not pale the rest
SPOKEN = 49  # cells: of more, no list of numbers tells anything
HUES = {"input": BLUE, "weight": ORANGE, "output": GREEN}


def side_by_side(arrays, note=""):
    """One step that shows every array under its name, and what the numbers are.

    arrays: {name: array}, each (rows, columns) or a photo (3, rows, columns) between 0 and 1; 1s may come before.
    Up to 17 × 17 they are numbered cells, blank for nan; above that a picture, from black to white, or from purple to
    green around 0 where there are negative values. The first word of a name gives the colour: input, weight, output.
    The first array sets the height, so that the page does not jump where a slider changes the others.
    note: a sentence of the lesson, said first
    """
    if not arrays:
        raise ValueError("give at least one array, as in {'input': x}")
    arrays = {name: _plane_or_photo(name, values) for name, values in arrays.items()}
    return Picture(1, lambda: _still(arrays), lambda step: _tell(arrays, note))


def _plane_or_photo(name, values):
    values = squeezed(values, 2)
    if values.ndim == 2 or (values.ndim == 3 and len(values) == 3):
        return values
    raise ValueError(f"{name} must be (rows, columns) or a photo (3, rows, columns), not {values.shape}")


def _is_numbered(values):
    return values.ndim == 2 and max(values.shape) <= NUMBERED


def _still(arrays):
    first, *_ = arrays.values()
    share = (Sheet().width - GAP * (len(arrays) + 1)) / len(arrays)
    sheet = Sheet(height=TOP + BELOW + round(_fit(first, share, HEIGHT) * first.shape[-2]))
    blocks = centred(sheet, [share] * len(arrays), GAP, TOP)
    sides = _sides(list(arrays.values()), share, sheet.height - TOP - BELOW)
    for (name, values), block, side in zip(arrays.items(), blocks, sides, strict=True):
        size = values.shape[-1] * side, values.shape[-2] * side
        draw = _draw_cells if _is_numbered(values) else _draw_pixels
        draw(sheet, name, values, Box(*block.corner_of(*size), *size))
    return sheet


def _draw_cells(sheet, name, values, place):
    hue = HUES.get(re.split(r"\W", name)[0], MUTED)
    sheet.grid(values, place.x, place.y, place.width / values.shape[-1], hue)
    sheet.text(name, place.centre[0], place.y - 20)


def _draw_pixels(sheet, name, values, place):
    sheet.photo(_pixels(values), place.x, place.y, place.width, place.height)
    sheet.text(f"{written(values.min())} … {written(values.max())}", place.centre[0], place.y - 12, SMALL, MUTED)
    sheet.text(name, place.centre[0], place.y - 30)


def _sides(arrays, width, height):
    """The side of a cell, or of a pixel, of each array; all that have cells have the same."""
    fits = [_fit(values, width, height) for values in arrays]
    cell = min((fit for fit, values in zip(fits, arrays, strict=True) if _is_numbered(values)), default=CELL)
    return [cell if _is_numbered(values) else fit for fit, values in zip(fits, arrays, strict=True)]


def _fit(values, width, height):
    """The side of a cell, or of a pixel, with which an array fits."""
    most = CELL if _is_numbered(values) else PIXEL
    return min(most, width / values.shape[-1], height / values.shape[-2])


def _pixels(values):
    """(rows, columns, 3) between 0 and 1."""
    if values.ndim == 3:
        return values.transpose(1, 2, 0).clip(0, 1)
    if values.min() >= 0:
        return np.repeat(values[..., None] / (values.max() or 1), 3, axis=-1)
    full = np.quantile(np.abs(values), BRIGHTEST) or np.abs(values).max()
    share = (np.abs(values) / full).clip(0, 1)[..., None]
    return share * np.where((values < 0)[..., None], parts(PURPLE), parts(GREEN)) / 255 + 1 - share


def _tell(arrays, note):
    yield from noted(note)
    for name, values in arrays.items():
        yield name, f"{written_size(values)}, {_in_words(values)}"


def _in_words(values):
    there = values[~np.isnan(values)]
    if (values.ndim == 2 and values.size <= SPOKEN) or not there.size:
        return written_rows(values)
    return f"from {written(there.min())} to {written(there.max())}, mean {written(there.mean())}"

"""Several arrays in a row: small ones as numbered cells, larger ones as pictures."""
import re

import numpy as np

from helpers.canvas import BLUE, GREEN, MUTED, ORANGE, PURPLE, Canvas, Picture, centred, to_rgb, written
from helpers.pictures.plane import squeezed, written_size

GAP, TOP, HEIGHT, CELL, PIXEL, NUMBERED = 36, 44, 346, 44, 9, 17
BRIGHTEST = 0.99  # share of the values below full colour, so that a few extremes do not pale the rest
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
    return Picture(1, lambda step: _draw(arrays), lambda step: _tell(arrays, note))


def _plane_or_photo(name, values):
    values = squeezed(values, 2)
    if values.ndim == 2 or (values.ndim == 3 and len(values) == 3):
        return values
    raise ValueError(f"{name} must be (rows, columns) or a photo (3, rows, columns), not {values.shape}")


def _is_numbered(values):
    return values.ndim == 2 and max(values.shape) <= NUMBERED


def _draw(arrays):
    canvas = Canvas()
    share = (canvas.width - GAP * (len(arrays) + 1)) / len(arrays)
    canvas.height = TOP + 10 + round(_fit(first := next(iter(arrays.values())), share, HEIGHT) * first.shape[-2])
    fits = {name: _fit(values, share, canvas.height - TOP - 10) for name, values in arrays.items()}
    cell = min((fits[name] for name, values in arrays.items() if _is_numbered(values)), default=CELL)
    fits |= {name: cell for name, values in arrays.items() if _is_numbered(values)}
    blocks = centred(canvas, [share] * len(arrays), GAP, TOP)
    for (name, values), block in zip(arrays.items(), blocks, strict=True):
        width, height = values.shape[-1] * fits[name], values.shape[-2] * fits[name]
        x, y = block.corner_of(width, height)
        if _is_numbered(values):
            canvas.grid(values, x, y, cell, HUES.get(re.split(r"\W", name)[0], MUTED))
        else:
            canvas.image(_pixels(values), x, y, width, height)
            canvas.text(f"{written(values.min())} … {written(values.max())}", block.centre[0], y - 12, 11, MUTED)
        canvas.text(name, block.centre[0], y - (20 if _is_numbered(values) else 30))
    return canvas


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
    return share * np.where((values < 0)[..., None], to_rgb(PURPLE), to_rgb(GREEN)) + 1 - share


def _tell(arrays, note):
    lines = [f"{name}: {written_size(values)}, {_in_words(values)}" for name, values in arrays.items()]
    return "\n".join([note] * bool(note) + lines)


def _in_words(values):
    if _is_numbered(values):
        return " / ".join(" ".join(written(v) or "·" for v in row) for row in values)
    return f"from {written(values.min())} to {written(values.max())}, mean {written(values.mean())}"

"""Several arrays in a row: small ones as numbered cells, larger ones as pictures."""
import numpy as np

from helpers.canvas import BLUE, GREEN, MUTED, ORANGE, PURPLE, Canvas, Picture, centred, to_rgb, written
from helpers.pictures.plane import size

GAP, TOP, CELL, PIXEL, NUMBERED = 36, 44, 44, 9, 12
BRIGHTEST = 0.99  # share of the values below full colour, so that a few extremes do not pale the rest
HUES = {"input": BLUE, "weight": ORANGE, "output": GREEN}


def side_by_side(arrays, note=""):
    """One step that shows every array under its name, and what the numbers are.

    arrays: {name: array}, each (rows, columns) or a photo (3, rows, columns) between 0 and 1; 1s may come before.
    Up to 12 × 12 they are numbered cells, above that a picture: black to white, or purple to green around 0 where
    there are negative values. The first word of a name gives the colour: input, weight, output.
    note: a sentence of the lesson to say below
    """
    arrays = {name: _squeezed(name, values) for name, values in arrays.items()}
    return Picture(1, lambda step: _draw(arrays), lambda step: _tell(arrays, note))


def _squeezed(name, values):
    values = np.asarray(values, dtype=float)
    while values.ndim > 2 and values.shape[0] == 1:
        values = values[0]
    if values.ndim == 2 or (values.ndim == 3 and len(values) == 3):
        return values
    raise ValueError(f"{name} must be (rows, columns) or a photo (3, rows, columns), not {values.shape}")


def _is_numbered(values):
    return values.ndim == 2 and max(values.shape) <= NUMBERED


def _draw(arrays):
    canvas = Canvas()
    share = (canvas.width - GAP * (len(arrays) + 1)) / len(arrays)
    fits = {name: min(CELL if _is_numbered(values) else PIXEL, share / values.shape[-1],
                      (canvas.height - TOP - 10) / values.shape[-2]) for name, values in arrays.items()}
    cell = min((fits[name] for name, values in arrays.items() if _is_numbered(values)), default=CELL)
    blocks = centred(canvas, [share] * len(arrays), GAP, TOP)
    for (name, values), block in zip(arrays.items(), blocks, strict=True):
        scale = cell if _is_numbered(values) else fits[name]
        width, height = values.shape[-1] * scale, values.shape[-2] * scale
        x, y = block.corner_of(width, height)
        if _is_numbered(values):
            canvas.grid(values, x, y, scale, HUES.get(name.split()[0], MUTED))
        else:
            canvas.image(_pixels(values), x, y, width, height)
        canvas.text(name, block.centre[0], y - 20)
    return canvas


def _pixels(values):
    """(rows, columns, 3) between 0 and 1."""
    if values.ndim == 3:
        return values.transpose(1, 2, 0).clip(0, 1)
    if values.min() >= 0:
        return np.repeat(values[..., None] / (values.max() or 1), 3, axis=-1)
    share = (np.abs(values) / np.quantile(np.abs(values), BRIGHTEST)).clip(0, 1)[..., None]
    return share * np.where((values < 0)[..., None], to_rgb(PURPLE), to_rgb(GREEN)) + 1 - share


def _tell(arrays, note):
    lines = [f"{name}, {size(values)}: {_in_words(values)}" for name, values in arrays.items()]
    return "\n".join(lines + [note] * bool(note))


def _in_words(values):
    if _is_numbered(values):
        return " / ".join(" ".join(written(v) for v in row) for row in values)
    return f"from {written(values.min())} to {written(values.max())}, mean {written(values.mean())}"

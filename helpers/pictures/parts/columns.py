"""Grids in columns, a row for each channel."""
from helpers.drawing.sheet import Grid

BESIDE = 8


def stacked(block, shape, cell, pitch, count, beside=1):
    """The Grids of `count` channels in the middle of a block: `beside` in a row, `pitch` from one row to the next."""
    height, width = (n * cell for n in shape)
    left, top = block.corner_of(beside * (width + BESIDE) - BESIDE, (count // beside - 1) * pitch + height)
    return [Grid.of(shape, left + channel % beside * (width + BESIDE), top + channel // beside * pitch, cell)
            for channel in range(count)]

"""A channel shuffle in three moves: write the channels into a table, turn it, read it out."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import Shuffled
from helpers.canvas import INK, TINTS, Box, Canvas, Picture, mix
from helpers.pictures.plane import squeezed
from helpers.pictures.wiring import HUES

CELL = 40
INPUT, OUTPUT = Box(0, 36, 800, CELL), Box(0, 384, 800, CELL)
TABLE, TURNED = Box(106, 122, 220, 220), Box(474, 122, 220, 220)  # square, so that cells keep their size when turned


def shuffle(y, groups):
    """One step per channel: where it stands in the input, in the table of groups, in the turned table, in the output.

    y: (C,), or 1s before it, what torch made of the channels 0, 1, 2, …
    Raises Refused unless `groups` divides their number, ValueError for another shape.
    """
    y = squeezed(y, 1)
    if y.ndim != 1:
        raise ValueError(f"y must be (C,), with only 1s before it, not {y.shape}")
    moves = _Moves(y, Shuffled(y.size, groups))
    return Picture(y.size, moves.draw, moves.tell, start=(y.size - 1) // 2)


@dataclass(frozen=True)
class _Moves:
    y: np.ndarray
    layer: Shuffled

    @cached_property
    def table(self):
        """The channels, (groups, channels of a group)."""
        return np.arange(self.y.size).reshape(self.layer.groups, -1)

    def draw(self, channel):
        canvas, (rows, columns) = Canvas(INPUT.width, OUTPUT.bottom + 12), self.table.shape
        self._grid(canvas, INPUT, "input", self.table.reshape(1, -1), channel)
        self._grid(canvas, TABLE, f"reshape: {rows} × {columns}", self.table, channel)
        self._grid(canvas, TURNED, f"transpose: {columns} × {rows}", self.table.T, channel)
        self._grid(canvas, OUTPUT, "flatten: output", self.y[None], channel)
        canvas.text("→", INPUT.width / 2, TABLE.centre[1], 30)
        return canvas

    def _grid(self, canvas, room, name, channels, chosen):
        """Numbers in the colours of their groups, `chosen` framed, with a name above, in the middle of their room."""
        rows, columns = channels.shape
        cell = min(CELL, room.width / columns, room.height / rows)
        corner = room.corner_of(columns * cell, rows * cell)
        colours = np.array([[self._colour(c, c == chosen) for c in row] for row in channels])
        place = canvas.grid(channels.astype(float), *corner, cell, colours=colours)
        canvas.text(name, room.centre[0], place.y - 18)
        for row, column in np.argwhere(channels == chosen):
            canvas.outline(place.box(row, column), INK, 3)

    def _colour(self, channel, full):
        return mix(HUES[int(channel) // self.table.shape[1] % len(HUES)], TINTS[-1 if full else 3])

    def tell(self, channel):
        rows, columns = self.table.shape
        row, column = divmod(channel, columns)
        place = column * rows + row
        told = " ".join(f"{number:.0f}" for number in self.y)
        agree = "= torch ✓" if self.y[place] == channel else f"but torch says channel {self.y[place]:.0f} is there"
        return "\n".join([
            f"step: channel {channel} of {self.y.size}, counted from 0",
            f"reshape: {channel} = {row}·{columns} + {column}, so row {row}, which is its group, and column {column}",
            f"transpose: row {column}, column {row}",
            f"flatten: place {column}·{rows} + {row} = {place} {agree}",
            f"output: {told}",
            f"torch: nn.ChannelShuffle({rows})(x)",
        ])

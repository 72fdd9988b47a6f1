"""A channel shuffle in three moves: write the channels into a table, turn it, read it out."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.arithmetic import Shuffled
from helpers.drawing.palette import INK, mix
from helpers.drawing.picture import Fact, Picture
from helpers.drawing.sheet import Box, Grid, Sheet, named
from helpers.pictures.parts.rules import approved
from helpers.pictures.parts.words import squeezed
from helpers.pictures.wiring import HUES, LIT, WIRE

CELL, WIDTH = 40, 800
INPUT, OUTPUT = Box(4, 36, WIDTH - 8, CELL), Box(4, 384, WIDTH - 8, CELL)
RESULT = "result"  # what is covered while something is asked
TABLE, TURNED = Box(106, 122, 220, 220), Box(474, 122, 220, 220)  # square, so that cells keep their size when turned


def shuffle(y, groups, arguments="x"):
    """One step per channel: where it stands in the input, in the table of groups, in the turned table, in the output.

    y: (C,), or 1s before it, what torch made of the channels 0, 1, 2, …, which have their own number in every cell
    arguments: how they are written in the torch call
    Raises Refused unless `groups` divides their number, ValueError for another shape.
    """
    y = squeezed(y, 1)
    if y.ndim != 1:
        raise ValueError(f"y must be (C,), with only 1s before it, not {y.shape}")
    moves = Moves(y, Shuffled(y.size, groups), arguments)
    return Picture(y.size, moves.still, moves.tell, moves.moving, start=(y.size - 1) // 2)


@dataclass(frozen=True)
class Moves:
    """Where every channel stands, before and after each of the three moves."""

    y: np.ndarray
    layer: Shuffled
    arguments: str

    @cached_property
    def table(self):
        """The channels, (groups, channels of a group)."""
        return np.arange(self.y.size).reshape(self.layer.groups, -1)

    @cached_property
    def tables(self):
        """(noun of its cells, the name above, room, channels) from the input to the output, (rows, columns) each."""
        rows, columns = self.table.shape
        return (("input", "input", INPUT, self.table.reshape(1, -1)),
                ("table", f"reshape: {rows} × {columns}", TABLE, self.table),
                ("turned", f"transpose: {columns} × {rows}", TURNED, self.table.T),
                ("output", "flatten: output", OUTPUT, self.y[None]))

    @cached_property
    def places(self):
        """Where they stand, each in the middle of its room."""
        return [_middle(room, channels.shape) for _, _, room, channels in self.tables]

    def still(self):
        sheet = Sheet(WIDTH, OUTPUT.bottom + 12)
        # What can be covered lies below everything that can be pointed at
        sheet.target(RESULT, OUTPUT.grown(4))
        sheet.text("→", WIDTH / 2, TABLE.centre[1], 30)
        for (noun, name, room, channels), place in zip(self.tables, self.places, strict=True):
            sheet.text(name, room.centre[0], place.y - 18)
            sheet.grid(channels, place.x, place.y, place.cell, colours=self._colours(channels, WIRE))
            for (row, column), channel in np.ndenumerate(channels):
                at = (row, column) if noun in ("table", "turned") else (column,)
                sheet.target(named(noun, at), place.box(row, column), self._step(channel))
        return sheet

    def moving(self, sheet, channel):
        """The channel, framed and in full colour, wherever it stands."""
        for (*_, channels), place in zip(self.tables, self.places, strict=True):
            for row, column in np.argwhere(channels == channel).tolist():
                sheet.tint(place, self._colours(np.array([[channel]]), LIT), at=(row, column))
                sheet.frame(place.box(row, column), INK, 3, place.cell)

    def _step(self, channel):
        """Where a cell leads, unless what torch put there is no channel."""
        return int(channel) if channel in range(self.y.size) else None

    def _colours(self, channels, share):
        groups = channels.astype(int) // self.table.shape[1] % len(HUES)
        return np.array([mix(hue, share) for hue in HUES])[groups]

    def tell(self, channel):
        rows, columns = self.table.shape
        row, column = divmod(channel, columns)
        place = column * rows + row
        yield "step", f"channel {channel} of {self.y.size}, counted from 0"
        yield ("reshape", f"{channel} = {row}·{columns} + {column}, so row {row}, which is its group, "
                          f"and column {column}")
        yield "transpose", f"row {column}, column {row}"
        goal = Fact(place, f"At which place will channel {channel} be, counted from 0?", [RESULT])
        yield ("flatten", f"place {column}·{rows} + {row} = ", goal,
               f" {approved(self.y[place] == channel, f'channel {self.y[place]:.0f} is there')}")
        moves = Fact("no" if place == channel else "yes", f"Does channel {channel} change its place?", [RESULT],
                     ("yes", "no"))
        yield "moved", moves, f", from place {channel} to place {place}" * (place != channel)
        yield "output", " ".join(f"{number:.0f}" for number in self.y)
        yield "torch", f"nn.ChannelShuffle({rows})({self.arguments}).flatten()"


def _middle(room, shape):
    """The Grid in the middle of its room."""
    rows, columns = shape
    cell = min(CELL, room.width / columns, room.height / rows)
    return Grid.of(shape, *room.corner_of(columns * cell, rows * cell), cell)

"""A control for explore: a table of whole numbers, with rows to add and to remove. Knows no layer."""
from pathlib import Path

import anywidget
import traitlets

from helpers.arithmetic import Refused, whole
from helpers.live import module

MOST = 200  # rows


def rows(**columns):
    """An abbreviation for `explore`: rows(kernel=(1, 7), stride=(1, 3)) is a table with two columns and their ranges.

    The function gets a tuple of rows, each a tuple with a number per column. It starts with the function's own default.
    """
    return Rows(columns={name: list(ends) for name, ends in columns.items()})


class Rows(anywidget.AnyWidget):
    """The table. `value`: a tuple of rows, from the first to the last"""

    _esm = module("rows.js")
    _css = Path(__file__).with_name("rows.css")
    description = traitlets.Unicode().tag(sync=True)
    columns = traitlets.Dict().tag(sync=True)
    most = traitlets.Int(MOST).tag(sync=True)
    value = traitlets.Any(()).tag(sync=True)

    @traitlets.validate("value")
    def _as_tuples(self, proposal):
        return tuple(tuple(row) for row in proposal.value)

    def check(self, value):
        """Refused unless `value` is what the table can hold."""
        if not isinstance(value, tuple | list) or not 1 <= len(value) <= MOST:
            number = len(value) if isinstance(value, tuple | list) else repr(value)
            raise Refused(f"{self.description} must be 1 to {MOST} rows, not {number}.")
        for number, row in enumerate(value, 1):
            if not isinstance(row, tuple | list) or len(row) != len(self.columns):
                raise Refused(f"Row {number} of {self.description} must be {len(self.columns)} numbers, "
                              f"for {', '.join(self.columns)}, not {row!r}.")
            for cell, (name, (least, most)) in zip(row, self.columns.items(), strict=True):
                if whole(f"{name} of row {number}", cell, least) > most:
                    raise Refused(f"{name} of row {number} must be at most {most}, not {cell}: lower {name}.")

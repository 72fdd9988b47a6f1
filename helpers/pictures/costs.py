"""What layers cost, as bars beside each other."""
from math import floor, log10

from helpers.drawing.palette import GREEN, INK, MUTED, ORANGE, TINTS, mix, text_width, written
from helpers.drawing.picture import Picture
from helpers.drawing.sheet import SMALL, Box, Sheet
from helpers.pictures.parts.words import noted

LEFT, GAP, TOP, ROW, BAR, SIZE = 20, 24, 44, 44, 28, 15
MILLIONS = 1e6  # from here on a measure is told in millions: seven digits are counted, not read
HUES = {"parameters": ORANGE, "MACs": GREEN}


def costs(layers, note=""):
    """One step with a row of bars per layer and a column per measure; shares are of the first layer.

    layers: {name: {measure: number, …}, …}, the same measures in every layer, numbers from 0 up
    note: a sentence of the lesson, said first
    Raises ValueError for an empty table or one with gaps.
    """
    measures = {tuple(row) for row in layers.values()}
    if len(measures) != 1 or measures == {()}:
        raise ValueError("give at least one layer, and the same measures in every layer")
    names, columns = list(layers), {name: [row[name] for row in layers.values()] for name in measures.pop()}
    return Picture(1, lambda: _still(names, columns), lambda step: _tell(names, columns, note))


def _still(names, columns):
    sheet = Sheet(height=TOP + ROW * len(names))
    left = LEFT + max(map(text_width, names)) + 16
    width = (sheet.width - left) / len(columns) - GAP
    for row, name in enumerate(names):
        sheet.text(name, left - 16, _middle(row), align=1)
    for column, (measure, values) in enumerate(columns.items()):
        _bars(sheet, measure, values, left + column * (width + GAP), width)
    return sheet


def _bars(sheet, measure, values, left, width):
    """One column: the name of the measure, and a bar per layer with its number and share behind it."""
    sheet.text(measure, left, TOP / 2, align=0)
    labels, told = amounts(values), shares(values)
    room = max(text_width(f"{label}  {share}") for label, share in zip(labels, told, strict=True)) + 8
    for row, (value, label, share) in enumerate(zip(values, labels, told, strict=True)):
        length = (width - room) * value / (max(values) or 1)
        sheet.fill(Box(left, _middle(row) - BAR / 2, max(length, 2), BAR), mix(HUES.get(measure, MUTED), TINTS[-1]))
        sheet.text(label, left + length + 8, _middle(row), SIZE, INK, align=0)
        sheet.text(share, left + length + 16 + text_width(label), _middle(row), SMALL, MUTED, align=0)


def _middle(row):
    return TOP + ROW * (row + 0.5)


def amounts(values):
    """Numbers of one measure to be read aloud, all in one unit: 266,752, or 4.19 million beside 462.4 million."""
    return [_in_millions(value) if max(values) >= MILLIONS else _in_full(value) for value in values]


def _in_millions(value):
    """With three digits at least, so that little beside much is not 0.0."""
    millions = value / 1e6
    return f"{millions:,.{max(1, 2 - floor(log10(millions)))}f} million" if value else "0"


def _in_full(value):
    return f"{value:,.0f}" if value == int(value) else written(value)


def shares(values):
    """What each number is of the first, in percent; nothing where the first is 0."""
    first, *others = values
    return [""] + [f"{100 * value / first:.3g} %" if first else "" for value in others]


def _tell(names, columns, note):
    yield from noted(note)
    for measure, values in columns.items():
        rows = zip(names, amounts(values), shares(values), strict=True)
        yield measure, "; ".join(f"{name} {amount}" + f" ({share})" * bool(share) for name, amount, share in rows)

"""What layers cost, as bars beside each other."""
from helpers.canvas import GREEN, INK, MUTED, ORANGE, TINTS, Box, Canvas, Picture, mix, text_width, written

LEFT, GAP, TOP, ROW, BAR, SIZE = 20, 24, 44, 44, 28, 15
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
    return Picture(1, lambda step: _draw(names, columns), lambda step: _tell(names, columns, note))


def _draw(names, columns):
    canvas = Canvas(height=TOP + ROW * len(names))
    left = LEFT + max(map(text_width, names)) + 16
    width = (canvas.width - left) / len(columns) - GAP
    for row, name in enumerate(names):
        canvas.text(name, left - 16, _middle(row), align=1)
    for column, (measure, values) in enumerate(columns.items()):
        _bars(canvas, measure, values, left + column * (width + GAP), width)
    return canvas


def _bars(canvas, measure, values, left, width):
    """One column: the name of the measure, and a bar per layer with its number and share behind it."""
    canvas.text(measure, left, TOP / 2, align=0)
    labels, told = [amount(value) for value in values], shares(values)
    room = max(text_width(f"{label}  {share}") for label, share in zip(labels, told, strict=True)) + 8
    for row, (value, label, share) in enumerate(zip(values, labels, told, strict=True)):
        length = (width - room) * value / (max(values) or 1)
        canvas.fill(Box(left, _middle(row) - BAR / 2, max(length, 2), BAR), mix(HUES.get(measure, MUTED), TINTS[-1]))
        canvas.text(label, left + length + 8, _middle(row), SIZE, INK, align=0)
        canvas.text(share, left + length + 16 + text_width(label), _middle(row), SIZE - 2, MUTED, align=0)


def _middle(row):
    return TOP + ROW * (row + 0.5)


def amount(value):
    """A number to be read aloud: 266,752, or 462.4 million."""
    if value >= 1e7:
        return f"{value / 1e6:,.1f} million"
    return f"{value:,.0f}" if value == int(value) else written(value)


def shares(values):
    """What each number is of the first, in percent; nothing where the first is 0."""
    first, *others = values
    return [""] + [f"{100 * value / first:.3g} %" if first else "" for value in others]


def _tell(names, columns, note):
    lines = [f"{measure}: " + "; ".join(f"{name} {amount(value)}" + f" ({share})" * bool(share)
                                       for name, value, share in zip(names, values, shares(values), strict=True))
             for measure, values in columns.items()]
    return "\n".join([note] * bool(note) + lines)

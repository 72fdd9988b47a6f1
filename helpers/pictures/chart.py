"""Named boxes joined by labelled arrows: how things follow from each other."""
import numpy as np

from helpers.drawing.palette import BLUE, GREEN, INK, MUTED, ORANGE, PALE, PURPLE, TINTS, mix, text_width
from helpers.drawing.picture import Picture
from helpers.drawing.sheet import SMALL, Box, Sheet, centred

HUES = BLUE, ORANGE, GREEN, PURPLE
MARGIN, GAP, ROW, BOX, LEGEND = 10, 18, 106, 56, 38
NAME, LABEL, LEADING = 16, 14, 1.25  # sizes of text, and the distance of its lines
BARB, STUB, SWATCH = 6, 26, 14


def chart(rows, arrows, notes=None):
    """One step with a box for every name and an arrow for every relation.

    rows: the names as they stand, a list for each row; "" leaves a place free, a repeated name makes a larger box
    arrows: {kind: [(from, label, to), …], …}, straight ones; a kind gives its colour to the boxes at the end, "" none
    notes: {name: what is written below it in its box}
    Raises ValueError for rows that are no table of boxes, and for arrows that cannot be drawn.
    """
    boxes, notes = _placed(rows), notes or {}
    if len(arrows) > len(HUES):
        raise ValueError(f"there are colours for {len(HUES)} kinds of arrows, not for {len(arrows)}")
    if unknown := {*notes, *(name for start, _, end in _each(arrows) for name in (start, end))} - set(boxes):
        raise ValueError(f"rows have no box for {', '.join(sorted(unknown))}")
    for start, _, end in _each(arrows):
        if _way(boxes[start], boxes[end]) is None:
            raise ValueError(f"no straight arrow leads from {start} to {end}: put them in one row or in one column")
    return Picture(1, lambda: _still(boxes, arrows, notes), lambda step: _tell(arrows, notes))


def _each(arrows):
    return [arrow for some in arrows.values() for arrow in some]


def _placed(rows):
    """{name: Box}, from the corner of the first place that has the name to that of the last."""
    if not rows or len({len(row) for row in rows}) != 1:
        raise ValueError("rows must have the same number of names")
    pitch = (Sheet().width - 2 * MARGIN + GAP) / len(rows[0])
    places = {}
    for r, row in enumerate(rows):
        for c, name in enumerate(row):
            places.setdefault(name, []).append((r, c))
    places.pop("", None)
    return {name: _box(name, at, pitch) for name, at in places.items()}


def _box(name, places, pitch):
    (top, left), (bottom, right) = (tuple(pick(axis) for axis in zip(*places, strict=True)) for pick in (min, max))
    if len(places) != (bottom - top + 1) * (right - left + 1):
        raise ValueError(f"{name} must stand in neighbouring places, which together make a box")
    return Box(MARGIN + left * pitch, MARGIN + top * ROW, (right - left + 1) * pitch - GAP, (bottom - top) * ROW + BOX)


def _way(start, end):
    """Where an arrow leaves one box and meets the other, straight up, down or across; None where it cannot."""
    low = np.maximum((start.x, start.y), (end.x, end.y))
    high = np.minimum((start.right, start.bottom), (end.right, end.bottom))
    shared = low < high  # by the two boxes, in x and in y
    if shared.sum() != 1:
        return None
    middle = (low + high) / 2
    first, second = np.where(shared, middle, high), np.where(shared, middle, low)
    forwards = np.subtract(end.centre, start.centre)[~shared] > 0
    return (first, second) if forwards else (second, first)


def _still(boxes, arrows, notes):
    kinds = {kind: hue for kind, hue in zip(arrows, HUES, strict=False) if kind}
    below = LEGEND if kinds else MARGIN
    sheet = Sheet(height=round(max(box.bottom for box in boxes.values()) + below))
    hues = {end: hue for kind, hue in kinds.items() for _, _, end in arrows[kind]}
    for name, box in boxes.items():
        sheet.fill(box, mix(hues[name], TINTS[3]) if name in hues else PALE)
        sheet.outline(box, hues.get(name, INK), 2)
        lines = [(line, size) for text, size in ((name, NAME), (notes.get(name, ""), SMALL))
                 for line in _lines(text, size, box.width - 12)]
        _write(sheet, lines, *box.centre)
    for start, label, end in _each(arrows):
        _arrow(sheet, *_way(boxes[start], boxes[end]), label, min(boxes[start].width, boxes[end].width))
    _legend(sheet, kinds)
    return sheet


def _lines(text, size, width):
    """The words of a text in as few lines as fit a width; a word that is wider stands alone."""
    lines = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _write(sheet, lines, x, y):
    """Lines of text, (line, size) each, centred around a point."""
    y -= LEADING * sum(size for _, size in lines) / 2
    for line, size in lines:
        sheet.text(line, x, y + LEADING * size / 2, size)
        y += LEADING * size


def _arrow(sheet, start, end, label, width):
    """A line with two barbs at its end, open in the middle for a label of at most this width."""
    length = np.abs(end - start).sum()
    ahead = (end - start) / length
    is_across = ahead[1] == 0
    lines = [(line, LABEL) for line in _lines(label, LABEL, length - 2 * STUB if is_across else width)]
    room = (max((text_width(*line) + 12 for line in lines), default=0) if is_across
            else LEADING * LABEL * len(lines))
    for first, last in ((start, start + ahead * (length - room) / 2), (end - ahead * (length - room) / 2, end)):
        sheet.line([tuple(first), tuple(last)], MUTED, 2)
    for aside in (ahead[::-1], -ahead[::-1]):
        sheet.line([tuple(end - BARB * (ahead + aside)), tuple(end)], MUTED, 2)
    _write(sheet, lines, *(start + end) / 2)


def _legend(sheet, kinds):
    widths = [SWATCH + 8 + text_width(kind, SMALL) for kind in kinds]
    for (kind, hue), place in zip(kinds.items(), centred(sheet, widths, 32, sheet.height - 24), strict=True):
        swatch = Box(place.x, place.y, SWATCH, SWATCH)
        sheet.fill(swatch, mix(hue, TINTS[3]))
        sheet.outline(swatch, hue, 2)
        sheet.text(kind, swatch.right + 8, swatch.centre[1], SMALL, align=0)


def _tell(arrows, notes):
    yield from notes.items()
    for kind, some in arrows.items():
        for start, label, end in some:
            yield f"{start} → {end}", label + f" ({kind})" * bool(kind)

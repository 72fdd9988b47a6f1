"""What an eye would find wrong in a picture, found in its marks: all steps of its walk, and what targets lead to."""
from functools import cache

import numpy as np

from helpers.drawing.palette import WHITE, parts, text_width
from helpers.drawing.sheet import Fill, Text

CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3
EDGE = 1  # CSS pixels that a stroke may reach over the sheet


def faults(picture):
    """Sentences, each about one thing that should not be."""
    frames = range(len(picture) + picture.asides)
    sheet = picture.sheet
    marks = list(dict.fromkeys([*sheet.marks, *(mark for frame in frames for mark in picture.moves(frame).marks)]))
    yield from _outside(marks, sheet)
    yield from _cramped(marks)
    yield from _untouchable(picture, frames)
    for frame in frames:
        yield from _wrong_words(picture, frame)


def extent(mark):
    """Left, top, right and bottom of a mark."""
    if isinstance(mark, Text):
        left = mark.x - mark.align * text_width(mark.string, mark.size)
        return left, mark.y - mark.size / 2, left + text_width(mark.string, mark.size), mark.y + mark.size / 2
    return min(mark.points[::2]), min(mark.points[1::2]), max(mark.points[::2]), max(mark.points[1::2])


def _outside(marks, sheet):
    for mark in marks:
        left, top, right, bottom = extent(mark)
        if left < -EDGE or top < -EDGE or right > sheet.width + EDGE or bottom > sheet.height + EDGE:
            yield f"outside the sheet of {sheet.width} × {sheet.height}: {mark}"


def _cramped(marks):
    """Numbers that do not fit their cell, or are hard to read on what may lie under them."""
    fills = list(dict.fromkeys((extent(mark), mark.colour) for mark in marks if isinstance(mark, Fill)
                               and (len(mark.points) == 4 or _is_box(mark.points))))
    boxes = np.array([box for box, _ in fills]).reshape(-1, 4)
    for text in (mark for mark in marks if isinstance(mark, Text)):
        over = np.flatnonzero((boxes[:, 0] < text.x) & (text.x < boxes[:, 2])
                              & (boxes[:, 1] < text.y) & (text.y < boxes[:, 3]))
        if text.align == 0.5 and len(over) and any(character.isdigit() for character in text.string):
            size = np.array([text_width(text.string, text.size), text.size])
            tight = (boxes[over, 2:] - boxes[over, :2] < size).any(axis=1)
            if not all(_fits(size, boxes[number], boxes) for number in over[tight]):
                yield f"wider than its cell: {text}"
        for colour in {fills[number][1] for number in over} or {WHITE}:
            if contrast(text.colour, colour) < CONTRAST:
                yield f"contrast of {contrast(text.colour, colour):.2f} on {colour}: {text}"


def _fits(size, box, boxes):
    """Whether a text has room in a fill, together with the strips of other colours that touch it left and right."""
    left, top, right, bottom = box
    beside = boxes[np.isclose(boxes[:, [1, 3]], (top, bottom)).all(axis=1)]
    while (more := beside[np.isclose(beside[:, 2], left), 0]).size:
        left = more.min()
    while (more := beside[np.isclose(beside[:, 0], right), 2]).size:
        right = more.max()
    return size[0] <= right - left and size[1] <= bottom - top


def _is_box(points):
    return len(points) == 8 and len(set(points[::2])) == len(set(points[1::2])) == 2


@cache
def contrast(one, other):
    light = sorted((_luminance(one), _luminance(other)))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _luminance(colour):
    channels = np.array(parts(colour)) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def _untouchable(picture, frames):
    names = [target.name for target in picture.sheet.targets]
    if len(set(names)) < len(names):
        yield f"two targets of one name: {sorted(names)}"
    for target in picture.sheet.targets:
        if target.step is not None and target.step not in frames:
            yield f"a target that leads nowhere: {target}"


def _wrong_words(picture, frame):
    told, terms = picture.says(frame), [part.number for _, *parts in picture.sentences(frame) for part in parts
                                        if hasattr(part, "number")]
    if "but torch says" in told or ("torch:" in told and "✓" not in told):
        yield f"frame {frame} does not agree with torch: {told}"
    if max(terms, default=-1) >= len(picture.groups(frame)):
        yield f"frame {frame} has a term without partners: {told}"
    if not told:
        yield f"frame {frame} has no sentence"

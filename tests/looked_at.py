"""What an eye would find wrong in a picture, found in its marks: all steps of its walk, and what targets lead to."""
import re
from collections import defaultdict
from functools import cache

import numpy as np

from helpers.drawing.palette import WHITE, parts, text_width
from helpers.drawing.sheet import LEGIBLE, TEXT, Fill, Line, Text

CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3
EDGE = 1  # CSS pixels that a stroke may reach over the sheet
DIGIT = 0.73  # how high, in sizes of its text
NUMBER = re.compile(r"−?[\d.]+|−?∞")


def faults(picture):
    """Sentences, each about one thing that should not be."""
    frames = range(len(picture) + picture.asides)
    sheet = picture.sheet
    marks = list(dict.fromkeys([*sheet.marks, *(mark for frame in frames for mark in picture.moves(frame).marks)]))
    extents = np.array([extent(mark) for mark in marks]).reshape(-1, 4)
    yield from _outside(marks, extents, sheet)
    yield from _cramped(marks, extents)
    yield from _touched(picture, frames)
    yield from _uneven(sheet)
    yield from _untouchable(picture, frames)
    for frame in frames:
        yield from _wrong_words(picture, frame)


def extent(mark):
    """Left, top, right and bottom of a mark."""
    if isinstance(mark, Text):
        left, right = mark.ends
        return left, mark.y - mark.size / 2, right, mark.y + mark.size / 2
    return min(mark.points[::2]), min(mark.points[1::2]), max(mark.points[::2]), max(mark.points[1::2])


def on_targets(picture, step):
    """(name of a target, text or fill with its middle on it), …, from the lowest to what is on top."""
    marks = [mark for mark in picture.scene(step) if isinstance(mark, Text | Fill)]
    x, y = np.array([(mark.x, mark.y) if isinstance(mark, Text) else np.reshape(mark.points, (-1, 2)).mean(axis=0)
                     for mark in marks]).reshape(-1, 2).T[..., None]
    left, top, right, bottom = np.array([target.points for target in picture.sheet.targets]).reshape(-1, 4).T
    for mark, target in np.argwhere((left < x) & (x < right) & (top < y) & (y < bottom)):
        yield picture.sheet.targets[target].name, marks[mark]


def _outside(marks, extents, sheet):
    over = (extents < -EDGE).any(axis=1) | (extents[:, 2:] > (sheet.width + EDGE, sheet.height + EDGE)).any(axis=1)
    for number in np.flatnonzero(over):
        yield f"outside the sheet of {sheet.width} × {sheet.height}: {marks[number]}"


def _cramped(marks, extents):
    """Numbers that do not fit their cell, or are hard to read on what may lie under them.

    Between the whole levels lies what only keeps lines off a number, which is as large as that one.
    """
    fills = list(dict.fromkeys((tuple(box), mark.colour, mark.level)
                               for mark, box in zip(marks, extents.tolist(), strict=True)
                               if isinstance(mark, Fill) and mark.level % 1 == 0
                               and (len(mark.points) == 4 or _is_box(mark.points))))
    boxes, levels = np.array([box for box, *_ in fills]).reshape(-1, 4), np.array([level for *_, level in fills])
    texts = [mark for mark in marks if isinstance(mark, Text)]
    for text, over in zip(texts, _under(texts, boxes, levels), strict=True):
        if text.align == 0.5 and len(over) and any(character.isdigit() for character in text.string):
            size = np.array([text_width(text.string, text.size), text.size])
            tight = (boxes[over, 2:] - boxes[over, :2] < size).any(axis=1)
            if not all(_fits(size, boxes[number], boxes) for number in over[tight]):
                yield f"wider than its cell: {text}"
        for colour in {fills[number][1] for number in over} or {WHITE}:
            if contrast(text.colour, colour) < CONTRAST:
                yield f"contrast of {contrast(text.colour, colour):.2f} on {colour}: {text}"


def _under(texts, boxes, levels):
    """For each text the numbers of the boxes that it stands on."""
    x, y, level = np.array([(text.x, text.y, text.level) for text in texts]).reshape(-1, 3, 1).swapaxes(0, 1)
    left, top, right, bottom = boxes.T
    under, box = ((left < x) & (x < right) & (top < y) & (y < bottom) & (levels <= level)).nonzero()
    return np.split(box, np.searchsorted(under, range(1, len(texts)))) if texts else []


def _fits(size, box, boxes):
    """Whether a text has room in a fill, together with the strips of other colours that touch it left and right."""
    left, top, right, bottom = box
    beside = boxes[np.isclose(boxes[:, [1, 3]], (top, bottom)).all(axis=1)]
    while (more := beside[np.isclose(beside[:, 2], left), 0]).size:
        left = more.min()
    while (more := beside[np.isclose(beside[:, 0], right), 2]).size:
        right = more.max()
    return size[0] <= right - left and size[1] <= bottom - top


def _touched(picture, frames):
    """Numbers that a frame cuts, but for those that would otherwise be too small to be read."""
    texts = {mark: first for mark, first in zip(picture.sheet.marks, picture.sheet.since, strict=True)
             if _is_number(mark) and mark.level >= TEXT and mark.size > LEGIBLE}
    rings = dict.fromkeys(filter(_is_ring, picture.sheet.marks), frames[-1])
    rings |= {mark: frame for frame in frames for mark in picture.moves(frame).marks if _is_ring(mark)}
    if not texts or not rings:
        return
    low, high = _corners(texts)
    air = np.array([(EDGE, text.size * (1 - DIGIT) / 2 + EDGE) for text in texts])
    low, high = (low + air)[..., None], (high - air)[..., None]
    start, end = (corner.T for corner in _corners(rings))
    half = np.array([ring.width / 2 for ring in rings])
    is_inside = ((start + half <= low) & (high <= end - half)).all(axis=1)
    is_outside = ((end + half <= low) | (high <= start - half)).any(axis=1)
    meet = np.array([*texts.values()])[:, None] <= [*rings.values()]  # in some frame
    for text, ring in np.argwhere(meet & ~is_inside & ~is_outside):
        yield f"cut by {[*rings][ring]}: {[*texts][text]}"


def _corners(marks):
    """Top left and bottom right of each."""
    return np.array([extent(mark) for mark in marks]).reshape(-1, 2, 2).transpose(1, 0, 2)


def _uneven(sheet):
    """Numbers of one kind, those of the input, say, that have several sizes."""
    texts, targets = [mark for mark in sheet.marks if _is_number(mark)], sheet.targets
    if len({text.size for text in texts}) < 2 or not targets:
        return
    x, y = np.array([(text.x, text.y) for text in texts]).T[..., None]
    left, top, right, bottom = np.array([target.points for target in targets]).T
    under = ((left < x) & (x < right) & (top < y) & (y < bottom))[:, ::-1]
    sizes = defaultdict(set)
    for text, is_there, last in zip(texts, under.any(axis=1), under.argmax(axis=1), strict=True):
        if is_there:
            sizes[targets[-1 - last].name.split("[")[0]].add(round(text.size, 1))
    yield from (f"numbers of several sizes in {kind}: {found}" for kind, found in sizes.items() if len(found) > 1)


def _is_number(mark):
    return isinstance(mark, Text) and NUMBER.fullmatch(mark.string)


def _is_ring(mark):
    return type(mark) is Line and len(mark.points) == 10 and mark.points[0] == mark.points[6] == mark.points[8]


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
    sentences, groups = picture.sentences(frame), len(picture.groups(frame))
    told = "\n".join(f"{name}: {''.join(parts)}" for name, *parts in sentences)  # once: it takes longer than all checks
    terms = [part.number for _, *parts in sentences for part in parts if hasattr(part, "number")]
    if "but torch says" in told or ("torch:" in told and "✓" not in told):
        yield f"frame {frame} does not agree with torch: {told}"
    if max(terms, default=-1) >= groups:
        yield f"frame {frame} has a term without partners: {told}"
    if not any("".join(parts) for _, *parts in sentences):
        yield f"frame {frame} has no sentence"

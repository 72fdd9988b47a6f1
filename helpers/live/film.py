"""A picture as the browser reads it: tables of what is ever shown, and for each frame which of it shows then."""
import base64
import json
import time
from functools import cached_property, partial
from io import BytesIO

from helpers.drawing.picture import Fact, Term
from helpers.drawing.sheet import Fill, Line, Photo, Text

PNG = {"format": "png", "compress_level": 1}


class Film:
    """The frames of a picture, `first` before all others, then its neighbours, made as they are asked for.

    What stands still is told at the start, but for the marks that come later in the walk: 0 keeps their place until the
    next part brings them as `late`.

    Every distinct style, mark and sentence is told once and from then on by its number. Lengths are tenths of a CSS
    pixel, so that they are whole numbers.
    """

    def __init__(self, picture, first=None):
        self.picture = picture
        first = picture.start if first is None else first
        steps, asides = range(len(picture)), range(len(picture), len(picture) + picture.asides)
        self.order = [*sorted(steps, key=lambda step: abs(step - first)), *asides]
        self._styles, self._sentences = _Table(), _Table()
        self._pack = partial(_packed, self._styles)
        self._marks = _Table(self._pack)
        self._numbers = {target.name: number for number, target in enumerate(picture.sheet.targets)}
        sheet = picture.sheet
        self._still = [0 if since > first else self._pack(mark)
                       for mark, since in zip(sheet.marks, sheet.since, strict=True)]
        self._frames, self._ends = [], [(0, 0, 0)]

    def start(self):
        """All that stands still, and the first frame."""
        picture, sheet = self.picture, self.picture.sheet
        since = [[number, step] for number, step in enumerate(sheet.since) if step]
        targets = [[target.name, *_tenths(target.points), -1 if target.step is None else target.step]
                   for target in sheet.targets]
        whole = dict(size=_tenths((sheet.width, sheet.height)), steps=len(picture), all=len(self.order),
                     still=self._still, since=since, targets=targets, verbs=sheet.verbs)
        return whole | self._part(0, 1)

    def more(self, have, seconds=0.1):
        """The frames after the first `have`, as many as are made in this time, and at least one."""
        late, until, end = self._late, time.perf_counter() + seconds, have
        while end < len(self.order) and (end == have or end < len(self._frames) or time.perf_counter() < until):
            end += 1
            self._make(end)
        return self._part(have, end) | ({"late": late} if have == 1 else {})

    @cached_property
    def _late(self):
        return [self._pack(mark) for mark, told in zip(self.picture.sheet.marks, self._still, strict=True) if not told]

    def photos(self, known=(), image_format=lambda pixels: PNG):
        """{name: address}, of all that has been drawn yet and is not known.

        image_format: (rows, columns, 3) → what Pillow's `save` is to make of it
        """
        return {name: _address(pixels, image_format(pixels)) for name, pixels in self.picture.photos.items()
                if name not in known}

    def _part(self, have, end):
        """From the tables and the frames what comes after the first `have` frames."""
        self._make(end)
        begin, stop = self._ends[have], self._ends[end]
        tables = zip(("styles", "marks", "sentences"), (self._styles, self._marks, self._sentences), begin, stop,
                     strict=True)
        return {name: table.rows[low:high] for name, table, low, high in tables} | {
            "have": have, "shots": self._frames[have:end]}

    def _make(self, count):
        for frame in self.order[len(self._frames):count]:
            picture = self.picture
            marks = [self._marks.number(mark) for mark in picture.moves(frame).marks]
            told = [self._sentences.number((name, *map(self._part_of_sentence, parts)))
                    for name, *parts in picture.sentences(frame)]
            groups = [[self._numbers[name] for name in group if name in self._numbers]
                      for group in picture.groups(frame)]
            self._frames.append([frame, marks, told, groups])
            self._ends.append(self._lengths())

    def _part_of_sentence(self, part):
        """A Term as (text, number of its group), a Fact as (text, question, [corners, …] that are covered, choices)."""
        match part:
            case Term():
                return str(part), part.number
            case Fact():
                covers = tuple(tuple(_tenths(self.picture.covered(what))) for what in part.covers)
                return (str(part), part.ask, covers, *([part.choices] if part.choices else []))
        return part

    def _lengths(self):
        return len(self._styles.rows), len(self._marks.rows), len(self._sentences.rows)


class _Table:
    """Distinct things, each with its number, and a row for each."""

    def __init__(self, row_of=tuple):
        self.rows, self._numbers, self._row_of = [], {}, row_of

    def number(self, thing):
        """The number of a thing, which gets a row where it is new."""
        if thing not in self._numbers:
            self._numbers[thing] = len(self.rows)
            self.rows.append(self._row_of(thing))
        return self._numbers[thing]


def _packed(styles, mark):
    """(number of its style, what else there is to a mark)"""
    match mark:
        case Text(string, x, y, size, colour, align, level):
            style, rest = ("text", level, colour, round(size, 1), align), (string, *_tenths((x, y)))
        case Fill(points, colour, level):
            style, rest = ("fill" if len(points) == 4 else "area", level, colour), _tenths(points)
        case Line(points, colour, width, bent, level):
            ring = not bent and points[:2] == points[-2:]
            style = "bent" if bent else "ring" if ring else "line", level, colour, width
            rest = _tenths(points[:-2] if ring else points)
        case Photo(name, points, level):
            style, rest = ("photo", level), (name, *_tenths(points))
    return styles.number(style), *rest


def _tenths(points):
    return [round(10 * number) for number in points]


def _address(pixels, image_format):
    from PIL import Image

    file, is_grey = BytesIO(), (pixels == pixels[..., :1]).all()
    Image.fromarray(pixels[..., 0] if is_grey else pixels).save(file, **image_format)
    return f"data:image/{image_format['format']};base64," + base64.b64encode(file.getvalue()).decode()


def packed(part):
    """What `start` and `more` give, as the JSON that is sent."""
    return json.dumps(part, ensure_ascii=False, separators=(",", ":"))

"""What the browser has of a picture: view.js over again, as short as it can be said, out of the same messages."""
import json
from itertools import combinations
from typing import NamedTuple

from looked_at import extent

from helpers.drawing.sheet import Fill, Line, Photo, Text


class Arrived:
    """A picture as far as it has arrived: `scene` is what Film.start gives, as JSON; `add` takes what more gives."""

    def __init__(self, scene):
        self.scene, self.have = json.loads(scene), 0
        self.number, self.all, self.steps = self.scene.get("number"), self.scene["all"], self.scene["steps"]
        self.styles, self.marks, self.sentences, self.frames = [], [], [], {}
        self.add(scene)

    def add(self, part):
        """Whether this part was the next one; any other is passed over, as one for another picture is."""
        part = json.loads(part)
        if part.get("number") != self.number or part["have"] != self.have:
            return False
        self.styles += part["styles"]
        late = iter(part.get("late", []))
        self.scene["still"] = [mark or next(late, 0) for mark in self.scene["still"]]
        self.marks += part["marks"]
        self.sentences += part["sentences"]
        self.frames |= {frame: rest for frame, *rest in part["shots"]}
        self.have += len(part["shots"])
        return True

    @property
    def names(self):
        return [name for name, *_ in self.scene["targets"]]

    def scene_of(self, frame):
        """The marks of a frame, in the order of painting."""
        since = dict(self.scene["since"])
        still = [mark for number, mark in enumerate(self.scene["still"]) if mark and since.get(number, 0) <= frame]
        marks = still + [self.marks[number] for number in self.frames[frame][0]]
        return sorted(map(self._mark, marks), key=lambda mark: mark.level)

    def sentences_of(self, frame):
        """[(name, part, …)], where a Term is (its text, its group)."""
        told = [self.sentences[number] for number in self.frames[frame][1]]
        return [tuple(tuple(part) if isinstance(part, list) else part for part in sentence) for sentence in told]

    def says(self, frame):
        """The sentences as Picture.says has them."""
        texts = [(name, "".join(part if isinstance(part, str) else part[0] for part in parts))
                 for name, *parts in self.sentences_of(frame)]
        return "\n".join(f"{name}: {text}" if name else text for name, text in texts)

    def covered_otherwise(self, frame):
        """Overlapping marks of a level that view.js paints the other way round, by their numbers."""
        moves = [(number, self._mark(self.marks[number])) for number in self.frames[frame][0]]
        return [(under, over) for (first, under), (then, over) in combinations(moves, 2)
                if first > then and under.level == over.level and _overlap(extent(under), extent(over))]

    def groups_of(self, frame):
        return [[self.names[number] for number in group] for group in self.frames[frame][2]]

    def _mark(self, packed):
        kind, level, *how = self.styles[packed[0]]
        if kind == "text":
            string, x, y = packed[1:]
            colour, size, align = how
            return Text(string, x / 10, y / 10, size, colour, align, level)
        if kind == "photo":
            return Photo(packed[1], _pixels(packed[2:]), level)
        if kind in ("fill", "area"):
            return Fill(_pixels(packed[1:]), *how, level)
        points = packed[1:] + packed[1:3] * (kind == "ring")
        return Line(_pixels(points), *how, kind == "bent", level)


class Shown(NamedTuple):
    """What a reader has before him."""

    marks: list
    says: str
    groups: list


def _overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _pixels(tenths):
    return tuple(number / 10 for number in tenths)


def rounded(marks):
    """Marks of a Picture as they come out of a Film, which keeps tenths of a pixel."""
    return [mark._replace(x=round(10 * mark.x) / 10, y=round(10 * mark.y) / 10, size=round(mark.size, 1))
            if isinstance(mark, Text) else mark._replace(points=_pixels(round(10 * number) for number in mark.points))
            for mark in marks]


def send(widget, **state):
    """A message of the front end, which sets these traits."""
    widget._handle_msg({"content": {"data": {"method": "update", "state": state}}})


def arrived(view):
    """All that a view has to show, asked for as the browser asks."""
    picture = Arrived(view.scene)
    while picture.have < picture.all:
        if not (view.rest and picture.add(view.rest)):
            send(view, want=f"{picture.number} {picture.have}")
            assert view.rest, f"no answer to {view.want}"
            assert picture.add(view.rest), f"another answer than that to {view.want}"
    return picture


def shown(view, step=None):
    """What a view shows at a step, or where its walk stands: in trouble the last picture, and why there is no other."""
    picture = arrived(view)
    step = min(view.step if step is None else step, picture.steps - 1)
    return Shown(picture.scene_of(step), view.words if view.trouble else picture.says(step), picture.groups_of(step))

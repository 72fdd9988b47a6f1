"""Picture: a walk of steps, what stands still in it and what moves, and the sentences that go with each step."""
import re
from functools import cached_property

from helpers.drawing.sheet import Sheet, Text

AROUND = 14  # CSS pixels left of what is covered
STEP = "step"  # what answers is what only the step shows: while it is asked for, that is left out


class Term(str):
    """A piece of a sentence that belongs to a group of targets: they light each other. `number`: which group."""

    def __new__(cls, text, number):
        term = super().__new__(cls, text)
        term.number = number
        return term


class Fact(str):
    """A piece of a sentence that can be asked for.

    ask: the question    covers: what of the picture answers it: names of targets, as in "output[0, 1]"; nouns, as in
    "output", for all from there on to the right; places that the Picture names; STEP; "" for the whole sheet
    choices: what there is to choose from, where the answer is no number
    """

    def __new__(cls, text, ask, covers=(), choices=()):
        fact = super().__new__(cls, text)
        fact.ask, fact.covers, fact.choices = ask, tuple(covers), tuple(choices)
        if choices and fact not in choices:
            raise ValueError(f"{fact} is none of the choices {choices}")
        return fact


class Picture:
    """A walk of `steps` steps that can be drawn, told and pointed at.

    still: () → the Sheet with everything that all steps share, and the targets
    tell: step → sentences, each (name, part, …), where a part is a string, a Term or a Fact
    moving: (sheet, step) puts on an empty sheet what only this step shows
    start: the step to show first    groups: step → [[name of a target, …], …], what is lit together, term by term
    asides: so many more frames follow the last step, which are no part of the walk; only targets lead there
    before: step → indices that come before those in the names of targets, for nouns whose cells change with the step:
        {"weight": (2,)} where weight[0, 1] shows weight (2, 0, 1)
    places: {name: corners}, of what a Fact covers where that is no target, so that nobody points at it
    Shown alone it is its first step, with its sentences as text/plain.
    """

    def __init__(self, steps, still, tell, moving=None, start=0, groups=None, asides=0, before=None,
                 places=()):
        self._steps, self._still, self._tell, self._moving = steps, still, tell, moving
        self._groups, self.start, self.asides, self._before = groups, start, asides, before
        self._places, self._sheet, self._moved = dict(places), None, {}

    def __len__(self):
        return self._steps

    @property
    def sheet(self):
        """What stands still, drawn once."""
        if self._sheet is None:
            self._sheet = self._still()
        return self._sheet

    def moves(self, step=None):
        """The Sheet with what only this step, or aside, shows."""
        step = self._checked(step)
        if step not in self._moved:
            sheet = Sheet(self.sheet.width, self.sheet.height)
            if self._moving:
                self._moving(sheet, step)
            self._moved[step] = sheet
        return self._moved[step]

    def scene(self, step=None):
        """The marks of a step, in the order of painting. What an aside shows stands on the finished walk."""
        sheet, moves = self.sheet, self.moves(step)
        done = self._checked(step)
        there = [mark for mark, since in zip(sheet.marks, sheet.since, strict=True) if since <= done]
        return sorted(there + moves.marks, key=lambda mark: mark.level)

    @property
    def photos(self):
        """{name: pixels}, of all that has been drawn yet."""
        sheets = self.sheet, *self._moved.values()
        return {name: pixels for sheet in sheets for name, pixels in sheet.photos.items()}

    def sentences(self, step=None):
        return list(self._tell(self._checked(step)))

    def says(self, step=None):
        """The sentences as text, one "name: sentence" a line."""
        return "\n".join(f"{name}: {''.join(told)}" if name else "".join(told)
                         for name, *told in self.sentences(step))

    def covered(self, what):
        """Corners of what a Fact covers; none where it is left out."""
        if what not in self._covers:
            left = min(target.points[0] for target in self.sheet.targets if target.name.startswith(f"{what}["))
            left = min([left, *(start for start, end in self._texts if start < left < end)]) - AROUND
            self._covers[what] = max(left, 0), 0, self.sheet.width, self.sheet.height
        return self._covers[what]

    @cached_property
    def _texts(self):
        """Where each text starts and ends."""
        return [mark.ends for mark in self.sheet.marks if isinstance(mark, Text)]

    @cached_property
    def _covers(self):
        """Corners of the whole sheet, of every target and place, and of the nouns that have been asked for."""
        whole = {"": (0, 0, self.sheet.width, self.sheet.height), STEP: ()}
        return whole | {target.name: target.points for target in self.sheet.targets} | self._places

    def groups(self, step=None):
        return self._groups(self._checked(step)) if self._groups else []

    def index(self, name, step=None):
        """Where in its array the number of a target stands: (2, 0, 1) for "weight[2, 0, 1]"."""
        noun, _, index = name.partition("[")
        before = self._before(self._checked(step)) if self._before else {}
        return *before.get(noun, ()), *map(int, re.findall(r"\d+", index))

    def png(self, step=None):
        """The step as PNG bytes."""
        from helpers.drawing import printed

        return printed.printed(self, "png", self._checked(step))

    def save(self, path, step=None):
        """Save the step as .png, .svg or .pdf, or the whole walk as .gif. ValueError for another ending."""
        from helpers.drawing import printed

        printed.save(self, path, self._checked(step))

    def _checked(self, step):
        step = self.start if step is None else step
        if not isinstance(step, int) or not 0 <= step < self._steps + self.asides:
            raise IndexError(f"step must be a whole number from 0 to {self._steps + self.asides - 1}, not {step!r}")
        return step

    def bundle(self, step=None):
        """The step as Jupyter shows it: its data, and how large that is."""
        return ({"image/png": self.png(step), "text/plain": self.says(step)},
                {"image/png": {"width": self.sheet.width}})

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.bundle()

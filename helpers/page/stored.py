"""What a page keeps of a demo: for each of its settings all that the browser draws and tells, packed small.

A row of numbers is told as its differences from the last row of its length, and all films are told column by column:
what is nearly the same then stands side by side, where deflate finds it.
"""
import base64
import json
import random
import zlib
from functools import cached_property
from itertools import product

import ipywidgets as widgets

from helpers.arithmetic import Refused
from helpers.live.film import Film, packed
from helpers.live.rows import Rows

DEALS = 3  # sets of numbers, the lesson's own among them
COLUMNS = "steps", "size", "verbs", "styles", "still", "since", "targets", "marks", "sentences", "shots"
ROLLED = "still", "since", "targets", "marks", "shots"  # rows of numbers
INNER, ALL = slice(1, -1), slice(None)  # parts of the values of a control
SMALL = 64  # rows or columns of what is no photo
SAMPLE, ALIKE = 12, 3  # settings from which is judged how many there is room for; side by side they take a third


def values(demo, name):
    """What a student can choose: the whole range, or for a text field or a table what the lesson itself puts there."""
    control = demo.controls[name]
    if isinstance(control, widgets.Checkbox):
        return [False, True]
    if hasattr(control, "options"):
        return list(control._options_values)
    if hasattr(control, "max"):
        count = round((control.max - control.min) / control.step)
        return [type(control.value)(round(control.min + i * control.step, 10)) for i in range(count + 1)]
    presets = [settings[name] for settings in demo.presets.values() if name in settings]
    return list({repr(value): value for value in [control.value, *presets]}.values())


class Stored:
    """The settings of a demo that a page has, all or as many as there is room for.

    A control has all its values, or fewer: where it starts, what presets need, both ends and some in between. Every
    combination of them is there, so that no handle stops short.
    """

    def __init__(self, demo):
        self.demo, self._films = demo, {}
        self.start = demo.settings
        self.all = {name: values(demo, name) for name in demo.controls}
        self._take_all()

    def settings(self):
        """[{control: value, …}, …], the last control first to change."""
        return [dict(zip(self.choices, each, strict=True)) for each in product(*self.choices.values())]

    def text(self):
        """All that the page's script needs, as text."""
        return base64.b64encode(zlib.compress(self._json().encode(), 9)).decode()

    def _take_all(self):
        self.choices = {name: list(some) for name, some in self.all.items()}
        self.deals = DEALS if self.demo.numbers.names else 1

    def fit(self, room):
        """Take as many settings as fit into so many bytes, as they stand in the page. ValueError where none do."""
        self._thin_to(room)
        off_by = len(self.text()) / self.guess()
        self._take_all()
        self._thin_to(room / off_by)
        while len(self.text()) > room:
            if not self._thin():
                raise ValueError(f"{self.demo.function.__name__} does not fit into {room} bytes")
        return self

    def _thin_to(self, guess):
        while self.guess() > guess and self._thin():
            pass

    def guess(self):
        """Bytes, judged by some settings."""
        return self._each * len(self.settings()) * self.deals

    @cached_property
    def _each(self):
        """Bytes of a setting, on average of some."""
        every = self.settings()
        some = every if len(every) <= SAMPLE else random.Random(0).sample(every, SAMPLE)
        return sum(len(zlib.compress("".join(told.values()).encode())) / ALIKE + len("".join(photos.values()))
                   for told, photos in self._of(some)) / len(some)

    def _thin(self):
        """One value fewer for the control that has most of them, or no new numbers; whether there was any left."""
        spare = self._spare(INNER)
        if not spare and self.deals > 1:
            self.deals = 1
            return True
        if not (spare := spare or self._spare(ALL)):
            return False
        name, value = max(spare, key=spare.get)
        self.choices[name].remove(value)
        return True

    def _spare(self, part):
        """{(control, value): how well a page can do without}, of a part of the values of each; INNER only of sliders"""
        spare = {}
        for name, some in self.choices.items():
            needed = [self.start[name], *(preset[name] for preset in self.demo.presets.values() if name in preset)]
            if (kind(self.demo.controls[name]) == "slider" or part == ALL) and len(some) > 2:
                places = [self.all[name].index(value) for value in some]
                for value, place in zip(some[part], places[part], strict=True):
                    if value not in needed:
                        near = sorted(abs(place - other) for other in places)[1:3]
                        spare[name, value] = len(some), -sum(near)
        return spare

    def _of(self, settings):
        """The film of each of these settings, with the numbers that there are now."""
        for setting in settings:
            key = self.demo.numbers.deals, repr(setting)
            if key not in self._films:
                self._films[key] = film(self.demo.function, setting)
            yield self._films[key]

    def _dealt(self):
        """All films: of each setting one for every deal."""
        dealt, numbers = [], self.demo.numbers
        with numbers.kept():
            for number in range(self.deals):
                if number:
                    numbers.deal()
                dealt.append(list(self._of(self.settings())))
        return [each for same in zip(*dealt, strict=True) for each in same]

    def _json(self):
        """{"controls", "presets", "deals", "photos", "films": {what: a list with it for each film}}"""
        films = self._dealt()
        columns = [f'"{name}":[{",".join(told.get(name, "0") for told, _ in films)}]' for name in COLUMNS]
        presets = {preset: {name: self.choices[name].index(value) for name, value in settings.items()}
                   for preset, settings in self.demo.presets.items()}
        head = packed({"controls": [self._control(name) for name in self.choices], "presets": presets,
                       "deals": self.deals, "photos": {name: it for _, photos in films for name, it in photos.items()}})
        return f'{head[:-1]},"films":{{{",".join(columns)}}}}}'

    def _control(self, name):
        """[its name, its kind, its values in words, where it starts]"""
        control, some = self.demo.controls[name], self.choices[name]
        return [name, kind(control), [in_words(control, value) for value in some], some.index(self.start[name])]


def kind(control):
    """What stands for a control on a page; a table has only presets."""
    match control:
        case Rows():
            return "none"
        case widgets.Checkbox():
            return "box"
        case widgets.IntSlider() | widgets.FloatSlider():
            return "slider"
    return "list"


def in_words(control, value):
    """A value as the control shows it."""
    if isinstance(control, widgets.FloatSlider):
        return f"{value:{control.readout_format}}"
    labels = zip(getattr(control, "_options_labels", ()), getattr(control, "_options_values", ()), strict=True)
    return next((label for label, each in labels if each == value), str(value))


def film(function, setting):
    """({what: all of it, as JSON}, photos) of a setting: its whole walk; of a refused one only why."""
    try:
        film = Film(function(**setting))
    except Refused as refusal:
        return {"steps": packed(str(refusal))}, {}
    whole, rest = (json.loads(packed(part)) for part in (film.start(), film.more(1, float("inf"))))
    late = iter(rest.get("late", ()))
    whole["still"] = [mark or next(late) for mark in whole["still"]]
    for name in ("styles", "marks", "sentences", "shots"):
        whole[name] += rest[name]
    told = {name: packed(rolled(whole[name]) if name in ROLLED else whole[name]) for name in COLUMNS}
    return told, film.photos(image_format=photo_format)


def photo_format(pixels):
    """A heat map of few cells stays as it is, a photo may lose what nobody sees."""
    return {"format": "webp", "lossless": True} if min(pixels.shape[:2]) < SMALL else {"format": "webp", "quality": 80}


def rolled(rows):
    """Each row as its differences from the last one that is as long."""
    last, told = {}, []
    for row in rows:
        told.append(minus(row, last.get(len(row))))
        last[len(row)] = row
    return told


def minus(row, last):
    """Differences of numbers, and of numbers in rows of one length; all else as it is."""
    if isinstance(row, int | float) and isinstance(last, int | float):
        return row - last
    if isinstance(row, list) and isinstance(last, list) and len(row) == len(last):
        return [minus(*both) for both in zip(row, last, strict=True)]
    return row

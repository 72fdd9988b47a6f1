"""The picture in the browser: what of it has arrived there, and what the browser asks for."""
from pathlib import Path
from threading import RLock

import anywidget
import traitlets

from helpers.live import module
from helpers.live.film import Film, packed


class View(anywidget.AnyWidget):
    """A picture that the browser draws, walks and tells.

    `scene` is what stands still and one frame; the browser then asks by `want` for the rest of the walk, as often as it
    takes, and gets it as `rest`. All this is state, so that a reload or a second view finds it. `photos` are those of
    the first setting, which are sent once; `fresh` are what else a setting needs. `step` is where the walk stands,
    `question` what is asked above the picture where it stands alone. `printed` are the pieces, ("text", it) or
    ("image", its address), that stand under it. `rests` says which picture and step the hand has left in peace;
    `answers` counts what has been answered. `asks` says which settings are a question first: all
    of them ("on"), the first picture ("once"), or none ("off"); `guesses` are how many were right, and how many there
    were. `nouns` are the cells that a number can be typed into; `entry` is the last that was: name of the cell, step,
    number, and when.
    """

    _esm = module("view.js", "notebook.js")
    _css = Path(__file__).with_name("view.css")
    scene, rest, words, want, question, rests = (traitlets.Unicode().tag(sync=True) for _ in range(6))
    printed, nouns, entry = (traitlets.List().tag(sync=True) for _ in range(3))
    guesses = traitlets.List([0, 0]).tag(sync=True)
    asks = traitlets.Enum(["off", "once", "on"]).tag(sync=True)
    photos, fresh = (traitlets.Dict().tag(sync=True) for _ in range(2))
    trouble = traitlets.Enum(["", "refused", "error"], "").tag(sync=True)
    step, answers = (traitlets.Int(0).tag(sync=True) for _ in range(2))

    def __init__(self, picture, question="", printed=(), asks="off", nouns=()):
        self.lock, self.number = RLock(), 0
        state = self._started(picture, picture.start) | {"printed": [*printed]}
        super().__init__(step=picture.start, question=question, asks=asks, nouns=[*nouns], photos=state.pop("fresh"),
                         rests=f"{self.number} {picture.start}", **state)

    def _started(self, picture, step, known=()):
        """The state with which a picture starts; nothing is changed if it cannot be drawn."""
        film = Film(picture, step)
        scene = packed(film.start() | {"number": self.number + 1})
        self._film, self.number = film, self.number + 1
        return {"scene": scene, "rest": "", "fresh": film.photos(known), "words": "", "trouble": ""}

    def show(self, picture, printed=()):
        """A new picture, at the step where the walk stands."""
        state = self._started(picture, min(self.step, len(picture) - 1), self.photos)
        self.answer(state | {"printed": [*printed]})

    def say(self, words, trouble, printed=()):
        """Why there is no new picture."""
        self.answer({"words": words, "trouble": trouble, "printed": [*printed]})

    def answer(self, state=None):
        """Tell the browser that its message has been heard, whether or not that changes anything."""
        self._set({**(state or {}), "answers": self.answers + 1})

    def _set(self, state):
        with self.hold_sync():
            for name, value in state.items():
                setattr(self, name, value)

    @traitlets.observe("want")
    def _send_more(self, change):
        """`want` is the number of a picture, and how many of its frames the browser has."""
        number, have = map(int, change.new.split())
        with self.lock:
            if number != self.number:
                return
            try:
                part = packed(self._film.more(have) | {"number": number})
            except Exception as error:  # what a student edited shows where the student looks
                self.say(f"{type(error).__name__}: {error}", "error")
            else:
                self._set({"rest": part, "fresh": self._film.photos(self.photos)})

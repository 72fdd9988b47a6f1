"""A function and its sliders become a live demo. Knows Picture and Refused; knows no layer."""
import gc
import inspect
import linecache
from contextlib import contextmanager
from functools import cache, wraps

import ipywidgets as widgets
from IPython import get_ipython

from helpers.arithmetic import Refused
from helpers.drawing.picture import Picture
from helpers.live.controls import Slip, check, check_presets, controls_of
from helpers.live.heard import LIMIT, TakesTooLong, heard, limited
from helpers.live.numbers import Numbers
from helpers.live.still import Still, show
from helpers.live.view import View

OWN = "own settings"


def explore(presets=None, /, *, ask_first=False, numbers=None, **controls):
    """Show the decorated function as a live demo; returns the function, which then also checks its arguments.

    The function returns a Picture. `controls` are `ipywidgets.interact`'s abbreviations: (1, 5) a slider, a list a
    drop-down, a bool a box, a string a text field, and our own `rows`; the function's defaults are where they start.
    A picture of several steps gets a walk; a docstring is the question that stands above the picture where the demo has
    the whole screen. What the function prints or draws on its own stands under the picture.

    presets: {name: {control: value, …}, …}, a drop-down that sets several controls at once
    ask_first: cover what answers the picture's first question until there is a guess
    numbers: {"input": "x", …}, for cells of the picture the tensor of the notebook that they show. A number can be
        typed into such a cell, and a "new numbers" button deals all these tensors anew: x is then another tensor, for
        the demo and for the notebook.
    Raises Slip where this call cannot be meant or the function returns no Picture, and what the function raises at its
    start values. From then on a Refused keeps the last picture and tells why; so does an error, with its line.
    """
    __tracebackhide__ = True
    if callable(presets):
        raise Slip("explore stands above the function, with brackets: @explore(kernel=(1, 5)) and then def conv2d(…).")

    def start(function):
        __tracebackhide__ = True
        demo = Demo(function, controls, presets or {}, ask_first, numbers or {})
        demo.show()
        _spare_imports()

        @wraps(function)
        def checked(*args, **kwargs):
            __tracebackhide__ = True
            for name, value in _bound(function, args, kwargs).items():
                if name in demo.controls:
                    check(name, value, demo.controls[name])
            return function(*args, **kwargs)

        checked.demo = demo
        return checked
    return start


@cache
def _spare_imports():
    """Let no search for garbage go through all that torch has brought: it takes 0.1 s, in the middle of a move."""
    gc.freeze()


def _bound(function, args, kwargs):
    try:
        return inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError as error:
        known = ", ".join(inspect.signature(function).parameters)
        raise Refused(f"{function.__name__} takes {known}, but {error}.") from None


class Demo(widgets.VBox):
    """Controls, and the View, kept in step. `controls` maps each argument to its widget."""

    def __init__(self, function, controls, presets, ask_first, numbers):
        __tracebackhide__ = True
        self.function, self.presets = function, presets
        self.controls = controls_of(function, controls)
        check_presets(presets, self.controls)
        self.preset = widgets.Dropdown(options=[OWN, *presets], description="preset")
        self.preset.layout.width, self.preset.style.description_width = "340px", "initial"
        self.new_numbers = widgets.Button(description="new numbers", icon="random")
        self.numbers = Numbers(function.__globals__, numbers)
        printed = []
        self.picture = self._called_at_start(printed)
        self._check_nouns()
        asks = "once" if ask_first else "off"
        self.view = View(self.picture, inspect.getdoc(function) or "", printed, asks, [*numbers])
        self._busy = False
        self.preset.value = self._preset_in_force()
        super().__init__([self._control_row(), self.view])
        self.add_class("explorer")
        self._listen()

    @property
    def settings(self):
        """What the function is called with now."""
        return {name: control.value for name, control in self.controls.items()}

    def show(self):
        """Display, after what stands for it where no kernel is, in the place of what this cell showed before."""
        _replace(self)
        self._still = Still(self.picture)
        show(self)

    def remove(self):
        """Take everything out of the kernel's memory and the browser's."""
        for widget in (*self.controls.values(), self.preset, self.new_numbers, *self.children, self):
            for part in (widget, widget.layout, *filter(None, [getattr(widget, "style", None)])):
                part.close()

    def _called(self, printed):
        """The picture of these settings; `printed` gets what the function prints and draws besides."""
        __tracebackhide__ = True
        with heard(printed):
            picture = self.function(**self.settings)
        if not isinstance(picture, Picture):
            kind = type(picture).__name__
            got = "None: does it end with return?" if picture is None else f"a value of type {kind}."
            raise Slip(f"{self.function.__name__} must return a picture, as pictures.sliding_window(…) makes one, "
                       f"but returns {got}")
        return picture

    def _check_nouns(self):
        __tracebackhide__ = True
        nouns = dict.fromkeys(target.name.partition("[")[0] for target in self.picture.sheet.targets)
        for noun in self.numbers.names:
            if noun not in nouns:
                raise Slip(f"numbers names {noun}, but the cells of this picture are {', '.join(nouns) or 'none'}.")

    def _called_at_start(self, printed):
        __tracebackhide__ = True
        try:
            return self._called(printed)
        except BaseException:
            print(*(what for kind, what in printed if kind == "text"), sep="", end="")
            raise

    def _control_row(self):
        presets = [self.preset] if self.presets else []
        new = [self.new_numbers] if self.numbers.names else []
        return widgets.Box([*presets, *self.controls.values(), *new], layout=dict(
            display="flex", flex_flow="row wrap", align_items="center", width="100%", grid_gap="0 16px"))

    def _listen(self):
        for control in self.controls.values():
            control.observe(self._update, "value")
        self.preset.observe(self._set_preset, "value")
        self.new_numbers.on_click(self._deal)
        self.view.observe(self._enter, "entry")
        self.view.observe(self._keep_still, "rests")

    def _keep_still(self, change):
        """What stands for the demo without a kernel follows, unless there is a newer picture by now."""
        number, step = map(int, change.new.split())
        with self.view.lock:
            is_shown, picture = number == self.view.number, self.picture
        if is_shown:
            self._still.follow(picture, step)

    def _deal(self, _):
        self._update(before=self.numbers.deal)

    def _enter(self, change):
        """A number that was typed into a cell of the picture."""
        name, step, value, _ = change.new

        def put():
            self.numbers.put(name.partition("[")[0], self.picture.index(name, step), value)

        self._update(before=put)

    @contextmanager
    def _alone(self):
        """One change at a time: another thread waits, and what this change sets off itself is passed over (False)."""
        with self.view.lock:
            first, self._busy = not self._busy, True
            try:
                yield first
            finally:
                self._busy = not first

    def _set_preset(self, change):
        with self._alone() as first:
            if not first:
                return
            if change.new == OWN:
                return self.view.answer()
            for name, value in self.presets[change.new].items():
                self.controls[name].value = value
        self._update()

    def _update(self, _=None, before=lambda: None):
        with self._alone() as first:
            if first:
                printed = []
                self.preset.value = self._preset_in_force()  # before the answer: then all is as it stays
                with self._telling_trouble(printed), limited(LIMIT), self.numbers.safe():
                    before()
                    picture = self._called(printed)
                    self.view.show(picture, printed)
                    self.picture = picture

    @contextmanager
    def _telling_trouble(self, printed):
        try:
            yield
        except Refused as refusal:
            self.view.say(str(refusal), "refused", printed)
        except (Exception, KeyboardInterrupt, TakesTooLong) as error:
            # a student's slip in the cell is shown where the student looks
            self.view.say(_told(error, self.function), "error", printed)

    def _preset_in_force(self):
        now = self.settings.items()
        fitting = [name for name, values in self.presets.items() if values.items() <= now]
        return self.preset.value if self.preset.value in fitting else (fitting or [OWN])[0]


_shown = {}  # the demos, by their cell and name


def _replace(demo):
    """Remove what the same cell showed under this name before: it would stay in memory for ever."""
    shell = get_ipython()
    cell = getattr(shell, "get_parent", dict)().get("metadata", {}).get("cellId")
    if cell is not None:
        before = _shown.pop((cell, demo.function.__name__), None)
        _shown[cell, demo.function.__name__] = demo
        if before is not None:
            before.remove()


def _told(error, function):
    """What went wrong, and in which line of the demo's own cell."""
    match error:
        case Slip():
            told = str(error)
        case TakesTooLong():
            told = f"{function.__name__} was stopped after {LIMIT} seconds. Does a loop in it never end?"
        case KeyboardInterrupt():
            told = f"{function.__name__} was interrupted."
        case _:
            told = f"{type(error).__name__}: {error}".removesuffix(": ")
    return told + _line(error, function)


def _line(error, function):
    code, step, line = function.__code__, error.__traceback__, ""
    while step:
        if step.tb_frame.f_code is code:
            line = linecache.getline(code.co_filename, step.tb_lineno).strip()
            line = f"\nline {step.tb_lineno} of the cell: {line}"
        step = step.tb_next
    return line

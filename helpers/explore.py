"""A function and its sliders become a live demo. Knows Picture and Refused; knows no layer."""
import inspect
from contextlib import contextmanager
from functools import wraps
from numbers import Integral, Real

import ipywidgets as widgets
from IPython.display import display

from helpers.arithmetic import Refused, whole
from helpers.live.rows import Rows
from helpers.live.view import View

OWN = "own settings"


def explore(presets=None, /, **controls):
    """Show the decorated function as a live demo; returns the function, which then also checks its arguments.

    The function returns a Picture. `controls` are `ipywidgets.interact`'s abbreviations: (1, 5) a slider, a list a
    drop-down, a bool a box, a string a text field, and our own `rows`; the function's defaults are where they start.
    A picture of several steps gets a walk; a parameter named `seed` gets a "new numbers" button; a docstring is the
    question that stands above the picture where the demo has the whole screen.

    presets: {name: {control: value, …}, …}, a drop-down that sets several controls at once
    Raises what the function raises at its start values. From then on a Refused keeps the last picture and tells why.
    """
    def start(function):
        demo = Demo(function, controls, presets or {})
        demo.show()

        @wraps(function)
        def checked(*args, **kwargs):
            for name, value in _bound(function, args, kwargs).items():
                if name in demo.controls:
                    _check(name, value, demo.controls[name])
                if name == "seed":
                    whole(name, value, 0)
            return function(*args, **kwargs)

        checked.demo = demo
        return checked
    return start


def _bound(function, args, kwargs):
    try:
        return inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError as error:
        known = ", ".join(inspect.signature(function).parameters)
        raise Refused(f"{function.__name__} takes {known}, but {error}.") from None


def _check(name, value, control):
    if isinstance(control, Rows):
        return control.check(value)
    if isinstance(control, widgets.Checkbox):
        allowed, fits = "True or False", isinstance(value, bool)
    elif hasattr(control, "options"):
        options = control.options.items() if isinstance(control.options, dict) else control.options
        values = [option[1] if isinstance(option, tuple) else option for option in options]
        allowed, fits = "one of " + ", ".join(map(repr, values)), value in values
    elif hasattr(control, "max"):
        kind = Integral if isinstance(control.value, int) else Real
        allowed = f"a {'whole ' if kind is Integral else ''}number from {control.min} to {control.max}"
        fits = isinstance(value, kind) and not isinstance(value, bool) and control.min <= value <= control.max
    else:
        allowed, fits = "a string", isinstance(value, str)
    if not fits:
        raise Refused(f"{name} must be {allowed}, not {value!r}.")


class Demo(widgets.VBox):
    """Controls, the walk, and the View, kept in step. `controls` maps each argument to its widget."""

    def __init__(self, function, controls, presets):
        self.function, self.presets, self.seed = function, presets, 0
        parameters = inspect.signature(function).parameters
        self.controls = {name: _widget(name, abbreviation, parameters[name].default)
                         for name, abbreviation in controls.items()}
        self.preset = widgets.Dropdown(options=[OWN, *presets], description="preset", layout=CONTROL, style=WHOLE_NAME)
        self.new_numbers = widgets.Button(description="new numbers", icon="random")
        self.takes_seed = "seed" in parameters
        self.picture = function(**self.settings)
        self.view, self._busy = View(self.picture, inspect.getdoc(function) or ""), False
        self.preset.value = self._preset_in_force()
        super().__init__([self._control_row(), self.view])
        self.add_class("explorer")
        self._listen()

    @property
    def settings(self):
        """What the function is called with now."""
        seed = {"seed": self.seed} if self.takes_seed else {}
        return {name: control.value for name, control in self.controls.items()} | seed

    def show(self):
        """Display, with the picture and its sentences for readers without a kernel."""
        static, sizes = self.picture._repr_mimebundle_()
        display(self._repr_mimebundle_() | static, metadata=sizes, raw=True)

    def _control_row(self):
        presets = [self.preset] if self.presets else []
        new = [self.new_numbers] if self.takes_seed else []
        return widgets.Box([*presets, *self.controls.values(), *new], layout=ROW)

    def _listen(self):
        for control in self.controls.values():
            control.observe(self._update, "value")
        self.preset.observe(self._set_preset, "value")
        self.new_numbers.on_click(self._renew)

    def _renew(self, _):
        self.seed += 1
        self._update()

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
            if not first or change.new == OWN:
                return
            for name, value in self.presets[change.new].items():
                self.controls[name].value = value
        self._update()

    def _update(self, _=None):
        with self._alone() as first:
            if first:
                with self._telling_trouble():
                    picture = self.function(**self.settings)
                    self.view.show(picture)
                    self.picture = picture

    @contextmanager
    def _telling_trouble(self):
        try:
            yield
        except Refused as refusal:
            self.view.say(str(refusal), "refused")
        except Exception as error:  # a student's slip in the cell is shown where the student looks
            self.view.say(f"{type(error).__name__}{_line(error, self.function)}: {error}", "error")
        self.preset.value = self._preset_in_force()

    def _preset_in_force(self):
        now = self.settings.items()
        fitting = [name for name, values in self.presets.items() if values.items() <= now]
        return self.preset.value if self.preset.value in fitting else (fitting or [OWN])[0]


ROW = widgets.Layout(display="flex", flex_flow="row wrap", align_items="center", width="100%", grid_gap="0 16px")
CONTROL = widgets.Layout(width="270px")
WHOLE_NAME = {"description_width": "initial"}  # no name is cut short


def _widget(name, abbreviation, default):
    if isinstance(abbreviation, Rows):
        abbreviation.description, abbreviation.value = name, default
        return abbreviation
    control = widgets.interactive.widget_from_abbrev(abbreviation, default)
    if control is None:
        raise TypeError(f"{name}={abbreviation!r} is no control: give (1, 5), a list, True or False, or a string.")
    control.description, control.layout = name, CONTROL
    control.style = WHOLE_NAME
    if isinstance(control, widgets.Checkbox):
        control.indent = False
    if isinstance(control, widgets.Text):
        control.continuous_update = False
    return control


def _line(error, function):
    """Where in the demo's own cell an error arose."""
    step, line = error.__traceback__, ""
    while step:
        if step.tb_frame.f_code is function.__code__:
            line = f" in {function.__name__}, line {step.tb_lineno - function.__code__.co_firstlineno + 1}"
        step = step.tb_next
    return line

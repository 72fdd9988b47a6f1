"""Controls out of `ipywidgets.interact`'s abbreviations, and what they allow. Every slip is told in one sentence."""
import inspect
from difflib import get_close_matches
from numbers import Integral, Real

import ipywidgets as widgets

from helpers.arithmetic import Refused
from helpers.live.rows import Rows


class Slip(TypeError):
    """A call of explore, or what its function returns, that cannot be meant. The message says what to write."""

    _render_traceback_ = Refused._render_traceback_


def controls_of(function, abbreviations):
    """{name: widget}, each where the function's own default stands. Raises Slip."""
    parameters = inspect.signature(function).parameters
    kinds = [parameter.kind for parameter in parameters.values()]
    for name in abbreviations:
        if name not in parameters and inspect.Parameter.VAR_KEYWORD not in kinds:
            raise Slip(f"{function.__name__} has no parameter {name}{_meant(name, parameters)}.")
    for name, parameter in parameters.items():
        needs_one = parameter.default is inspect.Parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        if needs_one:
            where = "has no start value" if name in abbreviations else "has neither a control nor a value"
            raise Slip(f"{name} {where}: write def {function.__name__}(…, {name}=…) with the value to start from.")
    return {name: _widget(name, abbreviation, parameters[name].default)
            for name, abbreviation in abbreviations.items()}


def check_presets(presets, controls):
    """Slip unless each preset sets controls that there are, to what they allow."""
    if not isinstance(presets, dict) or not all(isinstance(values, dict) for values in presets.values()):
        raise Slip('Presets are given as {"LeNet": {"kernel": 5}}: a name, and for each control its value.')
    for preset, values in presets.items():
        for name, value in values.items():
            if name not in controls:
                raise Slip(f"The preset {preset!r} sets {name}, which is no control{_meant(name, controls)}.")
            _checked(f"The preset {preset!r} does not fit: ", name, value, controls[name])


def _meant(name, names):
    close = get_close_matches(name, names, 1)
    return f": {close[0]} is meant" if close else f", but {', '.join(names)}" if names else ""


def _checked(start, name, value, control):
    try:
        check(name, value, control)
    except Refused as refusal:
        raise Slip(f"{start}{refusal}") from None


def _widget(name, abbreviation, default):
    control = abbreviation if isinstance(abbreviation, Rows) else _abbreviated(name, abbreviation)
    control.description = name
    _checked(f"The value that {name} starts from does not fit: ", name, default, control)
    control.value = default
    if not isinstance(control, Rows):
        control.layout.width, control.style.description_width = "270px", "initial"  # no name is cut short
    if isinstance(control, widgets.Checkbox):
        control.indent = False
    if isinstance(control, widgets.Text):
        control.continuous_update = False
    return control


def _abbreviated(name, abbreviation):
    if isinstance(abbreviation, tuple):
        _check_range(name, abbreviation)
    try:
        control = widgets.interactive.widget_from_abbrev(_unambiguous(abbreviation))
    except (ValueError, TypeError, IndexError):
        control = None
    if not isinstance(control, widgets.DOMWidget) or getattr(control, "options", True) in ((), {}):
        raise Slip(f"{name}={abbreviation!r} is no control: give (1, 5) for a slider, a list for a drop-down, "
                   "True or False for a box, or a string for a text field.")
    return control


def _unambiguous(abbreviation):
    """Without what ipywidgets would understand in a way of its own: a bare number, and tuples to choose from."""
    if isinstance(abbreviation, Real) and not isinstance(abbreviation, bool):
        return None
    if not isinstance(abbreviation, list) or not any(isinstance(option, tuple) for option in abbreviation):
        return abbreviation
    labelled = all(isinstance(option, tuple) and len(option) == 2 and isinstance(option[0], str)
                   for option in abbreviation)
    return abbreviation if labelled else [(str(option), option) for option in abbreviation]


def _check_range(name, numbers):
    numeric = all(isinstance(number, Real) and not isinstance(number, bool) for number in numbers)
    if not numeric or len(numbers) not in (2, 3):
        return
    low, high, *step = numbers
    if low >= high:
        ordered = (high, low, *step) if low > high else "(1, 5)"
        raise Slip(f"{name}={numbers} has no room between its ends: write the smaller one first, as in {ordered}.")
    if step and step[0] <= 0:
        raise Slip(f"{name}={numbers} has steps of {step[0]}: they must be more than 0.")


def check(name, value, control):
    """Refused, with what is allowed, unless the control can have this value."""
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

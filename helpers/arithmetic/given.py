"""What a formula is given, made sure of: whole numbers, one for all axes or one per axis; or else Refused."""
from numbers import Integral


class Refused(ValueError):
    """A setting that torch refuses too. The message names the control to move."""

    def _render_traceback_(self):  # IPython shows this in place of a traceback
        return [f"{type(self).__name__}: {self}"]


def whole(name, value, least):
    """`value`, once it is known to be a whole number of at least `least`; Refused otherwise."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise Refused(f"{name} must be a whole number, not {' '.join(repr(value).split())}.")
    if value < least:
        raise Refused(f"{name} must be at least {least}, not {value}: raise {name}.")
    return value


def numbers(name, value, least):
    """`value`, a number or a tuple or list of some, once each is known to be whole and at least `least`; or Refused."""
    value = as_tuple(name, value)
    for number in per_axis(value, 1):
        whole(name, number, least)
    return value


def as_tuple(name, value):
    """A list as a tuple, and anything else as it is. Refused where there is no number in it."""
    value = tuple(value) if isinstance(value, list) else value
    if isinstance(value, tuple) and not value:
        raise Refused(f"{name} must have a number for at least one axis, as in 6 or (6, 8).")
    return value


def per_axis(value, count):
    """A tuple as it is, and a number `count` times."""
    return value if isinstance(value, tuple) else (value,) * count


def axes_named(values):
    """How many axes the tuples among {name: value} name, None without one; Refused where they do not name as many."""
    named = {name: len(value) for name, value in values.items() if isinstance(value, tuple)}
    if len(set(named.values())) > 1:
        told = " and ".join(f"{count} axes by {name}" for name, count in named.items())
        raise Refused(f"There cannot be {told}: give all of them as many numbers.")
    return next(iter(named.values()), None)


def true_or_false(name, value):
    """Refused unless `value` is one of these."""
    if not isinstance(value, bool):
        raise Refused(f"{name} must be True or False, not {value!r}.")


def matrix(text, name="weight"):
    """Rows of numbers out of what a student typed, as in "1 0 −1; 2 0 −2": a list of lists.

    Raises Refused unless every row has as many numbers as the first, all between −1000 and 1000.
    """
    try:
        rows = [[float(number) for number in row.replace("−", "-").split()] for row in text.strip(" ;").split(";")]
    except ValueError:
        raise Refused(f"{name} must be numbers with spaces between them and ; between rows, not {text!r}.") from None
    if not rows[0] or len({len(row) for row in rows}) > 1:
        raise Refused(f"{name} needs as many numbers in every row, with ; between rows, as in 1 0 −1; 2 0 −2.")
    if not all(abs(number) <= 1000 for row in rows for number in row):
        raise Refused(f"{name} must have numbers between −1000 and 1000.")
    return rows

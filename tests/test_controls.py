"""Every slip in a call of explore is one sentence, with the name and what to write, before anything is shown."""
import re

import pytest
from IPython.core.interactiveshell import InteractiveShell

from helpers import explore
from helpers.drawing.picture import Picture
from helpers.drawing.sheet import Sheet
from helpers.live.controls import Slip, controls_of


def picture():
    return Picture(1, lambda: Sheet(20, 20), lambda step: [("", "fine")])


def conv2d(kernel=3, stride=1):
    return picture()


def told(presets=None, /, function=conv2d, **controls):
    with pytest.raises(Slip) as slip:
        explore(presets, **controls)(function)
    return str(slip.value)


def without_start(kernel):
    return picture()


def with_more(padding, kernel=3):
    return picture()


@pytest.mark.parametrize(("controls", "sentence"), [
    ({"strid": (1, 3)}, "conv2d has no parameter strid: stride is meant."),
    ({"colour": (1, 3)}, "conv2d has no parameter colour, but kernel, stride."),
    ({"kernel": (5, 1)}, "kernel=(5, 1) has no room between its ends: write the smaller one first, as in (1, 5)."),
    ({"kernel": (3, 3)}, "kernel=(3, 3) has no room between its ends: write the smaller one first, as in (1, 5)."),
    ({"kernel": (1, 5, 0)}, "kernel=(1, 5, 0) has steps of 0: they must be more than 0."),
    ({"kernel": (5, 7)}, "The value that kernel starts from does not fit: "
                         "kernel must be a whole number from 5 to 7, not 3."),
    ({"kernel": ["a", "b"]}, "The value that kernel starts from does not fit: kernel must be one of 'a', 'b', not 3."),
    ({"kernel": "text"}, "The value that kernel starts from does not fit: kernel must be a string, not 3."),
    ({"kernel": True}, "The value that kernel starts from does not fit: kernel must be True or False, not 3."),
    *[({"kernel": wrong}, f"kernel={wrong!r} is no control: give (1, 5) for a slider, a list for a drop-down, "
                          "True or False for a box, or a string for a text field.")
      for wrong in (3.5, 3, None, [], {}, (), (1, 2, 3, 4), (1,), ("a", "b"), object)],
])
def test_a_control_that_cannot_be_meant(controls, sentence):
    assert told(**controls) == sentence


@pytest.mark.parametrize(("presets", "sentence"), [
    ({"LeNet": {"kernal": 5}}, "The preset 'LeNet' sets kernal, which is no control: kernel is meant."),
    ({"LeNet": {"groups": 5}}, "The preset 'LeNet' sets groups, which is no control, but kernel, stride."),
    ({"LeNet": {"kernel": 9}}, "The preset 'LeNet' does not fit: kernel must be a whole number from 1 to 5, not 9."),
    ({"LeNet": {"stride": 2.5}},
     "The preset 'LeNet' does not fit: stride must be a whole number from 1 to 3, not 2.5."),
    *[(wrong, 'Presets are given as {"LeNet": {"kernel": 5}}: a name, and for each control its value.')
      for wrong in ([{"kernel": 5}], {"LeNet": 5}, "LeNet", {"LeNet": [("kernel", 5)]})],
])
def test_a_preset_that_cannot_be_meant(presets, sentence):
    assert told(presets, kernel=(1, 5), stride=(1, 3)) == sentence


@pytest.mark.parametrize(("function", "sentence"), [
    (without_start, "kernel has no start value: write def without_start(…, kernel=…) with the value to start from."),
    (with_more, "padding has neither a control nor a value: "
                "write def with_more(…, padding=…) with the value to start from."),
])
def test_a_function_that_cannot_start(function, sentence):
    assert told(function=function, kernel=(1, 5)) == sentence


@pytest.mark.parametrize("wrong", [lambda: explore(conv2d), lambda: explore(conv2d, kernel=(1, 5))])
def test_explore_without_brackets_says_how_it_is_written(wrong):
    with pytest.raises(Slip, match=r"^explore stands above the function, with brackets: @explore\(kernel=\(1, 5\)\)"):
        wrong()


@pytest.mark.parametrize("options", [[(3, 3), (1, 3)], [(3, 3), 1], [(1, 2, 3)]])
def test_tuples_to_choose_from_arrive_as_they_are(options):
    control = controls_of(lambda kernel=options[0]: None, {"kernel": options})["kernel"]
    assert control.value == options[0]
    assert [value for _, value in control.options] == options


def test_a_label_and_its_value_stay_a_pair():
    control = controls_of(lambda kernel=3: None, {"kernel": [("three", 3), ("five", 5)]})["kernel"]
    assert (control.value, control.label) == (3, "three")


@pytest.fixture
def shell():
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


CELL = """
from helpers import explore, Refused
{above}
def conv2d(kernel=3):
    {body}
"""


@pytest.mark.parametrize(("above", "body", "last"), [
    ("@explore(kernel=(5, 1))", "return 1", "Slip: kernel=(5, 1) has no room"),
    ("@explore", "return 1", "Slip: explore stands above the function"),
    ("@explore(kernel=(1, 5))", "pass", "Slip: conv2d must return a picture"),
    ("@explore(kernel=(1, 5))", "raise Refused('Lower kernel.')", "Refused: Lower kernel."),
])
def test_a_student_sees_one_sentence_and_no_library(above, body, last, shell, capsys):
    shell.run_cell(CELL.format(above=above, body=body))
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(last)


def test_of_an_error_in_the_function_only_the_cell_is_shown(shell, capsys):
    shell.run_cell(CELL.format(above="@explore(kernel=(1, 5))", body="return kernl"))
    seen = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)  # without colours
    assert "NameError" in seen
    assert "return kernl" in seen
    assert "helpers/explore.py" not in seen
    assert "self.function" not in seen

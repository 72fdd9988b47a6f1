"""A function becomes a live demo; its controls are moved here as a front end moves them."""
import importlib
import threading
import time

import pytest

from helpers import Refused, explore
from helpers.canvas import Canvas, Picture

module = importlib.import_module("helpers.explore")  # `helpers.explore` is the function


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """What was displayed: (data, metadata) of each demo."""
    displayed = []
    monkeypatch.setattr(module, "display", lambda data, metadata, raw: displayed.append((data, metadata)))
    return displayed


def picture(name, steps=1):
    """A picture that tells its name and step, and whose PNG differs with both."""
    def draw(step):
        canvas = Canvas(80, 20)
        canvas.text(f"{name} {step}", 40, 10)
        return canvas
    return Picture(steps, draw, lambda step: f"{name}, step {step}")


def send(widget, **state):
    widget._handle_msg({"content": {"data": {"method": "update", "state": state}}})


def click(button):
    button._handle_msg({"content": {"data": {"method": "custom", "content": {"event": "click"}}}, "buffers": []})


def choose(dropdown, name):
    send(dropdown, index=dropdown.options.index(name))


def counted(presets=None, **controls):
    """A demo of `kernel` and `stride`, with as many steps as kernel says, and the list of its calls."""
    calls = []

    @explore(presets, **controls or dict(kernel=(1, 5), stride=(1, 3)))
    def demo(kernel=2, stride=1):
        calls.append((kernel, stride))
        return picture(f"kernel {kernel}, stride {stride}", steps=kernel)
    return demo.demo, calls


def says(demo):
    return demo.view.text, demo.view.trouble


# Controls

def test_the_function_s_defaults_are_where_the_controls_start():
    demo, calls = counted()
    assert demo.settings == {"kernel": 2, "stride": 1}
    assert calls == [(2, 1)]
    assert says(demo) == ("kernel 2, stride 1, step 0", "")


@pytest.mark.parametrize(("abbreviation", "widget", "start"), [
    ((1, 5), "IntSlider", 3), ((0, 10, 5), "IntSlider", 5), (["max", "average"], "Dropdown", "max"),
    ({"one": 1, "two": 2}, "Dropdown", 1), ([("one", 1), ("two", 2)], "Dropdown", 1), (True, "Checkbox", True),
    ("1 0; 0 1", "Text", "1 0; 0 1"), ((0.0, 1.0), "FloatSlider", 0.5),
])
def test_controls_are_abbreviated_as_for_interact(abbreviation, widget, start):
    @explore(control=abbreviation)
    def demo(control):
        return picture(control)

    control = demo.demo.controls["control"]
    assert (type(control).__name__, control.description, control.value) == (widget, "control", start)
    assert says(demo.demo) == (f"{start}, step 0", "")
    assert demo(start).says() == f"{start}, step 0"  # what a control gives is right by hand too


def test_what_is_no_abbreviation_is_told_by_name():
    with pytest.raises(TypeError, match="kernel=None is no control"):
        explore(kernel=None)(lambda kernel: picture(kernel))


def test_moving_a_control_replaces_picture_and_words():
    demo, calls = counted()
    send(demo.controls["kernel"], value=4)
    assert calls == [(2, 1), (4, 1)]
    assert says(demo) == ("kernel 4, stride 1, step 0", "")
    assert demo.view.png == picture("kernel 4, stride 1", 4).png(0)


# The walk

def test_the_walk_has_as_many_steps_as_the_picture_and_needs_no_new_one():
    demo, calls = counted()
    send(demo.controls["kernel"], value=5)
    send(demo.step, value=3)
    assert (demo.step.min, demo.step.max) == (0, 4)
    assert says(demo) == ("kernel 5, stride 1, step 3", "")
    assert demo.view.png == picture("kernel 5, stride 1", 5).png(3)
    assert len(calls) == 2


def test_a_shorter_walk_ends_at_its_last_step():
    demo, _ = counted()
    send(demo.controls["kernel"], value=5)
    send(demo.step, value=4)
    send(demo.controls["kernel"], value=3)
    assert (demo.step.value, demo.step.max) == (2, 2)
    assert says(demo) == ("kernel 3, stride 1, step 2", "")


def test_a_walk_of_one_step_is_hidden():
    demo, _ = counted()
    assert demo.walk.layout.visibility == "visible"
    send(demo.controls["kernel"], value=1)
    assert demo.walk.layout.visibility == "hidden"
    send(demo.controls["kernel"], value=2)
    assert demo.walk.layout.visibility == "visible"


def test_previous_and_next_stop_at_the_ends():
    demo, _ = counted()
    _, back, forth, _ = demo.walk.children
    steps = []
    for button in (back, forth, forth, back, back):
        click(button)
        steps.append(demo.step.value)
    assert steps == [0, 1, 1, 0, 0]
    assert says(demo) == ("kernel 2, stride 1, step 0", "")


# Presets

PRESETS = {"U-Net": {"kernel": 2, "stride": 2}, "wide": {"kernel": 5}}


def test_a_preset_sets_several_controls_with_one_call_of_the_function():
    demo, calls = counted({"ResNet": {"kernel": 3, "stride": 2}})
    choose(demo.preset, "ResNet")
    assert calls == [(2, 1), (3, 2)]
    assert demo.settings == {"kernel": 3, "stride": 2}
    assert says(demo) == ("kernel 3, stride 2, step 0", "")


def test_the_preset_says_own_settings_when_a_slider_leaves_it_and_its_name_when_one_comes_back():
    demo, _ = counted(PRESETS)
    names = [demo.preset.value]
    choose(demo.preset, "U-Net")
    for stride in (1, 2):
        names.append(demo.preset.value)
        send(demo.controls["stride"], value=stride)
    assert [*names, demo.preset.value] == ["own settings", "U-Net", "own settings", "U-Net"]


def test_a_demo_that_starts_at_a_preset_says_so():
    demo, _ = counted({"start": {"kernel": 2, "stride": 1}})
    assert demo.preset.value == "start"


def test_the_chosen_preset_is_the_one_shown_even_where_another_fits_too():
    demo, _ = counted({"narrow": {"kernel": 1}, "pointwise": {"kernel": 1, "stride": 1}})
    choose(demo.preset, "pointwise")
    assert demo.preset.value == "pointwise"


def test_choosing_own_settings_changes_none():
    demo, calls = counted(PRESETS)
    choose(demo.preset, "wide")
    choose(demo.preset, "own settings")
    assert calls == [(2, 1), (5, 1)]


def test_presets_and_new_numbers_are_offered_only_where_there_are_some():
    with_presets, without = counted(PRESETS)[0], counted()[0]
    assert with_presets.preset in with_presets.children[0].children
    assert without.preset not in without.children[0].children
    assert without.new_numbers not in without.children[1].children
    assert seeded().demo.new_numbers.description == "new numbers"


# New numbers

def seeded():
    @explore(kernel=(1, 3))
    def demo(kernel=1, seed=0):
        return picture(f"kernel {kernel}, seed {seed}")
    return demo


def test_new_numbers_come_with_the_button_and_stay_while_sliders_move():
    demo = seeded().demo
    click(demo.new_numbers)
    assert says(demo) == ("kernel 1, seed 1, step 0", "")
    send(demo.controls["kernel"], value=2)
    assert says(demo) == ("kernel 2, seed 1, step 0", "")


def test_by_hand_the_seed_is_an_argument_like_any_other():
    assert seeded()(2, seed=7).says() == "kernel 2, seed 7, step 0"


# Trouble

def troubled():
    @explore(kernel=(1, 4))
    def demo(kernel=1):
        if kernel == 2:
            raise Refused("Lower kernel.")
        if kernel == 3:
            raise ZeroDivisionError("a slip")
        return picture(f"kernel {kernel}", steps=2)
    return demo


@pytest.mark.parametrize(("kernel", "words", "trouble"), [
    (2, "Lower kernel.", "refused"),
    (3, "ZeroDivisionError in demo, line 6: a slip", "error"),  # counted from the decorator, as in a cell
])
def test_trouble_keeps_the_last_picture_and_says_why_until_a_setting_works_again(kernel, words, trouble):
    demo = troubled().demo
    before = demo.view.png
    send(demo.controls["kernel"], value=kernel)
    assert demo.view.png == before
    assert says(demo) == (words, trouble)
    send(demo.step, value=1)  # no step of a picture that is not there
    assert says(demo) == (words, trouble)
    send(demo.controls["kernel"], value=4)
    assert says(demo) == ("kernel 4, step 1", "")
    assert demo.view.png == picture("kernel 4", steps=2).png(1)


def test_an_error_below_the_function_shows_the_function_s_own_line():
    @explore(kernel=(1, 2))
    def demo(kernel=1):
        pictures = {1: picture("one")}
        return pictures[kernel] if kernel == 1 else picture(int("two"))

    send(demo.demo.controls["kernel"], value=2)
    text, trouble = says(demo.demo)
    assert trouble == "error"
    assert text.startswith("ValueError in demo, line 4: invalid literal")


def test_an_error_in_drawing_is_shown_and_a_step_back_recovers():
    def tell(step):
        return ["first", "second"][step]

    @explore(kernel=(1, 2))
    def demo(kernel=1):
        return Picture(3, lambda step: Canvas(20, 20), tell)

    send(demo.demo.step, value=2)
    assert says(demo.demo) == ("IndexError: list index out of range", "error")
    send(demo.demo.step, value=1)
    assert says(demo.demo) == ("second", "")


@pytest.mark.parametrize("error", [Refused("kernel is too wide."), NameError("name 'weigth' is not defined")])
def test_trouble_at_the_start_values_is_raised(error, shown):
    def demo(kernel=1):
        raise error

    with pytest.raises(type(error), match=str(error)):
        explore(kernel=(1, 3))(demo)
    assert shown == []


# Several demos, several threads

def test_two_demos_do_not_disturb_each_other():
    one, two = counted(PRESETS)[0], counted(PRESETS)[0]
    choose(one.preset, "U-Net")
    send(two.controls["kernel"], value=4)
    send(two.step, value=3)
    assert says(one) == ("kernel 2, stride 2, step 0", "")
    assert says(two) == ("kernel 4, stride 1, step 3", "")
    assert (one.preset.value, two.preset.value) == ("U-Net", "own settings")


def wait_until(true):
    for _ in range(5000):
        if true():
            return
        time.sleep(0.001)
    raise AssertionError("the other thread never came")


def at_once(*changes):
    threads = [threading.Thread(target=change) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_change_during_a_call_is_not_lost():
    @explore(kernel=(1, 5), stride=(1, 5))
    def demo(kernel=1, stride=1):
        if (kernel, stride) == (2, 1):  # called with the old stride, so wait until the other thread has moved it
            called.set()
            wait_until(lambda: demo.demo.controls["stride"].value == 3)
        return picture(f"kernel {kernel}, stride {stride}")

    called = threading.Event()

    def move_stride():
        called.wait(10)
        send(demo.demo.controls["stride"], value=3)

    at_once(lambda: send(demo.demo.controls["kernel"], value=2), move_stride)
    assert says(demo.demo) == ("kernel 2, stride 3, step 0", "")


@pytest.mark.parametrize("attempt", range(5))
def test_the_last_picture_is_that_of_the_last_settings_when_two_threads_change_them(attempt):
    demo, _ = counted()

    def sweep(control, values):
        return lambda: [send(control, value=value) for value in values]

    at_once(sweep(demo.controls["kernel"], [5, 1, 4, 2, 5, 1, 3]), sweep(demo.controls["stride"], [3, 1, 2, 3, 1, 2]),
            sweep(demo.step, [1, 4, 0, 2, 1]))
    step = demo.step.value
    assert demo.settings == {"kernel": 3, "stride": 2}
    assert says(demo) == (f"kernel 3, stride 2, step {step}", "")
    assert demo.view.png == picture("kernel 3, stride 2", 3).png(step)


# What is displayed

def test_a_demo_shows_its_widget_and_for_readers_without_a_kernel_its_picture_and_words(shown):
    demo, _ = counted()
    (data, metadata), = shown
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == demo.model_id
    assert data["image/png"] == picture("kernel 2, stride 1", 2).png()
    assert data["text/plain"] == "kernel 2, stride 1, step 0"
    assert metadata == {"image/png": {"width": 80}}


# By hand

def by_hand():
    @explore(kernel=(1, 5), pool=["max", "average"], ceil_mode=False, weight="1 0")
    def demo(kernel=3, pool="max", ceil_mode=False, weight="1 0"):
        """A documented demo."""
        return picture(f"{kernel} {pool} {ceil_mode} {weight}")
    return demo


def test_the_function_comes_back_and_works_standing_still():
    demo = by_hand()
    assert (demo.__name__, demo.__doc__) == ("demo", "A documented demo.")
    assert demo(2, pool="average", ceil_mode=True).says() == "2 average True 1 0, step 0"
    assert demo().says() == demo.demo.view.text  # and moves no control


@pytest.mark.parametrize(("argument", "value", "allowed"), [
    ("kernel", 6, "a whole number from 1 to 5"),
    ("kernel", 0, "a whole number from 1 to 5"),
    ("kernel", 2.5, "a whole number from 1 to 5"),
    ("kernel", True, "a whole number from 1 to 5"),
    ("kernel", "3", "a whole number from 1 to 5"),
    ("pool", "median", "one of 'max', 'average'"),
    ("ceil_mode", 1, "True or False"),
    ("ceil_mode", None, "True or False"),
    ("weight", [1, 0], "a string"),
])
def test_an_argument_by_hand_is_refused_by_name_with_what_it_must_be(argument, value, allowed):
    with pytest.raises(Refused) as refusal:
        by_hand()(**{argument: value})
    assert str(refusal.value) == f"{argument} must be {allowed}, not {value!r}."


def test_an_unknown_argument_is_refused_with_the_names_there_are():
    with pytest.raises(Refused, match=r"takes kernel, .* 'dilation'"):
        by_hand()(dilation=2)

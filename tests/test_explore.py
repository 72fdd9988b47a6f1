"""A function becomes a live demo; its controls are moved here as a front end moves them."""
import json
import sys
import threading
import time

import numpy as np
import pytest
import torch
from decoded import Arrived, rounded, send, shown
from ipywidgets.comm import comm

import helpers.live.still
from helpers import Refused, explore, samples
from helpers.drawing.picture import Picture
from helpers.drawing.sheet import Box, Sheet
from helpers.live.controls import Slip
from helpers.live.film import Film

module = sys.modules["helpers.explore"]  # `helpers.explore` is the function


@pytest.fixture(autouse=True)
def displayed(monkeypatch):
    """What stands in the outputs of the cell: [data, metadata] of each."""
    displayed = []

    class Output(list):
        def update(self, data, metadata, raw):
            self[:] = data, metadata

    def display(data, metadata=None, raw=False, display_id=False):
        displayed.append(Output([data, metadata]))
        return displayed[-1] if display_id else None

    monkeypatch.setattr(helpers.live.still, "display", display)
    return displayed


class Recorded(comm.DummyComm):
    """A comm that remembers what the front end would have got."""

    def __init__(self, *args, **kwargs):
        self.sent = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        self.sent.append(data)


@pytest.fixture
def recorded(monkeypatch):
    """From here on every widget has a comm with `sent`."""
    monkeypatch.setattr(comm, "create_comm", Recorded)


def updates(widget):
    """The states that were sent since the last time."""
    states = [data["state"] for data in widget.comm.sent if data.get("method") == "update"]
    widget.comm.sent.clear()
    return states


def picture(name, steps=1, start=0, shade=None):
    """A picture that tells and draws its name and step, and a photo of this shade if there is one."""
    def still():
        sheet = Sheet(80, 20)
        sheet.text(f"{name}", 20, 10)
        if shade is not None:
            sheet.photo(np.full((1, 1, 3), shade), 0, 0, 5, 5)
        return sheet

    return Picture(steps, still, lambda step: [("", f"{name}, step {step}")],
                   lambda sheet, step: sheet.text(f"{step}", 60, 10), start)


def scene(picture, step=0):
    return rounded(picture.scene(step))


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


def says(demo, step=None):
    return shown(demo.view, step).says, demo.view.trouble


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
    def demo(control=start):
        return picture(control)

    control = demo.demo.controls["control"]
    assert (type(control).__name__, control.description, control.value) == (widget, "control", start)
    assert says(demo.demo) == (f"{start}, step 0", "")
    assert demo(start).says() == f"{start}, step 0"  # what a control gives is right by hand too


def test_moving_a_control_replaces_picture_and_words():
    demo, calls = counted()
    send(demo.controls["kernel"], value=4)
    assert calls == [(2, 1), (4, 1)]
    assert says(demo) == ("kernel 4, stride 1, step 0", "")
    assert shown(demo.view).marks == scene(picture("kernel 4, stride 1", 4))


# The walk

def first(demo):
    """The frame that comes with the scene."""
    frame, = Arrived(demo.view.scene).frames
    return frame


def test_the_walk_is_the_picture_s_and_needs_no_new_one():
    demo, calls = counted()
    send(demo.controls["kernel"], value=5)
    for step in (3, 0, 4):
        send(demo.view, step=step)
        assert says(demo) == (f"kernel 5, stride 1, step {step}", "")
        assert shown(demo.view).marks == scene(picture("kernel 5, stride 1", 5), step)
    assert len(calls) == 2


def test_the_walk_starts_where_the_picture_says():
    @explore(kernel=(1, 5))
    def demo(kernel=2):
        return picture(f"kernel {kernel}", steps=5, start=kernel)

    assert (demo.demo.view.step, first(demo.demo)) == (2, 2)
    send(demo.demo.controls["kernel"], value=4)  # the reader's step from now on
    assert (demo.demo.view.step, first(demo.demo)) == (2, 2)


def test_a_new_picture_comes_with_the_step_where_the_walk_stands():
    demo, _ = counted()
    send(demo.controls["kernel"], value=5)
    send(demo.view, step=3)
    send(demo.controls["stride"], value=2)
    assert first(demo) == 3
    assert says(demo) == ("kernel 5, stride 2, step 3", "")


def test_a_shorter_walk_ends_at_its_last_step():
    demo, _ = counted()
    send(demo.controls["kernel"], value=5)
    send(demo.view, step=4)
    send(demo.controls["kernel"], value=3)
    assert first(demo) == 2
    assert says(demo) == ("kernel 3, stride 1, step 2", "")


def test_start_and_end_of_a_walk_arrive_in_their_places():
    demo, _ = counted()
    send(demo.controls["kernel"], value=5)
    assert [says(demo, step)[0] for step in range(5)] == [f"kernel 5, stride 1, step {step}" for step in range(5)]


def test_the_first_frame_is_drawn_once_and_no_other():
    drawn, made = [], picture("drawn", steps=3)
    still, moving = made._still, made._moving
    made._still = lambda: drawn.append("still") or still()
    made._moving = lambda sheet, step: drawn.append(step) or moving(sheet, step)
    explore(kernel=(1, 2))(lambda kernel=1: made)
    assert drawn == ["still", 0]


# Messages

def test_a_move_is_one_message_with_the_scene_and_its_first_frame(recorded):
    demo, calls = counted()
    updates(demo.view)
    send(demo.controls["kernel"], value=4)
    state, = updates(demo.view)
    assert set(state) <= {"scene", "rest", "fresh", "words", "trouble", "answers"}
    assert Arrived(state["scene"]).says(0) == "kernel 4, stride 1, step 0"
    assert len(calls) == 2


def test_a_refusal_is_one_message_without_a_scene(recorded):
    demo = troubled().demo
    updates(demo.view)
    send(demo.controls["kernel"], value=2)
    assert updates(demo.view) == [{"words": "Lower kernel.", "trouble": "refused", "answers": 1}]


def test_every_message_of_a_control_is_answered_whether_or_not_it_changes_anything():
    demo = troubled().demo
    for number, (control, value) in enumerate([("kernel", 2), ("kernel", 3), ("kernel", 2), ("kernel", 1)], 1):
        send(demo.controls[control], value=value)
        assert demo.view.answers == number
    demo, _ = counted({"start": {"kernel": 2, "stride": 1}})
    choose(demo.preset, "own settings")
    assert demo.view.answers == 1


def test_a_preset_of_several_controls_is_one_message(recorded):
    demo, _ = counted({"ResNet": {"kernel": 3, "stride": 2}})
    updates(demo.view)
    choose(demo.preset, "ResNet")
    assert len(updates(demo.view)) == 1


def test_the_rest_of_the_walk_comes_when_it_is_asked_for(recorded):
    demo, _ = counted()
    send(demo.controls["kernel"], value=4)
    updates(demo.view)
    arrived = Arrived(demo.view.scene)
    assert (arrived.have, arrived.all) == (1, 4)
    send(demo.view, want=f"{arrived.number} 1")
    state, = updates(demo.view)
    assert set(state) == {"rest"}
    assert arrived.add(state["rest"])
    assert arrived.have > 1


def test_a_walk_that_takes_long_comes_in_parts(monkeypatch):
    demo, _ = counted()
    send(demo.controls["kernel"], value=5)
    more = Film.more
    monkeypatch.setattr(Film, "more", lambda film, have: more(film, have, seconds=0))
    arrived = Arrived(demo.view.scene)
    for have in range(1, 5):
        send(demo.view, want=f"{arrived.number} {have}")
        assert arrived.add(demo.view.rest)
    assert arrived.have == arrived.all == 5


def test_who_comes_later_can_ask_again():
    demo, _ = counted()
    send(demo.controls["kernel"], value=5)
    assert shown(demo.view) == shown(demo.view)


def test_a_rest_that_nobody_waits_for_any_more_is_not_sent(recorded):
    demo, _ = counted()
    want = f"{Arrived(demo.view.scene).number} 1"
    send(demo.controls["kernel"], value=4)
    updates(demo.view)
    send(demo.view, want=want)
    assert (updates(demo.view), demo.view.rest) == ([], "")
    assert says(demo, 3) == ("kernel 4, stride 1, step 3", "")


def test_a_new_scene_leaves_no_old_rest_behind():
    demo, _ = counted()
    assert says(demo, 1) == ("kernel 2, stride 1, step 1", "")
    assert demo.view.rest
    send(demo.controls["kernel"], value=5)
    assert demo.view.rest == ""


def test_a_step_of_the_reader_calls_nothing_and_sends_nothing(recorded):
    demo, calls = counted()
    updates(demo.view)
    send(demo.view, step=1)
    assert (updates(demo.view), len(calls)) == ([], 1)


# Photos

def photographed():
    @explore(shade=(0, 3), kernel=(1, 3))
    def demo(shade=1, kernel=1):
        return picture(f"shade {shade}, kernel {kernel}", shade=shade / 4)
    return demo.demo


def photo_of(demo):
    name, = [mark.name for mark in shown(demo.view).marks if hasattr(mark, "name")]
    return (demo.view.photos | demo.view.fresh)[name]


def test_what_a_demo_starts_with_is_sent_once(recorded):
    demo = photographed()
    told = json.dumps([{key: value for key, value in data.get("state", {}).items() if key[0] != "_"}
                       for data in demo.view.comm.sent])
    assert told.count(photo_of(demo)) == 1
    assert told.count(json.dumps(demo.view.scene)) == 1


def test_a_photo_that_was_sent_is_not_sent_again(recorded):
    demo = photographed()
    start = photo_of(demo)
    updates(demo.view)
    for control, value in (("kernel", 2), ("kernel", 3)):
        send(demo.controls[control], value=value)
        state, = updates(demo.view)
        assert not {"photos", "fresh"} & set(state)
        assert photo_of(demo) == start


def test_another_photo_comes_with_its_setting_and_stays_while_it_is_needed(recorded):
    demo = photographed()
    start = photo_of(demo)
    updates(demo.view)
    send(demo.controls["shade"], value=2)
    state, = updates(demo.view)
    assert list(state["fresh"].values()) == [photo_of(demo)] != [start]
    send(demo.controls["kernel"], value=2)
    state, = updates(demo.view)
    assert "fresh" not in state
    send(demo.controls["shade"], value=1)
    assert (photo_of(demo), demo.view.fresh) == (start, {})


def test_photos_that_only_a_later_step_shows_come_with_it():
    @explore(kernel=(1, 3))
    def demo(kernel=1):
        return Picture(3, lambda: Sheet(20, 20), lambda step: [],
                       lambda sheet, step: sheet.photo(np.full((1, 1, 3), step * kernel / 9), 0, 0, 5, 5))

    for kernel in (1, 2):
        send(demo.demo.controls["kernel"], value=kernel)
        for step in range(3):
            photo, = shown(demo.demo.view, step).marks
            assert photo.name in demo.demo.view.photos | demo.demo.view.fresh


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
    assert without.new_numbers not in without.children[0].children
    with_numbers = shows_row().demo
    assert with_numbers.new_numbers in with_numbers.children[0].children
    assert with_numbers.new_numbers.description == "new numbers"


# The notebook's numbers

row = None  # a tensor of the "notebook", which this module is


def shows_row(**numbers):
    global row
    row = samples.whole_numbers(1, 4)

    @explore(kernel=(1, 3), numbers=numbers or {"input": "row"})
    def demo(kernel=1):
        shown = picture(f"kernel {kernel}, {row.flatten().tolist()}")
        for column in range(4):
            shown.sheet.target(f"input[0, {column}]", Box(20 * column, 0, 20, 20))
        return shown
    return demo


def shows(kernel=1):
    return f"kernel {kernel}, {row.flatten().tolist()}, step 0", ""


def enter(demo, name, value):
    send(demo.view, entry=[name, 0, value, time.time()])


def test_new_numbers_are_the_notebook_s_and_stay_while_sliders_move():
    demo, before = shows_row().demo, row
    click(demo.new_numbers)
    assert not torch.equal(row, before)
    assert row.shape == before.shape
    assert before.min() <= row.min()
    assert row.max() <= before.max()
    assert says(demo) == shows()
    send(demo.controls["kernel"], value=2)
    assert says(demo) == shows(kernel=2)


def test_every_deal_is_another():
    demo, seen = shows_row().demo, []
    for _ in range(5):
        click(demo.new_numbers)
        seen.append(tuple(row.flatten().tolist()))
    assert len(set(seen)) == 5


def test_a_tensor_that_a_cell_has_changed_shows_at_the_next_move():
    global row
    demo = shows_row().demo
    row = torch.ones(1, 1, 1, 4)
    send(demo.controls["kernel"], value=2)
    assert says(demo) == shows(kernel=2)


def test_a_number_typed_into_a_cell_is_the_notebook_s():
    demo, before = shows_row().demo, row
    enter(demo, "input[0, 2]", -3.5)
    assert row[0, 0, 0, 2] == -3.5
    assert says(demo) == shows()
    assert before[0, 0, 0, 2] != -3.5  # what was made of it before stays as it was


def test_numbers_need_a_tensor():
    with pytest.raises(Slip, match="show a tensor nowhere, but there is none"):
        shows_row(input="nowhere")
    with pytest.raises(Slip, match="show a tensor module, but module is of type module now"):
        shows_row(input="module")


def test_numbers_need_cells_and_a_range():
    with pytest.raises(Slip, match="numbers names inputs, but the cells of this picture are input"):
        shows_row(inputs="row")
    globals()["flat"] = torch.zeros(3)
    with pytest.raises(Slip, match="All numbers of flat are 0, which is no range"):
        shows_row(input="flat")


@pytest.mark.parametrize("shape", [(4,), (1, 4), (1, 1, 1, 4)])
def test_dealt_and_typed_into_a_tensor_keeps_its_shape(shape):
    global row
    row = torch.tensor([1, 3, 0, 2]).reshape(shape)  # whole, and yet 3.5 can be typed
    demo = renewed()
    click(demo.new_numbers)
    assert row.shape == shape
    enter(demo, "input[0, 2]" if len(shape) > 1 else "input[2]", 3.5)
    assert row.flatten()[2] == 3.5
    assert row.shape == shape


def test_numbers_that_break_the_function_are_taken_back():
    global row
    row = torch.tensor([1, 3, 0, 2])

    @explore(numbers={"input": "row"})
    def demo():
        shown = picture(f"{torch.bincount(row).tolist()}")  # whole numbers from 0 only
        shown.sheet.target("input[0]", Box(0, 0, 20, 20))
        return shown

    for number in (3.5, -1):
        enter(demo.demo, "input[0]", number)
        assert demo.demo.view.trouble == "error"
        assert row.tolist() == [1, 3, 0, 2]
    enter(demo.demo, "input[0]", 3)
    assert says(demo.demo) == ("[1, 0, 1, 2], step 0", "")
    click(demo.demo.new_numbers)
    assert demo.demo.view.trouble == ""
    assert row.dtype == torch.int64


def test_gradients_are_wanted_as_before():
    global row
    row = torch.tensor([1.0, 3, 0, 2]).requires_grad_()
    demo = renewed()
    click(demo.new_numbers)
    enter(demo, "input[2]", 3.5)
    assert row.requires_grad
    assert row.is_leaf


def renewed():
    """A demo of `row` as it is."""
    @explore(kernel=(1, 3), numbers={"input": "row"})
    def demo(kernel=1):
        shown = picture(f"{row.flatten().tolist()}")
        shown.sheet.target("input[0, 0]", Box(0, 0, 20, 20))
        return shown
    return demo.demo


def test_a_name_that_is_no_tensor_any_more_is_told_in_the_demo_which_lives_on():
    global row
    demo = shows_row().demo
    row = 5
    for change in (lambda: enter(demo, "input[0, 2]", 1), demo.new_numbers.click):
        change()
        assert (demo.view.words, demo.view.trouble) == (
            "The cells of this picture show a tensor row, but row is of type int now.", "error")
    row = torch.ones(1, 1, 1, 4)
    enter(demo, "input[0, 2]", 7)
    assert says(demo) == shows()


def test_a_cell_that_is_no_more_is_told_too():
    global row
    demo = shows_row().demo
    row = torch.ones(1, 1, 1, 2)
    enter(demo, "input[0, 2]", 1)
    assert demo.view.trouble == "error"
    assert "index 2 is out of bounds" in demo.view.words


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
    (3, 'ZeroDivisionError: a slip\nline {} of the cell: raise ZeroDivisionError("a slip")', "error"),
])
def test_trouble_keeps_the_last_picture_and_says_why_until_a_setting_works_again(kernel, words, trouble):
    demo = troubled().demo
    words = words.format(demo.function.__code__.co_firstlineno + 5)  # a cell begins at its own line 1
    before = demo.view.scene
    send(demo.controls["kernel"], value=kernel)
    assert demo.view.scene == before
    assert says(demo) == (words, trouble)
    send(demo.view, step=1)  # of the last picture, for there is no other
    assert says(demo) == (words, trouble)
    assert shown(demo.view).marks == scene(picture("kernel 1", steps=2), 1)
    send(demo.controls["kernel"], value=4)
    assert says(demo) == ("kernel 4, step 1", "")
    assert shown(demo.view).marks == scene(picture("kernel 4", steps=2), 1)


def test_an_error_below_the_function_shows_the_function_s_own_line():
    @explore(kernel=(1, 2))
    def demo(kernel=1):
        pictures = {1: picture("one")}
        return pictures[kernel] if kernel == 1 else picture(int("two"))

    send(demo.demo.controls["kernel"], value=2)
    text, trouble = says(demo.demo)
    assert trouble == "error"
    assert text.startswith("ValueError: invalid literal for int()")
    assert text.endswith(' of the cell: return pictures[kernel] if kernel == 1 else picture(int("two"))')


def slipping(at):
    """A demo of three steps, whose sentence at one of them is missing where kernel is 2."""
    @explore(kernel=(1, 3))
    def demo(kernel=1):
        told = {step: f"kernel {kernel}, step {step}" for step in range(3) if (kernel, step) != (2, at)}
        return Picture(3, lambda: Sheet(20, 20), lambda step: [("", told[step])],
                       lambda sheet, step: sheet.text(f"{kernel} {step}", 10, 10))
    return demo.demo


def test_an_error_in_the_first_frame_keeps_the_last_picture_and_its_walk():
    demo = slipping(at=0)
    send(demo.controls["kernel"], value=2)
    assert (demo.view.words, demo.view.trouble) == ("KeyError: 0", "error")
    assert [shown(demo.view, step).marks[0].string for step in range(3)] == ["1 0", "1 1", "1 2"]
    send(demo.controls["kernel"], value=3)
    assert says(demo, 2) == ("kernel 3, step 2", "")


def test_an_error_in_a_later_frame_is_shown_until_another_setting_works():
    demo = slipping(at=1)
    send(demo.controls["kernel"], value=2)
    send(demo.view, want=f"{Arrived(demo.view.scene).number} 1")
    assert (demo.view.words, demo.view.trouble) == ("KeyError: 1", "error")
    send(demo.controls["kernel"], value=3)
    assert says(demo, 2) == ("kernel 3, step 2", "")


@pytest.mark.parametrize("error", [Refused("kernel is too wide."), NameError("name 'weigth' is not defined")])
def test_trouble_at_the_start_values_is_raised(error, displayed):
    def demo(kernel=1):
        raise error

    with pytest.raises(type(error), match=str(error)):
        explore(kernel=(1, 3))(demo)
    assert displayed == []


# Several demos, several threads

def test_two_demos_do_not_disturb_each_other():
    one, two = counted(PRESETS)[0], counted(PRESETS)[0]
    choose(one.preset, "U-Net")
    send(two.controls["kernel"], value=4)
    send(two.view, step=3)
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

    def follow():
        for step in [1, 4, 0, 2, 1]:
            send(demo.view, want=f"{Arrived(demo.view.scene).number} 1")
            send(demo.view, step=step)

    at_once(sweep(demo.controls["kernel"], [5, 1, 4, 2, 5, 1, 3]), sweep(demo.controls["stride"], [3, 1, 2, 3, 1, 2]),
            follow)
    assert demo.settings == {"kernel": 3, "stride": 2}
    for step in range(3):
        assert says(demo, step) == (f"kernel 3, stride 2, step {step}", "")
        assert shown(demo.view, step).marks == scene(picture("kernel 3, stride 2", 3), step)


def slip_after(returned):
    @explore(kernel=(1, 3))
    def demo(kernel=1):
        return picture("fine") if kernel == 1 else returned

    send(demo.demo.controls["kernel"], value=2)
    return says(demo.demo)


@pytest.mark.parametrize(("returned", "what"), [
    (None, "returns None: does it end with return?"), ("a picture", "returns a value of type str."),
    (np.ones(3), "returns a value of type ndarray."),
])
def test_what_is_no_picture_is_told_after_a_move_and_at_the_start(returned, what, displayed):
    sentence = f"demo must return a picture, as pictures.sliding_window(…) makes one, but {what}"
    assert slip_after(returned) == (sentence, "error")

    displayed.clear()
    with pytest.raises(Slip) as slip:
        explore(kernel=(1, 3))(lambda kernel=1: returned)
    assert str(slip.value) == sentence.replace("demo", "<lambda>")
    assert displayed == []


def test_an_error_without_a_message_has_no_empty_end():
    @explore(kernel=(1, 3))
    def demo(kernel=1):
        if kernel == 2:
            raise AssertionError
        return picture("fine")

    send(demo.demo.controls["kernel"], value=2)
    assert demo.demo.view.words.splitlines()[0] == "AssertionError"
    assert demo.demo.view.words.endswith(" of the cell: raise AssertionError")


def test_an_interrupt_is_told_and_the_demo_lives_on():
    @explore(kernel=(1, 3))
    def demo(kernel=1):
        if kernel == 2:
            raise KeyboardInterrupt
        return picture(f"kernel {kernel}")

    send(demo.demo.controls["kernel"], value=2)
    assert (demo.demo.view.words.splitlines()[0], demo.demo.view.trouble) == ("demo was interrupted.", "error")
    send(demo.demo.controls["kernel"], value=3)
    assert says(demo.demo) == ("kernel 3, step 0", "")


def test_a_loop_without_end_is_stopped_and_told_with_its_line(monkeypatch):
    monkeypatch.setattr(module, "LIMIT", 0.2)

    @explore(kernel=(1, 3))
    def demo(kernel=1):
        while kernel == 2:
            pass
        return picture(f"kernel {kernel}")

    moving = threading.Thread(target=lambda: send(demo.demo.controls["kernel"], value=2))
    moving.start()
    moving.join(10)
    first, line = demo.demo.view.words.splitlines()
    assert first == "demo was stopped after 0.2 seconds. Does a loop in it never end?"
    assert line.split(": ", 1)[1] in ("while kernel == 2:", "pass")
    send(demo.demo.controls["kernel"], value=3)
    assert says(demo.demo) == ("kernel 3, step 0", "")


# What the function prints and draws besides

def noisy():
    @explore(kernel=(1, 4))
    def demo(kernel=1):
        print("kernel is", kernel)
        if kernel == 3:
            raise Refused("Lower kernel.")
        return picture("fine")
    return demo.demo


def test_what_is_printed_stands_under_the_picture_the_newest_move_s_only(capsys):
    demo = noisy()
    printed = [demo.view.printed]
    for kernel in (2, 3):  # of a refused one too, for that is when it is needed
        send(demo.controls["kernel"], value=kernel)
        printed.append(demo.view.printed)
    assert printed == [[("text", f"kernel is {kernel}\n")] for kernel in (1, 2, 3)]
    assert capsys.readouterr().out == ""


def test_what_was_printed_before_an_error_at_the_start_is_not_lost(capsys):
    def demo(kernel=1):
        print("kernel is", kernel)
        raise ValueError("a slip")

    with pytest.raises(ValueError, match="a slip"):
        explore(kernel=(1, 3))(demo)
    assert capsys.readouterr().out == "kernel is 1\n"


# What is displayed

def test_a_demo_shows_its_widget_after_what_stands_for_it_without_a_kernel(displayed):
    demo, _ = counted()
    still, words, (widget, _) = displayed
    assert widget["application/vnd.jupyter.widget-view+json"]["model_id"] == demo.model_id
    assert widget["text/plain"] == ""
    assert still == [{"image/png": picture("kernel 2, stride 1", 2).png(), "text/plain": "kernel 2, stride 1, step 0"},
                     {"image/png": {"width": 80}}]
    assert "kernel 2, stride 1, step 0" in words[0]["text/html"]
    assert "run this cell (Shift + Enter)" in words[0]["text/html"]


def test_what_stands_for_a_demo_follows_once_the_hand_has_left_it_in_peace(displayed):
    demo, _ = counted()
    send(demo.controls["kernel"], value=4)
    send(demo.view, step=2)
    assert displayed[0][0]["text/plain"] == "kernel 2, stride 1, step 0"
    send(demo.view, rests=f"{Arrived(demo.view.scene).number} 2")
    assert displayed[0][0]["text/plain"] == "kernel 4, stride 1, step 2"
    assert displayed[0][0]["image/png"] == picture("kernel 4, stride 1", 4).png(2)
    assert "kernel 4, stride 1, step 2" in displayed[1][0]["text/html"]


def test_what_stands_for_a_demo_follows_a_walk_that_has_become_shorter_and_no_older_picture(displayed):
    demo, _ = counted()
    send(demo.controls["kernel"], value=5)
    send(demo.view, step=4)
    older = Arrived(demo.view.scene).number
    send(demo.controls["kernel"], value=3)
    send(demo.view, rests=f"{older} 4")
    assert displayed[0][0]["text/plain"] == "kernel 2, stride 1, step 0"
    send(demo.view, rests=f"{Arrived(demo.view.scene).number} 2")
    assert displayed[0][0]["text/plain"] == "kernel 3, stride 1, step 2"


def test_a_sentence_is_no_html(displayed):
    explore(kernel=(1, 3))(lambda kernel=1: picture("<b>1 < 2 & 3</b>"))
    assert "&lt;b&gt;1 &lt; 2 &amp; 3&lt;/b&gt;, step 0" in displayed[1][0]["text/html"]


def test_a_cell_run_again_takes_its_old_widgets_away_and_no_other_s(monkeypatch):
    cell = {"cellId": "one"}
    shell = type("Shell", (), {"get_parent": lambda self: {"metadata": cell}})()
    monkeypatch.setattr(module, "get_ipython", lambda: shell)
    monkeypatch.setattr(module, "_shown", {})
    widgets = sys.modules["ipywidgets.widgets.widget"]._instances
    first = counted(PRESETS)[0]
    cell["cellId"] = "two"  # a copy of that cell
    copy, count = counted(PRESETS)[0], len(widgets)
    for _ in range(3):
        again = counted(PRESETS)[0]
    assert len(widgets) == count
    assert [demo.comm is None for demo in (first, copy, again)] == [False, True, False]


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
    assert demo().says() == says(demo.demo)[0]  # and moves no control


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

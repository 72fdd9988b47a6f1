"""Every demo of every notebook over the whole range of its controls, every step of every walk.

A setting ends in a picture whose numbers agree with torch and whose marks stand where they should, or is refused in
one sentence; nothing else. What is checked is data: no pixel is drawn. Some settings are reached as a front
end reaches them.
"""
import ast
import random
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import product
from math import prod

import ipywidgets as widgets
import pytest
import refresh
import torch
from conftest import run_cells, type_into
from decoded import Shown, rounded, shown
from looked_at import faults

from helpers import Refused
from helpers.drawing.palette import written
from helpers.drawing.sheet import Text

MOST, SAMPLE = 2500, 1000  # settings of one demo that are all tried; of more, so many by chance
DRIVEN = 40  # settings that are reached by messages, as a front end sends them
NONSENSE = ["", " ", "a b", "1 2; 3", "nan", "1 2 3", "1e9", "-1", "½", "__import__('os')", "1 " * 2000, "; ;\n"]


def demos(path):
    """Names of the functions that a notebook decorates with @explore."""
    code = [cell.source for cell in refresh.read(path).cells if cell.cell_type == "code"]
    return [node.name for source in code for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)
            and any(ast.unparse(decorator).startswith("explore(") for decorator in node.decorator_list)]


every_demo = pytest.mark.parametrize(("path", "name"), [
    pytest.param(path, name, id=f"{path.stem}-{name}") for path in refresh.paths() for name in demos(path)])


@pytest.fixture
def demo(run, path, name):
    """The demo, and afterwards its controls back where they started."""
    with put_back(run(path)[name].demo) as demo:
        yield demo


@contextmanager
def put_back(demo):
    start = {name: control.value for name, control in demo.controls.items()}
    namespace = demo.numbers.namespace
    tensors = {name: namespace[name] for name in demo.numbers.names.values()}
    try:
        yield demo
    finally:
        namespace.update(tensors)
        demo._update()
        set_controls(demo, start)
        demo.view.step = demo.picture.start


def move(control, value):
    """Set a control by the message that a front end sends."""
    state = {"index": control.options.index(value)} if hasattr(control, "options") else {"value": value}
    control._handle_msg({"content": {"data": {"method": "update", "state": state}}})


def set_controls(demo, setting):
    for name, value in setting.items():
        if demo.controls[name].value != value:
            move(demo.controls[name], value)


def values(demo, name):
    """What a student can choose: the whole range, or for a text field what the lesson itself puts there."""
    control = demo.controls[name]
    if isinstance(control, widgets.Checkbox):
        return [False, True]
    if hasattr(control, "options"):
        return list(control.options)
    if hasattr(control, "max"):
        count = round((control.max - control.min) / control.step)
        return [type(control.value)(control.min + i * control.step) for i in range(count + 1)]
    presets = [settings[name] for settings in demo.presets.values() if name in settings]
    return list(dict.fromkeys([control.value, *presets]))


def settings(demo, most, sample):
    """Every setting of a demo's controls; or, of more than `most`, a sample by chance, always the same."""
    choices = {name: values(demo, name) for name in demo.controls}
    every = product(*choices.values())
    if prod(map(len, choices.values())) > most:
        chance = random.Random(0)
        every = ([chance.choice(some) for some in choices.values()] for _ in range(sample))
    return [dict(zip(choices, setting, strict=True)) for setting in every]


def check_refusal(text):
    assert re.fullmatch(r"[^\n]{15,250}\.", text), text


def check(demo):
    """What a demo shows now, the whole walk of it, or why it does not."""
    if demo.view.trouble == "refused":
        return check_refusal(demo.view.words)
    assert demo.view.trouble == "", demo.view.words
    assert list(faults(demo.picture)) == []


@every_demo
def test_every_setting_makes_a_picture_or_is_refused(demo):
    every, size, refused = settings(demo, MOST, SAMPLE), demo.picture.sheet.width, 0
    for setting in every:
        try:
            picture = demo.function(**setting)
        except Refused as refusal:
            check_refusal(str(refusal))
            refused += 1
        else:
            assert picture.sheet.width == size
            assert list(faults(picture)) == [], setting
    assert refused < 0.7 * len(every), "most of what the sliders allow is refused: narrow them"


@every_demo
def test_moved_by_hand_it_shows_what_the_function_makes(demo):
    for setting in settings(demo, DRIVEN, DRIVEN):
        set_controls(demo, setting)
        if demo.view.trouble:
            check_refusal(demo.view.words)
        else:
            assert shown(demo.view) == shown_of(demo.function(**demo.settings), demo.view.step), setting


def shown_of(picture, step):
    """What a view has to show of this picture at a step, and nothing of how it gets there."""
    step = min(step, len(picture) - 1)
    return Shown(rounded(picture.scene(step)), picture.says(step), list(map(list, picture.groups(step))))


@every_demo
def test_moving_back_shows_the_same_picture(demo):
    before = shown(demo.view)
    for name, control in demo.controls.items():
        start = control.value
        for value in (values(demo, name)[-1], values(demo, name)[0], start):
            move(control, value)
    assert shown(demo.view) == before


@every_demo
def test_nonsense_in_a_text_field_is_refused(demo):
    texts = [control for control in demo.controls.values() if isinstance(control, widgets.Text)]
    for text, setting in product(texts, settings(demo, 30, 30)):
        set_controls(demo, setting)
        for string in NONSENSE:
            move(text, string)
            check(demo)


@every_demo
def test_presets_show_what_they_promise(demo):
    for preset, promised in demo.presets.items():
        move(demo.preset, preset)
        assert promised.items() <= demo.settings.items()
        assert demo.preset.value == preset, "two presets with the same settings"
        assert demo.view.trouble == "", f"{preset}: {demo.view.words}"
        check(demo)


@every_demo
def test_new_numbers_are_right_too(demo):
    if demo.numbers.names:
        before = shown(demo.view)
        demo.new_numbers.click()
        assert shown(demo.view) != before
        check(demo)


@every_demo
def test_the_torch_line_gives_what_is_shown(demo):
    assert_line(demo)
    for setting in settings(demo, 10, 10):
        set_controls(demo, setting)
        if demo.view.trouble:
            continue
        demo.new_numbers.click()
        assert_line(demo)
        type_into(demo)
        assert_line(demo)
        type_into(demo, (-99, 0.5, 99))
        check(demo)


def assert_line(demo):
    """The line, pasted into a cell, gives the numbers that stand in the cells of the output."""
    picture = demo.picture
    lines = ["".join(parts) for name, *parts in picture.sentences() if name == "torch"]
    for line in lines:
        if " = " in line:
            exec(line, demo.numbers.namespace | {})
            continue
        y, compared = eval(line, demo.numbers.namespace | {}), 0
        last = [mark for mark in picture.scene(len(picture) - 1) if isinstance(mark, Text)]
        for target in picture.sheet.targets:
            if re.match(r"output\[", target.name):
                left, top, right, bottom = target.points
                texts = [mark.string for mark in last if left < mark.x < right and top < mark.y < bottom]
                index = picture.index(target.name)
                assert not texts or written(float(y[(0,) * (y.ndim - len(index)) + index])) in texts
                compared += len(texts)
        assert compared or isinstance(y, torch.nn.Module), line


@every_demo
def test_the_call_draws_what_the_demo_shows(demo, run, path, name):
    picture = run(path)[name](**{name: control.value for name, control in demo.controls.items()})
    assert shown_of(picture, demo.view.step) == shown(demo.view)


def test_demos_side_by_side_leave_each_other_alone(run, notebook):
    """As JupyterLab may run them: each in a thread of its own, at the same time."""
    together = [run(notebook)[name].demo for name in demos(notebook)]
    tries = [settings(demo, 6, 6) for demo in together]
    with ExitStack() as after, ThreadPoolExecutor() as threads:
        for demo in together:
            after.enter_context(put_back(demo))
        alone = list(map(frames, together, tries))
        assert list(threads.map(frames, together, tries)) == alone


def frames(demo, tries):
    """What a demo shows for each of these settings; of a refused one only the words, for the picture is the last."""
    seen = []
    demo.view.step = 0
    for setting in tries:
        set_controls(demo, setting)
        seen.append(demo.view.words if demo.view.trouble else shown(demo.view))
    return seen


def test_cells_can_be_run_again(run, notebook):
    """They show what is saved, whatever has been played with before."""
    namespace = run_cells(notebook, run(notebook) | {})
    saved = [output.data["text/plain"] for cell in refresh.read(notebook).cells if cell.cell_type == "code"
             for output in cell.outputs if "text/plain" in output.get("data", {})]
    for name in demos(notebook):
        assert namespace[name].demo.picture.says() in saved

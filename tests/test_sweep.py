"""Every demo of every notebook over the whole range of its controls, every step of every walk.

A setting ends in a picture whose numbers agree with torch and whose marks stand where they should, or is refused in
one sentence; nothing else. What is checked is data: no pixel is drawn. Some settings are reached as a front
end reaches them.
"""
import ast
import random
import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import product, repeat
from math import prod

import ipywidgets as widgets
import pytest
import refresh
import torch
from conftest import type_into
from decoded import Shown, rounded, send, shown
from looked_at import faults, on_targets

from helpers import Refused
from helpers.drawing.palette import written
from helpers.drawing.sheet import Text
from helpers.page import lesson
from helpers.page.lesson import run_cells
from helpers.page.stored import values

MOST, SAMPLE = 2500, 500  # settings of one demo that are all tried; of more, so many by chance
DRIVEN = 16  # settings that are reached by messages, as a front end sends them
NONSENSE = ["", " ", "a b", "1 2; 3", "nan", "1 2 3", "1e9", "-1", "½", "__import__('os')", "1 " * 2000, "; ;\n"]


def demos(path):
    """Names of the functions that a notebook decorates with @explore."""
    return [name for cell in refresh.read(path).cells if cell.cell_type == "code" for name in lesson.demos(cell)]


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
    with demo.numbers.kept():
        yield demo
    demo._update()
    set_controls(demo, start)
    demo.view.step = demo.picture.start


def move(control, value):
    """Set a control by the message that a front end sends."""
    send(control, **({"index": control.options.index(value)} if hasattr(control, "options") else {"value": value}))


def set_controls(demo, setting):
    for name, value in setting.items():
        if demo.controls[name].value != value:
            move(demo.controls[name], value)


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
    """Pasted into a cell, with other numbers too; at the start some of them are large enough to be drawn."""
    assert lines(demo) or not demo.numbers.names
    assert all(drawn or is_layer for drawn, is_layer in map(compared, repeat(demo), lines(demo)))
    for setting in settings(demo, 6, 6):
        set_controls(demo, setting)
        if demo.view.trouble:
            continue
        for change in (demo.new_numbers.click, partial(type_into, demo), partial(type_into, demo, (-99, 0.5, 99))):
            change()
            assert demo.view.trouble == "", demo.view.words
            for line in lines(demo):
                compared(demo, line)
        check(demo)  # with the widest numbers


def lines(demo):
    return ["".join(parts) for name, *parts in demo.picture.sentences() if name == "torch"]


def compared(demo, line):
    """How many numbers of the output are drawn, each of which the line gives; and whether it makes a layer instead."""
    namespace, (*before, last) = demo.numbers.namespace | {}, ast.parse(line).body
    exec(compile(ast.Module(before, []), line, "exec"), namespace)
    if not isinstance(last, ast.Expr):
        exec(line, namespace)
        return 0, True
    y = eval(compile(ast.Expression(last.value), line, "eval"), namespace)
    drawn = defaultdict(set)
    for name, mark in on_targets(demo.picture, len(demo.picture) - 1):
        if name.startswith("output[") and isinstance(mark, Text):
            drawn[name].add(mark.string)
    for name, there in drawn.items():
        index = demo.picture.index(name)
        assert written(float(y[(0,) * (y.ndim - len(index)) + index])) in there, (name, line)
    return len(drawn), isinstance(y, torch.nn.Module)


@every_demo
def test_the_call_draws_what_the_demo_shows(demo, run, path, name):
    picture = run(path)[name](**{name: control.value for name, control in demo.controls.items()})
    assert shown_of(picture, demo.view.step) == shown(demo.view)


def test_demos_side_by_side_leave_each_other_alone(run, notebook):
    """As JupyterLab may run them: each in a thread of its own, at the same time."""
    together = [run(notebook)[name].demo for name in demos(notebook)]
    tries = [settings(demo, 3, 3) for demo in together]
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

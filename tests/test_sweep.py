"""Every demo of every notebook over the whole range of its controls, driven as a front end drives it.

A setting ends in a picture whose numbers agree with torch, or is refused in one sentence; nothing else.
"""
import ast
import random
import re
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from math import prod

import ipywidgets as widgets
import pytest
import refresh
import torch
from conftest import run_cells

from helpers.canvas import SHARPNESS, Canvas

MOST, SAMPLE = 2500, 1000  # settings of one demo that are all tried; of more, so many by chance
DRAWN = 12  # settings of one demo that are drawn in earnest: a frame takes ten times as long as all the rest
torch.set_num_threads(1)  # small tensors: a second thread costs more than it brings
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
    demo = run(path)[name].demo
    start = {name: control.value for name, control in demo.controls.items()}
    yield demo
    demo.seed = -1
    demo.new_numbers.click()
    set_controls(demo, start)
    move(demo.step, 0)


@pytest.fixture
def outlines(monkeypatch):
    """outlines.drawn: whether canvases are drawn in earnest, or answer with a PNG that has only a size."""
    class Outlines:
        drawn = True

    in_earnest, state = Canvas.png, Outlines()
    monkeypatch.setattr(Canvas, "png", lambda canvas: in_earnest(canvas) if state.drawn else blank(canvas))
    return state


def blank(canvas):
    header = b"IHDR" + struct.pack(">IIBBBBB", canvas.width * SHARPNESS, canvas.height * SHARPNESS, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def size(png):
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


def shown(demo):
    return f"{zlib.crc32(demo.view.png):x}", demo.view.text


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


def check(view, frame):
    if view.trouble == "refused":
        assert re.fullmatch(r"[^\n]{15,250}\.", view.text), view.text
        return
    assert view.trouble == "", view.text
    assert size(view.png) == frame
    assert "but torch says" not in view.text
    assert "torch:" not in view.text or "✓" in view.text, view.text


def walk(demo, frame):
    """Check the first, a middle and the last step of the setting in force."""
    for step in dict.fromkeys([0, demo.step.max // 2, demo.step.max]):
        move(demo.step, step)
        check(demo.view, frame)


@every_demo
def test_every_setting_shows_a_picture_or_is_refused(demo, outlines):
    every, frame, refused = settings(demo, MOST, SAMPLE), size(demo.view.png), 0
    for number, setting in enumerate(every):
        outlines.drawn = number % max(len(every) // DRAWN, 1) == 0
        set_controls(demo, setting)
        check(demo.view, frame)
        walk(demo, frame)
        refused += demo.view.trouble == "refused"
    assert refused < 0.7 * len(every), "most of what the sliders allow is refused: narrow them"


@every_demo
def test_moving_back_shows_the_same_picture(demo):
    before = shown(demo)
    for name, control in demo.controls.items():
        start = control.value
        for value in (values(demo, name)[-1], values(demo, name)[0], start):
            move(control, value)
    assert shown(demo) == before


@every_demo
def test_nonsense_in_a_text_field_is_refused(demo, outlines):
    frame, outlines.drawn = size(demo.view.png), False
    texts = [control for control in demo.controls.values() if isinstance(control, widgets.Text)]
    for text, setting in product(texts, settings(demo, 30, 30)):
        set_controls(demo, setting)
        for string in NONSENSE:
            move(text, string)
            check(demo.view, frame)


@every_demo
def test_presets_show_what_they_promise(demo):
    frame = size(demo.view.png)
    for preset, promised in demo.presets.items():
        move(demo.preset, preset)
        assert promised.items() <= demo.settings.items()
        assert demo.preset.value == preset, "two presets with the same settings"
        assert demo.view.trouble == "", f"{preset}: {demo.view.text}"
        walk(demo, frame)


@every_demo
def test_new_numbers_are_right_too(demo):
    if demo.takes_seed:
        frame, before = size(demo.view.png), demo.view.png
        demo.new_numbers.click()
        assert demo.view.png != before
        walk(demo, frame)


@every_demo
def test_the_call_draws_what_the_demo_shows(demo, run, path, name):
    picture = run(path)[name](**{name: control.value for name, control in demo.controls.items()})
    step = demo.step.value
    assert (picture.png(step) == demo.view.png, picture.says(step)) == (True, demo.view.text)


def test_demos_side_by_side_leave_each_other_alone(run, notebook):
    """As JupyterLab may run them: each in a thread of its own, at the same time."""
    together = [run(notebook)[name].demo for name in demos(notebook)]
    tries = [settings(demo, 6, 6) for demo in together]
    alone = list(map(frames, together, tries))
    with ThreadPoolExecutor() as threads:
        assert list(threads.map(frames, together, tries)) == alone


def frames(demo, tries):
    """What a demo shows for each of these settings; of a refused one only the words, for the picture is the last."""
    seen = []
    move(demo.step, 0)
    for setting in tries:
        set_controls(demo, setting)
        seen.append(demo.view.text if demo.view.trouble else shown(demo))
    return seen


def test_cells_can_be_run_twice(notebook):
    namespace = run_cells(notebook, {"__name__": "__main__"})
    first = {name: namespace[name].demo for name in demos(notebook)}
    run_cells(notebook, namespace)
    for name, demo in first.items():
        assert shown(demo) == shown(namespace[name].demo)

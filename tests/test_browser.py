"""The notebooks as a student meets them: a real JupyterLab in a real Chromium, sliders moved, pictures touched."""
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from itertools import product

import pytest
import refresh
from axe_playwright_python.sync_playwright import Axe
from lab import LESSON, PATIENCE, READY
from playwright.sync_api import Locator, Page, TimeoutError
from test_sweep import demos

from helpers import Refused

SHOWN = """count => { const pictures = [...document.querySelectorAll('.jp-Notebook .picture')];
    return pictures.length === count && pictures.every(each => each.dataset.whole === 'true'); }"""
TOLD = """() => [...document.querySelectorAll('.jp-Notebook .picture')].every(each => {
    const row = each.querySelector('.words > *');
    return !row || each.querySelector('[role="status"]').textContent.startsWith(row.textContent); })"""
ERRORS = """() => [...document.querySelectorAll('.jp-Notebook .jp-OutputArea-output')].filter(output =>
    /error|stderr/.test(output.dataset.mimeType) || /Error displaying widget/.test(output.innerText))
    .map(output => output.innerText.slice(0, 300))"""

# Keeps the messages of the page's widgets that the kernel has not answered yet. It is idle again for a message once all
# that it answers has been sent, and only then is the message let go here: what came before it has been shown.
LISTEN = f"""() => {{
    const kernel = {LESSON}.sessionContext.session.kernel;
    window.unanswered = new Set();
    kernel.anyMessage.connect((_, {{msg, direction}}) =>
        direction === 'send' && msg.header.msg_type === 'comm_msg' && unanswered.add(msg.header.msg_id));
    kernel.iopubMessage.connect((_, msg) =>
        msg.content.execution_state === 'idle' && unanswered.delete(msg.parent_header.msg_id));
}}"""

# What a demo shows now; with `settled`, once the kernel has answered everything
STATE = """async (cell, settled) => {
    const view = cell.querySelector('.picture'), late = performance.now() + 30000;
    for (let quiet = 0; settled && quiet < 2; quiet = unanswered.size ? 0 : quiet + 1) {
        if (performance.now() > late) throw new Error('the kernel does not answer');
        await new Promise(requestAnimationFrame);
    }
    const told = view.querySelector('[role="status"]'), sameRegion = !settled || told.seen === true;
    told.seen = true;
    const rows = [...view.querySelectorAll('.words > *')].map(row =>
        [row.querySelector('b')?.textContent.trim() ?? '', (row.lastChild ?? row).textContent]);
    return {trouble: view.dataset.trouble, sameRegion, rows,
            text: rows.map(([name, rest]) => name ? `${name}: ${rest}` : rest).join('\\n'),
            touch: view.querySelector('.touch.lit')?.textContent ?? '',
            step: +view.querySelector('input').value,
            lit: view.querySelectorAll('.lit:not(.touch, .term), .this').length,
            picture: view.querySelector('.sheet svg').outerHTML,
            opacity: +getComputedStyle(view.querySelector('.sheet > svg > g')).opacity,
            height: cell.closest('.jp-CodeCell').offsetHeight,
            regions: cell.querySelectorAll('[role="status"]').length};
}"""


@dataclass
class Lesson:
    """A notebook that is open and has run."""

    page: Page
    problems: list
    before_run: int
    demos: dict

    def save(self):
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")


@dataclass
class LiveDemo:
    """A demo in the page."""

    cell: Locator

    def state(self, settled=False):
        return self.cell.evaluate(STATE, settled)

    def sliders(self):
        """{name: handle}, those in sight."""
        boxes = [box for box in self.cell.locator(".widget-hslider").all() if box.is_visible()]
        return {box.locator(".widget-label").inner_text(): box.locator(".noUi-handle") for box in boxes}

    def value(self, handle):
        return float(handle.get_attribute("aria-valuenow"))

    def press(self, handle, key):
        """What the demo shows once the key has done its work; None for a key that moves nothing."""
        value = self.value(handle)
        handle.press(key)
        return self.state(settled=True) if self.value(handle) != value else None

    def put_back(self, handle, value):
        """What it shows once the slider is back there, step by step from its least value."""
        handle.press("Home")
        while self.value(handle) < value:
            handle.press("ArrowRight")
        return self.state(settled=True)


@pytest.fixture(scope="module")
def lesson(visitor, notebook):
    page, problems = visitor, []
    noted = {"pageerror": lambda error: problems.append(str(error)),
             "console": lambda message: message.type == "error" and problems.append(message.text)}
    for event, note in noted.items():
        page.on(event, note)
    opens(page, notebook)
    page.wait_for_function(READY, timeout=PATIENCE)
    page.evaluate(LISTEN)
    static = page.locator(".jp-OutputArea-output img:visible").count()
    page.evaluate(f"{LESSON}.content.activeCellIndex = 0")
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    names = demos(notebook)
    page.wait_for_function(SHOWN, arg=len(names), timeout=PATIENCE)
    shown = page.locator(".jp-Notebook .explorer").all()
    for demo in shown:
        if (answer := demo.get_by_role("button", name="show me")).is_visible():
            answer.click()
    yield Lesson(page, problems, static, {name: LiveDemo(cell) for name, cell in zip(names, shown, strict=True)})
    page.evaluate(f"{LESSON}.sessionContext.shutdown()")
    page.evaluate(f"{LESSON}.dispose()")
    for event, note in noted.items():
        page.remove_listener(event, note)


def opens(page, notebook):
    page.evaluate("async path => { await window.jupyterapp.commands.execute('docmanager:open', {path}); }",
                  notebook.name)
    page.wait_for_function(f"{LESSON}?.sessionContext?.isReady")


def test_runs_without_an_error(lesson):
    assert lesson.page.evaluate(ERRORS) == []
    assert lesson.problems == []


def test_shows_its_pictures_before_it_is_run(lesson):
    assert lesson.before_run >= len(lesson.demos)


def test_every_slider_answers_and_nothing_jumps(lesson):
    faults = []
    for name, demo in lesson.demos.items():
        start = demo.state()
        for control, handle in demo.sliders().items():
            value, seen = demo.value(handle), [start]
            for key in ("End", "Home"):
                if state := demo.press(handle, key):
                    faults += [f"{name}, {control} {key}: {fault}" for fault in faults_of(state, start)]
                    seen.append(state)
            back = demo.put_back(handle, value)
            faults += [f"{name}, {control} back: {fault}" for fault in faults_of(back, start)]
            if back["text"] != start["text"]:
                faults.append(f"{name}, {control}: comes back with other words")
            faults += [f"{name}, {control}: changes no {what}" for what in ("text", "picture")
                       if control != "seed" and len({state[what] for state in seen}) == 1 and not (
                           what == "picture" and any(state["trouble"] == "refused" for state in seen))]
    assert faults == []


def faults_of(state, start):
    """What breaks a promise of every demo."""
    if state["regions"] != 1 or not state["sameRegion"]:
        yield "the live region is not the one it was"
    if abs(state["height"] - start["height"]) > 1:
        yield f"the page jumps by {state['height'] - start['height']} pixels"
    if state["trouble"] == "error":
        yield state["text"]


def refused_ends(demo):
    """Sliders moved to an end, {control: key}, which together make a setting that is refused; None without one."""
    sliders = {name: control for name, control in demo.controls.items() if hasattr(control, "max")}
    for keys in product(["End", "Home"], repeat=len(sliders)):
        ends = dict(zip(sliders, keys, strict=True))
        try:
            demo.function(**demo.settings | {name: sliders[name].max if key == "End" else sliders[name].min
                                             for name, key in ends.items()})
        except Refused:
            return ends


def test_a_refused_setting_says_why_and_greys_the_picture(lesson, run, notebook):
    for name, demo in lesson.demos.items():
        sliders = demo.sliders()
        start = {control: demo.value(handle) for control, handle in sliders.items()}
        ends = refused_ends(run(notebook)[name].demo)
        for control, key in (ends or {}).items():
            shown = demo.press(sliders[control], key) or demo.state()
        if ends:
            assert (shown["trouble"], shown["opacity"] < 0.5) == ("refused", True), name
            assert shown["text"].endswith("."), name
            for control in ends:
                demo.put_back(sliders[control], start[control])
            assert (demo.state()["trouble"], demo.state()["opacity"]) == ("", 1), name


def test_a_table_answers_to_typing_adding_and_removing(lesson):
    """Its rows stand as layers do, the first at the bottom."""
    for name, demo in lesson.demos.items():
        if not (table := demo.cell.locator(".rows")).count():
            continue
        fields, rows, start = table.locator("input"), table.locator("tr:has(td)"), demo.state()
        add, top = table.get_by_role("button", name="+ add a row"), rows.first.locator("input").first
        numbers, count = [field.input_value() for field in fields.all()], rows.count()
        typed = types(demo, top, "5")
        assert typed["text"] != start["text"], name
        assert list(faults_of(typed, start)) == [], name

        for wrong in ("99999", "2.5"):
            assert types(demo, top, wrong)["text"] == typed["text"], name
            assert table.get_by_role("alert").inner_text().endswith(f", not {wrong}: the picture keeps 5."), name
        top.blur()
        assert top.input_value() == "5", name

        for more in (1, 2):
            add.click()
            added = demo.state(settled=True)
            assert (rows.count(), added["text"] != typed["text"], added["trouble"]) == (count + more, True, ""), name
            assert rows.first.locator("th").inner_text() == f"{count + more}", name

        for field in table.locator('[aria-label^="kernel"], [aria-label^="dilation"]').all():
            shown = types(demo, field, field.get_attribute("max"))
        assert (shown["trouble"], shown["opacity"] < 0.5) == ("refused", True), name
        assert (shown["text"][:6], shown["text"][-1]) == ("Layer ", "."), name

        for removed, focused in ((rows.first, f"remove row {count + 1}"), (rows.last, "remove row 1")):
            removed.get_by_text("×").click()
            demo.state(settled=True)
            if rows.count() > 1:
                assert demo.cell.evaluate("cell => document.activeElement.title") == focused, name
        for field, number in zip(fields.all(), numbers, strict=True):
            shown = types(demo, field, number)
        assert (shown["text"], shown["opacity"]) == (start["text"], 1), name


def types(demo, field, number):
    """What the demo shows once the number is typed."""
    field.fill(number)
    return demo.state(settled=True)


# The walk, and what answers to the hand

def walking(lesson, run, notebook):
    """(name, LiveDemo, Picture) of the demos that walk."""
    for name, demo in lesson.demos.items():
        picture = run(notebook)[name].demo.picture
        if len(picture) > 1:
            lesson.page.wait_for_function("whole => whole.dataset.whole === 'true'",
                                          arg=demo.cell.locator(".picture").element_handle())
            yield name, demo, picture


def test_play_next_previous_and_the_slider_walk(lesson, run, notebook):
    for name, demo, picture in walking(lesson, run, notebook):
        press = {title: demo.cell.get_by_role("button", name=title, exact=True) for title in (
            "play", "pause", "previous step", "next step")}
        slider = demo.cell.get_by_role("slider", name="step", exact=True)
        slider.press("Home")
        assert demo.state()["text"] == picture.says(0), name
        demo.cell.get_by_role("combobox", name="speed").select_option("fast")
        press["play"].click()
        reaches(demo, lambda step: step >= 1)
        demo.cell.get_by_role("button", name="pause", exact=True).or_(press["play"]).click()
        walked = demo.state()["step"]
        press["previous step"].click()
        assert demo.state()["text"] == picture.says(max(walked - 1, 0)), name
        press["next step"].click()
        slider.press("End")
        assert demo.state()["text"] == picture.says(len(picture) - 1), name
        slider.fill(str(picture.start))


def reaches(demo, fits):
    until = time.monotonic() + 10
    while not fits(demo.state()["step"]):
        assert time.monotonic() < until, "the step does not move"
        demo.cell.page.wait_for_timeout(20)


def examples(picture):
    """A target in the middle of each kind, as (its number, Target): on top, so that it can be pointed at."""
    targets = list(enumerate(picture.sheet.targets))
    kinds = {}
    for number, target in targets:
        kinds.setdefault(target.name.split("[")[0], []).append((number, target))
    for some in kinds.values():
        number, target = some[len(some) // 2]
        if not any(covers(other, target) for later, other in targets if later > number):
            yield target


def covers(other, target):
    (x, y), (left, top, right, bottom) = middle(target), other.points
    return left <= x < right and top <= y < bottom


def middle(target):
    left, top, right, bottom = target.points
    return (left + right) / 2, (top + bottom) / 2


def point(demo, picture, target):
    """Move the mouse to the middle of a target; what the demo shows then, and where the mouse is."""
    box = demo.cell.locator(".sheet > svg").bounding_box()
    scale = min(box["width"] / picture.sheet.width, box["height"] / picture.sheet.height)
    left, top = (box[side] + (box[size] - scale * whole) / 2 for side, size, whole in (
        ("x", "width", picture.sheet.width), ("y", "height", picture.sheet.height)))
    x, y = middle(target)
    demo.cell.page.mouse.move(left + scale * x, top + scale * y)
    return demo.state(), (left + scale * x, top + scale * y)


def partners(picture, frame, name):
    """What is lit with a target: its first group of this frame, and where it has a verb, all that read it."""
    group = next((group for group in picture.groups(frame) if name in group), [])
    there = {target.name for target in picture.sheet.targets}
    goals = {target.step: target.name for target in picture.sheet.targets if target.step is not None}
    readers = [goals[step] for step in range(len(picture)) if step in goals
               and any(name in group for group in picture.groups(step))] * (
                   name.split("[")[0] in picture.sheet.verbs)
    return {name, *group, *readers} & there


def test_pointing_shows_clicking_keeps_escape_lets_go(lesson, run, notebook):
    for name, demo, picture in walking(lesson, run, notebook):
        demo.cell.locator(".sheet").scroll_into_view_if_needed()
        demo.cell.locator(".sheet").focus()
        demo.cell.page.keyboard.press("Home")
        for target in examples(picture):
            state, place = point(demo, picture, target)
            if target.step is None:
                assert state["text"] == picture.says(0), target
                assert state["lit"] == len(partners(picture, 0, target.name)), (name, target)
            else:
                assert state["text"] == picture.says(target.step), (name, target)
            demo.cell.page.mouse.click(*place)
            demo.cell.page.mouse.move(1, 1)
            kept = demo.state()
            touch = kept["touch"].removesuffix("type a number to change it").removesuffix("; ")
            assert (kept["text"], touch) == (state["text"], state["touch"]), (name, target)
            demo.cell.page.keyboard.press("Escape")
            if target.step is None or target.step >= len(picture):
                assert (demo.state()["text"], demo.state()["lit"]) == (picture.says(0), 0), (name, target)
            demo.cell.page.keyboard.press("Home")


def test_arrow_keys_go_to_the_neighbour(lesson, run, notebook):
    for name, demo, picture in walking(lesson, run, notebook):
        demo.cell.locator(".sheet").focus()
        for key, step in (("End", len(picture) - 1), ("Home", 0), ("PageDown", 1), ("PageUp", 0)):
            demo.cell.page.keyboard.press(key)
            assert demo.state()["text"] == picture.says(step), (name, key)
        seen = set()
        for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
            demo.cell.page.keyboard.press(key)
            seen.add(demo.state()["step"])
        assert len(seen) > 1, name


@pytest.mark.alike
def test_the_walk_needs_no_kernel(lesson, run, notebook):
    kernel = lesson.page.evaluate(f"{LESSON}.sessionContext.session.kernel.id")
    process = int(subprocess.run(["pgrep", "-f", kernel], capture_output=True, text=True).stdout.split()[0])
    os.kill(process, signal.SIGSTOP)
    try:
        for name, demo, picture in walking(lesson, run, notebook):
            slider = demo.cell.get_by_role("slider", name="step", exact=True)
            slider.press("End")
            assert demo.state()["text"] == picture.says(len(picture) - 1), name
            slider.fill(str(picture.start))
            assert demo.state()["text"] == picture.says(), name
    finally:
        os.kill(process, signal.SIGCONT)


# For everybody

@pytest.mark.alike
@pytest.mark.parametrize(("theme", "rules"), [("Dark", {"runOnly": ["color-contrast"]}), ("Light", {})],
                         ids=["Dark", "Light"])
def test_axe_finds_nothing(lesson, theme, rules):
    """Every rule on one theme; on the other what depends on the theme."""
    named = f"{{theme: 'JupyterLab {theme}'}}"
    lesson.page.evaluate(f"window.jupyterapp.commands.execute('apputils:change-theme', {named})")
    lesson.page.wait_for_function("light => document.body.dataset.jpThemeLight === light",
                                  arg=str(theme == "Light").lower())
    found = Axe().run(lesson.page, context=".explorer, .quiz, .quizzed",
                      options=rules | {"resultTypes": ["violations"]})
    assert [(fault["id"], node["html"][:150]) for fault in found.response["violations"]
            for node in fault["nodes"]] == []


SIZE = "demo => [demo.closest('.jp-CodeCell').offsetHeight, demo.querySelector('.sheet').offsetWidth]"


def test_the_stage_has_the_demo_alone_and_puts_everything_back(lesson):
    name, demo = next(iter(lesson.demos.items()))
    before = demo.cell.evaluate(SIZE)
    demo.cell.locator(".sheet").focus()
    lesson.page.keyboard.press("f")
    lesson.page.wait_for_function("document.fullscreenElement?.classList.contains('explorer')")
    seen = lesson.page.evaluate("""[...document.querySelectorAll('.explorer .sheet, .explorer .words, .explorer .bar')]
        .filter(each => document.fullscreenElement.contains(each)).map(each => each.getBoundingClientRect().bottom)""")
    assert len(seen) == 3, name
    assert max(seen) <= lesson.page.viewport_size["height"], name
    lesson.page.keyboard.press("f")
    lesson.page.wait_for_function("!document.fullscreenElement")
    assert demo.cell.evaluate(SIZE) == before


LEAST = 14  # CSS pixels of a digit where a demo starts, in a window of 1280

DIGITS = """cell => { const drawn = cell.querySelector('.sheet > svg');
    return [...drawn.querySelectorAll('text')]
        .filter(text => /\\d/.test(text.textContent))
        .map(text => [drawn.getScreenCTM().a * text.getAttribute('font-size'), text.textContent]); }"""


def test_digits_can_be_read_where_a_demo_starts(lesson):
    small = {name: min(found) for name, demo in lesson.demos.items() if (found := demo.cell.evaluate(DIGITS))}
    assert {name: least for name, least in small.items() if least[0] < LEAST} == {}


STILL = """() => [...document.querySelectorAll('.jp-Notebook .still')].map(each =>
    [...each.querySelectorAll(':scope > div')].map(row => row.textContent))"""


@pytest.mark.alike
def test_what_stands_for_a_demo_without_its_kernel_follows_it(lesson):
    """But for a page that has been loaded again: JupyterLab then lets a kernel change no output."""
    for _ in range(3):  # a machine at its limit may lose an update of an output; the next move brings another
        try:
            walk_to(lesson, "Home")
            told = walk_to(lesson, "End")
            lesson.page.wait_for_function(f"told => JSON.stringify(({STILL})()) === JSON.stringify(told)", arg=told)
            break
        except TimeoutError:
            continue
    assert lesson.page.evaluate(STILL) == told
    assert lesson.page.locator(".still:visible").count() == 0


def walk_to(lesson, key):
    """The sentences of every demo after this key on its walk, once all of the walks have arrived."""
    lesson.page.wait_for_function(SHOWN, arg=len(lesson.demos), timeout=PATIENCE)
    for demo in lesson.demos.values():
        slider = demo.cell.get_by_role("slider", name="step", exact=True)
        if slider.count() and slider.is_visible():
            slider.press(key)
    lesson.page.mouse.move(1, 1)
    return [[f"{name} {rest}" if name else rest for name, rest in demo.state()["rows"]]
            for demo in lesson.demos.values()]


@pytest.mark.alike
def test_a_tab_opened_again_brings_the_walk_back(lesson, run, notebook):
    page, walks = lesson.page, list(walking(lesson, run, notebook))
    for _, demo, _ in walks:
        demo.cell.get_by_role("slider", name="step", exact=True).press("End")
    page.wait_for_function(TOLD, timeout=PATIENCE)  # and so the hand rests, and the step is sent
    page.wait_for_function("unanswered.size === 0", timeout=PATIENCE)
    lesson.save()
    if notebook == refresh.paths()[0]:  # the whole page, in one lesson, for it takes long
        page.reload()
    else:
        page.evaluate(f"{LESSON}.dispose()")
        opens(page, notebook)
    page.wait_for_function(SHOWN, arg=len(lesson.demos), timeout=PATIENCE)
    page.evaluate(LISTEN)
    for name, demo, picture in walks:
        assert demo.state()["text"] == picture.says(len(picture) - 1), name


def test_saved_it_differs_in_its_outputs_and_nothing_else(lesson, lab, notebook):
    lesson.save()
    saved = lab[1] / notebook.name
    assert but_for_its_run(saved) == but_for_its_run(notebook)
    text = saved.read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"  # as all of them are written


def but_for_its_run(path):
    """The lines of a notebook without outputs and without the version of Python, which JupyterLab saves in any case."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["language_info"].pop("version", None)
    for cell in notebook["cells"]:
        cell |= {name: None for name in ("outputs", "execution_count") if name in cell}
    return json.dumps(notebook, indent=1).splitlines()


@pytest.mark.alike
def test_no_key_reaches_the_notebook(lesson):
    cells = len(lesson.page.evaluate(f"{LESSON}.content.widgets.map(each => each.model.type)"))
    for demo in lesson.demos.values():
        for part in (".noUi-handle", "select", "button", "input[type=range]", "input[type=number]", ".sheet"):
            if (control := demo.cell.locator(f"{part}:visible")).count():
                control.first.focus()
                for key in "ddmx":
                    lesson.page.keyboard.press(key)
    assert len(lesson.page.evaluate(f"{LESSON}.content.widgets.map(each => each.model.type)")) == cells
    assert lesson.page.locator(".picture").count() == len(lesson.demos)


# Without its kernel

GONE = """count => [...document.querySelectorAll('.jp-Notebook .picture .touch')].filter(each =>
    each.textContent.startsWith('The kernel of this demo is gone')).length === count"""


@pytest.mark.alike
def test_a_demo_without_its_kernel_says_so_and_the_next_day_its_last_picture_stands_there(lesson, notebook):
    page, count, told = lesson.page, len(lesson.demos), lesson.page.evaluate(STILL)
    page.evaluate(f"{LESSON}.sessionContext.session.kernel.restart()")
    page.wait_for_function(GONE, arg=count, timeout=PATIENCE)
    lesson.save()
    page.evaluate(f"{LESSON}.dispose()")
    opens(page, notebook)
    page.wait_for_function("document.body.textContent.includes('Error displaying widget')", timeout=PATIENCE)
    assert page.evaluate(f"{LESSON}.content.widgets.every(each => each.model.type !== 'code' || each.model.trusted)")
    assert (page.locator(".still:visible").count(), page.locator(".picture").count()) == (count, 0)
    assert page.evaluate(STILL) == told
    for demo in page.locator(".jp-CodeCell:has(.still)").all():
        assert demo.locator("img:visible").count() >= 1
        assert "run this cell (Shift + Enter)" in demo.inner_text()
        assert not any(lost in demo.inner_text() for lost in ("Error displaying widget", "Loading widget"))

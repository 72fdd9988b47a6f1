"""The notebooks as a student meets them: a real JupyterLab in a real Chromium, sliders moved, pictures touched."""
import json
import os
import signal
import subprocess
from dataclasses import dataclass

import pytest
import refresh
from hand import ByHand, Lesson, LiveDemo, faults_of, objections, walking
from lab import LESSON, PATIENCE, READY
from playwright.sync_api import TimeoutError
from test_sweep import demos

pytestmark = pytest.mark.alike

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


@dataclass
class Notebook(Lesson):
    """A notebook that is open and has run."""

    problems: list
    before_run: int

    def save(self):
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")


class InLab(LiveDemo):
    """A demo with the controls of ipywidgets."""

    def sliders(self):
        boxes = [box for box in self.cell.locator(".widget-hslider").all() if box.is_visible()]
        return {box.locator(".widget-label").inner_text(): box.locator(".noUi-handle") for box in boxes}

    def value(self, handle):
        return float(handle.get_attribute("aria-valuenow"))


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
    yield Notebook(page, {name: InLab(cell) for name, cell in zip(names, shown, strict=True)}, problems, static)
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


class TestByHand(ByHand):
    """In JupyterLab."""


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


def test_the_walk_needs_no_kernel(lesson, run, notebook):
    kernel = lesson.page.evaluate(f"{LESSON}.sessionContext.session.kernel.id")
    walks = list(walking(lesson, run, notebook))  # which have arrived by now
    process = int(subprocess.run(["pgrep", "-f", kernel], capture_output=True, text=True).stdout.split()[0])
    os.kill(process, signal.SIGSTOP)
    try:
        for name, demo, picture in walks:
            slider = demo.cell.get_by_role("slider", name="step", exact=True)
            slider.press("End")
            assert demo.state()["text"] == picture.says(len(picture) - 1), name
            slider.fill(str(picture.start))
            assert demo.state()["text"] == picture.says(), name
    finally:
        os.kill(process, signal.SIGCONT)


# For everybody

@pytest.mark.parametrize(("theme", "rules"), [("Dark", {"runOnly": ["color-contrast"]}), ("Light", {})],
                         ids=["Dark", "Light"])
def test_axe_finds_nothing(lesson, theme, rules):
    """Every rule on one theme; on the other what depends on the theme."""
    named = f"{{theme: 'JupyterLab {theme}'}}"
    lesson.page.evaluate(f"window.jupyterapp.commands.execute('apputils:change-theme', {named})")
    lesson.page.wait_for_function("light => document.body.dataset.jpThemeLight === light",
                                  arg=str(theme == "Light").lower())
    assert objections(lesson.page, ".explorer, .quiz, .quizzed", **rules) == []


STILL = """() => [...document.querySelectorAll('.jp-Notebook .still')].map(each =>
    [...each.querySelectorAll(':scope > div')].map(row => row.textContent))"""


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

"""The notebooks as a student meets them: a real JupyterLab in a real Chromium, every slider moved.

Chromium is what CHROMIUM names, or chromium or google-chrome on the path. Without one these tests are skipped, except
where CI is set: there they fail.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from itertools import product

import pytest
import refresh
from playwright.sync_api import Locator, Page, sync_playwright
from test_sweep import demos, set_controls

# A sandbox needs rights that root and a container lack; the only page visited is our own
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
LAB_SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # lay out every cell, not only those in sight
}
LESSON = "window.jupyterapp.shell.currentWidget"
READY = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
SHOWN = """count => { const images = [...document.querySelectorAll('.jp-Notebook .picture img')];
    return images.length === count && images.every(i => i.complete && i.naturalWidth); }"""
ERRORS = """() => [...document.querySelectorAll('.jp-Notebook .jp-OutputArea-output')].filter(output =>
    /error|stderr/.test(output.dataset.mimeType) || /Error displaying widget/.test(output.innerText))
    .map(output => output.innerText.slice(0, 300))"""

# What a demo shows now; with `before`, once it shows something else, or after a while
STATE = """async (cell, before) => {
    const view = cell.querySelector('.picture'), image = view.querySelector('img');
    const words = () => view.querySelector('[role="status"]');
    const late = performance.now() + 2000;
    while (before && image.src === before.src && words().innerText === before.text && performance.now() < late)
        await new Promise(requestAnimationFrame);
    await image.decode();
    const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
    const sameRegion = !before || words().seen === true;
    words().seen = true;
    return {src: image.src, text: words().innerText, alt: image.alt, trouble: view.dataset.trouble, sameRegion,
            picture: bytes.reduce((a, b) => (a * 31 + b) | 0, 0), opacity: +getComputedStyle(image).opacity,
            height: cell.offsetHeight, regions: cell.querySelectorAll('[role="status"]').length};
}"""


def chromium():
    found = map(shutil.which, [os.environ.get("CHROMIUM") or "chromium", "/usr/bin/chromium", "google-chrome"])
    return next(filter(None, found), None)


@pytest.fixture(scope="module")
def browser():
    if chromium() is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("no Chromium here: install chromium, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address of a JupyterLab on a copy of the notebooks, for it saves what it runs."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(refresh.ROOT / "notebooks", home / "notebooks")
    for name, setting in LAB_SETTINGS.items():
        file = home / "settings/@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(setting), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    switches = [f"--port={port}", "--IdentityProvider.token=lesson", f"--ServerApp.root_dir={home / 'notebooks'}",
                "--no-browser", "--allow-root", "--LabApp.news_url=None", "--LabApp.expose_app_in_browser=True"]
    places = {"JUPYTER_CONFIG_DIR": home, "JUPYTERLAB_SETTINGS_DIR": home / "settings",
              "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces"}
    with (home / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *switches], stdout=log, stderr=log,
                                  env=os.environ | {name: str(place) for name, place in places.items()})
    try:
        wait_for(f"http://127.0.0.1:{port}/api", server, home / "log")
        yield f"http://127.0.0.1:{port}/lab/tree/{{}}?token=lesson&reset"
    finally:
        server.terminate()
        server.wait(30)


def wait_for(address, server, log):
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            return urllib.request.urlopen(address)
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"JupyterLab does not answer:\n{log.read_text()}")


@dataclass
class Lesson:
    """A notebook that is open and has run."""

    page: Page
    problems: list
    before_run: int
    demos: dict


@dataclass
class LiveDemo:
    """A demo in the page, and what it showed last."""

    cell: Locator
    last: dict = None

    def state(self, before=None):
        self.last = self.cell.evaluate(STATE, before)
        return self.last

    def sliders(self):
        """{name: handle}, those in sight."""
        boxes = [box for box in self.cell.locator(".widget-hslider").all() if box.is_visible()]
        return {box.locator(".widget-label").inner_text(): box.locator(".noUi-handle") for box in boxes}

    def value(self, handle):
        return float(handle.get_attribute("aria-valuenow"))

    def press(self, handle, key):
        """What the demo shows once the key has done its work; None for a key that moves nothing."""
        before, value = self.last or self.state(), self.value(handle)
        handle.press(key)
        return self.state(before) if self.value(handle) != value else None

    def put_back(self, handle, value):
        self.press(handle, "Home")
        while self.value(handle) < value:
            self.press(handle, "ArrowRight")


@pytest.fixture(scope="module")
def lesson(browser, lab, notebook):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.goto(lab.format(notebook.name))
    page.wait_for_function(READY, timeout=60_000)
    static = page.locator(".jp-OutputArea-output img:visible").count()
    page.evaluate(f"{LESSON}.content.activeCellIndex = 0")
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    names = demos(notebook)
    page.wait_for_function(SHOWN, arg=len(names), timeout=60_000)
    cells = page.locator(".jp-CodeCell:has(.picture)").all()
    yield Lesson(page, problems, static, {name: LiveDemo(cell) for name, cell in zip(names, cells, strict=True)})
    page.evaluate(f"{LESSON}.sessionContext.shutdown()")
    page.close()


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
            value, seen = demo.value(handle), [demo.state()]
            for key in ("Home", "End", "ArrowLeft", "ArrowRight", "Home"):
                if state := demo.press(handle, key):
                    faults += [f"{name}, {control} {key}: {fault}" for fault in faults_of(state, start)]
                    seen.append(state)
            faults += [f"{name}, {control}: changes no {what}" for what in ("text", "picture")
                       if len({state[what] for state in seen}) == 1 and not (
                           what == "picture" and any(state["trouble"] == "refused" for state in seen))]
            demo.put_back(handle, value)
    assert faults == []


def faults_of(state, start):
    """What breaks a promise of every demo."""
    if state["regions"] != 1 or not state["sameRegion"]:
        yield "the live region is not the one it was"
    if not state["alt"]:
        yield "the picture has no text for readers without eyes"
    if abs(state["height"] - start["height"]) > 1:
        yield f"the page jumps by {state['height'] - start['height']} pixels"
    if state["trouble"] == "error":
        yield state["text"]


def refused_ends(demo):
    """Sliders moved to an end, {control: key}, which together make a setting that is refused; None without one."""
    sliders = {name: control for name, control in demo.controls.items() if hasattr(control, "max")}
    start = {name: control.value for name, control in demo.controls.items()}
    try:
        for keys in product(["End", "Home"], repeat=len(sliders)):
            ends = dict(zip(sliders, keys, strict=True))
            set_controls(demo, {name: sliders[name].max if key == "End" else sliders[name].min
                                for name, key in ends.items()})
            if demo.view.trouble == "refused":
                return ends
    finally:
        set_controls(demo, start)


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
    for name, demo in lesson.demos.items():
        if not (table := demo.cell.locator(".rows")).count():
            continue
        fields, rows, start = table.locator("input"), table.locator("tr:has(td)"), demo.state()
        numbers, count = [field.input_value() for field in fields.all()], rows.count()
        step = demo.value(demo.sliders()["step"])
        typed = types(demo, fields.first, "5")
        assert typed["text"] != start["text"], name
        assert list(faults_of(typed, start)) == [], name

        table.get_by_role("button", name="+ add a row").click()
        added = demo.state(typed)
        assert (rows.count(), added["text"] != typed["text"], added["trouble"]) == (count + 1, True, ""), name

        for field in table.locator('[aria-label^="kernel"], [aria-label^="dilation"]').all():
            shown = types(demo, field, field.get_attribute("max"))
        assert (shown["trouble"], shown["opacity"] < 0.5) == ("refused", True), name
        assert (shown["text"][:6], shown["text"][-1]) == ("Layer ", "."), name

        for left, focused in ((count, f"remove row {count}"), (count - 1, "remove row 1")):
            rows.last.get_by_text("×").click() if left == count else rows.first.get_by_text("×").click()
            demo.state(demo.last)
            assert rows.count() == left, name
            assert demo.cell.evaluate("cell => document.activeElement.title") == focused, name
        table.get_by_role("button", name="+ add a row").click()
        demo.state(demo.last)
        for field, number in zip(fields.all(), numbers, strict=True):
            types(demo, field, number)
        demo.put_back(demo.sliders()["step"], step)
        assert (demo.state()["text"], demo.last["opacity"]) == (start["text"], 1), name


def types(demo, field, number):
    """What the demo shows once the number is typed; what it shows already where it is there."""
    if field.input_value() == number:
        return demo.last
    before = demo.last
    field.fill(number)
    return demo.state(before)


def test_play_next_and_previous_walk(lesson):
    for demo in lesson.demos.values():
        if "step" in demo.sliders():
            handle = demo.sliders()["step"]
            demo.press(handle, "Home")
            play, forth, back = (demo.cell.locator(which) for which in (
                ".widget-play button >> nth=0", 'button[title="next step"]', 'button[title="previous step"]'))
            play.click()
            reaches(handle, lambda step: step >= 1)
            play.click()
            walked = demo.value(handle)
            back.click()
            reaches(handle, lambda step, at=walked - 1: step == at)
            forth.click()
            reaches(handle, lambda step, at=walked: step == at)


def reaches(handle, fits):
    until = time.monotonic() + 10
    while not fits(float(handle.get_attribute("aria-valuenow"))):
        assert time.monotonic() < until, "the step does not move"
        handle.page.wait_for_timeout(50)

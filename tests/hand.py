"""What answers to the hand in every demo, wherever it lives: in JupyterLab or on a page.

A module takes the tests over by a class of its own, and has a fixture `lesson`, which is a Lesson.
"""
import time
from dataclasses import dataclass
from itertools import product

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

from helpers import Refused

LEAST = 14  # CSS pixels of a digit where a demo starts, in a window of 1280

# What a demo shows now; with `settled`, once the kernel has answered everything
STATE = """async (cell, settled) => {
    const view = cell.querySelector('.picture'), late = performance.now() + 30000;
    for (let quiet = 0; settled && quiet < 2; quiet = window.unanswered?.size ? 0 : quiet + 1) {
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
            height: (cell.closest('.jp-CodeCell') ?? cell).offsetHeight,
            regions: cell.querySelectorAll('[role="status"]').length};
}"""

SIZE = "demo => [(demo.closest('.jp-CodeCell') ?? demo).offsetHeight, demo.querySelector('.sheet').offsetWidth]"

ON_STAGE = """() => [...document.fullscreenElement.querySelectorAll('.sheet, .words, .bar')].map(each =>
    each.getBoundingClientRect().bottom)"""

DIGITS = """cell => { const drawn = cell.querySelector('.sheet > svg');
    return [...drawn.querySelectorAll('text')]
        .filter(text => /\\d/.test(text.textContent))
        .map(text => [drawn.getScreenCTM().a * text.getAttribute('font-size'), text.textContent]); }"""


@dataclass
class Lesson:
    """A chapter whose demos live."""

    page: Page
    demos: dict  # {name: LiveDemo}


@dataclass
class LiveDemo:
    """A demo in the page; the place where it lives knows its controls."""

    cell: Locator

    def state(self, settled=False):
        return self.cell.evaluate(STATE, settled)

    def sliders(self):
        """{name: handle}, those in sight."""
        raise NotImplementedError

    def value(self, handle):
        """Where a handle stands."""
        raise NotImplementedError

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


def objections(page, context=None, **options):
    """What axe objects to, in the context, a selector, or on the whole page."""
    found = Axe().run(page, context=context, options=options | {"resultTypes": ["violations"]})
    return [(fault["id"], node["html"][:150]) for fault in found.response["violations"] for node in fault["nodes"]]


def walking(lesson, run, notebook):
    """(name, LiveDemo, Picture) of the demos that walk."""
    for name, demo in lesson.demos.items():
        picture = run(notebook)[name].demo.picture
        if len(picture) > 1:
            lesson.page.wait_for_function("whole => whole.dataset.whole === 'true'",
                                          arg=demo.cell.locator(".picture").element_handle())
            yield name, demo, picture


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


class ByHand:
    """The tests."""

    def test_every_slider_answers_and_nothing_jumps(self, lesson):
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

    def test_a_refused_setting_says_why_and_greys_the_picture(self, lesson, run, notebook):
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

    def test_play_next_previous_and_the_slider_walk(self, lesson, run, notebook):
        """In the first that walks: arrow keys, below, walk them all."""
        name, demo, picture = next(walking(lesson, run, notebook))
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

    def test_pointing_shows_clicking_keeps_escape_lets_go(self, lesson, run, notebook):
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

    def test_arrow_keys_go_to_the_neighbour(self, lesson, run, notebook):
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

    def test_the_stage_has_the_demo_alone_and_puts_everything_back(self, lesson):
        name, demo = next(iter(lesson.demos.items()))
        before = demo.cell.evaluate(SIZE)
        demo.cell.locator(".sheet").focus()
        lesson.page.keyboard.press("f")
        lesson.page.wait_for_function("document.fullscreenElement?.classList.contains('explorer')")
        seen = lesson.page.evaluate(ON_STAGE)
        assert len(seen) == 3, name
        assert max(seen) <= lesson.page.viewport_size["height"], name
        lesson.page.keyboard.press("f")
        lesson.page.wait_for_function("!document.fullscreenElement")
        assert demo.cell.evaluate(SIZE) == before

    def test_digits_can_be_read_where_a_demo_starts(self, lesson):
        small = {name: min(found) for name, demo in lesson.demos.items() if (found := demo.cell.evaluate(DIGITS))}
        assert {name: least for name, least in small.items() if least[0] < LEAST} == {}

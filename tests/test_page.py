"""The living pages: opened from disk without a network, they show and tell what the notebook's own functions make."""
import base64
import json
import re
import zlib

import ipywidgets as widgets
import pytest
import refresh
import torch
from hand import ByHand, Lesson, LiveDemo, objections
from test_sweep import demos

from helpers import Window, explore, pictures, samples
from helpers.live.film import packed
from helpers.page import chapter, stored
from helpers.page.stored import Stored, in_words, minus, rolled, values

# All that a demo tells, once it shows what its controls say
TOLD = """demo => [...demo.querySelectorAll('.words > div')].map(row => row.textContent.trim()).join('\\n')"""
SET = """(control, value) => {
    if (control.type === 'checkbox') control.checked = value === 'True';
    else if (control.type === 'range') control.value = value;
    else control.selectedIndex = [...control.options].findIndex(each => each.textContent === value);
    control.dispatchEvent(new Event('input', {bubbles: true}));
}"""


@pytest.fixture(scope="module")
def file(notebook, run, tmp_path_factory):
    """The page of a notebook, on the disk."""
    file = tmp_path_factory.mktemp("site") / f"{notebook.stem}.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "values", some_values)
        patch.setattr(stored, "DEALS", 2)
        patch.setattr(stored, "film", film_near({run(notebook)[name].demo for name in demos(notebook)}))
        file.write_text(chapter.chapter(notebook, namespace=run(notebook)), encoding="utf-8")
    return file


def film_near(demos, film=stored.film):
    """Films of the settings that tests visit: those of presets, those with one control at most moved from where a demo
    starts, and all that are refused. Of any other there are only these words, and no test takes them for a refusal.
    """
    starts = {demo.function: demo.settings for demo in demos}
    presets = {demo.function: [demo.settings | preset for preset in demo.presets.values()] for demo in demos}

    def near(function, setting):
        try:
            picture = function(**setting)
        except stored.Refused:
            return film(function, setting)
        moved = [name for name, value in starts[function].items() if setting[name] != value]
        if len(moved) <= 1 or setting in presets[function]:
            return film(lambda **setting: picture, setting)
        return {"steps": packed("no film")}, {}

    return near


def some_values(demo, name):
    """Both ends of a control, where it starts and what presets need: a page as small as there can be."""
    every, lessons = values(demo, name), (demo.settings, *demo.presets.values())
    needed = [every[0], every[-1], *(setting[name] for setting in lessons if name in setting)]
    return [value for value in every if value in needed]


def visit(browser, file, **settings):
    context = browser.new_context(offline=True, **settings)
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda request: page.faults.append(request.url) if request.url.startswith("http") else None)
    page.goto(file.as_uri())
    return page


def living(page, name):
    """A demo, once it lives, with all questions answered."""
    demo = page.locator(f"#{name}")
    demo.scroll_into_view_if_needed()
    demo.locator(".sheet > svg > g").first.wait_for(state="attached")
    if demo.get_by_role("button", name="show me").is_visible():
        demo.get_by_role("button", name="show me").click()
    return demo


def kept(file, name):
    """What the page has of a demo, unpacked."""
    text = re.search(rf'id="{name}".*?class="stored">(.*?)</script>', file.read_text(encoding="utf-8"), re.DOTALL)[1]
    return json.loads(zlib.decompress(base64.b64decode(text)))


def ends(data):
    """[(control, its first and last value in words), …]"""
    return [(name, kind, [some[0], some[-1]]) for name, kind, some, _ in data["controls"] if kind != "none"]


def value_of(demo, name, words):
    return next(value for value in values(demo, name) if in_words(demo.controls[name], value) == words)


class OnPage(LiveDemo):
    """A demo with the controls of a page."""

    def sliders(self):
        labels = self.cell.locator(".controls label:has(input[type=range])").all()
        return {label.locator("span").first.inner_text(): label.locator("input") for label in labels}

    def value(self, handle):
        return float(handle.input_value())


@pytest.fixture(scope="module")
def lesson(browser, file, notebook):
    page = visit(browser, file, viewport={"width": 910, "height": 900})  # a demo as wide as one of 1280 in JupyterLab
    yield Lesson(page, {name: OnPage(living(page, name)) for name in demos(notebook)})
    assert page.faults == []
    page.context.close()


class TestByHand(ByHand):
    """On the page; it comes first, while the demos stand where they start."""


def test_every_control_at_both_ends_tells_what_the_notebook_does(lesson, file, run, notebook):
    page = lesson.page
    for name, living in lesson.demos.items():
        demo, data, box = run(notebook)[name].demo, kept(file, name), living.cell
        if len(demo.picture) > 1:
            box.get_by_role("slider", name="step", exact=True).fill(str(demo.picture.start))
        for control, kind, words in ends(data):
            field = box.locator(".controls label").filter(has=page.locator(f"span:text-is('{control}')")).locator(
                "input, select")
            start = in_words(demo.controls[control], demo.controls[control].value)
            some = next(values for each, _, values, _ in data["controls"] if each == control)
            for word in (*words, start):
                field.evaluate(SET, str(some.index(word)) if kind == "slider" else word)
                setting = demo.settings | {control: value_of(demo, control, word)}
                assert box.evaluate(TOLD) == told(demo, setting), (name, setting)
        for preset in data["presets"]:
            box.locator(".controls select").first.evaluate(SET, preset)
            assert box.evaluate(TOLD) == told(demo, demo.settings | demo.presets[preset]), (name, preset)
        if data["deals"] > 1:
            box.get_by_role("button", name="new numbers").click()
            with demo.numbers.kept():
                demo.numbers.deal()
                assert box.evaluate(TOLD) == told(demo, demo.settings | (list(demo.presets.values()) or [{}])[-1]), name


def told(demo, setting):
    try:
        picture = demo.function(**setting)
    except stored.Refused as refusal:
        return str(refusal)
    step = min(demo.picture.start, len(picture) - 1)
    return "\n".join(" ".join(filter(None, (name, "".join(parts)))) for name, *parts in picture.sentences(step))


# Code is the most of a page, and slow to look at: a word of each colour is enough
ONE_WORD_OF_EACH_COLOUR = """() => {
    const seen = new Set();
    for (const word of document.querySelectorAll('.highlight span'))
        seen.has(word.className) ? word.replaceWith(word.textContent) : seen.add(word.className);
}"""


def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(lesson):
    lesson.page.set_viewport_size({"width": 390, "height": 800})
    assert lesson.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert objections(lesson.page, rules={"color-contrast": {"enabled": False}}) == []


@pytest.mark.alike
def test_axe_can_tell_the_colours_apart(lesson):
    lesson.page.evaluate(ONE_WORD_OF_EACH_COLOUR)
    assert objections(lesson.page, runOnly=["color-contrast"]) == []


@pytest.mark.alike
def test_a_finger_moves_a_slider_and_points(browser, file, notebook, run):
    page = visit(browser, file, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    name = demos(notebook)[0]
    box, sheet = living(page, name), run(notebook)[name].demo.picture.sheet
    drawn = box.locator(".sheet > svg")
    drawn.scroll_into_view_if_needed()
    place, before, answered = drawn.bounding_box(), box.evaluate(TOLD), []
    for target in sheet.targets[::len(sheet.targets) // 6 + 1]:
        left, top, right, bottom = target.points
        page.touchscreen.tap(place["x"] + (left + right) / 2 / sheet.width * place["width"],
                             place["y"] + (top + bottom) / 2 / sheet.height * place["height"])
        answered.append(box.locator(".sheet .lit, .sheet .this").count() > 0 or box.evaluate(TOLD) != before)
    assert any(answered)
    for slider in box.locator(".controls input[type=range]").all():
        slider.scroll_into_view_if_needed()
        place = slider.bounding_box()
        page.touchscreen.tap(place["x"] + place["width"] - 3, place["y"] + place["height"] / 2)
        assert slider.evaluate("slider => slider.value === slider.max")
    page.context.close()


@pytest.mark.alike
def test_without_a_script_the_pictures_and_sentences_stand_there(browser, file, notebook, run):
    page = visit(browser, file, java_script_enabled=False)
    for name in demos(notebook):
        box = page.locator(f"#{name}")
        assert box.locator("img").is_visible()
        assert all("".join(parts) in box.inner_text() for _, *parts in run(notebook)[name].demo.picture.sentences())
    page.context.close()


@pytest.mark.alike
def test_printed_it_has_its_pictures_and_no_controls(browser, file, notebook):
    page = visit(browser, file)
    name = demos(notebook)[0]
    living(page, name)
    page.emulate_media(media="print")
    assert not page.locator(".controls").first.is_visible()
    assert not page.locator(".picture .bar").first.is_visible()
    assert page.locator(f"#{name} .sheet > svg").is_visible()
    assert page.pdf()[:4] == b"%PDF"
    page.context.close()


def test_formulas_need_no_script_and_chinese_says_that_it_is(file, notebook):
    text = file.read_text(encoding="utf-8")
    main = re.sub(r"<script.*?</script>|<pre>.*?</pre>|<code>.*?</code>", "", text, flags=re.DOTALL)
    assert re.findall(r"\$[^$<>]*\\[a-z]+[^$<>]*\$", main) == []
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", text)[1]
    assert '<span lang="zh">' in heading


def test_the_index_leads_to_every_chapter():
    text = chapter.index(refresh.paths())
    assert re.findall(r'href="(.*?)"', text) == [f"{path.stem}.html" for path in refresh.paths()]


# What is stored

x = samples.whole_numbers(9, 9)


@pytest.fixture(autouse=True)
def nothing_is_displayed(monkeypatch):
    monkeypatch.setattr("helpers.live.still.display", lambda *args, **keys: None)


def small(**controls):
    @explore({"wide": dict(kernel=5)}, numbers={"input": "x"}, **controls or dict(kernel=(1, 9), flip=True))
    def demo(kernel=3, flip=False):
        page = (x.flip(-1) if flip else x)[..., :kernel, :kernel]
        return pictures.sliding_window(page, page, Window(1), torch.ones(1, 1))
    return demo.demo


def test_with_room_all_settings_are_there_and_three_sets_of_numbers():
    kept = Stored(small()).fit(100_000)
    assert (kept.choices, kept.deals) == ({"kernel": [*range(1, 10)], "flip": [False, True]}, 3)


def test_with_little_room_the_ends_the_start_and_the_presets_stay():
    demo = small()
    least = len(Stored(demo).fit(100_000).text())
    kept = Stored(demo).fit(3 * least // 4)
    assert {1, 3, 5, 9} <= set(kept.choices["kernel"]) < set(range(1, 10))
    with pytest.raises(ValueError, match="demo does not fit into 100 bytes"):
        Stored(demo).fit(100)


def test_storing_leaves_the_numbers_as_they_were():
    demo, before = small(), x
    Stored(demo).fit(100_000)
    assert demo.numbers.namespace["x"] is before


def test_rows_are_told_as_differences_and_nothing_is_lost():
    rows = [[1, 20, [3, 4]], ["a", 2], [2, 25, [3, 5]], [2, 25, [3]], ["a", 7], []]
    told = rolled(rows)
    assert told == [[1, 20, [3, 4]], ["a", 2], [1, 5, [0, 1]], [0, 0, [3]], ["a", 5], []]
    assert minus([True, "b"], [True, "a"]) == [0, "b"]


def test_values_are_told_as_their_controls_show_them():
    assert in_words(widgets.FloatSlider(0.5, readout_format=".2f"), 0.5) == "0.50"
    assert in_words(widgets.Dropdown(options=[("one", 1), ("two", 2)]), 2) == "two"
    assert in_words(widgets.Checkbox(), True) == "True"

"""The two drawings of a scene, the browser's and matplotlib's, held against each other for every demo of the lessons.

And the drawing module alone in a page, where no notebook is: in a shadow root, under a finger, with another source.
"""
import base64
import json
from io import BytesIO

import numpy as np
import pytest
import refresh
from PIL import Image, ImageFilter
from test_sweep import demos

from helpers.live.film import Film, packed

LIVE = refresh.ROOT / "helpers/live"
# A picture on a page of its own. Its source is a plain object, and what it asks for is answered from `parts`.
PAGE = """async ([module, style, width, state, parts, shadow]) => {
    const host = document.createElement('div');
    host.style.width = `${width}px`;
    document.body.replaceChildren(host);
    const root = shadow ? host.attachShadow({mode: 'open'}) : host;
    const el = document.createElement('div'), css = document.createElement('style');
    css.textContent = style;
    root.append(css, el);
    const {mount} = await import(`data:text/javascript;base64,${module}`);
    const asked = [], views = [], heard = () => views.forEach(each => each());
    const source = {get: name => state[name], listen: each => { views.push(each); return () => {}; },
        keep: step => { asked.push(state.step = step); heard(); },
        more: () => { state.rest = parts[0]; heard(); }};
    mount(el, source);
    Object.assign(window, {asked, mount, source});
    await document.fonts.ready;
}"""


def open_alone(page, picture, width=800, shadow=False):
    film = Film(picture)
    scene, parts = packed(film.start() | {"number": 1}), [packed(film.more(1, 60) | {"number": 1})]
    state = {"scene": scene, "rest": "", "photos": film.photos(), "fresh": {}, "trouble": "", "words": "",
             "step": picture.start, "question": ""}
    module = base64.b64encode((LIVE / "view.js").read_bytes()).decode()
    style = (LIVE / "view.css").read_text(encoding="utf-8") + "body { margin: 0; }"
    page.evaluate(PAGE, [module, style, width, state, parts, shadow])


def opened(browser, **settings):
    """A page in which time passes when a test says so, however busy the machine is."""
    page = browser.new_page(**settings)
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    return page


@pytest.fixture
def page(browser):
    page = opened(browser, viewport={"width": 900, "height": 1000}, device_scale_factor=2)
    yield page
    page.close()


def blurred(png, size):
    """Grey after grey, so that the edge of a glyph weighs little and a misplaced one much."""
    image = Image.open(BytesIO(png)).convert("RGB").resize(size, Image.Resampling.BOX)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(2)), dtype=float)


def test_browser_and_matplotlib_draw_the_same(page, run, notebook):
    for name in demos(notebook):
        picture = run(notebook)[name].demo.picture
        open_alone(page, picture)
        page.clock.run_for(400)
        assert page.locator(".picture").get_attribute("data-whole") == "true"
        size = picture.sheet.width, picture.sheet.height
        for step in {picture.start, len(picture) - 1}:
            if len(picture) > 1:
                page.get_by_role("slider", name="step").fill(str(step))
            ours = blurred(page.locator(".sheet > svg").screenshot(), size)
            theirs = blurred(picture.png(step), size)
            apart = np.abs(ours - theirs)
            assert (apart.mean(), apart.max()) < (1.5, 255), (name, step)
            assert np.quantile(apart, 0.999) < 60, f"{name}, {step}: {np.argwhere(apart.max(-1) > 60)[:3]}"


def walk():
    """A small picture that walks: a 3 × 3 kernel on a 5 × 5 input."""
    import torch
    from torch.nn import functional as F

    from helpers import Window, pictures

    x, w = torch.arange(25.0).reshape(1, 1, 5, 5), torch.ones(1, 1, 3, 3)
    return pictures.sliding_window(x, F.conv2d(x, w), Window(3), w)


def place(page, picture, name):
    """Where the middle of a target is on the page."""
    left, top, right, bottom = next(each.points for each in picture.sheet.targets if each.name == name)
    box = page.locator(".sheet > svg").bounding_box()
    scale = box["width"] / picture.sheet.width
    return box["x"] + scale * (left + right) / 2, box["y"] + scale * (top + bottom) / 2


def words(page):
    return "\n".join(page.locator(".words > div").all_inner_texts())


@pytest.mark.parametrize("shadow", [False, True], ids=["page", "shadow root"])
def test_it_lives_on_any_page(page, shadow):
    picture = walk()
    open_alone(page, picture, shadow=shadow)
    page.clock.run_for(300)
    page.mouse.click(*place(page, picture, "output[1, 1]"))
    assert "5 of 9" in words(page)
    page.mouse.move(*place(page, picture, "input[2, 2]"))
    said = page.locator(".touch.lit").inner_text()
    assert said.startswith("input[2, 2] is read by output[0, 0], [0, 1], [0, 2], [1, 0]")
    assert page.locator(".term.lit").inner_text() == "12·1"
    page.locator(".term").nth(2).hover()
    assert page.locator(".touch.lit").inner_text() == "term 3: input[1, 3] with weight[0, 2]"


def test_a_finger_points_as_a_mouse_does(browser):
    picture = walk()
    page = opened(browser, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    open_alone(page, picture, width=374)
    page.clock.run_for(300)
    page.touchscreen.tap(*place(page, picture, "output[2, 0]"))
    assert "7 of 9" in words(page)
    page.touchscreen.tap(*place(page, picture, "input[0, 0]"))
    assert page.locator(".touch.lit").inner_text() == "input[0, 0] is read by output[0, 0]"
    page.close()


def test_it_tells_once_when_the_hand_rests_and_nothing_while_it_plays(page):
    picture = walk()
    open_alone(page, picture)
    page.clock.run_for(400)
    page.evaluate("""() => { window.told = []; const region = document.querySelector('[role=status]');
        new MutationObserver(() => told.push(region.textContent)).observe(region, {childList: true}); }""")
    for _ in range(4):
        page.locator(".sheet").press("PageDown")
    page.clock.run_for(600)
    told = page.evaluate("told")
    assert len(told) == 1
    assert "5 of 9" in told[0]
    page.get_by_role("button", name="play", exact=True).click()
    page.clock.run_for(1600)  # two steps and a bit
    assert len(page.evaluate("told")) == 1
    page.get_by_role("button", name="pause", exact=True).click()
    page.clock.run_for(400)
    assert len(page.evaluate("told")) == 2


def test_what_it_remembers_is_the_step(page):
    open_alone(page, walk())
    page.locator(".sheet").press("End")
    page.clock.run_for(400)
    assert json.loads(page.evaluate("JSON.stringify(asked)")) == [8]


def test_two_views_of_one_picture_leave_each_other_alone(page):
    open_alone(page, walk())
    page.evaluate("""async () => {
        const second = document.querySelector('.picture').parentNode.appendChild(document.createElement('div'));
        window.mount(second, window.source);
    }""")
    page.locator(".sheet").last.press("End")
    page.clock.run_for(900)
    assert page.evaluate("asked") == [8]
    assert page.locator(".count").all_inner_texts() == ["1 of 9", "9 of 9"]


def test_after_a_click_on_a_term_keys_go_to_the_picture(page):
    open_alone(page, walk())
    page.clock.run_for(400)
    page.locator(".term").first.click()
    page.mouse.move(880, 900)
    assert page.locator(".touch.lit").inner_text() == "term 1: input[0, 0] with weight[0, 0]"
    page.keyboard.press("Escape")
    assert page.locator(".lit").count() == 0
    page.keyboard.press("ArrowRight")
    assert page.locator(".count").inner_text() == "2 of 9"

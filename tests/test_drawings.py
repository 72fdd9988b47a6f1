"""The two drawings of a scene, the browser's and matplotlib's, held against each other for every demo of the lessons.

And the drawing module alone in a page, where no notebook is: in a shadow root, under a finger, with another source.
"""
import base64
import json
from io import BytesIO

import numpy as np
import pytest
import refresh
from hand import objections
from PIL import Image, ImageFilter
from test_sweep import demos

from helpers.drawing.picture import Fact, Picture
from helpers.drawing.sheet import Sheet
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
    const put = {step: step => asked.push(state.step = step),
        want: want => { state.want = want; state.rest = parts[0]; }};
    const source = {get: name => state[name], listen: each => { views.push(each); return () => {}; },
        put: (name, value) => {
            put[name] ? put[name](value) : (state[name] = value);
            heard();
        }};
    mount(el, source);
    Object.assign(window, {asked, mount, source});
    await document.fonts.ready;
}"""


def open_alone(page, picture, width=800, shadow=False, asks="off", nouns=()):
    film = Film(picture)
    scene, parts = packed(film.start() | {"number": 1}), [packed(film.more(1, 60) | {"number": 1})]
    state = {"scene": scene, "rest": "", "photos": film.photos(), "fresh": {}, "trouble": "", "words": "",
             "step": picture.start, "question": "", "asks": asks, "guesses": [0, 0], "nouns": [*nouns]}
    module = base64.b64encode((LIVE / "view.js").read_bytes()).decode()
    style = (LIVE / "view.css").read_text(encoding="utf-8") + "body { margin: 0; }"
    page.evaluate(PAGE, [module, style, width, state, parts, shadow])


def opened(browser, **settings):
    """A page in which time passes when a test says so, however busy the machine is."""
    page = browser.new_page(**settings)
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    return page


@pytest.fixture(scope="module")
def window(browser):
    window = opened(browser, viewport={"width": 900, "height": 1000}, device_scale_factor=2)
    yield window
    window.close()


@pytest.fixture
def page(window):
    window.goto("about:blank")
    return window


def blurred(png, size):
    """Grey after grey, so that the edge of a glyph weighs little and a misplaced one much."""
    image = Image.open(BytesIO(png)).convert("RGB").resize(size, Image.Resampling.BOX)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(2)), dtype=float)


def test_browser_and_matplotlib_draw_the_same(page, run, notebook):
    """At the end of every walk, where most is drawn, and of each chapter's first one at its start too."""
    for number, name in enumerate(demos(notebook)):
        picture = run(notebook)[name].demo.picture
        open_alone(page, picture)
        page.clock.run_for(400)
        assert page.locator(".picture").get_attribute("data-whole") == "true"
        size = picture.sheet.width, picture.sheet.height
        for step in {len(picture) - 1, *([] if number else [picture.start])}:
            if len(picture) > 1:
                page.get_by_role("slider", name="step").fill(str(step))
            ours = blurred(page.locator(".sheet > svg").screenshot(), size)
            theirs = blurred(picture.png(step), size)
            apart = np.abs(ours - theirs)
            assert (apart.mean(), apart.max()) < (1.5, 255), (name, step)
            assert np.quantile(apart, 0.999) < 60, f"{name}, {step}: {np.argwhere(apart.max(-1) > 60)[:3]}"


def walk(kernel=3):
    """A small picture that walks: a kernel, 3 × 3 unless given, on a 5 × 5 input."""
    import torch
    from torch.nn import functional as F

    from helpers import Window, pictures

    x, w = torch.arange(25.0).reshape(1, 1, 5, 5), torch.ones(1, 1, kernel, kernel)
    return pictures.sliding_window(x, F.conv2d(x, w), Window(kernel), w)


def drawn(page):
    return page.locator(".sheet > svg").inner_html()


@pytest.mark.parametrize(("before", "after"), [(3, 2), (2, 3), (5, 1), (3, 3)])
def test_what_a_picture_leaves_behind_is_not_seen_in_the_next(page, before, after):
    """Elements that two pictures share are kept: the second must look as if it stood alone."""
    open_alone(page, walk(after))
    alone = drawn(page)
    open_alone(page, walk(before))
    page.clock.run_for(400)
    page.locator(".sheet").press("End")
    assert drawn(page) != alone
    page.locator(".sheet").press("Home")
    page.evaluate("scene => source.put('scene', scene)", packed(Film(walk(after)).start() | {"number": 2}))
    assert drawn(page) == alone


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


# The question first

def ask_me(page):
    page.clock.run_for(400)
    page.get_by_role("button", name="ask me").click()


def question(page):
    return page.locator(".ask label").inner_text().strip()


def covers(page):
    return page.locator(".sheet .cover").count()


def test_what_answers_is_out_of_sight_until_there_is_a_guess(page):
    open_alone(page, walk())
    assert not page.locator(".ask").is_visible()
    ask_me(page)
    assert question(page) == "How many rows will the output have?"
    assert (words(page), covers(page)) == ("", 1)
    assert not page.get_by_role("slider", name="step").is_visible()  # it tells how many cells there are
    page.get_by_role("textbox").fill("3")
    page.keyboard.press("Enter")
    assert "✓ Yes, 3." in page.locator(".ask").inner_text()
    assert "+ 1 = 3, for rows and for columns" in words(page)
    assert page.locator(".words mark").inner_text() == "3"
    assert covers(page) == 0
    assert page.locator(".asking").inner_text().startswith("1 of 1 right")


def test_a_wrong_guess_stands_beside_the_truth_and_show_me_counts_for_nothing(page):
    open_alone(page, walk())
    ask_me(page)
    page.get_by_role("textbox").fill("−1,000")
    page.get_by_role("button", name="guess").click()
    assert "You said −1,000, it is 3." in page.locator(".ask").inner_text()
    page.get_by_role("button", name="next question").click()
    assert question(page) == "What will output[0, 1] be?"  # of the next step, for this one is told by now
    assert page.evaluate("document.activeElement.tagName") == "INPUT"
    page.keyboard.press("Enter")  # nothing is no guess
    assert covers(page) == 1
    page.get_by_role("button", name="show me").click()
    assert "It is 63." in page.locator(".ask").inner_text()
    assert page.locator(".asking").inner_text().startswith("0 of 1 right")


def test_while_it_asks_nothing_answers_to_the_hand_and_the_question_is_told(page):
    picture = walk()
    open_alone(page, picture)
    ask_me(page)
    page.mouse.move(*place(page, picture, "output[2, 2]"))
    page.locator(".sheet").press("End")
    assert (words(page), page.locator(".lit").count(), page.evaluate("asked")) == ("", 0, [])
    page.clock.run_for(400)
    assert page.locator("[role=status]").inner_text() == "How many rows will the output have?"
    page.get_by_role("button", name="show me").click()
    page.clock.run_for(400)
    assert page.locator("[role=status]").inner_text().startswith("It is 3. step 1 of 9")


def test_off_the_picture_is_as_before(page):
    open_alone(page, walk())
    page.clock.run_for(400)
    before = page.locator(".sheet").screenshot()
    ask_me(page)
    assert page.locator(".sheet").screenshot() != before
    page.get_by_role("button", name="ask me").click()
    assert not page.locator(".ask").is_visible()
    assert page.locator(".sheet").screenshot() == before
    assert "54 = torch ✓" in words(page)


def test_asked_once_it_hides_the_first_picture_until_there_is_an_answer(page):
    open_alone(page, walk(), asks="once")
    assert (words(page), covers(page)) == ("", 1)
    page.get_by_role("button", name="show me").click()
    assert page.evaluate("source.get('asks')") == "off"
    assert "+ 1 = 3, for rows" in words(page)
    assert "It is 3." in page.locator(".ask").inner_text()
    page.clock.run_for(400)
    page.locator(".sheet").press("ArrowRight")
    assert "2 of 9" in words(page)


def test_the_next_question_stays_where_a_picture_asks_only_once(page):
    open_alone(page, walk(), asks="once")
    page.get_by_role("button", name="show me").click()
    page.clock.run_for(400)
    page.get_by_role("button", name="next question").click()
    page.clock.run_for(3000)  # and all that is remembered meanwhile
    assert question(page) == "What will output[0, 1] be?"
    assert page.evaluate("document.activeElement.tagName") == "INPUT"


def test_a_refused_setting_hides_the_question_and_uncovers_nothing(page):
    open_alone(page, walk(), asks="on")
    page.evaluate("source.put('words', 'No window fits.'); source.put('trouble', 'refused')")
    assert not page.locator(".ask").is_visible()
    assert (words(page), covers(page)) == ("No window fits.", 1)
    page.evaluate("source.put('trouble', '')")
    assert page.locator(".ask").is_visible()
    assert (words(page), covers(page)) == ("", 1)


def test_axe_finds_nothing_while_it_asks(browser):
    page = browser.new_page(viewport={"width": 900, "height": 1000})
    open_alone(page, walk(), asks="on")
    assert objections(page, ".picture") == []
    page.close()


@pytest.mark.parametrize(("typed", "told"), [
    ("= 3 rows", "✓ Yes, 3."), ("3,0", "✓ Yes, 3."), ("three", "Type a number."), ("30", "You said 30, it is 3.")])
def test_a_guess_is_read_as_it_is_meant_and_without_a_number_none_is_lost(page, typed, told):
    open_alone(page, walk(), asks="on")
    page.get_by_role("textbox").fill(typed)
    page.keyboard.press("Enter")
    assert told in page.locator(".ask").inner_text()
    assert covers(page) == (told == "Type a number.")


def test_what_was_told_is_not_asked_and_a_verdict_goes_with_its_step(page):
    open_alone(page, walk(), asks="on")
    page.get_by_role("button", name="show me").click()
    page.clock.run_for(400)
    page.locator(".sheet").press("ArrowRight")
    assert not page.locator(".ask").is_visible()
    page.locator(".sheet").press("ArrowLeft")
    assert page.locator(".ask").is_visible()
    for cell in ("[0, 1]", "[0, 2]", "[1, 0]"):
        page.get_by_role("button", name="next question").click()
        assert question(page) == f"What will output{cell} be?"
        page.get_by_role("button", name="show me").click()


def test_while_it_asks_no_label_tells_how_many_steps_there_are(page):
    open_alone(page, walk(), asks="on")
    assert page.locator(".sheet").get_attribute("aria-label") == "picture that answers to keys"
    page.get_by_role("button", name="show me").click()
    assert page.locator(".sheet").get_attribute("aria-label") == "picture of 9 steps that answers to keys"


def test_a_choice_is_a_button_and_tells_which_was_right(page):
    sheet = lambda: Sheet(80, 20)  # noqa: E731
    fact = Fact("no", "Does it fit?", [""], choices=("yes", "no"))
    open_alone(page, Picture(1, sheet, lambda step: [("fit", "it does: ", fact)]), asks="on")
    assert question(page) == "Does it fit?"
    assert not page.get_by_role("textbox").is_visible()
    page.get_by_role("button", name="yes").press("Enter")
    assert "You said yes, it is no." in page.locator(".ask").inner_text()
    assert not page.get_by_role("button", name="yes").is_visible()
    assert page.locator(".asking").inner_text().startswith("0 of 1 right")


def wires():
    """Six channels in two groups, which a shuffle mixes between two layers."""
    import torch

    from helpers import arithmetic, pictures

    layer = arithmetic.Grouped(6, 6, 2)
    return pictures.wiring([layer, arithmetic.Shuffled(6, 2), layer], torch.tensor(6 * [[2, 1, 2, 1, 2, 1]]))


def test_what_the_reader_could_trace_is_left_out_while_it_is_asked_for_and_only_what_it_is_about_is_framed(page):
    picture = wires()
    open_alone(page, picture)
    page.clock.run_for(400)
    painted = page.locator(".sheet > svg > g:first-child *").count()
    own = len(picture.moves().marks)
    ask_me(page)
    assert question(page) == "How many input channels does output 2 hear?"
    assert page.locator(".sheet > svg > g:first-child *").count() == painted - own
    assert (covers(page), page.locator(".sheet .this").count()) == (0, 1)
    ring, box = page.locator(".sheet .this").bounding_box(), place(page, picture, "channel[3, 2]")
    assert (ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2) == pytest.approx(box, abs=1)
    page.get_by_role("button", name="show me").click()
    assert page.locator(".sheet > svg > g:first-child *").count() == painted
    assert page.locator(".sheet .this").count() == 0


# Keys

def stages():
    """A depthwise separable convolution of one channel."""
    import torch
    from torch.nn import functional as F

    from helpers import pictures

    x, deep, point = torch.arange(9.0).reshape(1, 1, 3, 3), torch.ones(1, 1, 3, 3), 2 * torch.ones(1, 1, 1, 1)
    middle = F.conv2d(x, deep, padding=1)
    return pictures.separable(x, deep, middle, point, F.conv2d(middle, point), "")


def test_t_reaches_the_weights_of_a_step_before_what_leads_to_another(page):
    open_alone(page, stages())
    page.clock.run_for(400)
    page.locator(".sheet").press("End")
    page.keyboard.press("t")
    assert "pointwise[0, 0, 0]" in page.locator(".touch").inner_text()
    assert page.locator(".count").inner_text() == "2 of 2"
    page.keyboard.press("t")
    assert page.locator(".count").inner_text() == "1 of 2"


def test_escape_leaves_a_stage_that_fills_only_the_window_from_whatever_has_the_focus(page):
    open_alone(page, walk())
    page.clock.run_for(400)
    page.evaluate("() => { Element.prototype.requestFullscreen = () => Promise.reject(new Error('refused')); }")
    for leave in (page.get_by_role("slider", name="step"), page.get_by_label("speed"), page.locator(".sheet")):
        page.get_by_role("button", name="fill the screen").click()
        assert page.locator(".stage").count() == 1
        leave.press("Escape")
        assert page.locator(".stage").count() == 0


def test_a_finger_is_told_of_no_keys(browser):
    page = opened(browser, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    picture = walk()
    open_alone(page, picture, width=374, nouns=["weight"])
    page.clock.run_for(300)
    assert page.locator(".touch").inner_text() == "Tap it to keep what you see. Tap a number twice to change it."
    page.touchscreen.tap(*place(page, picture, "weight[0, 0]"))
    assert page.locator(".touch").inner_text().endswith("; tap again to change it")
    page.close()


# Typing into cells

def kept_weight(page, clicks=1):
    """A picture whose weights take numbers, with the first of them kept by so many clicks."""
    picture = walk()
    open_alone(page, picture, nouns=["weight"])
    page.clock.run_for(300)
    for _ in range(clicks):
        page.mouse.click(*place(page, picture, "weight[0, 0]"))
    return picture


def entry(page):
    return page.evaluate("(source.get('entry') ?? []).slice(0, 3)")


def test_a_number_is_typed_into_a_kept_cell_of_a_kind_that_takes_one(page):
    picture = walk()
    open_alone(page, picture, nouns=["weight"])
    page.clock.run_for(300)
    page.mouse.click(*place(page, picture, "input[1, 1]"))
    page.keyboard.press("7")
    assert not page.get_by_role("textbox").is_visible()
    page.mouse.click(*place(page, picture, "weight[1, 2]"))
    assert page.locator(".touch").inner_text().endswith("; type a number to change it")
    page.keyboard.press("-")
    page.keyboard.type("3.5")
    assert question(page) == "weight[1, 2] ="
    page.keyboard.press("Enter")
    assert entry(page) == ["weight[1, 2]", 0, -3.5]
    assert not page.get_by_role("textbox").is_visible()
    page.keyboard.press("ArrowLeft")  # and the keys are the picture's again
    assert "weight[1, 1]" in page.locator(".touch").inner_text()


def test_a_finger_types_by_a_second_tap(page):
    kept_weight(page, clicks=2)
    page.get_by_role("textbox").fill("4")
    page.get_by_role("button", name="set").click()
    assert entry(page) == ["weight[0, 0]", 0, 4]


@pytest.mark.parametrize("typed", ["seven", "100", "-99.5", ".", "1/3", "5 5", "3-"])
def test_what_is_no_number_for_a_cell_is_told_and_nothing_is_lost(page, typed):
    kept_weight(page, clicks=2)
    page.get_by_role("textbox").fill(typed)
    page.keyboard.press("Enter")
    assert "Type a number from −99 to 99." in page.locator(".ask").inner_text()
    assert page.get_by_role("textbox").input_value() == typed
    page.keyboard.press("Escape")
    assert not page.get_by_role("textbox").is_visible()
    assert entry(page) == []


def test_a_pointer_that_wanders_off_changes_no_other_cell(page):
    picture = kept_weight(page)
    page.keyboard.type("7")
    page.mouse.move(*place(page, picture, "output[1, 1]"))
    page.keyboard.press("Enter")
    assert entry(page) == ["weight[0, 0]", 0, 7]


def test_what_is_typed_is_objected_to_aloud(page):
    kept_weight(page)
    page.keyboard.type("-")
    page.keyboard.press("Enter")
    page.clock.run_for(400)
    assert "Type a number from −99 to 99." in page.locator("[role=status]").inner_text()


def test_at_rest_nothing_is_sent_again_and_again(page):
    open_alone(page, walk())
    page.clock.run_for(5000)
    page.evaluate("""() => { window.changes = 0; new MutationObserver(() => { changes += 1; }).observe(
        document.querySelector('.picture'), {subtree: true, childList: true, attributes: true}); }""")
    page.clock.run_for(8000)
    assert page.evaluate("changes") == 0


def test_nothing_is_typed_while_a_question_is_open(page):
    picture = walk()
    open_alone(page, picture, nouns=["weight"], asks="on")
    page.clock.run_for(300)
    page.mouse.click(*place(page, picture, "weight[0, 0]"))
    page.locator(".sheet").press("7")
    assert question(page) == "How many rows will the output have?"
    assert page.get_by_role("textbox").input_value() == ""

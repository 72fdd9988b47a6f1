"""The questions of "Check yourself" in a page, as they stand in an output with the script below it."""
import base64

import pytest
import refresh
from test_practice import shown

LIVE = refresh.ROOT / "helpers/live"
PAGE = """async ([questions, module]) => {
    const [above, below, el] = [0, 0, 0].map(() => document.createElement('div'));
    above.append(new DOMParser().parseFromString(questions, 'text/html').querySelector('ol'));
    below.append(el);
    document.body.replaceChildren(above, below);
    const {default: widget} = await import(`data:text/javascript;base64,${module}`);
    widget.render({el});
}"""
QUESTIONS = """
[[question]]
ask = "How many weights?"
answer = 12832
why = "By counting."
[[question]]
ask = "Which shape?"
answer = "16 × 56 × 56"
why = "As torch says."
[[question]]
ask = "How wide, to a tenth?"
answer = 2.58
within = 0.1
why = "By the formula."
[[question]]
ask = "Which one?"
[[question.choices]]
text = "this"
why = "It is not."
[[question.choices]]
text = "that"
why = "It is."
right = true
"""


@pytest.fixture(scope="module")
def window(browser):
    window = browser.new_page()
    yield window
    window.close()


@pytest.fixture
def page(window, tmp_path, monkeypatch):
    bundle, page = shown(QUESTIONS, tmp_path, monkeypatch), window
    page.goto("about:blank")
    module = base64.b64encode((LIVE / "quiz.js").read_bytes()).decode()
    page.evaluate(PAGE, [bundle["text/html"], module])
    page.wait_for_selector(".answer")
    return page


def question(page, number):
    return page.locator("ol.quiz > li").nth(number)


def said(page):
    return page.get_by_role("status").inner_text()


def test_a_number_is_hidden_until_there_is_an_answer(page):
    first = question(page, 0)
    assert not first.get_by_text("By counting.").is_visible()
    first.get_by_role("button", name="commit").click()  # nothing is no answer
    assert not first.get_by_text("By counting.").is_visible()
    first.get_by_role("textbox").fill("12832")
    page.keyboard.press("Enter")
    assert first.get_by_text("✓ Yes.").is_visible()
    assert first.get_by_text("By counting.").is_visible()
    assert first.get_by_role("textbox").is_disabled()
    assert said(page) == "1 of 1 right."


@pytest.mark.parametrize(("number", "answer", "is_right"), [
    (0, "12,832", True), (0, "12833", False), (1, "(16, 56, 56)", True), (1, "16x56x56", True), (1, "16", False),
    (2, "2.6", True), (2, "2,6", True), (2, "2.7", False)])
def test_an_answer_may_be_written_as_one_likes(page, number, answer, is_right):
    question(page, number).get_by_role("textbox").fill(answer)
    question(page, number).get_by_role("button", name="commit").click()
    assert said(page) == f"{int(is_right)} of 1 right."
    assert question(page, number).get_by_text("✓ Yes." if is_right else "Not this.").is_visible()


def test_the_first_choice_counts_and_the_others_can_still_be_read(page):
    last = question(page, 3)
    last.get_by_text("this", exact=True).click()
    assert said(page) == "0 of 1 right."
    last.get_by_text("that", exact=True).click()
    assert said(page) == "0 of 1 right."
    assert last.get_by_text("It is.", exact=False).last.is_visible()
    assert last.locator("summary i").all_inner_texts() == [" (your answer)"]


def test_at_the_end_it_says_what_to_read_again(page):
    for number in (2, 0):
        question(page, number).get_by_role("button", name="no idea").click()
    question(page, 1).get_by_role("textbox").fill("16 56 56")
    page.keyboard.press("Enter")
    question(page, 3).get_by_text("that", exact=True).click()
    assert said(page) == "2 of 4 right. Read again: the reason at 1; the reason at 3."


def test_no_number_is_no_answer_and_the_focus_goes_to_the_reason(page):
    first = question(page, 0)
    first.get_by_role("textbox").fill("many")
    page.keyboard.press("Enter")
    assert first.get_by_text("Type a number.").is_visible()
    first.get_by_role("textbox").fill("12832")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert page.evaluate("document.activeElement.getAttribute('data-lm-suppress-shortcuts')") == "true"

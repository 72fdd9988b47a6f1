"""What a demo can ask for: every main demo has several questions, and what is asked is in no sight until it is told."""
import re

import pytest
import refresh
from test_sweep import demos

from helpers.drawing.picture import STEP, Fact
from helpers.drawing.sheet import Text


def facts(picture, step=None):
    return [part for _, *parts in picture.sentences(step) for part in parts if isinstance(part, Fact)]


@pytest.fixture
def demo(run, notebook):
    """The first of a notebook, its main one."""
    return run(notebook)[demos(notebook)[0]].demo


@pytest.fixture
def picture(demo):
    return demo.picture


def test_a_main_demo_asks_before_it_answers(demo):
    assert demo.view.asks == "once"


def test_a_demo_that_asks_first_has_something_to_ask(run, notebook):
    for name in demos(notebook):
        demo = run(notebook)[name].demo
        assert demo.view.asks == "off" or facts(demo.picture), name


def test_every_main_demo_asks_at_least_two_kinds_of_question(picture):
    asked = {re.sub(r"\[.*\]", "", fact.ask) for step in range(len(picture)) for fact in facts(picture, step)}
    assert len(asked) >= 2


def test_a_fact_is_a_number_or_a_choice_and_its_question_ends_with_a_question_mark(picture):
    for fact in facts(picture):
        if not fact.choices:
            float(fact.replace(",", "").replace("−", "-"))
        assert fact.ask.endswith("?")


def test_what_is_covered_is_on_the_sheet_and_has_the_number_that_answers(picture):
    width, height = picture.sheet.width, picture.sheet.height
    there = {target.name for target in picture.sheet.targets}
    for fact in facts(picture):
        for what in fact.covers:
            if what == STEP:  # is left out, and what stands still must not tell
                assert picture.covered(what) == ()
                continue
            left, top, right, bottom = picture.covered(what)
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height
            seen = [mark.string for mark in picture.scene() if isinstance(mark, Text)
                    and left < mark.x < right and top < mark.y < bottom]
            assert what not in there or "[" not in what or seen == [fact]


def test_a_name_covers_its_target_a_noun_all_to_the_right_and_nothing_the_whole_sheet(run):
    picture = run(refresh.paths()[0])["first_look"].demo.picture
    boxes = {target.name: target.points for target in picture.sheet.targets}
    assert picture.covered("output[0, 1]") == boxes["output[0, 1]"]
    left, *rest = picture.covered("output")
    assert rest == [0, picture.sheet.width, picture.sheet.height]
    assert boxes["weight[0, 2]"][2] < left < boxes["output[0, 0]"][0]
    assert picture.covered("") == (0, 0, picture.sheet.width, picture.sheet.height)

"""A Picture alone: its steps and asides, the order of its marks, its sentences and groups."""
import numpy as np
import pytest

from helpers.drawing.palette import BLUE, GREEN, INK, ORANGE
from helpers.drawing.picture import Picture, Term
from helpers.drawing.sheet import Box, Sheet

BOX = Box(0, 0, 40, 20)


def walk(steps=3, asides=0, **more):
    """A strip that fills from left to right, with a frame round the cell at work; asides frame all of it."""
    def still():
        sheet = Sheet(200, 60)
        sheet.text("strip", 100, 10)
        place = sheet.grid(np.arange(1.0, steps + 1)[None], 10, 20, 30, BLUE, since=np.arange(steps)[None])
        sheet.cells("cell", place, (1, steps), lambda _, column: column)
        return sheet

    def moving(sheet, step):
        at = Box(10 + 30 * step, 20, 30, 30) if step < steps else Box(10, 20, 30 * steps, 30)
        sheet.fill(at, ORANGE, level=0.5)
        sheet.outline(at, INK)

    def tell(step):
        yield "step", f"{step + 1} of {steps}"
        yield "", "sum ", Term("1·2", 0), " + ", Term("2·2", 1)

    return Picture(steps, still, tell, moving, asides=asides, **more)



# Marks

def test_a_scene_is_painted_level_by_level_what_stands_still_first():
    def still():
        sheet = Sheet()
        sheet.text("still", 0, 0)
        sheet.fill(BOX, BLUE)
        sheet.line([(0, 0), (1, 1)], INK)
        sheet.photo(np.zeros((1, 1, 3)), 0, 0, 1, 1)
        return sheet

    def moving(sheet, step):
        sheet.text("moved", 0, 0)
        sheet.fill(BOX, GREEN)
        sheet.fill(BOX, ORANGE)
        sheet.outline(BOX, INK, level=1.5)

    scene = Picture(1, still, lambda step: [], moving).scene()
    assert [(type(mark).__name__, mark.level) for mark in scene] == [
        ("Photo", 0), ("Fill", 1), ("Fill", 1), ("Fill", 1), ("Line", 1.5), ("Line", 2), ("Text", 3), ("Text", 3)]
    assert [mark.colour for mark in scene[1:4]] == [BLUE, GREEN, ORANGE]
    assert [mark.string for mark in scene[6:]] == ["still", "moved"]


def test_a_mark_that_appears_at_a_step_stays():
    picture = walk(3, asides=1)
    texts = [[mark.string for mark in picture.scene(step) if hasattr(mark, "string")] for step in range(4)]
    assert texts == [["strip", "1"], ["strip", "1", "2"], ["strip", "1", "2", "3"], ["strip", "1", "2", "3"]]


def test_what_only_a_step_shows_is_in_no_other():
    picture = walk(3)
    frames = [[mark for mark in picture.scene(step) if mark in picture.moves(step).marks] for step in range(3)]
    assert [len(marks) for marks in frames] == [2, 2, 2]
    assert len({mark for marks in frames for mark in marks}) == 6


def test_what_stands_still_and_what_moves_are_each_drawn_once():
    drawn = []
    picture = walk(2)
    still, moving = picture._still, picture._moving
    picture._still = lambda: drawn.append("still") or still()
    picture._moving = lambda sheet, step: drawn.append(step) or moving(sheet, step)
    assert drawn == []
    for step in (1, 0, 1, 0):
        picture.scene(step)
    assert (picture.sheet, drawn) == (picture.sheet, ["still", 1, 0])


def test_a_picture_where_nothing_moves_needs_no_more_than_its_sheet():
    picture = Picture(1, lambda: Sheet(30, 20), lambda step: [("", "empty")])
    assert (picture.scene(), picture.photos, picture.groups(), picture.says()) == ([], {}, [], "empty")


def test_the_sheet_of_a_step_is_as_large_as_the_whole():
    assert (walk().moves(1).width, walk().moves(1).height) == (200, 60)


def test_photos_are_those_of_all_that_was_drawn():
    pixels = np.linspace(0, 1, 12).reshape(2, 2, 3)

    def moving(sheet, step):
        sheet.photo(pixels / (step + 1), 0, 0, 5, 5)

    picture = Picture(2, Sheet, lambda step: [], moving)
    names = [picture.scene(step)[0].name for step in (0, 1)]
    assert len(set(names)) == 2
    assert sorted(picture.photos) == sorted(names)


# Steps

def test_a_picture_has_steps_and_tells_them():
    picture = walk(3)
    assert len(picture) == 3
    assert picture.says() == picture.says(0) == "step: 1 of 3\nsum 1·2 + 2·2"
    assert picture.sentences(2)[0] == ("step", "3 of 3")


def test_a_picture_starts_where_it_says():
    picture = walk(3, start=2)
    assert picture.says().startswith("step: 3 of 3")
    assert picture.scene() == picture.scene(2) != picture.scene(0)


@pytest.mark.parametrize("step", [-1, 3, 1.0, "1"])
@pytest.mark.parametrize("ask", ["scene", "moves", "says", "sentences", "groups", "png"])
def test_a_step_there_is_not_is_an_index_error(ask, step):
    with pytest.raises(IndexError, match="step must be a whole number from 0 to 2, not"):
        getattr(walk(3, groups=lambda step: []), ask)(step)


def test_asides_are_frames_but_no_steps():
    picture = walk(3, asides=2)
    assert len(picture) == 3
    assert picture.says(4).startswith("step: 5 of 3")
    with pytest.raises(IndexError):
        picture.scene(5)


def test_a_term_is_a_string_that_knows_its_group():
    term = walk().sentences()[1][2]
    assert (term, term.number, isinstance(term, str)) == ("1·2", 0, True)


def test_groups_are_those_of_the_step():
    picture = walk(2, groups=lambda step: [[f"cell[0, {step}]"]])
    assert (picture.groups(), picture.groups(1)) == ([["cell[0, 0]"]], [["cell[0, 1]"]])


# Alone

def test_a_picture_alone_shows_its_first_step_and_says_it_in_words():
    picture = walk(3, start=1)
    data, sizes = picture._repr_mimebundle_()
    assert data == {"image/png": picture.png(1), "text/plain": picture.says(1)}
    assert sizes == {"image/png": {"width": 200}}  # CSS pixels, half of those in the file

"""Where marks stand on a sheet, what is numbered in a grid, and what can be pointed at."""
import numpy as np
import pytest

from helpers.drawing.palette import BLUE, GREEN, INK, text_width, tints, written
from helpers.drawing.sheet import (
    BARE,
    FILL,
    FRAME,
    LEGIBLE,
    LINE,
    PHOTO,
    TEXT,
    Box,
    Fill,
    Grid,
    Line,
    Photo,
    Sheet,
    Target,
    Text,
    centred,
    fitting_cell,
    fitting_size,
    in_a_row,
    named,
)


def texts(sheet):
    return [mark for mark in sheet.marks if isinstance(mark, Text)]


def fills(sheet):
    return [mark for mark in sheet.marks if isinstance(mark, Fill)]


# Places

def test_a_grid_says_where_its_cells_stand():
    place = Sheet().grid(np.zeros((2, 3)), 10, 20, 40, BLUE)
    assert place == Grid.of((2, 3), 10, 20, 40)
    assert (place.right, place.bottom) == (10 + 3 * 40, 20 + 2 * 40)
    assert place.box(1, 2) == Box(90, 60, 40, 40)
    assert place.box(0, 1, rows=2, columns=2) == Box(50, 20, 80, 80)


def test_a_box_knows_its_middle_and_what_stands_there():
    box = Box(10, 20, 40, 60)
    assert (box.centre, box.corners) == ((30, 50), (10, 20, 50, 80))
    assert box.corner_of(20, 20) == (20, 40)
    assert (box.at(5, 7), box.grown(2)) == (Box(10, 5, 40, 7), Box(8, 18, 44, 64))


def test_centred_boxes_leave_as_much_room_on_the_left_as_on_the_right():
    first, second = centred(Sheet(300, 100), [100, 60], gap=20, top=30)
    assert (first.x, second.right) == (60, 300 - 60)
    assert second.x - first.right == 20
    assert (first.y, first.bottom) == (30, 100)


@pytest.mark.parametrize("columns", [[3], [6, 1, 2], [1, 1, 40], [9, 9, 9, 9]])
def test_fitting_blocks_use_all_the_room_and_no_more(columns):
    cell = fitting_cell(800, columns, least=90, gap=30)
    assert sum(max(n * cell, 90) for n in columns) + 30 * (len(columns) - 1) == pytest.approx(800)


@pytest.mark.parametrize("shapes", [[(2, 2)], [(6, 6), (3, 3), (4, 4)], [(30, 4), (1, 20)], [(1, 1), (1, 60)]])
def test_grids_in_a_row_stand_in_the_middle_of_their_blocks_and_on_the_sheet(shapes):
    sheet = Sheet()
    blocks, grids = in_a_row(sheet, shapes, most=46, least=120, gap=70, top=44)
    for shape, block, grid in zip(shapes, blocks, grids, strict=True):
        assert grid.centre == pytest.approx(block.centre)
        assert (round(grid.height / grid.cell), round(grid.width / grid.cell)) == shape
        assert 0 < grid.cell <= 46
        assert min(grid.x, block.x) >= 0
        assert max(grid.right, block.right) <= sheet.width
        assert grid.y >= 44
        assert grid.bottom <= sheet.height


# Marks

def test_each_kind_of_mark_has_its_level_unless_it_is_given_another():
    sheet, box = Sheet(), Box(0, 0, 10, 10)
    sheet.text("above", 0, 0)
    sheet.line([(0, 0), (5, 5)], INK)
    sheet.fill(box, BLUE)
    sheet.photo(np.zeros((1, 1, 3)), 0, 0, 10, 10)
    assert [mark.level for mark in sheet.marks] == [TEXT, LINE, FILL, PHOTO] == [3, 2, 1, 0]
    sheet.text("below", 0, 0, level=0.5)
    sheet.line([(0, 0), (5, 5)], INK, level=2.5)
    sheet.outline(box, INK, level=1.5)
    sheet.fill(box, BLUE, level=2.5)
    sheet.polygon([(0, 0), (5, 5), (0, 5)], BLUE, level=1.5)
    assert [mark.level for mark in sheet.marks[4:]] == [0.5, 2.5, 1.5, 2.5, 1.5]


def test_an_outline_stays_inside_its_box():
    sheet = Sheet()
    sheet.outline(Box(10, 10, 40, 20), INK, width=4)
    line, = sheet.marks
    assert line == Line((12, 12, 48, 12, 48, 28, 12, 28, 12, 12), INK, 4)


@pytest.mark.parametrize(("cell", "width"), [(48, 4), (32, 4), (16, 2)])
def test_a_frame_runs_along_the_edges_of_its_cells_and_is_finer_where_they_are_small(cell, width):
    sheet = Sheet()
    sheet.frame(Box(10, 10, cell, cell), INK, 4, cell)
    line, = sheet.marks
    assert line.width == width
    assert (line.points[:2], line.points[4:6]) == ((10, 10), (10 + cell, 10 + cell))


@pytest.mark.parametrize("widest", [7, -128, -10.56, -np.inf])
@pytest.mark.parametrize("cell", [24, 32, 46])
def test_there_is_air_between_a_number_and_a_frame(cell, widest):
    size = fitting_size(np.array([[1.0, widest]]), cell)
    inside = cell - min(4, FRAME * cell)
    assert inside - text_width(written(widest), size) >= 2 * cell / 16  # 2 px on either side in a cell of 32
    assert inside - size >= 2 * cell / 16


def test_a_number_comes_near_the_edge_rather_than_be_left_out():
    assert fitting_size(np.array([[-128]]), 16) == LEGIBLE < fitting_size(np.array([[-128]]), 16, BARE)


def test_a_cross_joins_the_corners():
    sheet = Sheet()
    sheet.cross(Box(0, 0, 10, 20), INK)
    assert [line.points for line in sheet.marks] == [(0, 0, 10, 20), (10, 0, 0, 20)]


def test_text_of_nothing_is_no_mark():
    sheet = Sheet()
    sheet.text("", 0, 0)
    sheet.text(" ", 0, 0)
    assert sheet.marks == []


def test_the_same_pixels_are_one_photo_and_other_pixels_or_shapes_another():
    sheet, pixels = Sheet(), np.linspace(0, 1, 12).reshape(2, 2, 3)
    box = sheet.photo(pixels, 10, 20, 30, 40)
    sheet.photo(pixels, 50, 20, 30, 40)
    sheet.photo(pixels.reshape(1, 4, 3), 0, 0, 1, 1)
    sheet.photo(1 - pixels, 0, 0, 1, 1)
    names = [mark.name for mark in sheet.marks]
    assert sheet.marks[0] == Photo(names[0], box.corners) == Photo(names[0], (10, 20, 40, 60))
    assert (len(names), len(set(names)), set(names)) == (4, 3, set(sheet.photos))
    assert sheet.photos[names[0]].tolist() == np.rint(255 * pixels).astype(int).tolist()


# Grids

@pytest.mark.parametrize("widest", [7, -128, 1234567, -0.25, -np.inf])
@pytest.mark.parametrize("cell", [12, 46])
def test_numbers_stay_inside_their_cells(widest, cell):
    sheet = Sheet()
    place = sheet.grid(np.array([[1.0, widest]]), 30, 40, cell, BLUE)
    assert fitting_size(np.array([[1.0, widest]]), cell) < cell
    for column, text in enumerate(texts(sheet)):
        box = place.box(0, column)
        assert (text.x, text.y, text.align) == (*box.centre, 0.5)
        assert text_width(text.string, text.size) < box.width
        assert text.size < box.height


def test_a_grid_writes_every_number_on_its_tint_within_white_gaps():
    sheet, values = Sheet(), np.array([[1.0, -2], [np.nan, np.inf]])
    sheet.grid(values, 10, 20, 40, BLUE)
    assert [text.string for text in texts(sheet)] == ["1", "−2", "∞"]
    assert [fill.colour for fill in fills(sheet)] == tints(values, BLUE).ravel().tolist()
    assert [fill.points for fill in fills(sheet)] == [
        (11, 21, 49, 59), (51, 21, 89, 59), (11, 61, 49, 99), (51, 61, 89, 99)]


def test_numbers_too_small_to_read_are_left_out_and_their_tint_is_not():
    sheet = Sheet()
    sheet.grid(np.array([[1.0, 123456]]), 0, 0, 10, BLUE)
    assert (len(texts(sheet)), len(fills(sheet))) == (0, 2)


def test_a_given_size_of_digits_takes_the_place_of_the_one_that_fits():
    sheet = Sheet()
    sheet.grid(np.ones((1, 2)), 0, 0, 40, BLUE, size=7)
    sheet.grid(np.ones((1, 2)), 0, 0, 40, BLUE, size=0.9 * LEGIBLE)
    assert [text.size for text in texts(sheet)] == [7, 7]


def test_given_colours_take_the_place_of_tints():
    sheet = Sheet()
    sheet.grid(np.ones((1, 2)), 0, 0, 40, colours=np.array([[GREEN, INK]]))
    assert [fill.colour for fill in fills(sheet)] == [GREEN, INK]


def test_a_number_that_appears_later_changes_nothing_but_itself():
    later, at_once, values = Sheet(), Sheet(), np.array([[1.0, -1234.5]])
    later.grid(values, 0, 0, 40, BLUE, since=np.array([[0, 7]]))
    at_once.grid(values, 0, 0, 40, BLUE)
    assert later.marks == at_once.marks
    assert later.since == [0, 7, 0, 7]
    assert at_once.since == [0, 0, 0, 0]


def test_text_and_fill_can_appear_later_too():
    sheet = Sheet()
    sheet.fill(Box(0, 0, 5, 5), BLUE, since=3)
    sheet.text("late", 0, 0, since=4)
    sheet.text("", 0, 0, since=5)
    assert sheet.since == [3, 4]


def test_a_tint_colours_only_cells_that_have_a_colour():
    sheet, place = Sheet(), Grid.of((3, 3), 0, 0, 10)
    sheet.tint(place, np.array([["", BLUE], [GREEN, ""]]))
    sheet.tint(place, np.array([[INK]]), at=(2, 1))
    assert fills(sheet) == [Fill((11, 1, 19, 9), BLUE), Fill((1, 11, 9, 19), GREEN), Fill((11, 21, 19, 29), INK)]
    assert all(type(fill.colour) is str for fill in fills(sheet))


# Targets

def test_cells_are_named_as_a_student_writes_them():
    assert [named("input", (2, -1)), named("k", (0,))] == ["input[2, −1]", "k[0]"]


def test_every_cell_of_a_grid_can_be_pointed_at():
    sheet = Sheet()
    place = sheet.grid(np.ones((1, 2)), 10, 20, 30, BLUE)
    sheet.cells("output", place, (1, 2), step=lambda row, column: 5 + column)
    sheet.cells("input", place, (1, 1), first=(-1, 0))
    sheet.target("all", place)
    assert sheet.targets == [Target("output[0, 0]", (10, 20, 40, 50), 5), Target("output[0, 1]", (40, 20, 70, 50), 6),
                             Target("input[−1, 0]", (10, 20, 40, 50), None), Target("all", (10, 20, 70, 50), None)]

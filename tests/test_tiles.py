"""Windows side by side: each has its border, and its output is what torch makes of the cells inside."""
import pytest
import torch.nn.functional as F
from looked_at import extent, faults
from test_pictures import in_cells, targets, value_of

from helpers import Refused, Window
from helpers.drawing.palette import ORANGE, written
from helpers.drawing.sheet import Line
from helpers.pictures.tiles import tiles
from helpers.samples import whole_numbers

SETTINGS = [(size, Window(*window, pooling=True), pool) for pool in ("max", "average")
            for size, *window in [(8, 1), (8, 2), (8, 3), (7, 2, 3), (8, 4), (6, 3, 3, 1), (8, (2, 4))]]


def drawn(size, window, pool):
    x = whole_numbers(size, size, high=99)
    layer = F.max_pool2d if pool == "max" else F.avg_pool2d
    y = layer(x, window.kernel, window.stride, window.padding)
    return x[0, 0], y[0, 0], tiles(x, y, window, pool)


def borders(picture):
    return [mark for mark in picture.scene() if isinstance(mark, Line) and mark.colour == ORANGE]


@pytest.mark.parametrize(("size", "window", "pool"), SETTINGS)
def test_every_output_belongs_to_the_cells_within_one_border(size, window, pool):
    x, y, picture = drawn(size, window, pool)
    there, boxes = targets(picture), [extent(mark) for mark in borders(picture)]
    assert len(picture) == 1
    assert len(picture.groups()) == len(boxes) == y.numel()
    for (output, *cells), (left, top, right, bottom) in zip(picture.groups(), boxes, strict=True):
        inside = [name for name, target in there.items() if not name.startswith("output")
                  and left <= sum(target.points[::2]) / 2 <= right and top <= sum(target.points[1::2]) / 2 <= bottom]
        assert sorted(cells) == sorted(inside)
        values = [value_of(name, input=x) for name in cells if pool == "average" or name.startswith("input")]
        assert value_of(output, output=y) == pytest.approx(max(values) if pool == "max" else sum(values) / len(cells))


@pytest.mark.parametrize(("size", "window", "pool"), SETTINGS)
def test_an_eye_finds_no_fault_and_every_number_is_there(size, window, pool):
    x, y, picture = drawn(size, window, pool)
    assert not [*faults(picture)]
    strings = in_cells(picture, 0)[0]
    for name in targets(picture):
        if not name.startswith("padding"):
            assert strings[name] == written(value_of(name, input=x, output=y))


def test_it_is_told_in_words():
    x = whole_numbers(5, 5)
    picture = tiles(x, F.max_pool2d(x, 2), Window(2, pooling=True), note="look: here")
    assert picture.says().splitlines() == [
        "look: here",
        "output: 9 7 / 6 9, each the max of its window = torch ✓",
        "rest: no window reads row 4 and column 4, marked ×",
    ]


def test_an_output_that_is_not_torch_s_is_told():
    x = whole_numbers(4, 4)
    assert "but torch says otherwise" in tiles(x, F.max_pool2d(x, 2) + 1, Window(2, pooling=True)).says()


def test_no_cell_is_said_to_be_read_by_nothing():
    assert drawn(8, Window(2, pooling=True), "max")[-1].sheet.verbs == {}


def test_windows_that_overlap_or_fit_nowhere_and_shapes_that_do_not_belong_together():
    x = whole_numbers(4, 4)
    with pytest.raises(ValueError, match=r"^windows overlap"):
        tiles(x, F.max_pool2d(x, 2, 1), Window(2, 1))
    with pytest.raises(ValueError, match=r"^windows overlap"):
        tiles(x, F.max_pool2d(x, 2, 2, dilation=2), Window(2, 2, dilation=2))
    with pytest.raises(ValueError, match=r"^y is 1 × 1"):
        tiles(x, F.max_pool2d(x, 4), Window(2, pooling=True))
    with pytest.raises(Refused, match=r"^The window spans 5 cells"):
        tiles(x, x, Window(5, pooling=True))

"""The field of a stack: its cells are those that the notebook's own torch code finds, its numbers receptive_field's."""
import functools

import numpy as np
import pytest
import refresh
import torch
import torch.nn.functional as F
from test_pictures import is_cut_off, pixel_size, said

from helpers import Refused, Window, samples
from helpers.arithmetic import receptive_field
from helpers.pictures import field


def of_notebook(*cells):
    """What these cells of the lesson define."""
    names = {"torch": torch, "F": F, "samples": samples}
    for cell in refresh.read(refresh.ROOT / "notebooks/10_receptive_field.ipynb").cells:
        if cell.id in cells:
            exec(cell.source, names)
    return names


LESSON = of_notebook("networks", "presets", "main-demo")
noticed, NETS, PHOTO = LESSON["noticed"], LESSON["NETS"], LESSON["photo"]
STACKS = {  # layers, rows and columns of the photo
    "one cell": ([(1,)], (1, 1)),
    "more than the walk": ([(1,)], (9, 7)),
    "strides": ([(3, 2), (2, 2), (3,)], (24, 31)),
    "strides and padding": (3 * [(3, 2, 1)], (24, 31)),
    "even kernels": ([(4, 1, 1), (2, 1, 1)], (8, 9)),
    "stride larger than kernel": ([(2, 3), (1, 2), (2, 2)], (29, 33)),
    "dilation with holes": (3 * [(3, 1, 2, 2)], (15, 12)),
    "holes and strides": ([(3, 2, 2, 3), (2, 1, 0, 2), (3, 2, 1)], (31, 26)),
    "only padding": ([(2, 1, 3)], (5, 4)),
    "grows and shrinks again": ([(1, 1, 1), (3,)], (9, 8)),
    **{name: (layers, PHOTO.shape[2:]) for name, layers in NETS.items() if "1 × 1" not in name},
}


@pytest.fixture(scope="module", params=STACKS.values(), ids=STACKS)
def stack(request):
    """Windows, size of the photo, the picture, which tells every step once."""
    rows, size = request.param
    picture = drawn(*request.param)
    picture.says = functools.cache(picture.says)
    return [Window(*row) for row in rows], size, picture


def drawn(rows, size=(24, 31)):
    layers = [Window(*row) for row in rows]
    photo = PHOTO if size == PHOTO.shape[2:] else torch.rand(3, *size)
    return field(layers, photo, [noticed(layers, each) for each in size])


def torch_sizes(layers, size):
    """Rows and columns before and after each layer, as torch has them."""
    return list(zip(*([each, *(len(noticed(layers[:depth + 1], each)) for depth in range(len(layers)))]
                      for each in size), strict=True))


def units(picture):
    """Row and column of the unit of each step."""
    return [eval(sentence.partition(" of ")[0].removeprefix("unit ")) for sentence in said(picture, "step")]


def test_what_is_read_is_what_torch_notices(stack):
    layers, size, picture = stack
    reach = [noticed(layers, each) for each in size]
    for sentence, unit in zip(said(picture, "read"), units(picture), strict=True):
        cells = [np.flatnonzero(axis[i]) for axis, i in zip(reach, unit, strict=True)]
        gaps = ", with gaps" * any((np.diff(each) > 1).any() for each in cells)
        assert sentence == f"{len(cells[0])} rows and {len(cells[1])} columns of the photo{gaps} = torch ✓"


def test_the_field_lies_where_receptive_field_says(stack):
    layers, size, picture = stack
    top = receptive_field(layers)
    for sentence, unit in zip(said(picture, "field"), units(picture), strict=True):
        words, share = [], 1
        for index, cells in zip(unit, size, strict=True):
            first = round(index * top.jump + top.centre - (top.size - 1) / 2)
            outside = sum(not 0 <= cell < cells for cell in range(first, first + top.size))
            share *= 1 - outside / top.size
            words.append(f"{first} to {first + top.size - 1}" + f" ({outside} of them padding)" * (outside > 0))
        numbers, _, told = sentence.replace("−", "-").partition("; ")
        assert numbers == f"{top.size} × {top.size}, rows {words[0]}, columns {words[1]}"
        assert float(told.removesuffix("% is photo")) == pytest.approx(100 * share, abs=0.51)


def test_growth_jump_and_sizes_are_those_of_every_layer(stack):
    layers, size, picture = stack
    fields = [receptive_field(layers[:depth]) for depth in range(1, len(layers) + 1)]
    every = [f"{rows}×{columns}" for rows, columns in torch_sizes(layers, size)]
    changing = [each for each, before in zip(every, [None, *every], strict=False) if each != before]
    assert set(said(picture, "growth")) == {f"{', '.join(str(each.size) for each in fields)}, layer by layer"}
    assert set(said(picture, "sizes")) == {" → ".join(changing)}
    centre = f"{fields[-1].centre:g}".replace("-", "−")
    assert set(said(picture, "jump")) == {f"{fields[-1].jump}, for so far apart are the fields of neighbours on top; "
                                          f"the first is centred on cell {centre}"}


def test_the_walk_visits_at_most_25_units_from_corner_to_corner(stack):
    layers, size, picture = stack
    top, visited = torch_sizes(layers, size)[-1], units(picture)
    assert len(picture) == len(set(map(tuple, visited))) == min(top[0], 5) * min(top[1], 5)
    assert (visited[0], visited[-1]) == ([0, 0], [each - 1 for each in top])
    assert visited[picture.start] == pytest.approx([(each - 1) / 2 for each in top], abs=0.51)


def test_the_deepest_stack_agrees_with_torch_and_fits_the_sheet():
    picture = drawn(80 * [(5, 1, 2)], PHOTO.shape[2:])
    assert not is_cut_off(picture)
    assert "read: 161 rows and 161 columns of the photo = torch ✓" in picture.says(0)


def test_a_wrong_reach_is_told_at_the_units_where_it_is_wrong():
    layers = 2 * [Window(3, padding=1)]
    rows, columns = noticed(layers, 5), noticed(layers, 4)
    rows[2, 0] = False
    told = said(field(layers, torch.rand(3, 5, 4), [rows, columns]), "read")
    assert [i for i, words in enumerate(told) if words.endswith("but torch says otherwise")] == [8, 9, 10, 11]


def test_a_layer_that_does_not_fit_is_refused_by_its_number():
    with pytest.raises(Refused, match=r"^Layer 2: The window spans 9 cells but the padded input has only 4"):
        field([Window(3), Window(9)], torch.rand(3, 6, 40), [np.ones((1, 6)), np.ones((1, 40))])


@pytest.mark.parametrize(("layers", "reach", "message"), [
    ([], [np.eye(6), np.eye(7)], "^give at least one layer$"),
    ([Window(3)], [np.ones((4, 6)), np.ones((4, 6))], r"must be of the shapes \[\(4, 6\), \(5, 7\)\], not .*6\)\]"),
    ([Window(3)], [np.ones((4, 6))], r"must be of the shapes \[\(4, 6\), \(5, 7\)\], not \[\(4, 6\)\]"),
])
def test_without_a_layer_or_with_another_shape_there_is_no_picture(layers, reach, message):
    with pytest.raises(ValueError, match=message):
        field(layers, torch.rand(3, 6, 7), reach)


@pytest.mark.parametrize("name", ["one cell", "more than the walk", "holes and strides", "only padding",
                                  "VGG-16", "ResNet-50, stride in the 3 × 3", "one 7 × 7"])
def test_every_stack_has_the_same_sheet_and_nothing_is_cut_off(name):
    picture = drawn(*STACKS[name])
    assert not is_cut_off(picture)
    assert {pixel_size(picture, step) for step in (0, len(picture) - 1)} == {(1600, 940)}


@pytest.mark.parametrize("row", [(11, 1, 5), (11, 4, 8), (1, 4, 8), (1, 1, 8), (11, 4, 8, 8), (3, 1, 8, 8)], ids=str)
@pytest.mark.parametrize("depth", [1, 2, 12])
def test_the_ends_of_the_table_fit_the_sheet_too(row, depth):
    strided = 1 if row[0] == 11 else min(depth, 2)  # more of the largest windows do not fit
    picture = drawn(strided * [row] + (depth - strided) * [(1, 1, 8)], PHOTO.shape[2:])
    assert not is_cut_off(picture)
    assert pixel_size(picture) == (1600, 940)

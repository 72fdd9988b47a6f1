"""A block that is a product of three sticks: every cell against torch, and what belongs to it."""
import numpy as np
import pytest
import torch
from looked_at import extent, faults
from test_pictures import in_cells, said, sheet_size, targets, terms

from helpers.drawing.palette import INK, ORANGE, written
from helpers.drawing.picture import Fact
from helpers.drawing.sheet import Line, Text, named
from helpers.pictures.block import block
from helpers.pictures.parts.blocks import SLANT_X, SLANT_Y

CALL = 'torch.einsum("c,y,x->cyx", deep, high, wide)'
every_size = pytest.mark.parametrize("size", [(4, 3, 3), (1, 1, 1), (4, 1, 1), (1, 3, 3), (2, 1, 3)], ids=str)


def case(channels, rows, columns):
    """The block and its sticks; −9, 0.5 and 0 are among their numbers."""
    numbers = torch.tensor([2.0, -1, 3, 1]), torch.tensor([0.5, -9, 4]), torch.tensor([-1.0, 0, 5])
    a, b, c = (stick[:n] for stick, n in zip(numbers, (channels, rows, columns), strict=True))
    return torch.einsum("c,y,x->cyx", a, b, c), {"deep": a, "high": b, "wide": c}


def drawn(size):
    return block(*case(*size), CALL)


@every_size
def test_every_cell_is_a_product_of_three_numbers_and_is_torch_s(size):
    output, sticks = case(*size)
    for sentence, (at, value) in zip(said(drawn(size), "product"), np.ndenumerate(output), strict=True):
        names = [named(name, (i,)) for name, i in zip(sticks, at, strict=True)]
        assert sentence.startswith(f"{named('output', at)} = {' · '.join(names)} = ")
        assert sentence.endswith(f" = {written(float(value))} = torch ✓")


@every_size
def test_each_term_is_a_number_of_a_stick_and_all_can_be_touched(size):
    _, sticks = case(*size)
    picture = drawn(size)
    there = targets(picture)
    assert {target.step for target in there.values()} == set(range(len(picture) + picture.asides))
    for step, at in enumerate(np.ndindex(size)):
        assert {name for group in picture.groups(step) for name in group} <= there.keys()
        assert picture.groups(step) == [[named(name, (i,))] for name, i in zip(sticks, at, strict=True)]
        numbers = [stick[i].item() for stick, i in zip(sticks.values(), at, strict=True)]
        assert [text.strip("()") for text in terms(picture, step).values()] == [*map(written, numbers)]


def test_a_number_of_a_stick_is_in_all_the_cells_that_change_with_it():
    size = 4, 3, 2
    picture = drawn(size)
    output, sticks = case(*size)
    for axis, (name, stick) in enumerate(sticks.items()):
        for index in range(len(stick)):
            changed = {key: value.clone() for key, value in sticks.items()}
            changed[name][index] += 100
            other = torch.einsum("c,y,x->cyx", *changed.values())
            aside = targets(picture)[named(name, (index,))].step
            count = output.numel() // size[axis]
            cells = ", ".join(str(index) if other == axis else "cyx"[other] for other in range(3))
            assert picture.says(aside).startswith(f"{name}[{index}]: in {count} of 24 cells: output[{cells}], whatever")
            assert {at[axis] for at in (other != output).nonzero().tolist()} == {index}
            slab = next(mark for mark in picture.moves(aside).marks if mark.colour == ORANGE)
            if axis == 0:  # the channel is seen: no number of those in front stands over its own
                top = max(mark.level for mark in picture.scene(aside) if isinstance(mark, Text))
                shown = [mark.string for mark in picture.scene(aside) if isinstance(mark, Text) and mark.level == top]
                assert top <= 3 or sorted(shown) == sorted(map(written, output[index].flatten().tolist()))
                assert (top > 3) == (index < 3)
            inside = [at for at in np.ndindex(size) if at[axis] == index]
            assert extent(slab) == pytest.approx(around([picture_box(picture, at) for at in inside]), abs=0.1)


def picture_box(picture, at):
    return targets(picture)[named("output", at)].points


def around(boxes):
    """What encloses these fronts and the depth of the cubes behind them, to the right and up."""
    low, high = np.min(boxes, axis=0)[:2], np.max(boxes, axis=0)[2:]
    side = boxes[0][2] - boxes[0][0]
    return low[0], low[1] - SLANT_Y * side, high[0] + SLANT_X * side, high[1]


@every_size
def test_every_number_stands_in_its_cell_when_it_is_made(size):
    output, sticks = case(*size)
    picture = drawn(size)
    for step, at in enumerate(np.ndindex(size)):
        strings, _ = in_cells(picture, step)
        assert strings[named("output", at)] == written(output[at].item())
        for name, stick in sticks.items():
            assert [strings[named(name, (i,))] for i in range(len(stick))] == [*map(written, stick.tolist())]


@every_size
def test_the_cell_at_work_its_three_numbers_and_their_product_are_shown(size):
    output, sticks = case(*size)
    picture = drawn(size)
    for step, at in enumerate(np.ndindex(size)):
        lines = [extent(mark) for mark in picture.moves(step).marks if isinstance(mark, Line) and mark.colour == INK]
        names = [named("output", at), *(named(name, (i,)) for name, i in zip(sticks, at, strict=True))]
        for name in names:
            left, top, right, bottom = targets(picture)[name].points
            middle = (left + right) / 2, (top + bottom) / 2
            assert any(line[0] < middle[0] < line[2] and line[1] < middle[1] < line[3] for line in lines), name
        texts = [mark.string for mark in picture.moves(step).marks if isinstance(mark, Text)]
        assert [*names[1:], "output"] == [text for text in texts if text[0].isalpha()]
        numbers = [*(stick[i].item() for stick, i in zip(sticks.values(), at, strict=True)), output[at].item()]
        assert [text for text in texts if text[0].isdigit() or text[0] == "−"] == [*map(written, numbers)]


def test_it_starts_with_the_whole_block():
    assert drawn((4, 3, 3)).start == 35


def test_a_step_says_all_that_the_picture_shows():
    assert drawn((4, 3, 3)).says(16).splitlines() == [
        "step: 17 of 36, channel 1, row 2, column 1",
        "product: output[1, 2, 1] = deep[1] · high[2] · wide[1] = (−1)·4·0 = 0 = torch ✓",
        "weights: 4 + 3 + 3 = 10 in the sticks, 4·3·3 = 36 in the block",
        f"torch: {CALL}"]


def test_what_can_be_asked_for():
    cell, few = [part for _, *parts in drawn((2, 3, 1)).sentences() for part in parts if isinstance(part, Fact)]
    assert (few, cell, cell.covers) == ("6", "4", ("output[1, 2, 0]",))


def test_what_is_not_torch_s_is_told():
    output, sticks = case(2, 3, 3)
    output[1, 0, 2] += 1
    wrong = [step for step, told in enumerate(said(block(output, sticks, CALL), "product")) if "but torch says" in told]
    assert wrong == [9 + 2]


@pytest.mark.parametrize("size", [(2, 3, 3), (3, 3, 2), (3, 2, 3)])
def test_sticks_of_other_lengths_are_an_error(size):
    output, _ = case(*size)
    with pytest.raises(ValueError, match="needs three sticks as long as its edges"):
        block(output, case(3, 3, 3)[1], CALL)


@every_size
def test_no_fault_is_found_and_every_size_fits_the_same_sheet(size):
    picture = drawn(size)
    assert list(faults(picture)) == []
    assert sheet_size(picture) == (800, 430)


def test_all_steps_of_a_walk_look_different():
    picture = drawn((4, 3, 3))
    assert len({tuple(picture.scene(step)) for step in range(len(picture))}) == len(picture) == 36

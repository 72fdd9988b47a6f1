"""What stands around an input: every copy comes from where torch takes it."""
import numpy as np
import pytest
import torch
from looked_at import faults
from test_pictures import in_cells, said, targets
from torch.nn import functional as F

from helpers import Refused
from helpers.drawing.picture import Fact
from helpers.pictures.padded import RULES, padded
from helpers.samples import whole_numbers

SETTINGS = [(size, padding, mode) for mode in RULES for size in ((4, 4), (5, 4), (3, 6)) for padding in (1, 2)]
every_setting = pytest.mark.parametrize(("size", "padding", "mode"), SETTINGS)


def drawn(size, padding, mode):
    x = whole_numbers(*size, low=-9)
    return padded(x, F.pad(x, 4 * (padding,), mode=mode), padding, mode)


@every_setting
def test_every_cell_of_the_padding_is_computed_by_hand(size, padding, mode):
    picture = drawn(size, padding, mode)
    assert len(picture) == (size[0] + 2 * padding) * (size[1] + 2 * padding) - size[0] * size[1]
    assert all(sentence.endswith(" = torch ✓") for sentence in said(picture, "copy"))
    assert list(faults(picture)) == []


@every_setting
def test_a_copy_is_lit_with_the_cell_it_comes_from(size, padding, mode):
    picture = drawn(size, padding, mode)
    # Of an input that numbers its cells from 1, the padding says where it was taken from
    numbered = torch.arange(1.0, 1 + size[0] * size[1]).reshape(1, 1, *size)
    sources = F.pad(numbered, 4 * (padding,), mode=mode)[0, 0]
    for step in range(len(picture)):
        (copy, *taken), = picture.groups(step)
        number = int(sources[picture.index(copy)])
        assert taken == ([f"input[{(number - 1) // size[1]}, {(number - 1) % size[1]}]"] if number else [])


@every_setting
def test_the_walk_fills_the_padding_around_an_input_that_is_there(size, padding, mode):
    picture = drawn(size, padding, mode)
    cells = size[0] * size[1]
    for step in range(len(picture)):
        strings, _ = in_cells(picture, step)
        assert sum(name.startswith("output") for name in strings) == cells + step + 1
    leading = {target.step for target in targets(picture).values()} - {None}
    assert leading == set(range(len(picture)))


def test_all_that_a_step_says():
    assert drawn((4, 4), 1, "reflect").says(1).splitlines() == [
        "step: 2 of 20 cells of the padding",
        "copy: output[0, 1] = input[1, 0] = 2 = torch ✓",
        "rule: reflect: a mirror stands on the outermost cells, which do not appear twice",
        "torch: F.pad(x, pad=(1, 1, 1, 1), mode='reflect')"]


def test_a_zero_has_no_source():
    assert drawn((4, 4), 1, "constant").says().splitlines()[1] == "copy: output[0, 0] = 0 = torch ✓"


@pytest.mark.parametrize("mode", RULES)
@pytest.mark.parametrize("padding", range(1, 7))
def test_what_torch_refuses_is_refused(mode, padding):
    x = whole_numbers(4, 5)
    try:
        y = F.pad(x, 4 * (padding,), mode=mode)
    except RuntimeError:
        with pytest.raises(Refused, match=f"lower padding to {4 - (mode == 'reflect')}"):
            padded(x, F.pad(x, 4 * (padding,)), padding, mode)
    else:
        assert "✓" in padded(x, y, padding, mode).says()


def test_a_copy_that_is_not_torch_s_is_told():
    x = whole_numbers(4, 4)
    y = F.pad(x, (1, 1, 1, 1), mode="reflect")
    assert "but torch says" in padded(x, y + 1, 1, "reflect").says()


@pytest.mark.parametrize(("y", "padding", "mode", "message"), [
    ((6, 6), 1, "mirror", "mode must be one of"), ((6, 5), 1, "reflect", "y is 6 × 5"),
    ((6, 6), 2, "circular", "y is 6 × 6"),
])
def test_what_does_not_belong_together_is_told(y, padding, mode, message):
    with pytest.raises(ValueError, match=message):
        padded(whole_numbers(4, 4), whole_numbers(*y), padding, mode)


def test_who_is_asked_for_a_copy_does_not_see_where_it_comes_from():
    picture = drawn((4, 4), 2, "reflect")
    fact, = [part for _, *parts in picture.sentences(7) for part in parts if isinstance(part, Fact)]
    assert fact.ask == "What will output[0, 7] be?"
    boxes = list(map(picture.covered, fact.covers))
    for mark in picture.moves(7).marks:
        x, y = np.reshape(mark.points, (-1, 2)).mean(axis=0)
        assert any(left < x < right and top < y < bottom for left, top, right, bottom in boxes)

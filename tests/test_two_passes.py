"""Two convolutions one after the other: every cell of both, and the one kernel that does the same, against torch."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from test_pictures import is_cut_off, pixel_size, said

from helpers import Refused
from helpers.pictures import two_passes
from helpers.samples import whole_numbers

KERNELS = {  # first, second
    "row, column": ((1, 3), (3, 1)), "column, row": ((3, 1), (1, 3)), "single cells": ((1, 1), (1, 1)),
    "squares": ((2, 2), (3, 3)), "row, row": ((1, 2), (1, 4)), "as long as the page": ((1, 6), (6, 1)),
}
every_pair = pytest.mark.parametrize("shapes", KERNELS.values(), ids=KERNELS)


def passed(x, first, second):
    middle = F.conv2d(x, first)
    return x, first, middle, second, F.conv2d(middle, second)


def layers(shapes, size=6):
    """x, first, middle, second and y with whole numbers, seeded."""
    first, second = (whole_numbers(*shape, low=-3, high=3, seed=seed) for seed, shape in enumerate(shapes, 1))
    return passed(whole_numbers(size, size, low=-5), first, second)


def article():
    """The kernel of the article, as a row and a column."""
    return passed(whole_numbers(5, 5), torch.tensor([[[[0.3, 0.4, 0.5]]]]), torch.tensor([[[[0.5], [0.7], [0.8]]]]))


@every_pair
def test_every_cell_of_both_passes_is_that_of_torch(shapes):
    _, _, middle, _, y = arrays = layers(shapes)
    sums = said(two_passes(*arrays), "sum")
    cells = [("middle", at, value) for at, value in np.ndenumerate(middle[0, 0])]
    cells += [("output", at, value) for at, value in np.ndenumerate(y[0, 0])]
    for sentence, (name, (row, column), value) in zip(sums, cells, strict=True):
        assert sentence.startswith(f"{name}[{row}, {column}] = ")
        assert sentence.endswith(f" = {value:.0f} = torch ✓".replace("-", "−"))


@every_pair
def test_one_kernel_does_what_both_do(shapes):
    x, first, _, second, y = layers(shapes)
    together, *_ = said(two_passes(*layers(shapes)), "kernel")
    size, numbers, told = together.split(", ")
    weight = torch.tensor([[[[float(n.replace("−", "-")) for n in row.split()] for row in numbers.split(" / ")]]])
    assert torch.equal(F.conv2d(x, weight), y)
    assert size == f"{first.shape[2] + second.shape[2] - 1} × {first.shape[3] + second.shape[3] - 1}"
    assert told == "does the same in one pass = torch ✓"


def test_a_step_says_all_that_the_picture_shows():
    assert two_passes(*article()).says(19).splitlines() == [
        "step: 20 of 24, pass 2, window on rows 1, 2, 3 and column 1 of the plane in the middle",
        "sum: output[1, 1] = 6.8·0.5 + 8.7·0.7 + 7·0.8 = 15.09 = torch ✓",
        "kernel: 3 × 3, 0.15 0.2 0.25 / 0.21 0.28 0.35 / 0.24 0.32 0.4, does the same in one pass = torch ✓",
        "cost: 5·3·3 + 3·3·3 = 45 + 27 = 72 multiplications with 6 weights; in one pass 3·3·9 = 81 with 9",
        "torch: F.conv2d(F.conv2d(x, first), second)",
    ]


def test_the_torch_call_makes_the_output():
    x, first, _, second, y = article()
    call, *_ = said(two_passes(*article()), "torch")
    assert torch.equal(eval(call, {"F": F, "x": x, "first": first, "second": second}), y)


def test_the_first_pass_comes_first_and_reads_the_input():
    steps = said(two_passes(*article()), "step")
    assert [step.split(", ")[1] for step in steps] == 15 * ["pass 1"] + 9 * ["pass 2"]
    assert steps[0].endswith("window on row 0 and columns 0, 1, 2 of the input")


def test_what_is_not_torch_s_is_told():
    x, first, middle, second, y = article()
    wrong = two_passes(x, first, middle, second, y + 1)
    assert all(sentence.endswith("= torch ✓") for sentence in said(wrong, "sum")[:15])
    assert all(", but torch says" in sentence for sentence in said(wrong, "sum")[15:])
    assert all("but torch says otherwise" in sentence for sentence in said(wrong, "kernel"))


def test_arrays_may_be_plain_lists_and_carry_gradients():
    assert two_passes([[1, 2, 3]], [[1, 1]], [[3, 5]], [[2, 0]], [[6]]).says(2).count("= torch ✓") == 2
    x, first, middle, second, y = article()
    assert "= torch ✓" in two_passes(x, first.requires_grad_(), middle, second, y).says()


@pytest.mark.parametrize(("changed", "message"), [
    ({2: torch.zeros(5, 4)}, "y is 5 × 4, but this window makes"),
    ({4: torch.zeros(3, 2)}, "y is 3 × 2, but this window makes"),
    ({0: torch.zeros(2, 5, 5)}, "x must have 2 axes"),
])
def test_shapes_that_do_not_belong_together_are_an_error(changed, message):
    arrays = dict(enumerate(article())) | changed
    with pytest.raises(ValueError, match=message):
        two_passes(*arrays.values())


def test_a_kernel_that_does_not_fit_is_refused():
    with pytest.raises(Refused, match="spans 7 cells"):
        two_passes(torch.zeros(6, 6), torch.zeros(1, 7), torch.zeros(6, 1), torch.zeros(1, 1), torch.zeros(6, 1))


@pytest.mark.parametrize("size", [3, 6])
@pytest.mark.parametrize("shapes", [((1, 3), (3, 1)), ((1, 1), (1, 1)), ((3, 3), (1, 1)), ((2, 2), (2, 2))], ids=str)
def test_every_size_fits_the_same_sheet(shapes, size):
    picture = two_passes(*layers(shapes, size))
    assert not is_cut_off(picture)
    assert {pixel_size(picture, step) for step in (0, len(picture) // 2, len(picture) - 1)} == {(1600, 760)}


def test_all_steps_of_a_walk_look_different():
    picture = two_passes(*article())
    assert len({picture.png(step) for step in range(len(picture))}) == len(picture)

"""Two convolutions one after the other: every cell of both, and the one kernel that does the same, against torch."""
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from looked_at import faults
from test_pictures import assert_all_can_be_touched, in_cells, said, sheet_size, targets, terms, value_of

from helpers import Refused
from helpers.drawing.palette import text_width, written
from helpers.drawing.sheet import Line, Text, named
from helpers.pictures.two_passes import two_passes
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


@every_pair
def test_each_term_lights_the_cell_and_the_weight_that_it_multiplies(shapes):
    x, first, middle, second, y = layers(shapes)
    arrays = dict(input=x[0, 0], first=first[0, 0], middle=middle[0, 0], second=second[0, 0])
    picture = two_passes(x, first, middle, second, y)
    assert_all_can_be_touched(picture)
    for step, number in enumerate([*middle.flatten().tolist(), *y.flatten().tolist()]):
        pairs = [[value_of(name, **arrays) for name in pair] for pair in picture.groups(step)]
        assert sum(a * b for a, b in pairs) == number
        brackets = [[f"({written(n)})" if n < 0 else written(n) for n in pair] for pair in pairs]
        assert list(terms(picture, step).values()) == ["·".join(pair) for pair in brackets]


@every_pair
def test_a_cell_is_read_by_the_outputs_in_which_it_has_a_gradient(shapes):
    x, first, middle, second, y = (each.requires_grad_() for each in layers(shapes))
    first, second = (torch.ones_like(weight) for weight in (first, second))
    after = F.conv2d(x, first), F.conv2d(middle, second)
    numbers = [(x, number) for number in after[0].flatten()] + [(middle, number) for number in after[1].flatten()]
    picture = two_passes(x, first, middle, second, y)
    for step, (source, number) in enumerate(numbers):
        gradient, = torch.autograd.grad(number, source, retain_graph=True)
        noun = "input" if source is x else "middle"
        assert {cell for cell, _ in picture.groups(step)} == {named(noun, at[2:]) for at in gradient.nonzero().tolist()}
    assert {picture.sheet.verbs[noun] for noun in ("input", "middle")} == {"is read by"}


def test_each_plane_fills_in_its_own_pass_and_a_cell_of_both_leads_to_its_step():
    _, _, middle, _, y = arrays = article()
    picture, there = two_passes(*arrays), targets(two_passes(*arrays))
    cells = [named("middle", at) for at in np.ndindex(*middle.shape[2:])]
    cells += [named("output", at) for at in np.ndindex(*y.shape[2:])]
    numbers = [written(number) for number in [*middle.flatten().tolist(), *y.flatten().tolist()]]
    for step, cell in enumerate(cells):
        strings, _ = in_cells(picture, step)
        assert there[cell].step == step
        assert {name: strings[name] for name in cells if name in strings} == dict(
            zip(cells[:step + 1], numbers, strict=False))


def test_the_kernel_at_work_is_framed():
    picture = two_passes(*article())
    for step, kernel in (0, "first"), (14, "first"), (15, "second"), (23, "second"):
        boxes = [target.points for name, target in targets(picture).items() if name.startswith(kernel)]
        frame = [min(box[i] for box in boxes) for i in (0, 1)]
        assert frame in [list(mark.points[:2]) for mark in picture.moves(step).marks if isinstance(mark, Line)]


def test_no_frame_cuts_a_number_and_none_touches_its_neighbour():
    picture = two_passes(*article())
    numbers = [mark for mark in picture.scene(23) if isinstance(mark, Text) and "." in mark.string]
    for mark in numbers:
        half = text_width(mark.string, mark.size) / 2
        cell = next(target.points for target in picture.sheet.targets
                    if abs(sum(target.points[::2]) / 2 - mark.x) + abs(sum(target.points[1::2]) / 2 - mark.y) < 0.1)
        assert cell[2] - mark.x - half >= (cell[2] - cell[0]) / 8


def test_a_step_says_all_that_the_picture_shows():
    assert two_passes(*article()).says(19).splitlines() == [
        "step: 20 of 24, pass 2, window on rows 1, 2, 3 and column 1 of the plane in the middle",
        "sum: output[1, 1] = 6.8·0.5 + 8.7·0.7 + 7·0.8 = 15.09 = torch ✓",
        "kernel: 3 × 3, 0.15 0.2 0.25 / 0.21 0.28 0.35 / 0.24 0.32 0.4, does the same in one pass = torch ✓",
        "cost: 5·3·3 + 3·3·3 = 45 + 27 = 72 multiplications with 6 weights; in one pass 3·3·9 = 81 with 9; "
        "fewer: two passes",
        "torch: F.conv2d(F.conv2d(x, first), second)",
    ]


def test_the_torch_call_makes_the_output():
    x, first, _, second, y = article()
    call, *_ = said(two_passes(*article()), "torch")
    assert torch.equal(eval(call, {"F": F, "x": x, "first": first, "second": second}), y)


def test_the_torch_call_is_the_one_that_is_given():
    assert set(said(two_passes(*article(), call="F.conv2d(page, card)"), "torch")) == {"F.conv2d(page, card)"}


@pytest.mark.parametrize(("size", "least"), [(5, "two passes"), (4, "neither"), (3, "one pass")])
def test_which_way_takes_fewer_multiplications_can_be_guessed(size, least):
    picture = two_passes(*layers(((1, 3), (3, 1)), size))
    guess, = [part for _, *parts in picture.sentences() for part in parts if getattr(part, "choices", ())]
    assert (guess, guess.choices, guess.covers) == (least, ("two passes", "one pass", "neither"), ("middle", "output"))


def test_while_what_the_passes_make_is_covered_the_kernels_and_signs_are_in_sight():
    for size, kernels in [(5, ((1, 3), (3, 1))), (6, ((2, 2), (2, 2))), (3, ((1, 1), (1, 1)))]:
        picture = two_passes(*layers(kernels, size))
        boxes = [picture.covered(what) for what in ("middle", "output")]
        hidden = {mark.string for mark in picture.sheet.marks if isinstance(mark, Text)
                  for left, _, right, _ in boxes if left < mark.ends[1] and mark.ends[0] < right}
        names = {text for text in hidden if not re.fullmatch("−?[0-9.]+", text)}
        assert {name.split()[0] for name in names} == {"middle", "output"}


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
    assert list(faults(picture)) == []
    assert sheet_size(picture) == (800, 380)


def test_all_steps_of_a_walk_look_different():
    picture = two_passes(*article())
    assert len({tuple(picture.scene(step)) for step in range(len(picture))}) == len(picture)


def test_terms_that_cancel_in_the_one_kernel_are_not_taken_for_a_disagreement():
    # torch rounds the plane in the middle, whose numbers are of the order of 10000, and 1 1 ∗ 1 −1 is 1 0 −1
    torch.manual_seed(0)
    x = 10000 + torch.rand(1, 1, 1, 30)
    arrays = passed(x, torch.tensor([[[[1.0, 1.0]]]]), torch.tensor([[[[1.0, -1.0]]]]))
    assert "does the same in one pass = torch ✓" in two_passes(*arrays).says()

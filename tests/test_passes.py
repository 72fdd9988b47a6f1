"""Sticks of weights that walk one after the other: what they say and draw, against torch in each pass and at once."""
import re
from itertools import accumulate, pairwise, permutations, product
from math import prod

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from test_pictures import is_cut_off, pixel_size, said
from test_transposed import extent, number, numbers, text_boxes

from helpers import Refused
from helpers.canvas import INK, written
from helpers.pictures import passes
from helpers.samples import whole_numbers

WHERE = re.compile(r"(\d+ of \d+), pass (\d), (\w) on channels? (.+), rows? (.+), columns? (.+)")
both_views = pytest.mark.parametrize("cubes", [True, False], ids=["cubes", "slices"])


def case(C, Y, X, order="α β γ", size=(3, 4)):
    """x, the kernels in this order, and what torch makes in each pass: whole numbers, and no weight is 0."""
    shapes, weights = {"α": (C, 1, 1), "β": (1, Y, 1), "γ": (1, 1, X)}, torch.tensor([2.0, -1, 3, 1])
    kernels = {name: weights[:max(shapes[name])].view(1, 1, *shapes[name]) for name in order.split()}
    x, *made = accumulate(kernels.values(), F.conv3d, initial=whole_numbers(1, 1, C, *size, low=-5))
    return x, kernels, made


every_setting = pytest.mark.parametrize("setting", [  # C, Y, X and order: every order of the three, and kernels of 1
    (*sizes, " ".join(order)) for sizes in [(3, 2, 3), (4, 1, 1), (1, 3, 2), (1, 1, 1)] for order in permutations("αβγ")
], ids=str)


def walk(setting):
    """Each step's pass, name and kernel, the cells that it reads on each axis, their numbers, and what torch makes."""
    x, kernels, made = case(*setting)
    for count, ((name, kernel), (source, y)) in enumerate(zip(kernels.items(), pairwise([x, *made]), strict=True), 1):
        for cell in np.ndindex(*y.shape[2:]):
            read = [list(range(i, i + k)) for i, k in zip(cell, kernel.shape[2:], strict=True)]
            yield count, name, kernel, read, source[0, 0][np.ix_(*read)], y[0, 0][cell].item()


def ends(made):
    return (np.cumsum([y.numel() for y in made]) - 1).tolist()  # the last step of each pass has most on it


# What is told

@every_setting
def test_the_passes_follow_each_other_and_each_goes_along_columns_then_rows_then_channels(setting):
    steps, told = list(walk(setting)), said(passes(*case(*setting)), "step")
    for step, (sentence, (count, name, _, read, *_)) in enumerate(zip(told, steps, strict=True), 1):
        *start, channels, rows, columns = WHERE.fullmatch(sentence).groups()
        assert start == [f"{step} of {len(steps)}", str(count), name]
        assert [numbers(each) for each in (channels, rows, columns)] == read


@every_setting
def test_every_sum_multiplies_what_the_pass_before_has_made_and_gives_what_torch_gives(setting):
    sums = said(passes(*case(*setting)), "sum")
    for sentence, (_, _, kernel, _, patch, value) in zip(sums, walk(setting), strict=True):
        terms, told, ending = sentence.split(" = ")
        factors = [[number(factor) for factor in term.split("·")] for term in terms.split(" + ")]
        assert factors == torch.stack([patch.flatten(), kernel.flatten()], 1).tolist()
        assert sum(a * b for a, b in factors) == number(told) == value
        assert ending == "torch ✓"


@every_setting
def test_any_order_makes_what_the_block_of_all_products_makes_and_so_does_the_torch_call(setting):
    x, kernels, made = case(*setting)
    picture, size = passes(x, kernels, made), " × ".join(map(str, setting[:3]))
    at_once = F.conv3d(x, prod(kernels.values()))
    assert [number(told.split(" = ")[1]) for told in said(picture, "sum")[-at_once.numel():]] == [*at_once.flatten()]
    assert set(said(picture, "together")) == {
        f"a kernel of {size}, the product of all, makes the same output at once = torch ✓"}
    call, = set(said(picture, "torch"))
    assert torch.equal(eval(call, {"F": F, "x": x} | kernels), at_once)


@every_setting
def test_the_cost_computes_what_it_says_and_counts_every_multiplication(setting):
    x, kernels, made = case(*setting)
    cost, = set(said(passes(x, kernels, made), "cost"))
    told = re.fullmatch(r"(.+) = (\d+) multiplications, (.+) weights; "
                        r"at once (.+) = (\d+) multiplications, (\d+) weights", cost.replace("·", "*"))
    ones, block = [torch.ones_like(y) for y in (x, *made)], torch.ones(1, 1, *setting[:3])  # 1·1 counts one product
    each = [eval(part) for part in told[1].split(" + ")]
    assert each == [y.sum() for y in map(F.conv3d, ones, map(torch.ones_like, kernels.values()))]
    assert sum(each) == int(told[2])
    assert eval(told[4]) == int(told[5]) == F.conv3d(ones[0], block).sum()
    assert [eval(told[3]), int(told[6])] == [sum(setting[:3]), block.numel()]


def test_a_step_says_all_that_the_picture_shows():
    x, deep, high = [[[1, 2, 3], [4, 5, 6]], [[0, 1, 0], [-2, 0, 3]]], [[[2]], [[-1]]], [[[1], [3]]]
    made = [[[2, 3, 6], [10, 10, 9]]], [[[32, 33, 33]]]
    assert passes(x, {"deep": deep, "high": high}, made).says(7).splitlines() == [
        "step: 8 of 9, pass 2, high on channel 0, rows 0, 1, column 1",
        "sum: 3·1 + 10·3 = 33 = torch ✓",
        "together: a kernel of 2 × 2 × 1, the product of all, makes the same output at once = torch ✓",
        "cost: 6·2 + 3·2 = 18 multiplications, 2 + 2 weights; at once 3·4 = 12 multiplications, 4 weights",
        "torch: F.conv3d(F.conv3d(x, deep), high)"]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_wrong_cell_is_told_where_it_is_made_and_where_it_is_read(at):
    x, kernels, made = case(3, 3, 3)
    made[at][0, 0, 0, -1, -1] = 99.5  # the last cell of its pass; the next pass reads it for its own last
    picture = passes(x, kernels, made)
    wrong = {step: told for step, told in enumerate(said(picture, "sum")) if not told.endswith(" = torch ✓")}
    assert [*wrong] == ends(made)[at:at + 2]
    assert wrong[ends(made)[at]].endswith(", but torch says 99.5")
    ending = "should do the same, but torch says otherwise" if at == 2 else "makes the same output at once = torch ✓"
    assert set(said(picture, "together")) == {f"a kernel of 3 × 3 × 3, the product of all, {ending}"}


@pytest.mark.parametrize("given", [lambda values: values[0, 0].tolist(), torch.Tensor.numpy, torch.nn.Parameter])
def test_arrays_and_tensors_with_and_without_leading_ones_are_the_same(given):
    x, kernels, made = case(3, 2, 2)
    picture = passes(given(x), {name: given(kernel) for name, kernel in kernels.items()}, [given(y) for y in made])
    assert picture.says(13) == passes(x, kernels, made).says(13)


# Shapes that do not belong together

@pytest.mark.parametrize(("kernels", "made", "reason"), [  # of x 3 × 5 × 5
    ([(3, 1, 1), (1, 3, 1), (1, 2, 1)], [(1, 5, 5), (1, 3, 5), (1, 2, 5)], "do not share an axis"),
    ([(3, 1, 1), (1, 3, 3), (1, 1, 2)], [(1, 5, 5), (1, 3, 3), (1, 3, 2)], "do not share an axis"),
    ([(3, 1, 1), (1, 3, 1)], [(1, 5, 5)], "a result for each kernel"),
    ([(3, 1, 1)], [(1, 5, 5), (1, 5, 5)], "a result for each kernel"),
    ([(3, 1, 1)], [(1, 5, 4)], "1 × 5 × 4"),
    ([(3, 1, 1), (1, 3, 1)], [(1, 5, 5), (1, 5, 5)], "1 × 5 × 5"),  # only the second is wrong
    ([(3, 1, 1)], [(2, 1, 5, 5)], "made must have 3 axes"),
    ([(3, 1)], [(1, 5, 5)], "0 must have 3 axes"),
], ids=str)
def test_what_does_not_belong_together_is_told_in_a_sentence(kernels, made, reason):
    kernels = {str(n): np.ones(shape) for n, shape in enumerate(kernels)}
    with pytest.raises(ValueError, match=rf"\A[^\n]*{reason}[^\n]*\Z") as error:
        passes(np.ones((3, 5, 5)), kernels, [np.ones(shape) for shape in made])
    assert not isinstance(error.value, Refused)  # no slider can put it right


@pytest.mark.parametrize(("name", "cells"), [("α", 2), ("β", 1), ("γ", 3)])
def test_a_kernel_that_fits_nowhere_is_refused(name, cells):
    x, kernels, made = case(2, 1, 2, size=(1, 3))
    kernels[name] = torch.ones([cells + 1 if each == name else 1 for each in "αβγ"])
    with pytest.raises(Refused, match=f"spans {cells + 1} cells but the padded input has only {cells}"):
        passes(x, kernels, made)


# What is drawn

def ink(picture, step):
    return [text for text, *_, colour, _ in picture._draw(step)._texts if colour == INK]


@both_views
def test_the_names_say_which_pass_it_is(cubes):
    x, kernels, made = case(4, 2, 3, "γ β α", (5, 5))
    names = [[text for text in ink(passes(x, kernels, made, cubes), step) if "×" in text] for step in ends(made)]
    assert names == [["input, 4 × 5 × 5", "γ, 1 × 1 × 3", "after pass 1, 4 × 5 × 3", "pass 1: γ 1 × 1 × 3"],
                     ["after pass 1, 4 × 5 × 3", "β, 1 × 2 × 1", "after pass 2, 4 × 4 × 3", "pass 2: β 1 × 2 × 1"],
                     ["after pass 2, 4 × 4 × 3", "α, 4 × 1 × 1", "output, 1 × 4 × 3", "pass 3: α 4 × 1 × 1"]]


def test_slices_have_the_numbers_of_their_pass_and_those_made_so_far():
    x, kernels, made = case(2, 2, 3, "β α γ")
    volumes, so_far = [each.flatten().tolist() for each in (x, *made)], []
    for step, (count, _, kernel, *_, value) in enumerate(walk((2, 2, 3, "β α γ"))):
        so_far.append(value)
        there = volumes[count - 1] + kernel.flatten().tolist() + so_far[sum(map(len, volumes[1:count])):]
        drawn = [text for text in ink(passes(x, kernels, made), step) if re.fullmatch(r"−?\d+", text)]
        assert sorted(drawn) == sorted(map(written, there)), step


@both_views
def test_all_steps_of_a_walk_differ_in_what_they_show(cubes):
    picture = passes(*case(2, 2, 2, size=(3, 2)), cubes)
    assert len({picture.png(step) for step in range(len(picture))}) == len(picture) == 6 + 4 + 2


@both_views
@pytest.mark.parametrize("order", ["α β γ", "γ β α", "β α γ"])
def test_all_that_the_demo_allows_has_one_size_with_nothing_cut_off_and_no_text_over_another(cubes, order):
    for sizes in product((1, 2, 3, 4), (1, 2, 3), (1, 2, 3)):
        x, kernels, made = case(*sizes, order, (5, 5))
        picture = passes(x, kernels, made, cubes)
        for canvas in map(picture._draw, ends(made)):
            (left, top), (right, bottom) = extent(canvas)
            assert (canvas.width, canvas.height) == (800, 454)
            assert min(left, top, 800 - right, 454 - bottom) > 2, sizes
            low, high = np.split(np.array([*text_boxes(canvas)])[:, None], 2, axis=-1)
            overlap = (np.maximum(low, low[:, 0]) < np.minimum(high, high[:, 0])).all(axis=-1)
            assert overlap.sum() == len(overlap), sizes  # each with itself
        if sizes in [(1, 1, 1), (4, 1, 1), (1, 3, 3), (4, 3, 3)]:
            assert {pixel_size(picture), pixel_size(picture, len(picture) - 1)} == {(1600, 908)}
            assert not is_cut_off(picture), sizes

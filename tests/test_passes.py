"""Sticks of weights that walk one after the other: what they say and draw, against torch in each pass and at once."""
import re
from itertools import accumulate, pairwise, permutations, product
from math import prod

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from looked_at import extent, faults
from test_pictures import said
from test_transposed import number, numbers

from helpers import Refused
from helpers.drawing.palette import BLUE, INK, ORANGE, written
from helpers.drawing.picture import Fact
from helpers.drawing.sheet import TEXT, Line, Text, named
from helpers.live.film import Film, packed
from helpers.pictures.passes import passes
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
                        r"at once (.+) = (\d+) multiplications, (\d+) weights; fewer: (\w+)", cost.replace("·", "*"))
    ones, block = [torch.ones_like(y) for y in (x, *made)], torch.ones(1, 1, *setting[:3])  # 1·1 counts one product
    each = [eval(part) for part in told[1].split(" + ")]
    assert each == [y.sum() for y in map(F.conv3d, ones, map(torch.ones_like, kernels.values()))]
    assert sum(each) == int(told[2])
    assert eval(told[4]) == int(told[5]) == F.conv3d(ones[0], block).sum()
    assert [eval(told[3]), int(told[6])] == [sum(setting[:3]), block.numel()]
    least = {True: "sticks", False: "block"}[sum(each) < int(told[5])]
    assert told[7] == (least if sum(each) != int(told[5]) else "neither")


def test_the_torch_call_is_the_one_that_is_given():
    assert set(said(passes(*case(2, 1, 1), call="F.conv3d(x, block)"), "torch")) == {"F.conv3d(x, block)"}


def test_a_step_says_all_that_the_picture_shows():
    x, deep, high = [[[1, 2, 3], [4, 5, 6]], [[0, 1, 0], [-2, 0, 3]]], [[[2]], [[-1]]], [[[1], [3]]]
    made = [[[2, 3, 6], [10, 10, 9]]], [[[32, 33, 33]]]
    assert passes(x, {"deep": deep, "high": high}, made).says(7).splitlines() == [
        "step: 8 of 9, pass 2, high on channel 0, rows 0, 1, column 1",
        "sum: 3·1 + 10·3 = 33 = torch ✓",
        "channels: 2 → 1 → 1",
        "together: a kernel of 2 × 2 × 1, the product of all, makes the same output at once = torch ✓",
        "cost: 6·2 + 3·2 = 18 multiplications, 2 + 2 weights; at once 3·4 = 12 multiplications, 4 weights; "
        "fewer: block",
        "torch: F.conv3d(F.conv3d(x, deep), high)"]


@pytest.mark.parametrize("cubes", [False, True], ids=["slices", "cubes"])
def test_how_many_channels_are_left_is_asked_first_with_sticks_and_signs_in_sight(cubes):
    picture = passes(*case(3, 3, 3), cubes=cubes)
    facts = [part for _, *parts in picture.sentences() for part in parts if isinstance(part, Fact)]
    boxes = [picture.covered(what) for what in facts[1].covers]
    assert (facts[1].ask, str(facts[1])) == ("How many channels are left after pass 1?", "1")
    (left, top, right, bottom), cell = boxes[0], picture.covered(*facts[0].covers)  # what covers most is asked first
    assert (right - left) * (bottom - top) > (cell[2] - cell[0]) * (cell[3] - cell[1])
    texts = [mark for mark in picture.sheet.marks if isinstance(mark, Text)]
    hidden = {mark.string for mark in texts for left, top, right, bottom in boxes
              if left < mark.ends[1] and mark.ends[0] < right and top < mark.y < bottom}
    assert {text.split(",")[0] for text in hidden if "×" in text} == {"after pass 1", "after pass 2", "output"}
    assert not hidden & {"=", "∗"}


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


@pytest.mark.parametrize("order", ["α β γ", "γ β α"])
def test_cubes_say_which_channels_are_taken_away_to_show_what_is_read(order):
    case_ = case(4, 2, 3, order, (5, 5))
    steps = list(walk((4, 2, 3, order, (5, 5))))
    told = zip(said(passes(*case_), "step"), said(passes(*case_, cubes=True), "step"), steps, strict=True)
    for plain, cubes, (count, *_, read, _, _) in told:
        gone = range(read[0][-1] + 1, [4, *(y.shape[2] for y in case_[2])][count - 1])
        listed = f"channel{'s' * (len(gone) > 1)} {', '.join(map(str, gone))}"
        assert cubes == plain + f", {listed} in front of it taken away" * bool(gone)


# What is drawn

def inked(picture, step):
    return [mark.string for mark in picture.scene(step) if isinstance(mark, Text) and mark.colour == INK]


@both_views
def test_every_volume_has_its_name_and_the_pass_at_work_is_in_ink(cubes):
    picture = passes(*case(4, 2, 3, "γ β α", (5, 5)), cubes)
    words = [[text for text in inked(picture, step) if "×" in text] for step in ends(case(4, 2, 3, "γ β α", (5, 5))[2])]
    names = ["input, 4 × 5 × 5", "γ, 1 × 1 × 3", "after pass 1, 4 × 5 × 3", "β, 1 × 2 × 1", "after pass 2, 4 × 4 × 3",
             "α, 4 × 1 × 1", "output, 1 × 4 × 3"]
    assert words == [[*names, "pass 1: γ 1 × 1 × 3"], [*names, "pass 2: β 1 × 2 × 1"], [*names, "pass 3: α 4 × 1 × 1"]]


@both_views
@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_passes_have_a_picture_too(cubes, count):
    x, kernels, made = case(3, 2, 2)
    picture = passes(x, dict([*kernels.items()][:count]), made[:count], cubes)
    assert len(picture) == sum(y.numel() for y in made[:count])
    assert list(faults(picture)) == []


def test_slices_have_the_numbers_of_all_volumes_and_of_what_is_made_so_far():
    x, kernels, made = case(2, 2, 3, "β α γ")
    picture, so_far = passes(x, kernels, made), torch.cat([y.flatten() for y in made]).tolist()
    there = torch.cat([each.flatten() for each in (x, *kernels.values())]).tolist()
    for step in range(len(picture)):
        drawn = [text for text in inked(picture, step) if re.fullmatch(r"−?\d+", text)]
        assert sorted(drawn) == sorted(map(written, there + so_far[:step + 1])), step


@both_views
def test_the_kernel_at_work_and_what_it_reads_are_marked(cubes):
    picture = passes(*case(2, 2, 2, size=(3, 2)), cubes)
    for step, (count, name, *_) in enumerate(walk((2, 2, 2, "α β γ", (3, 2)))):
        lines = [mark for mark in picture.moves(step).marks if isinstance(mark, Line)]
        assert any(mark.colour == BLUE for mark in lines) == (count > 1)  # the first is blue for ever
        marks = [extent(mark) for mark in lines if (mark.colour, mark.width) == (ORANGE, 2)]
        sticks = [each.points for each in picture.sheet.targets if each.name.startswith(f"{name}[")]
        left, top, right, bottom = sticks[0]
        assert any(mark[0] <= left + 2 and mark[1] <= top + 2 and mark[2] >= right - 2 and mark[3] >= bottom - 2
                   for mark in marks), step


@both_views
def test_all_steps_of_a_walk_differ_in_what_they_show(cubes):
    picture = passes(*case(2, 2, 2, size=(3, 2)), cubes)
    assert len({tuple(picture.scene(step)) for step in range(len(picture))}) == len(picture) == 6 + 4 + 2


@pytest.mark.parametrize("order", ["α β γ", "γ β α"])
def test_among_cubes_what_is_framed_is_what_is_read(order):
    setting = 4, 2, 3, order, (5, 5)
    picture = passes(*case(*setting), cubes=True)
    for step, (told, (*_, patch, _)) in enumerate(zip(said(picture, "step"), walk(setting), strict=True)):
        frame, = [extent(mark) for mark in picture.moves(step).marks if mark[1] == ORANGE and mark[2] > 2]
        shown = [mark for mark in picture.scene(step) if isinstance(mark, Text) and mark.level > 2
                 and frame[0] < mark.x < frame[2] and frame[1] < mark.y < frame[3]]
        top = max(mark.level for mark in shown)  # of a cell that covers others
        numbers = sorted((mark.y, mark.x, mark.string) for mark in shown if mark.level == top)
        assert [text for *_, text in numbers] == [*map(written, patch[-1].flatten().tolist())]
        assert (top > TEXT) == ("taken away" in told)


@both_views
@pytest.mark.parametrize("order", ["α β γ", "γ β α", "β α γ"])
def test_all_that_the_demo_allows_has_one_size_and_no_text_over_another(cubes, order):
    for sizes in product((1, 2, 4), (1, 3), (1, 2, 3)):
        x, kernels, made = case(*sizes, order, (5, 5))
        picture = passes(x, kernels, made, cubes)
        assert (picture.sheet.width, picture.sheet.height) == (800, 454)
        boxes = np.array([extent(mark) for mark in picture.scene(len(picture) - 1)
                          if isinstance(mark, Text) and mark.level > 1])  # lower ones are covered by now
        assert (boxes[:, :2].min() > 2) & (boxes[:, 2].max() < 798) & (boxes[:, 3].max() < 452), sizes
        low, high = boxes[:, None, :2], boxes[:, None, 2:]
        overlap = (np.maximum(low, low[:, 0]) < np.minimum(high, high[:, 0])).all(axis=-1)
        assert overlap.sum() == len(boxes), sizes  # each with itself


@both_views
@pytest.mark.parametrize("setting", [(3, 3, 3, "α β γ", (5, 5)), (2, 2, 3, "γ β α"), (2, 1, 1, "β α γ")], ids=str)
def test_no_fault_is_found(cubes, setting):
    assert list(faults(passes(*case(*setting), cubes))) == []


# What can be touched

NOUNS = "input", "pass 1", "pass 2", "output"


@both_views
@every_setting
def test_each_term_belongs_to_the_cell_and_the_weight_that_it_multiplies_as_far_as_they_are_seen(setting, cubes):
    picture = passes(*case(*setting), cubes)
    names = {target.name for target in picture.sheet.targets}
    for step, (count, name, kernel, read, *_) in enumerate(walk(setting)):
        pairs = [[named(NOUNS[count - 1], cell), named(name, at)]
                 for cell, at in zip(product(*read), np.ndindex(*kernel.shape[2:]), strict=True)]
        hidden = [named(NOUNS[count - 1], cell) for cell in product(read[0][:-1], *read[1:])] if cubes else []
        seen = [[each for each in pair if each in names and each not in hidden] for pair in pairs]
        assert picture.groups(step)[:len(pairs)] == seen
        goal, = {target.name for target in picture.sheet.targets if target.step == step}
        assert picture.groups(step)[len(pairs):] == [[each, goal] for each in hidden]
        assert cubes or names.issuperset(each for pair in pairs for each in pair)
        terms = [part for _, *parts in picture.sentences(step) for part in parts if hasattr(part, "number")]
        assert [term.number for term in terms] == list(range(len(pairs)))


@both_views
def test_a_made_cell_leads_to_its_step_and_of_sticks_only_what_is_seen_can_be_touched(cubes):
    x, kernels, made = case(3, 2, 2, "γ β α", (3, 3))
    targets = passes(x, kernels, made, cubes).sheet.targets
    assert len({target.name for target in targets}) == len(targets)
    cells = [named(noun, cell) for noun, y in zip(NOUNS[1:], made, strict=True) for cell in np.ndindex(*y.shape[2:])]
    assert {target.name: target.step for target in targets if target.step is not None} == {
        name: step for step, name in enumerate(cells)}
    others = {named(name, cell) for name, values in [("input", x), *kernels.items()]
              for cell in np.ndindex(*values.shape[2:])
              if not cubes or name == "input" or cell[0] == values.shape[2] - 1}
    assert {target.name for target in targets if target.step is None} == others


@both_views
def test_a_walk_costs_little(cubes):
    """What stands still is told once, so that a step adds a fraction of it."""
    film = Film(passes(*case(3, 3, 3, size=(5, 5)), cubes))
    start, more = film.start(), film.more(1, 60)
    still = len(packed(start)) + len(packed(more.pop("late")))
    first, rest = len(packed(start)), len(packed(more))
    assert first < 30000
    assert rest / (len(film.picture) - 1) < still / 20

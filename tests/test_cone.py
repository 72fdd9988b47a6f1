"""The cone of a stack of layers: its paths are the gradients that torch computes where all weights are 1."""
import re
from zlib import compress

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from looked_at import extent, faults
from test_pictures import said
from torch.autograd.functional import jacobian

from helpers import Refused, Window
from helpers.drawing.palette import INK, ORANGE
from helpers.drawing.picture import STEP, Fact
from helpers.drawing.sheet import Fill, Line, Text
from helpers.live.film import Film, packed
from helpers.pictures.cone import cone


def same(kernel, *dilations):
    """Layers with as many outputs as inputs."""
    return [Window(kernel, padding=d * (kernel - 1) // 2, dilation=d) for d in dilations]


def causal(kernel, *dilations):
    return [Window(kernel, padding=d * (kernel - 1), dilation=d) for d in dilations]


STACKS = {  # layers, input cells, causal
    "one cell": ([Window(1)], 1, False),
    "no padding": (3 * [Window(3)], 9, False),
    "strides": ([Window(3, 2), Window(2, 2), Window(3)], 20, False),
    "strides and padding": (3 * [Window(3, 2, 1)], 21, False),
    "strides that step over cells": ([Window(2, 3), Window(2, 2)], 14, False),
    "even kernels and padding": ([Window(4, 1, 1), Window(2, 1, 1)], 8, False),
    "dilation": ([Window(3, dilation=d) for d in (1, 2, 4)], 17, False),
    "strides, padding and dilation": ([Window(3, 2, 2, 2), Window(2, 1, 0, 3), Window(3, 1, 1)], 19, False),
    "1, 2, 4, 8": (same(3, 1, 2, 4, 8), 33, False),
    "kernel 5": (same(5, 1, 2, 4), 33, False),
    "causal": (causal(2, 1, 2, 4, 8), 16, True),
    "causal, kernel 3": (causal(3, 1, 3), 10, True),
}


def by_torch(layers, size, causal=False):
    """(outputs, size): the gradient of each output by each input."""
    def stack(x):
        for layer in layers:
            x = F.pad(x, (layer.padding, 0 if causal else layer.padding))
            x = F.conv1d(x, torch.ones(1, 1, layer.kernel), stride=layer.stride, dilation=layer.dilation)
        return x[0, 0]

    return jacobian(stack, torch.ones(1, 1, size))[:, 0, 0]


def drawn(layers, size, causal=False):
    return cone(layers, size, by_torch(layers, size, causal), causal)


@pytest.fixture(params=STACKS.values(), ids=STACKS)
def stack(request):
    return request.param


# What is told

def test_every_output_has_the_paths_of_torch(stack):
    reach = by_torch(*stack)
    picture = drawn(*stack)
    assert len(picture) == len(reach)
    for sentence, row in zip(said(picture, "paths"), reach.int().tolist(), strict=True):
        assert sentence == f"{', '.join(str(count) for count in row if count)} to these cells = torch ✓"


def test_the_reach_goes_from_the_first_cell_with_a_gradient_to_the_last(stack):
    for sentence, row in zip(said(drawn(*stack), "reach"), by_torch(*stack), strict=True):
        reached = row.nonzero().flatten().tolist()
        span = reached[-1] - reached[0] + 1
        cells = "without a gap" if len(reached) == span else f"with gaps, {', '.join(map(str, reached))}"
        assert sentence == (f"{len(reached)} input cell{'s' * (len(reached) > 1)}, {cells}, "
                            f"from {reached[0]} to {reached[-1]}, which spans {span}")


def test_the_formula_computes_what_it_says_and_no_output_sees_more(stack):
    for sentence, row in zip(said(drawn(*stack), "sees"), by_torch(*stack), strict=True):
        formula, answer = sentence.removesuffix(" cells, padding included").split(" = ")
        assert eval(formula.replace("·", "*").replace("−", "-")) == int(answer)
        reached = row.nonzero()
        assert reached.max() - reached.min() < int(answer)


def test_what_an_output_sees_can_be_asked_for_and_nothing_that_stands_still_tells_it(stack):
    picture, reach = drawn(*stack), by_torch(*stack)
    texts = [mark.string for mark in picture.sheet.marks if isinstance(mark, Text)]
    assert all(re.match("input|k ", text) for text in texts)
    for step, row in enumerate(reach):
        facts = [part for _, *parts in picture.sentences(step) for part in parts if isinstance(part, Fact)]
        cells = row.nonzero().flatten()
        count, kind = facts or (0, "")
        assert int(count) == len(cells)
        assert all(fact.covers == (STEP,) and f"output[{step}]" in fact.ask for fact in facts)
        if len(cells):
            assert kind == ("with gaps" if (cells.diff() > 1).any() else "without a gap")
            assert kind in kind.choices


def test_jumps_stand_in_the_formula_where_there_are_any():
    sees, *_ = said(drawn([Window(3, 2), Window(3, dilation=2)], 20), "sees")
    assert sees == "1 + 1·(3 − 1) + 2·(3 − 1)·2 = 11 cells, padding included"


def test_equal_dilations_leave_gaps():
    picture = drawn(same(3, 2, 2, 2), 33)
    assert picture.says().splitlines() == [
        "step: 17 of 33, output[16]",
        "reach: 7 input cells, with gaps, 10, 12, 14, 16, 18, 20, 22, from 10 to 22, which spans 13",
        "paths: 1, 3, 6, 7, 6, 3, 1 to these cells = torch ✓",
        "sees: 1 + 2·(3 − 1) + 2·(3 − 1) + 2·(3 − 1) = 13 cells, padding included",
    ]


def test_dilations_1_2_5_leave_no_gap():
    picture = drawn(same(3, 1, 2, 5), 33)
    assert "17 input cells, without a gap, from 8 to 24, which spans 17" in picture.says()


def test_an_output_that_sees_only_padding_is_told():
    first, *_, last = said(drawn([Window(2, 1, 2)], 4), "reach")
    assert first == last == "no input cell, only padding"


def test_the_reach_may_still_carry_a_gradient():
    layers = same(3, 1, 2)
    reach = by_torch(layers, 9).requires_grad_()
    assert "= torch ✓" in cone(layers, 9, reach).says()


def test_a_wrong_reach_is_told_where_it_is_wrong():
    layers = same(3, 1, 1)
    reach = by_torch(layers, 7)
    reach[3] = torch.tensor([0, 1, 2, 3, 2, 0, 0])  # one path of the nine is missing
    wrong = said(cone(layers, 7, reach), "paths")
    assert wrong.pop(3) == "1, 2, 3, 2, 1 to these cells but torch says 0, 1, 2, 3, 2, 0, 0"
    assert all(sentence.endswith("= torch ✓") for sentence in wrong)


def test_padding_on_both_sides_is_not_taken_for_causal():
    layers = causal(3, 1, 2)
    with pytest.raises(ValueError, match="reach is 16 × 10, but must be 10 × 10"):
        cone(layers, 10, by_torch(layers, 10), causal=True)
    centred = by_torch(same(3, 1, 2), 10)
    assert all("but torch says" in sentence for sentence in said(cone(layers, 10, centred, causal=True), "paths"))


@pytest.mark.parametrize(("shape", "name"), [((9, 7), "9 × 7"), ((7, 8), "7 × 8"), ((9,), "9")])
def test_a_reach_of_another_shape_is_told_with_both_sizes(shape, name):
    with pytest.raises(ValueError, match=f"^reach is {name}, but must be 7 × 9$"):
        cone([Window(3)], 9, np.ones(shape))


def test_a_stack_that_does_not_fit_is_refused():
    with pytest.raises(Refused, match="spans 5 cells but the padded input has only 4"):
        cone(2 * [Window(5)], 8, np.ones((1, 8)))


# What is drawn

def test_the_picture_starts_in_the_middle_and_a_causal_one_at_the_last_output():
    assert drawn(same(3, 1, 2), 9).start == 4
    assert drawn(2 * [Window(3, 2, 1)], 21).start == 3  # of 6
    assert drawn(causal(2, 1, 2), 9, True).start == 8


def drawn_things(picture, frame):
    """Left and right of what a frame frames in ink, and of all cells that it colours; the rows are set apart."""
    marks = picture.moves(frame).marks
    framed, = (extent(mark) for mark in marks if isinstance(mark, Line) and mark.colour == INK)
    bottom = max(extent(target)[1] for target in picture.sheet.targets)
    reached = [extent(mark) for mark in marks if isinstance(mark, Fill) and extent(mark)[1] > bottom]
    return framed[::2], (min(left for left, *_ in reached), max(right for _, _, right, _ in reached))


@pytest.mark.parametrize(("name", "step"), [
    ("no padding", 0), ("strides", 1), ("strides and padding", 1), ("even kernels and padding", 4), ("1, 2, 4, 8", 16)])
def test_an_output_stands_above_the_middle_of_what_it_sees(name, step):
    output, reached = drawn_things(drawn(*STACKS[name]), step)
    assert np.mean(output) == pytest.approx(np.mean(reached))


@pytest.mark.parametrize("step", [0, 7, 15])
def test_a_causal_output_stands_above_the_last_cell_that_it_sees(step):
    output, reached = drawn_things(drawn(*STACKS["causal"]), step)
    assert output[1] == pytest.approx(reached[1], abs=1)


def test_a_path_runs_from_the_middle_of_a_cell_to_the_middle_of_one():
    picture = drawn(4 * [Window(1)], 5)
    output, _ = drawn_things(picture, picture.start)
    wires = [mark for mark in picture.moves().marks if isinstance(mark, Line) and mark.colour == ORANGE]
    assert len(wires) == 4
    assert [x for wire in wires for x in wire.points[::2]] == pytest.approx(8 * [np.mean(output)])


def test_every_wire_is_there_pale_and_those_of_the_cone_over_it(stack):
    layers, size, is_causal = stack
    picture = drawn(layers, size, is_causal)
    wires = {mark.points for mark in picture.sheet.marks if isinstance(mark, Line)}
    ones = F.conv1d(F.pad(torch.ones(1, 1, size), (layers[0].padding, 0 if is_causal else layers[0].padding)),
                    torch.ones(1, 1, layers[0].kernel), stride=layers[0].stride, dilation=layers[0].dilation)
    bottom = max(extent(target)[1] for target in picture.sheet.targets)
    assert sum(points[3] == bottom for points in wires) == ones.sum()  # as many cells as the windows of layer 1 meet
    for step in range(len(picture)):
        assert {mark.points for mark in picture.moves(step).marks if getattr(mark, "width", 0) == 2.5} <= wires


def test_the_numbers_in_the_cells_are_those_of_torch():
    layers, size, _ = STACKS["strides and padding"]
    picture, reach = drawn(layers, size), by_torch(layers, size).int()
    for step, row in enumerate(reach):
        places = sorted((mark.x, mark.string) for mark in picture.moves(step).marks if isinstance(mark, Text))
        counts = [string for _, string in places if not string.startswith("sees ")]
        assert counts == [str(count) for count in row.tolist() if count]


# Both ends of what a demo may ask for, in 1 to 4 layers
@pytest.mark.parametrize("layers", [
    same(3, 1), same(3, 8), same(3, 1, 1), same(3, 1, 2, 5), same(3, 1, 2, 4, 8), same(9, 1, 1, 1, 1),
    same(3, 8, 8, 8, 8), 4 * [Window(1)], 4 * [Window(9)], 4 * [Window(3, 2, 1)], [Window(17, 16, 0)],
    [Window(3, 2, 8, 8), *same(3, 8, 8, 8)],
], ids=lambda layers: " ".join(f"{each.kernel}:{each.stride}:{each.padding}:{each.dilation}" for each in layers))
def test_an_eye_finds_no_fault(layers):
    picture = drawn(layers, 33)
    assert not [*faults(picture)]
    assert (picture.sheet.width, picture.sheet.height) == (800, 456)


@pytest.mark.parametrize("size", [1, 33])
@pytest.mark.parametrize("depth", [1, 4])
def test_a_causal_stack_and_a_short_input_fit_the_same_sheet(size, depth):
    for picture in (drawn(causal(2, 1, 2, 4, 8)[:depth], size, True), drawn(same(3, 1, 2, 4, 8)[:depth], size)):
        assert not [*faults(picture)]
        assert (picture.sheet.width, picture.sheet.height) == (800, 456)


def test_all_steps_and_asides_differ_in_what_they_show():
    picture = drawn(same(3, 1, 2), 5)
    assert picture.asides == 10
    assert len({tuple(picture.scene(frame)) for frame in range(15)}) == 15


def test_a_walk_with_its_asides_is_small():
    film = Film(drawn(same(3, 1, 2, 4, 8), 33))
    first, rest = (len(compress(packed(part).encode())) for part in (film.start(), film.more(1, 99)))
    assert first < 8_000
    assert rest < 36_000  # of 165 frames


# What can be pointed at

def leads(picture):
    return {target.name: target.step for target in picture.sheet.targets}


def test_every_cell_leads_to_a_frame_of_its_own_in_which_it_is_framed(stack):
    picture = drawn(*stack)
    assert sorted(leads(picture).values()) == list(range(len(picture) + picture.asides))
    for target in picture.sheet.targets:
        ink, = (mark for mark in picture.moves(target.step).marks if isinstance(mark, Line) and mark.colour == INK)
        assert extent(ink) == pytest.approx(target.points, abs=1.6)  # half of the line's 3


def test_a_term_of_an_output_lights_the_cell_whose_gradient_it_is(stack):
    picture, reach = drawn(*stack), by_torch(*stack)
    for step, row in enumerate(reach):
        assert picture.groups(step) == [[f"cell[0, {cell}]"] for cell in row.nonzero().flatten().tolist()]
        terms = next(parts for name, *parts in picture.sentences(step) if name == "paths")
        told = {part.number: str(part) for part in terms if hasattr(part, "number")}
        assert [float(told[k]) for k in range(len(told))] == row[row > 0].tolist()


def test_an_input_cell_leads_to_all_outputs_that_see_it(stack):
    picture, reach = drawn(*stack), by_torch(*stack)
    for cell, column in enumerate(reach.T):
        frame = leads(picture)[f"cell[0, {cell}]"]
        above = column.nonzero().flatten().tolist()
        assert picture.groups(frame) == [[f"cell[{len(stack[0])}, {output}]"] for output in above]
        assert picture.says(frame).splitlines()[-1] == (
            f"paths up: {', '.join(f'{count:.0f}' for count in column[above].tolist()) or 'none'} "
            "to these outputs = torch ✓")


def test_the_paths_through_the_cells_of_any_row_are_all_paths(stack):
    picture, reach, counts = drawn(*stack), by_torch(*stack), {}
    for name, frame in leads(picture).items():
        told = dict(line.split(": ", 1) for line in picture.says(frame).splitlines())
        if "through" in told:
            row = name.split(",")[0]
            counts[row] = counts.get(row, 0) + int(told["through"].split(": ")[1].replace(",", ""))
    assert list(counts.values()) == (len(stack[0]) - 1) * [reach.sum()]


def test_a_cell_between_tells_what_lies_below_it_and_above():
    picture = drawn(same(3, 1, 2, 4), 33)
    assert picture.says(leads(picture)["cell[1, 14]"]).splitlines() == [
        "cell: [14] of 33 after layer 1",
        "reach: 3 input cells, without a gap, from 13 to 15, which spans 3",
        "paths: 1, 1, 1 to these cells",
        "seen by: 7 outputs, 8, 10, 12, 14, 16, 18, 20, from 8 to 20, which spans 13",
        "paths up: 1, 1, 2, 1, 2, 1, 1 to these outputs",
        "through: 3 paths up to here, times 9 on to the top: 27",
        "sees: 1 + 1·(3 − 1) = 3 cells, padding included",
    ]


def test_a_cell_that_no_output_sees_is_told():
    picture = drawn([Window(2, 3)], 6)
    assert picture.says(leads(picture)["cell[0, 2]"]).splitlines() == [
        "cell: [2] of 6 in the input", "seen by: no output", "paths up: none to these outputs = torch ✓"]


def test_a_wrong_reach_is_told_at_the_input_too():
    reach = by_torch(same(3, 1), 4)
    reach[3, 0] = 1
    picture = cone(same(3, 1), 4, reach)
    assert picture.says(leads(picture)["cell[0, 0]"]).endswith("1, 1 to these outputs but torch says 1, 1, 0, 1")

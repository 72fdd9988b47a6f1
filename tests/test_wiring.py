"""The wiring of channels: who hears whom is the gradient that torch computes where all weights are 1."""
from zlib import compress

import numpy as np
import pytest
import torch
from looked_at import extent, faults
from test_pictures import said
from torch import nn
from torch.autograd.functional import jacobian

from helpers.arithmetic import Grouped, Shuffled
from helpers.drawing.palette import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, mix
from helpers.drawing.picture import STEP, Fact
from helpers.drawing.sheet import SMALL, Fill, Line, Text
from helpers.live.film import Film, packed
from helpers.pictures.wiring import DIM, LIT, WIRE, grouped, wiring


def mixed(channels, groups, layers):
    """Grouped layers with a shuffle between."""
    conv = Grouped(channels, channels, groups)
    return [conv] + (layers - 1) * [Shuffled(channels, groups), conv]


STACKS = {
    "one wire": [Grouped(1, 1)],
    "standard": [Grouped(12, 12)],
    "groups": [Grouped(12, 12, 3)],
    "depthwise": [Grouped(12, 12, 12)],
    "depthwise, three times": [Grouped(4, 12, 4)],
    "fewer outputs": [Grouped(12, 6, 3)],
    "a shuffle": [Shuffled(12, 4)],
    "there and back": [Shuffled(12, 4), Shuffled(12, 3)],
    "no shuffle": 4 * [Grouped(12, 12, 4)],
    "an open door": [Grouped(12, 12, 2), Grouped(12, 8, 1), Grouped(8, 16, 2)],
    "3 groups": mixed(12, 3, 4),
    "4 groups": mixed(12, 4, 2),
    "6 groups": mixed(12, 6, 4),
    "16 channels": mixed(16, 8, 4),
}


def module(layer):
    if isinstance(layer, Shuffled):
        return nn.ChannelShuffle(layer.groups)
    return nn.Conv2d(layer.c_in, layer.c_out, 1, groups=layer.groups, bias=False)


def by_torch(layers):
    """(outputs, inputs): the gradient of each output by each input."""
    net = nn.Sequential(*map(module, layers))
    for weight in net.parameters():
        nn.init.ones_(weight)
    return jacobian(net, torch.ones(1, layers[0].c_in, 1, 1))[0, :, 0, 0, 0, :, 0, 0]


def drawn(layers, **settings):
    return wiring(layers, by_torch(layers), **settings)


def with_weight(*layer, kernel=(3, 3)):
    layer = Grouped(*layer)
    stored = nn.Conv2d(layer.c_in, layer.c_out, kernel, groups=layer.groups).weight
    return grouped(layer, stored, by_torch([layer]))


@pytest.fixture(params=STACKS.values(), ids=STACKS)
def stack(request):
    return request.param


# What is told

def test_every_output_hears_what_torch_has_a_gradient_for(stack):
    reach, picture = by_torch(stack).int(), drawn(stack)
    assert len(picture) == len(reach)
    for told, paths, row in zip(said(picture, "hears"), said(picture, "paths"), reach, strict=True):
        heard = row.nonzero().flatten().tolist()
        assert told.startswith(f"{len(heard)} of {len(row)} input channel")
        if len(heard) < len(row):
            assert told.removesuffix(" = torch ✓").split("number")[1].strip("s ") == ", ".join(map(str, heard))
        counts = [f"{count:,}" for count in row[heard].tolist()]
        many = f"{', '.join(counts)} to these channels" if len(set(counts)) > 1 else f"{counts[0]} to each"
        assert paths == (f"{many} = torch ✓" if len(stack) > 1 else None)
        assert told.endswith(" = torch ✓") == (len(stack) == 1)


def test_a_shuffle_lets_an_output_hear_three_times_as_many():
    assert drawn(mixed(12, 4, 2)).says(5) == (
        "step: output 5 of 12, counted from 0\n"
        "hears: 9 of 12 input channels, numbers 0, 1, 2, 3, 4, 5, 9, 10, 11\n"
        "paths: 1 to each = torch ✓")
    assert "hears: 3 of 12 input channels, numbers 3, 4, 5\n" in drawn(2 * [Grouped(12, 12, 4)]).says(5)
    assert "hears: 12 of 12 input channels, all of them\n" in drawn(mixed(12, 4, 3)).says(5)


def test_a_wrong_reach_is_told():
    reach = by_torch([Grouped(4, 4, 2)])
    reach[3, 0] = 1
    right, *_, wrong = said(wiring([Grouped(4, 4, 2)], reach), "hears")
    assert right == "2 of 4 input channels, numbers 0, 1 = torch ✓"
    assert wrong == "2 of 4 input channels, numbers 2, 3 but torch says 1, 0, 1, 1 to these channels"
    stack = 2 * [Grouped(4, 4, 2)]
    wrong, *_ = said(wiring(stack, by_torch(stack) + 1), "paths")
    assert wrong == "2 to each but torch says 3, 3, 1, 1 to these channels"


def test_the_weight_has_the_shape_that_torch_stores():
    assert with_weight(12, 6, 3, kernel=(3, 5)).says(0).splitlines()[-1] == (
        "weight: (6, 12 / 3, 3, 5) = (6, 4, 3, 5) = torch ✓, 24 kernels")
    wrong = grouped(Grouped(4, 4, 2), torch.ones(4, 4, 3, 3), by_torch([Grouped(4, 4, 2)]))
    assert "= (4, 2, 3, 3) but torch says (4, 4, 3, 3)" in wrong.says()


def test_notes_are_said_last():
    picture = drawn([Grouped(4, 4)], note="cost: 16\nno name\ntorch: a: ✓")
    for frame in range(8):
        assert picture.says(frame).endswith("torch ✓\ncost: 16\nno name\ntorch: a: ✓")
        assert picture.sentences(frame)[-3:] == [("cost", "16"), ("", "no name"), ("torch", "a: ✓")]
    noted = grouped(Grouped(1, 1), torch.ones(1, 1, 1, 1), torch.ones(1, 1), note="cost: 1")
    assert noted.says().endswith("\ncost: 1")


@pytest.mark.parametrize(("layers", "reach", "message"), [
    ([], np.ones((1, 1)), "at least one layer"),
    ([Grouped(4, 6), Grouped(4, 4)], np.ones((4, 4)), "a layer makes 6 channels, but the next one reads 4"),
    ([Grouped(4, 6)], np.ones((4, 6)), "reach is 4 × 6, but must be 6 × 4"),
])
def test_what_does_not_fit_together_is_an_error(layers, reach, message):
    with pytest.raises(ValueError, match=message):
        wiring(layers, reach)


def test_a_weight_of_three_axes_and_a_missing_name_are_errors():
    with pytest.raises(ValueError, match=r"weight must be \(C_out, C_in / groups, k_h, k_w\), not \(4, 2, 3\)"):
        grouped(Grouped(4, 4, 2), torch.ones(4, 2, 3), torch.ones(4, 4))
    with pytest.raises(ValueError, match="names has 1 names for 2 layers"):
        drawn(2 * [Grouped(4, 4)], names=["conv1"])


def test_the_reach_and_the_weight_may_still_carry_a_gradient():
    reach, weight = torch.ones(2, 2).requires_grad_(), torch.ones(2, 2, 1, 1).requires_grad_()
    assert grouped(Grouped(2, 2), weight, reach).says().count("= torch ✓") == 2


# What is drawn

def within(mark, box):
    """Whether a mark lies in a box, (left, top, right, bottom)."""
    left, top, right, bottom = extent(mark)
    return box[0] <= left + 0.01 and box[1] <= top + 0.01 and right - 0.01 <= box[2] and bottom - 0.01 <= box[3]


def hues(marks, box, share):
    """In which hues, at this share, a box is filled."""
    filled = {mark.colour for mark in marks if isinstance(mark, Fill) and within(mark, box)}
    return {hue for hue in (BLUE, ORANGE, GREEN, PURPLE) if mix(hue, share) in filled}


def boxes(picture):
    return {target.name: target.points for target in picture.sheet.targets}


def leads(picture):
    return {target.name: target.step for target in picture.sheet.targets}


def wires(marks):
    return {mark.points for mark in marks if isinstance(mark, Line) and mark.bent}


def test_the_walk_starts_in_the_middle():
    assert [drawn([Grouped(1, n)]).start for n in (1, 2, 3, 12)] == [0, 0, 1, 5]


@pytest.mark.parametrize(("step", "hue"), [(0, BLUE), (3, ORANGE), (6, GREEN), (11, PURPLE)])
def test_only_the_group_of_the_output_is_in_full_colour(step, hue):
    picture = drawn([Grouped(12, 12, 4)])
    for other in (BLUE, ORANGE, GREEN, PURPLE):
        full, pale = ({mix(other, share)} & {mark.colour for mark in marks}
                      for share, marks in ((LIT, picture.scene(step)), (DIM, picture.sheet.marks)))
        assert pale
        assert bool(full) == (other == hue)


@pytest.mark.parametrize(("shuffle", "count"), [(True, 3), (False, 1)])
def test_a_box_has_the_colour_of_every_group_that_it_hears(shuffle, count):
    picture = drawn(mixed(12, 4, 2) if shuffle else 2 * [Grouped(12, 12, 4)])
    box = boxes(picture)[f"channel[{3 if shuffle else 2}, 5]"]
    assert len(hues(picture.moves(5).marks, box, LIT)) == len(hues(picture.sheet.marks, box, DIM)) == count


def test_wires_have_the_colour_of_their_one_group_and_grey_after_more():
    picture = drawn(mixed(12, 4, 3))
    starts = {name: points[2] for name, points in boxes(picture).items()}
    first, last = ({mark.colour for mark in picture.moves(5).marks if isinstance(mark, Line) and mark.bent
                    and mark.points[0] == starts[f"channel[{column}, 0]"]} for column in (0, 4))
    assert first == {mix(hue, 1) for hue in (BLUE, ORANGE, GREEN, PURPLE)}
    assert last == {mix(MUTED, 1)}


def test_every_wire_is_there_pale_and_the_paths_run_over_some(stack):
    picture = drawn(stack)
    assert len(wires(picture.sheet.marks)) == sum(len(layer.reads(i)) for layer in stack for i in range(layer.c_out))
    for frame in range(len(picture) + picture.asides):
        assert wires(picture.moves(frame).marks) <= wires(picture.sheet.marks)


def test_every_number_is_written_once(stack):
    picture = drawn(stack)
    numbers = [mark for mark in picture.sheet.marks if isinstance(mark, Text) and mark.align == 0.5 and mark.y > 60]
    assert len(numbers) == len(picture.sheet.targets)
    for frame in range(len(picture) + picture.asides):
        assert not any(isinstance(mark, Text) for mark in picture.moves(frame).marks)


def test_a_row_of_the_weight_has_a_kernel_in_full_colour_for_every_input_it_hears():
    for groups in (3, 6, 12):
        picture, first = with_weight(12, 12, groups), 12 // groups  # output of group 1, the orange one
        kernels = {name: box for name, box in boxes(picture).items() if name.startswith("kernel")}
        assert len(kernels) == 144 / groups
        full = [name for name, box in kernels.items() if hues(picture.moves(first).marks, box, LIT)]
        assert full == [f"kernel[{first}, {source}]" for source in Grouped(12, 12, groups).reads(first)]
        assert all(hues(picture.sheet.marks, kernels[name], WIRE) == {ORANGE} for name in full)


def test_kernels_that_are_not_stored_are_marked_0():
    picture = with_weight(12, 6, 3)
    noughts = [mark for mark in picture.sheet.marks if isinstance(mark, Text) and mark.string == "0"
               and mark.colour == MUTED and mark.size != SMALL]  # which is that of the names of columns
    assert len(noughts) == 72 - 24
    assert "weight: 24 kernels stored of 72" in [getattr(mark, "string", None) for mark in picture.sheet.marks]


@pytest.mark.parametrize("kernel", [(3, 3), (1, 1), (3, 5)])
def test_white_lines_cut_every_stored_kernel_into_its_cells(kernel):
    picture = with_weight(6, 4, 2, kernel=kernel)
    lines = [mark.points for mark in picture.sheet.marks if isinstance(mark, Line) and mark.colour == "#ffffff"]
    for name, (left, top, right, bottom) in boxes(picture).items():
        if name.startswith("kernel"):
            across = [y for x, y, to, end in lines if y == end and x <= left and right <= to and top < y < bottom]
            down = [x for x, y, to, end in lines if x == to and y <= top and bottom <= end and left < x < right]
            assert (len(across) + 1, len(down) + 1) == kernel


def flawless(picture):
    """A number may reach over more than one strip of its box, so strips are no cells."""
    found = [fault for fault in faults(picture) if not fault.startswith("wider than its cell")]
    each = dict(zip(boxes(picture).values(), boxes(picture), strict=True))
    for mark in picture.sheet.marks:
        if isinstance(mark, Text) and mark.y > 60 and mark.align == 0.5:
            found += [] if any(within(mark, box) for box in each) or mark.string == "0" else [mark]
    return not found and (picture.sheet.width, picture.sheet.height) == (800, 500)


def test_an_eye_finds_no_fault(stack):
    assert flawless(drawn(stack))


@pytest.mark.parametrize("layer", [
    (12, 12, 1), (12, 12, 12), (6, 12, 6), (12, 6, 2), (1, 1, 1), (16, 16, 4), (2, 16, 2)], ids=str)
def test_an_eye_finds_no_fault_in_the_weight_either(layer):
    assert flawless(with_weight(*layer))


def test_names_stand_above_the_layers():
    layers, names = 4 * [Grouped(4, 4, 2)], ["conv2", "conv3", "conv4", "conv5"]
    plain, labelled = drawn(layers), drawn(layers, names=names)
    assert flawless(labelled)
    new = set(labelled.sheet.marks) - set(plain.sheet.marks)
    assert {mark.string for mark in new} == {*names, "groups 2"}
    assert all(mark.y < 60 for mark in new)


def test_all_steps_and_asides_differ():
    picture = with_weight(6, 6, 3)
    assert picture.asides == 6
    assert len({tuple(picture.scene(frame)) for frame in range(12)}) == 12


def test_a_walk_of_four_layers_is_small():
    film = Film(drawn([Grouped(12, 12, groups) for groups in (2, 1, 2, 2)]))
    first, rest = (len(compress(packed(part).encode())) for part in (film.start(), film.more(1, 99)))
    assert first < 6_000
    assert rest < 8_000


# What can be pointed at

def test_every_channel_leads_to_a_frame_of_its_own_in_which_it_is_framed(stack):
    picture = drawn(stack)
    assert sorted(leads(picture).values()) == list(range(len(picture) + picture.asides))
    for target in picture.sheet.targets:
        ink, = (mark for mark in picture.moves(target.step).marks if isinstance(mark, Line) and mark.colour == INK)
        assert within(ink, target.points)


def test_the_groups_of_an_output_are_the_inputs_that_torch_has_a_gradient_for(stack):
    picture, reach = drawn(stack), by_torch(stack)
    for step, row in enumerate(reach):
        assert picture.groups(step) == [[f"channel[0, {source}]"] for source in row.nonzero().flatten().tolist()]


def test_an_input_leads_to_all_outputs_that_hear_it(stack):
    picture, reach = drawn(stack), by_torch(stack).int()
    for source, column in enumerate(reach.T):
        frame = leads(picture)[f"channel[0, {source}]"]
        above = column.nonzero().flatten().tolist()
        assert picture.groups(frame) == [[f"channel[{len(stack)}, {output}]"] for output in above]
        assert f"heard by: {len(above)} of {len(reach)} outputs, " in picture.says(frame)
        assert picture.says(frame).endswith(" = torch ✓")


def test_the_paths_through_the_channels_of_any_column_are_all_paths(stack):
    picture, counts = drawn(stack), {}
    for name, frame in leads(picture).items():
        told = dict(line.split(": ", 1) for line in picture.says(frame).splitlines())
        if "through" in told:
            column = name.split(",")[0]
            counts[column] = counts.get(column, 0) + int(told["through"].split(": ")[1].replace(",", ""))
    assert list(counts.values()) == (len(stack) - 1) * [by_torch(stack).sum()]


def test_the_terms_of_a_sentence_are_the_channels_of_the_groups():
    picture = drawn(mixed(12, 4, 2))
    for frame in range(len(picture) + picture.asides):
        told = {part.number: str(part) for name, *parts in picture.sentences(frame) for part in parts
                if hasattr(part, "number") and name in ("hears", "heard by")}
        for number, text in told.items():
            assert [name.split(", ")[1] for name in picture.groups(frame)[number]] == [f"{text}]"]


def test_a_channel_between_tells_what_it_hears_and_who_hears_it():
    picture = drawn(mixed(12, 4, 2))
    assert picture.says(leads(picture)["channel[2, 4]"]).splitlines() == [
        "channel: 1 of 12 after layer 2, at place 4, counted from 0",
        "hears: 3 of 12 input channels, numbers 0, 1, 2",
        "paths: 1 to each",
        "heard by: 3 of 12 outputs, numbers 3, 4, 5",
        "paths up: 1 to each",
        "through: 3 paths up to here, times 3 on to the top: 9",
    ]
    picture = drawn(4 * [Grouped(4, 4, 2)], names=["conv2", "conv3", "conv4", "conv5"])
    assert picture.says(leads(picture)["channel[2, 1]"]).startswith("channel: 1 of 4 after conv3, counted from 0\n")


def test_the_axes_of_the_weight_are_named_and_a_number_of_a_row_leads_to_its_output():
    picture = with_weight(6, 4, 2)
    assert {"input channel →", "output ↓"} <= {mark.string for mark in picture.sheet.marks if isinstance(mark, Text)}
    assert [leads(picture)[f"row[{output}]"] for output in range(4)] == list(range(4))


def test_while_kernels_are_asked_for_the_wires_stay_in_sight():
    picture = with_weight(12, 12, 3)
    left, *rest = picture.covered("kernels")
    assert rest == [0, 800, 500]
    texts = [mark for mark in picture.sheet.marks if isinstance(mark, Text)]
    assert max(mark.ends[1] for mark in texts if mark.x < 300) < left  # "groups 3", too
    assert left < min(mark.ends[0] for mark in texts if mark.string in ("output ↓", "input channel →"))
    covers = {part.ask: part.covers for _, *parts in picture.sentences() for part in parts if isinstance(part, Fact)}
    assert covers["How many of the 144 kernels are stored?"] == ("kernels",)


def test_who_hears_whom_can_be_asked_for_over_all_wires_and_none_of_them_stands_out():
    picture = drawn(mixed(12, 4, 2))
    facts = [part for _, *parts in picture.sentences() for part in parts if isinstance(part, Fact)]
    assert [(str(fact), fact.covers) for fact in facts] == [("9", (STEP,)), ("1", (STEP,))]
    assert picture.covered(STEP) == ()
    assert len({mark.width for mark in picture.sheet.marks if isinstance(mark, Line) and mark.bent}) == 1


def test_what_a_shuffle_carries_keeps_its_old_number_and_that_is_said():
    said_above = [mark.string for mark in drawn(mixed(12, 4, 2)).sheet.marks if isinstance(mark, Text) and mark.y < 60]
    assert said_above == ["input", "groups 4", "shuffled", "old numbers", "groups 4"]


def test_kernels_lead_to_their_output_and_columns_to_their_input():
    picture, layer = with_weight(6, 4, 2), Grouped(6, 4, 2)
    there = leads(picture)
    kernels = {(output, source) for output in range(4) for source in layer.reads(output)}
    assert {name for name in there if name.startswith("kernel")} == {f"kernel[{o}, {i}]" for o, i in kernels}
    assert all(there[f"kernel[{output}, {source}]"] == output for output, source in kernels)
    assert [there[f"column[{source}]"] for source in range(6)] == [there[f"channel[0, {i}]"] for i in range(6)]


def test_every_channel_is_lit_with_the_kernel_of_its_wire():
    picture, layer = with_weight(6, 4, 2), Grouped(6, 4, 2)
    for output in range(4):
        assert picture.groups(output) == [[f"channel[0, {i}]", f"kernel[{output}, {i}]"] for i in layer.reads(output)]
    for source in range(6):
        assert picture.groups(leads(picture)[f"column[{source}]"]) == [
            [f"channel[1, {output}]", f"kernel[{output}, {source}]"] for output in range(4)
            if source in layer.reads(output)]

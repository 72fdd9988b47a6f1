"""The three moves of a channel shuffle: every channel stands where torch puts it."""
import numpy as np
import pytest
import torch
from looked_at import extent, faults
from test_pictures import said
from torch import nn

from helpers import Refused
from helpers.drawing.palette import BLUE, GREEN, INK, ORANGE, mix
from helpers.drawing.picture import Fact
from helpers.drawing.sheet import Fill, Line, Text
from helpers.live.film import Film, packed
from helpers.pictures.shuffle import shuffle
from helpers.pictures.wiring import LIT

SETTINGS = [(channels, groups) for channels in (1, 6, 8, 12, 16) for groups in range(1, channels + 1)
            if channels % groups == 0]


def drawn(channels, groups):
    return shuffle(nn.ChannelShuffle(groups)(torch.arange(float(channels)).reshape(1, -1, 1, 1))[..., 0, 0], groups)


@pytest.mark.parametrize(("channels", "groups"), SETTINGS)
def test_every_channel_is_followed_to_its_place(channels, groups):
    picture = drawn(channels, groups)
    assert len(picture) == channels
    order = nn.ChannelShuffle(groups)(torch.arange(float(channels)).reshape(1, -1, 1, 1)).flatten().tolist()
    for channel, (reshape, flatten) in enumerate(zip(said(picture, "reshape"), said(picture, "flatten"), strict=True)):
        assert eval(reshape.split(" = ")[1].split(",")[0].replace("·", "*")) == channel
        formula, place = flatten.removeprefix("place ").removesuffix(" = torch ✓").split(" = ")
        assert eval(formula.replace("·", "*")) == int(place) == order.index(channel)


def test_the_published_order():
    assert drawn(12, 4).says(5).splitlines() == [
        "step: channel 5 of 12, counted from 0",
        "reshape: 5 = 1·3 + 2, so row 1, which is its group, and column 2",
        "transpose: row 2, column 1",
        "flatten: place 2·4 + 1 = 9 = torch ✓",
        "moved: yes, from place 5 to place 9",
        "output: 0 3 6 9 1 4 7 10 2 5 8 11",
        "torch: nn.ChannelShuffle(4)(x).flatten()",
    ]


def test_the_torch_line_makes_what_is_shown():
    numbers = torch.arange(16.0).reshape(1, 16, 1, 1)
    for channels, groups in SETTINGS:
        y = nn.ChannelShuffle(groups)(numbers[:, :channels])
        picture = shuffle(y.flatten(), groups, f"numbers[:, :{channels}]")
        line, = {told for told in said(picture, "torch")}
        made = eval(line, {"nn": nn, "numbers": numbers})
        assert said(picture, "output")[0] == " ".join(f"{number:.0f}" for number in made.tolist())


def test_only_the_result_is_covered_while_it_is_asked_for():
    picture = drawn(12, 4)
    facts = [part for _, *parts in picture.sentences(5) for part in parts if isinstance(part, Fact)]
    assert [(str(fact), fact.covers, fact.choices) for fact in facts] == [
        ("9", ("result",), ()), ("yes", ("result",), ("yes", "no"))]
    assert said(picture, "moved")[0] == "no"
    covered = picture.covered("result")
    there = [box for box, _ in cells(picture)["output"].values()]
    assert all(covered[1] < box[1] and box[3] < covered[3] for box in there)
    assert all(box[3] < covered[1] for box, _ in cells(picture)["turned"].values())


def test_another_order_is_told():
    wrong = said(shuffle(torch.arange(6.0), 2), "flatten")
    assert wrong[0] == "place 0·2 + 0 = 0 = torch ✓"
    assert wrong[1] == "place 1·2 + 0 = 2 but torch says channel 2 is there"


def test_groups_that_do_not_divide_are_refused_and_other_shapes_are_errors():
    with pytest.raises(Refused, match=r"^groups 5 does not divide 12 channels: choose 1, 2, 3, 4, 6 or 12\.$"):
        shuffle(np.arange(12), 5)
    with pytest.raises(ValueError, match=r"y must be \(C,\), with only 1s before it, not \(2, 3\)"):
        shuffle(np.ones((2, 3)), 3)


@pytest.mark.parametrize(("channels", "groups"), SETTINGS)
def test_an_eye_finds_no_fault(channels, groups):
    picture = drawn(channels, groups)
    assert not [*faults(picture)]
    assert (picture.sheet.width, picture.sheet.height) == (800, 436)


def cells(picture):
    """{noun: {(row, column), or (channel,): (box, step)}}"""
    found = {}
    for target in picture.sheet.targets:
        noun, bracket, at = target.name.removesuffix("]").partition("[")
        if bracket:
            found.setdefault(noun, {})[tuple(map(int, at.split(", ")))] = target.points, target.step
    return found


@pytest.mark.parametrize(("channels", "groups"), SETTINGS)
def test_every_cell_leads_to_the_channel_that_is_written_in_it(channels, groups):
    picture = drawn(channels, groups)
    written = [mark for mark in picture.sheet.marks if isinstance(mark, Text)]
    numbers = {(round(mark.x, 3), round(mark.y, 3)): mark.string for mark in written}
    inputs = torch.arange(channels)
    table = inputs.reshape(groups, -1)
    output = nn.ChannelShuffle(groups)(inputs[None, :, None, None].float()).flatten().int()
    for noun, there in (("input", inputs), ("table", table), ("turned", table.T), ("output", output)):
        assert {at: step for at, (_, step) in cells(picture)[noun].items()} == {
            at: int(there[at]) for at in np.ndindex(*there.shape)}
    for part in cells(picture).values():
        for (left, top, right, bottom), step in part.values():
            assert numbers[round((left + right) / 2, 3), round((top + bottom) / 2, 3)] == str(step)


@pytest.mark.parametrize(("channels", "groups"), [(1, 1), (6, 3), (16, 8)])
def test_the_channel_is_framed_and_in_full_colour_in_all_four_places(channels, groups):
    picture = drawn(channels, groups)
    for channel in range(channels):
        hue = (BLUE, ORANGE, GREEN, None)[channel // (channels // groups) % 4]
        marks = picture.moves(channel).marks
        fills, frames = ([mark for mark in marks if isinstance(mark, kind)] for kind in (Fill, Line))
        places = [box for part in cells(picture).values() for box, step in part.values() if step == channel]
        assert len(fills) == len(frames) == len(places) == 4
        assert hue is None or {mark.colour for mark in fills} == {mix(hue, LIT)}
        assert {mark.colour for mark in frames} == {INK}
        for mark, box in zip(fills, places, strict=True):
            assert extent(mark) == pytest.approx(tuple(np.add(box, (1, 1, -1, -1))))


def test_what_torch_put_nowhere_leads_nowhere():
    picture = shuffle(torch.tensor([0.0, 7.0]), 1)
    assert [step for _, step in cells(picture)["output"].values()] == [0, None]
    assert "but torch says channel 7 is there" in picture.says(1)


def test_a_walk_is_small():
    film = Film(drawn(16, 4))
    assert len(packed(film.start())) + len(packed(film.more(1, 99))) < 18_000

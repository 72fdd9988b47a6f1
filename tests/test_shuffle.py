"""The three moves of a channel shuffle: every channel stands where torch puts it."""
import numpy as np
import pytest
import torch
from test_pictures import is_cut_off, pixel_size, pixels, said
from torch import nn

from helpers import Refused
from helpers.canvas import BLUE, GREEN, ORANGE, TINTS, mix
from helpers.pictures import shuffle

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
        "output: 0 3 6 9 1 4 7 10 2 5 8 11",
        "torch: nn.ChannelShuffle(4)(x)",
    ]


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
def test_nothing_is_drawn_off_the_sheet(channels, groups):
    picture = drawn(channels, groups)
    assert not is_cut_off(picture)
    assert pixel_size(picture) == (1600, 872)


def test_the_channel_is_in_full_colour_in_all_four_places():
    picture = drawn(6, 3)
    for channel, hue in enumerate((BLUE, BLUE, ORANGE, ORANGE, GREEN, GREEN)):
        frame = (np.abs(pixels(picture.png(channel)) - 255 * np.array(mix(hue, TINTS[-1]))) < 2).all(axis=-1)
        rows = [frame[:200], frame[200:720, :800], frame[200:720, 800:], frame[720:]]
        assert all(part.any() for part in rows)

"""The wiring of channels: who hears whom is the gradient that torch computes where all weights are 1."""
import numpy as np
import pytest
import torch
from test_pictures import is_cut_off, pixel_size, pixels, said
from torch import nn
from torch.autograd.functional import jacobian

from helpers.arithmetic import Grouped, Shuffled
from helpers.canvas import BLUE, GREEN, INK, ORANGE, PURPLE, mix
from helpers.pictures import grouped, wiring
from helpers.pictures.wiring import FULL, PALE


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
            assert told.split("number")[1].strip("s ") == ", ".join(map(str, heard))
        counts = [f"{count:,}" for count in row[heard].tolist()]
        assert paths == (f"{counts[0]} to each = torch ✓" if len(set(counts)) == 1
                         else f"{', '.join(counts)} to these channels = torch ✓")


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
    right, *_, wrong = said(wiring([Grouped(4, 4, 2)], reach), "paths")
    assert right == "1 to each = torch ✓"
    assert wrong == "1 to each but torch says 1, 0, 1, 1 to these channels"


def test_the_weight_has_the_shape_that_torch_stores():
    assert with_weight(12, 6, 3, kernel=(3, 5)).says(0).splitlines()[-1] == (
        "weight: (6, 12 / 3, 3, 5) = (6, 4, 3, 5) = torch ✓")
    wrong = grouped(Grouped(4, 4, 2), torch.ones(4, 4, 3, 3), by_torch([Grouped(4, 4, 2)]))
    assert "= (4, 2, 3, 3) but torch says (4, 4, 3, 3)" in wrong.says()


def test_notes_are_said_last():
    assert drawn([Grouped(4, 4)], note="cost: 16\ntorch: ✓").says().endswith("torch ✓\ncost: 16\ntorch: ✓")
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

def share(picture, step, colour):
    """Pixels of a colour, in columns of the sheet from left to right."""
    return (np.abs(pixels(picture.png(step)) - 255 * np.array(colour)) < 2).all(axis=-1).sum(axis=0)


def test_the_walk_starts_in_the_middle():
    assert [drawn([Grouped(1, n)]).start for n in (1, 2, 3, 12)] == [0, 0, 1, 5]


@pytest.mark.parametrize(("step", "hue"), [(0, BLUE), (3, ORANGE), (6, GREEN), (11, PURPLE)])
def test_only_the_group_of_the_output_is_in_full_colour(step, hue):
    picture = drawn([Grouped(12, 12, 4)])
    for other in (BLUE, ORANGE, GREEN, PURPLE):
        full, pale = (share(picture, step, mix(other, tint)).sum() > 0 for tint in (FULL, PALE))
        assert (full, pale) == (other == hue, True)


@pytest.mark.parametrize(("shuffle", "hues"), [(True, 3), (False, 1)])
def test_a_box_has_the_colour_of_every_group_that_it_hears(shuffle, hues):
    layers = mixed(12, 4, 2) if shuffle else 2 * [Grouped(12, 12, 4)]
    picture = drawn(layers)
    last = np.flatnonzero(share(picture, 5, mix(INK, 1)) > 40)[-1]  # the frame of the chosen output
    box = slice(last - 60, last)
    assert sum(share(picture, 5, mix(hue, FULL))[box].sum() > 0 for hue in (BLUE, ORANGE, GREEN, PURPLE)) == hues


def test_a_row_of_the_weight_has_a_kernel_in_full_colour_for_every_input_it_hears():
    first = {groups: 12 // groups for groups in (3, 6, 12)}  # output of group 1, the orange one
    widths = [np.count_nonzero(share(with_weight(12, 12, groups), step, mix(ORANGE, FULL))[640:])
              for groups, step in first.items()]
    assert widths == [pytest.approx(many * widths[2], abs=2) for many in (4, 2, 1)]


def test_nothing_is_drawn_off_the_sheet(stack):
    picture = drawn(stack)
    assert not is_cut_off(picture)
    assert pixel_size(picture) == (1600, 1000)


@pytest.mark.parametrize("layer", [
    (12, 12, 1), (12, 12, 12), (6, 12, 6), (12, 6, 2), (1, 1, 1), (16, 16, 4), (2, 16, 2)], ids=str)
def test_the_weight_stays_on_the_sheet_too(layer):
    picture = with_weight(*layer)
    assert not is_cut_off(picture)
    assert pixel_size(picture) == (1600, 1000)


def test_names_stand_above_the_layers():
    layers, names = 4 * [Grouped(4, 4, 2)], ["conv2", "conv3", "conv4", "conv5"]
    plain, named = drawn(layers), drawn(layers, names=names)
    assert not is_cut_off(named)
    head, body = slice(0, 120), slice(120, None)
    assert (pixels(plain.png())[head] != pixels(named.png())[head]).any()
    assert (pixels(plain.png())[body] == pixels(named.png())[body]).all()


def test_all_steps_of_a_walk_differ():
    picture = with_weight(6, 6, 3)
    assert len({picture.png(step) for step in range(6)}) == 6

"""A depthwise separable convolution: every channel of both stages against torch."""
import pytest
import torch
import torch.nn.functional as F
from test_pictures import is_cut_off, pixel_size, said
from torch import nn

from helpers.pictures import separable
from helpers.samples import whole_numbers

# channels, filters, kernel, multiplier: both ends of what a demo asks for, and some between
SETTINGS = [(1, 1, 1, 1), (8, 8, 3, 1), (8, 8, 5, 3), (1, 8, 3, 3), (8, 1, 3, 2), (3, 2, 3, 1), (2, 5, 5, 2)]
every_setting = pytest.mark.parametrize("setting", SETTINGS, ids=str)


def layers(channels, filters, kernel, multiplier):
    """x, depthwise, middle, pointwise and y with whole numbers, seeded."""
    x, between = whole_numbers(1, channels, 4, 4), channels * multiplier
    depthwise = whole_numbers(between, 1, kernel, kernel, low=-2, high=2, seed=1)
    pointwise = whole_numbers(filters, between, 1, 1, low=-2, high=2, seed=2)
    middle = F.conv2d(x, depthwise, padding=kernel // 2, groups=channels)
    return x, depthwise, middle, pointwise, F.conv2d(middle, pointwise)


@every_setting
def test_every_channel_of_both_stages_is_that_of_torch(setting):
    _, _, middle, _, y = arrays = layers(*setting)
    names = [f"middle[{c}, 2, 2]" for c in range(middle.shape[1])] + [f"output[{c}, 2, 2]" for c in range(y.shape[1])]
    values = [*middle[0, :, 2, 2], *y[0, :, 2, 2]]
    for sentence, name, value in zip(said(separable(*arrays), "sum"), names, values, strict=True):
        assert sentence.startswith(f"{name} = ")
        assert sentence.endswith(f" = {value:.0f} = torch ✓, and so are the other cells".replace("-", "−"))


@every_setting
def test_costs_are_those_of_torch_s_layers(setting):
    channels, filters, kernel, multiplier = setting
    between = channels * multiplier
    counts = [sum(p.numel() for p in layer.parameters()) for layer in (
        nn.Conv2d(channels, between, kernel, groups=channels, bias=False), nn.Conv2d(between, filters, 1, bias=False),
        nn.Conv2d(channels, filters, kernel, bias=False))]
    weights, *_ = said(separable(*layers(*setting)), "weights")
    assert f" = {counts[0]} + {counts[1]} = {counts[0] + counts[1]}, " in weights
    assert weights.endswith(f" = {counts[2]}")
    work, *_ = said(separable(*layers(*setting)), "work")
    assert work.startswith(f"{16 * counts[0]:,} + {16 * counts[1]:,} = ")  # 4 × 4 outputs


def test_a_step_says_all_that_the_picture_shows():
    picture = separable(*layers(8, 8, 3, 1))
    assert len(picture) == 16
    assert picture.says(2).splitlines() == [
        "step: 3 of 16, depthwise: kernel 2 reads channel 2 of the input, and nothing else",
        "sum: middle[2, 2, 2] = 9·0 + 1·(−1) + 8·(−2) + 3·1 + 6·(−1) + 9·2 + 7·1 + 3·(−1) + 5·2 "
        "= 12 = torch ✓, and so are the other cells",
        "weights: 8 · 3 · 3 + 8 · 8 = 72 + 64 = 136, full convolution 8 · 8 · 3 · 3 = 576",
        "work: 1,152 + 1,024 = 2,176 MACs, full convolution 9,216, 23.6 % of it",
        'torch: F.conv2d(F.conv2d(x, depthwise, padding="same", groups=8), pointwise)',
    ]
    assert said(picture, "step")[8] == "9 of 16, pointwise: filter 0 mixes all channels in the middle, cell by cell"


@every_setting
def test_the_torch_call_makes_the_output(setting):
    x, depthwise, _, pointwise, y = layers(*setting)
    call, *_ = said(separable(*layers(*setting)), "torch")
    assert torch.equal(eval(call, {"F": F, "x": x, "depthwise": depthwise, "pointwise": pointwise}), y)


def test_kernels_of_one_channel_stand_together():
    steps = said(separable(*layers(2, 1, 3, 3)), "step")
    assert [step.split("reads channel ")[1][0] for step in steps[:6]] == list("000111")


@pytest.mark.parametrize(("stage", "cell", "message"), [
    (2, (0, 1, 2, 2), ", but torch says"), (2, (0, 1, 0, 0), "but torch says otherwise elsewhere"),
    (4, (0, 1, 2, 2), ", but torch says"), (4, (0, 1, 3, 3), "but torch says otherwise elsewhere")])
def test_what_is_not_torch_s_is_told_where_it_is(stage, cell, message):
    arrays = layers(3, 2, 3, 1)
    arrays[stage][cell] += 1
    sums = said(separable(*arrays), "sum")
    channel = 1 if stage == 2 else 3 + 1
    assert message in sums.pop(channel)
    assert not any("torch says" in sentence for sentence in (sums[:2] if stage == 2 else sums))


@pytest.mark.parametrize(("changed", "message"), [
    ({1: torch.zeros(4, 1, 3, 3)}, r"depthwise is 4 × 1 × 3 × 3, but must be \(3, 1, 3, 3\)"),
    ({1: torch.zeros(3, 3, 3, 3)}, "depthwise is 3 × 3 × 3 × 3, but must be"),
    ({1: torch.zeros(3, 1, 2, 2)}, "a kernel of 2 × 2 cannot keep the size: take an odd one"),
    ({2: torch.zeros(3, 2, 2)}, "middle is 3 × 2 × 2, but must be"),
    ({3: torch.zeros(2, 3, 3, 3)}, "pointwise is 2 × 3 × 3 × 3, but must be"),
    ({4: torch.zeros(3, 4, 4)}, "pointwise is 2 × 3 × 1 × 1, but must be"),
    ({0: torch.zeros(2, 3, 4, 4)}, "x must have 3 axes"),
])
def test_shapes_that_do_not_belong_together_are_an_error(changed, message):
    arrays = dict(enumerate(layers(3, 2, 3, 1))) | changed
    with pytest.raises(ValueError, match=message):
        separable(*arrays.values())


@every_setting
def test_every_setting_fits_the_same_sheet(setting):
    picture = separable(*layers(*setting))
    assert not is_cut_off(picture)
    assert {pixel_size(picture, step) for step in (0, len(picture) - 1)} == {(1600, 1120)}


def test_all_steps_of_a_walk_look_different():
    picture = separable(*layers(3, 2, 3, 2))
    assert len({picture.png(step) for step in range(len(picture))}) == len(picture) == 8

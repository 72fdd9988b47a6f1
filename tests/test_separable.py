"""A depthwise separable convolution: every channel of both stages against torch."""
import re

import pytest
import torch
import torch.nn.functional as F
from looked_at import faults
from test_pictures import assert_all_can_be_touched, in_cells, said, sheet_size, targets, terms, value_of
from torch import nn

from helpers.drawing.palette import INK, ORANGE, written
from helpers.drawing.sheet import Line, Text, named
from helpers.pictures.separable import separable
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
    call = f'F.conv2d(F.conv2d(x, depthwise, padding="same", groups={channels}), pointwise)'
    return x, depthwise, middle, pointwise, F.conv2d(middle, pointwise), call


@every_setting
def test_every_channel_of_both_stages_is_that_of_torch(setting):
    _, _, middle, _, y, _ = arrays = layers(*setting)
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
    assert f" = {counts[0]:,} + {counts[1]:,} = {counts[0] + counts[1]:,}, " in weights
    assert weights.endswith(f" = {counts[2]:,}")
    work, *_ = said(separable(*layers(*setting)), "work")
    assert work.startswith(f"{16 * counts[0]:,} + {16 * counts[1]:,} = ")  # 4 × 4 outputs


@every_setting
def test_each_term_lights_what_it_multiplies(setting):
    x, depthwise, middle, pointwise, y, _ = arrays = layers(*setting)
    picture = separable(*arrays)
    assert_all_can_be_touched(picture)
    for step in range(middle.shape[1]):
        pairs = [[value_of(name, input=x[0], depthwise=depthwise) for name in group] for group in picture.groups(step)]
        assert sum(pair[0] * pair[1] for pair in pairs if len(pair) == 2) == middle[0, step, 2, 2]
        for k, pair in enumerate(pairs):  # without a cell it is padding
            assert terms(picture, step)[k] == "·".join(signed(number) for number in ([0] * (2 - len(pair)) + pair))
    for f in range(y.shape[1]):
        groups = picture.groups(middle.shape[1] + f)
        pairs = [[value_of(name, middle=middle[0], pointwise=pointwise[f]) for name in group]
                 for group in groups]
        assert sum(a * b for a, b in pairs) == y[0, f, 2, 2]
        assert list(terms(picture, middle.shape[1] + f).values()) == ["·".join(map(signed, pair)) for pair in pairs]


def signed(number):
    return f"({written(number)})" if number < 0 else written(number)


@every_setting
def test_the_cells_that_a_told_cell_reads_have_a_gradient(setting):
    *arrays, call = layers(*setting)
    x, depthwise, middle, pointwise, y = (each.requires_grad_() for each in arrays)
    first = F.conv2d(x, torch.ones_like(depthwise), padding=setting[2] // 2, groups=setting[0])
    second = F.conv2d(middle, torch.ones_like(pointwise))
    numbers = [(x, "input", each[2, 2]) for each in first[0]] + [(middle, "middle", each[2, 2]) for each in second[0]]
    picture = separable(x, depthwise, middle, pointwise, y, call)
    for step, (source, noun, number) in enumerate(numbers):
        gradient, = torch.autograd.grad(number, source, retain_graph=True)
        assert {name for group in picture.groups(step) for name in group if name.startswith(noun)} == {
            named(noun, at) for at in gradient[0].nonzero().tolist()}
    assert picture.sheet.verbs == {"middle": "is read by"}


@every_setting
def test_what_can_be_typed_into_is_found_in_torch_s_tensors(setting):
    x, depthwise, _, pointwise, *_ = arrays = layers(*setting)
    picture, given = separable(*arrays), {"input": x[0], "depthwise": depthwise, "pointwise": pointwise}
    for step in range(len(picture)):
        strings, _ = in_cells(picture, step)
        shown = {name: text for name, text in strings.items() if name.split("[")[0] in given}
        for name, text in shown.items():
            assert written(given[name.split("[")[0]][picture.index(name, step)].item()) == text
    assert {name.split("[")[0] for name in shown} == given.keys() or setting[0] * setting[3] > 4


def test_a_channel_leads_to_its_step_and_appears_there():
    _, _, middle, pointwise, y, _ = arrays = layers(3, 2, 3, 2)
    picture = separable(*arrays)
    there = targets(picture)
    made = [("middle", c, middle[0, c]) for c in range(6)] + [("output", f, y[0, f]) for f in range(2)]
    for step, (noun, channel, _) in enumerate(made):
        assert there[f"{noun}[{channel}, 2, 2]"].step == step
        numbers = {each[:2]: written_in(picture, step, f"{each[0]}[{each[1]}, 2, 2]") for each in made}
        assert numbers == {each[:2]: sorted(map(written, each[2].flatten().tolist())) if k <= step else []
                           for k, each in enumerate(made)}
        filters = [in_cells(picture, step)[0].get(f"pointwise[{k}, 0, 0]") for k in range(6)]
        assert filters == [None if step < 6 else written(pointwise[step - 6, k].item()) for k in range(6)]


def written_in(picture, step, name):
    left, top, right, bottom = targets(picture)[name].points
    return sorted(mark.string for mark in picture.scene(step) if hasattr(mark, "string")
                  and left < mark.x < right and top < mark.y < bottom)


def test_the_wires_at_work_are_orange_and_what_they_lead_to_is_framed():
    picture = separable(*layers(3, 2, 3, 2))
    for step in range(8):
        lines = [mark for mark in picture.moves(step).marks if isinstance(mark, Line)]
        wires = [mark for mark in lines if len(mark.points) == 4]
        assert {mark.colour for mark in wires} == {ORANGE}
        assert len(wires) == (2 if step < 6 else 3 + 3)
        name = f"middle[{step}, 2, 2]" if step < 6 else f"output[{step - 6}, 2, 2]"
        left, top, right, bottom = targets(picture)[name].points
        frame, = [mark for mark in lines if mark.colour == INK]
        assert min(frame.points[::2]) < left < right < max(frame.points[::2])
        assert min(frame.points[1::2]) < top < bottom < max(frame.points[1::2])
        last = max(wires, key=lambda wire: wire.points[2]).points
        assert top < last[3] < bottom


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
    x, depthwise, _, pointwise, y, _ = layers(*setting)
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
    assert list(faults(picture)) == []
    assert sheet_size(picture) == (800, 560)


@every_setting
def test_a_column_has_numbers_of_one_size_in_all_of_its_grids_or_in_none(setting):
    picture = separable(*layers(*setting))
    numbers = [mark for mark in picture.scene(len(picture) - 1)
               if isinstance(mark, Text) and re.fullmatch(r"−?[\d.]+", mark.string)]
    for column in ("input", "depthwise", "middle", "output"):
        sizes, counts = set(), set()
        for name, (left, top, right, bottom), _ in picture.sheet.targets:
            if name.startswith(f"{column}["):
                there = [mark.size for mark in numbers if left < mark.x < right and top < mark.y < bottom]
                sizes.update(there)
                counts.add(len(there))
        assert len(counts) == 1, column
        assert len(sizes) == (counts != {0}), column


@every_setting
def test_names_stand_just_above_their_columns(setting):
    picture = separable(*layers(*setting))
    for column in ("input", "depthwise", "middle", "pointwise", "output"):
        top = min(target.points[1] for name, target in targets(picture).items() if name.startswith(f"{column}["))
        name, = (mark for mark in picture.scene() if isinstance(mark, Text) and mark.string == column)
        assert top - name.y == pytest.approx(40)


def test_all_steps_of_a_walk_look_different():
    picture = separable(*layers(3, 2, 3, 2))
    assert len({tuple(picture.scene(step)) for step in range(len(picture))}) == len(picture) == 8

"""A grouped convolution with its numbers: which channels a filter reads, and what it makes of them, is torch's."""
import numpy as np
import pytest
import torch
from looked_at import faults
from test_pictures import assert_all_can_be_touched, in_cells, reads_of_torch, said, targets, terms, value_of
from torch.nn import functional as F

from helpers import Refused, Window
from helpers.drawing.palette import written
from helpers.drawing.picture import Fact
from helpers.drawing.sheet import Text
from helpers.live.film import Film, packed
from helpers.pictures.grouped_channels import HEIGHT, WRITTEN_OUT, grouped_channels
from helpers.samples import whole_numbers

X, W = whole_numbers(1, 8, 4, 4), whole_numbers(8, 8, 3, 3, low=-2, high=2, seed=1)

# Input channels, output channels, groups, kernel, padding
SETTINGS = [(4, 4, 2, 3, 0), (4, 4, 1, 3, 0), (4, 4, 4, 3, 0), (8, 8, 1, 3, 0), (8, 8, 8, 1, 0), (8, 4, 2, 2, 0),
            (4, 8, 4, 2, 0), (2, 2, 2, 1, 0), (4, 4, 2, 3, 1), (4, 8, 1, 1, 0)]
every_setting = pytest.mark.parametrize("setting", SETTINGS, ids=str)


def layer(c_in, c_out, groups, kernel, padding=0):
    """x, weight and y."""
    x, weight = X[:, :c_in], W[:c_out, :c_in // groups, :kernel, :kernel]
    return x, weight, F.conv2d(x, weight, padding=padding, groups=groups)


def drawn(c_in, c_out, groups, kernel, padding=0):
    x, weight, y = layer(c_in, c_out, groups, kernel, padding)
    return grouped_channels(x, y, Window(kernel, padding=padding), weight, groups)


@every_setting
def test_every_cell_of_every_channel_is_computed_by_hand(setting):
    *_, y = layer(*setting)
    picture = drawn(*setting)
    assert len(picture) == y.numel()
    for (cell, value), told in zip(np.ndenumerate(y[0].numpy()), said(picture, "sum"), strict=True):
        assert told.startswith(f"output[{', '.join(map(str, cell))}] = ")
        assert told.endswith(f" = {written(value)} = torch ✓")


@every_setting
def test_the_sum_that_is_told_is_right_term_by_term(setting):
    for told in said(drawn(*setting), "sum"):
        _, formula, result, _ = told.replace("−", "-").replace("·", "*").split(" = ")
        assert eval(formula) == float(result)


@every_setting
def test_a_filter_reads_what_torch_has_a_gradient_for(setting):
    x, weight, _ = layer(*setting)
    x = x.clone().requires_grad_()
    y = F.conv2d(x, torch.ones_like(weight), padding=setting[4], groups=setting[2])
    picture = drawn(*setting)
    found = [{name for group in picture.groups(step) for name in group if name.startswith("input")}
             for step in range(len(picture))]
    assert found == reads_of_torch(x, y)


@every_setting
def test_each_pair_that_is_lit_multiplies_to_the_sum(setting):
    x, weight, y = layer(*setting)
    picture = drawn(*setting)
    assert_all_can_be_touched(picture)
    for step, number in enumerate(y.flatten().tolist()):
        pairs = [group for group in picture.groups(step) if not group[0].startswith("channel")]
        values = [[value_of(name, input=x[0], weight=weight) for name in pair] for pair in pairs]
        assert sum(a * b for a, b in values) == number


@pytest.mark.parametrize(("setting", "count"), [((4, 4, 2, 3), 18), ((4, 4, 1, 3), 4), ((8, 8, 1, 2), 8)])
def test_terms_are_products_while_they_are_few_and_channels_else(setting, count):
    picture = drawn(*setting)
    told, groups = terms(picture, 3), picture.groups(3)
    assert sorted(told) == list(range(count))
    first, second = groups[0]
    assert (first[:5], second[:6]) == (("input", "weight") if count == WRITTEN_OUT else ("chann", "kernel"))


@every_setting
def test_an_eye_finds_no_fault(setting):
    picture = drawn(*setting)
    assert not [*faults(picture)]
    assert (picture.sheet.width, picture.sheet.height) == (800, HEIGHT)


@every_setting
def test_numbers_stand_in_the_cells_they_are_named_for(setting):
    x, weight, y = layer(*setting)
    picture = drawn(*setting)
    strings, _ = in_cells(picture, len(picture) - 1)
    for name, string in strings.items():
        if name.split("[")[0] in ("input", "weight", "output"):
            assert string == written(value_of(name, input=x[0], weight=weight, output=y[0]))
            assert picture.index(name) == tuple(map(int, name.removesuffix("]").split("[")[1].split(", ")))


def test_kernels_stand_where_filter_and_channel_meet_and_groups_stand_apart():
    there = targets(drawn(4, 4, 2, 3))
    kernels = {name: target.points for name, target in there.items() if name.startswith("kernel")}
    assert len(kernels) == 8
    for name, (left, top, right, bottom) in kernels.items():
        f, k = map(int, name.removesuffix("]").split("[")[1].split(", "))
        above, beside = there[f"channel[{f // 2 * 2 + k}]"].points, there[f"output[{f}, 0, 0]"].points
        assert left + right == pytest.approx(above[0] + above[2])
        assert top - 1 <= beside[1] <= bottom
    gaps = [there[f"channel[{c + 1}]"].points[0] - there[f"channel[{c}]"].points[2] for c in range(3)]
    assert gaps[0] == pytest.approx(gaps[2])
    assert gaps[1] > 2 * gaps[0]


def test_a_step_says_all_that_the_picture_shows():
    picture = drawn(4, 4, 2, 2)
    told = picture.says(19).splitlines()
    assert told[0] == "step: 20 of 36, filter 2, window on rows 0, 1 and columns 1, 2 of the input"
    assert told[1] == "reads: filter 2 is in group 1 and reads 2 of 4 channels, numbers 2, 3"
    assert told[3] == "weight: (C_out, C_in / groups, k_h, k_w) = (4, 4 / 2, 2, 2), so 8 of 16 kernels"
    assert told[4] == "torch: F.conv2d(x, w, stride=1, padding=0, dilation=1, groups=2)"


def test_the_torch_line_makes_the_output():
    for setting in SETTINGS:
        x, weight, y = layer(*setting)
        line, = set(said(drawn(*setting), "torch"))
        assert torch.equal(eval(line, {"F": F, "x": x, "w": weight}), y)


def test_what_is_asked_for_is_covered_and_no_more():
    picture = drawn(4, 4, 2, 3)
    facts = {part.ask: part for _, *parts in picture.sentences(9) for part in parts if isinstance(part, Fact)}
    assert facts.pop("What will output[2, 0, 1] be?").covers == ("output[2, 0, 1]",)
    assert {ask: str(fact) for ask, fact in facts.items()} == {
        "In which group is filter 2, counted from 0?": "1", "How many of the 16 kernels are stored?": "8"}
    assert facts["In which group is filter 2, counted from 0?"].covers == ("filters", "planes")
    assert facts["How many of the 16 kernels are stored?"].covers == ("filters",)
    _, top, right, _ = picture.covered("filters")
    there, planes = targets(picture), picture.covered("planes")
    assert planes[0] <= there["channel[0]"].points[0]
    assert there["channel[3]"].points[2:] <= planes[2:]
    assert there["channel[0]"].points[3] < top < there["kernel[0, 0]"].points[1]
    assert there["kernel[3, 1]"].points[2] < right < there["output[0, 0, 0]"].points[0]


def test_an_output_that_is_not_torch_s_is_told():
    x, weight, y = layer(4, 4, 2, 3)
    wrong = grouped_channels(x, y + 1, Window(3), weight, 2)
    assert all(", but torch says " in told for told in said(wrong, "sum"))


def test_what_does_not_belong_together_is_refused_or_an_error():
    x, weight, y = layer(4, 4, 2, 3)
    with pytest.raises(Refused, match="groups 3 does not divide 4 channels"):
        grouped_channels(x, y, Window(3), weight, 3)
    with pytest.raises(ValueError, match=r"C_out, C_in / groups = \(4, 1\), not \(4, 2, 3, 3\)"):
        grouped_channels(x, y, Window(3), weight, 4)
    with pytest.raises(ValueError, match="y is 2 × 2, but this window makes"):
        grouped_channels(x, y, Window(2), weight, 2)
    with pytest.raises(ValueError, match="x must have 3 axes"):
        grouped_channels(x[0, 0], y, Window(3), weight, 2)


def test_every_group_has_its_name():
    names = {mark.string for mark in drawn(4, 4, 4, 2).sheet.marks if isinstance(mark, Text)}
    assert {f"group {group}" for group in range(4)} <= names


def test_a_walk_is_small():
    film = Film(drawn(4, 4, 2, 3))
    assert len(packed(film.start())) < 24_000
    assert len(packed(film.more(1, 99))) < 24_000

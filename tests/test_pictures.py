"""Every picture computes its cells by hand; here its sentences are compared with torch and with published numbers."""
import warnings
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from looked_at import faults, on_targets

from helpers import Refused, Window
from helpers.drawing.palette import BLUE, GREEN, MUTED, ORANGE, PURPLE, TINTS, mix, tints, written
from helpers.drawing.picture import Fact, Term
from helpers.drawing.sheet import Fill, Line, Photo, Text, named
from helpers.pictures.channels import channels, pooled_channels
from helpers.pictures.side_by_side import side_by_side
from helpers.pictures.sliding_window import pooling, sliding_window
from helpers.samples import photo, whole_numbers

# Dumoulin & Visin, arXiv 1603.07285
X = np.array([[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]])
W = np.array([[0, 1, 2], [2, 2, 0], [0, 1, 2]])
CONVOLVED = np.array([[12, 12, 17], [10, 17, 19], [9, 6, 14]])
CONVOLVED_BY_2 = np.array([[6, 17, 3], [8, 17, 13], [6, 4, 4]])
LARGEST = np.array([[3, 3, 3], [3, 3, 3], [3, 2, 3]])
MEANS = np.array([[15, 15, 15], [9, 11, 16], [10, 7, 12]]) / 9


def said(picture, name):
    """What each step says after "name: ", or None where it does not."""
    steps = [dict(line.split(": ", 1) for line in picture.says(step).splitlines()) for step in range(len(picture))]
    return [step.get(name) for step in steps]


def sheet_size(picture):
    return picture.sheet.width, picture.sheet.height


def targets(picture):
    return {target.name: target for target in picture.sheet.targets}


def in_cells(picture, step):
    """{name of a target: what is written in it}, and {name of a target: the colour on top of it}."""
    strings, colours = {}, {}
    for name, mark in on_targets(picture, step):
        (strings if isinstance(mark, Text) else colours)[name] = getattr(mark, "string", mark.colour)
    return strings, colours


def terms(picture, step):
    """{number of a group: what the sentences call it}"""
    return {part.number: str(part) for _, *parts in picture.sentences(step) for part in parts if isinstance(part, Term)}


def value_of(name, **arrays):
    """The number that a name such as input[2, 3] stands for, of these arrays; 0 for padding."""
    noun, at = name.removesuffix("]").split("[")
    return 0 if noun == "padding" else arrays[noun][tuple(map(int, at.split(", ")))].item()


def reads(picture):
    """For each step the cells of the input that its groups name."""
    return [{name for group in picture.groups(step) for name in group if name.startswith("input")}
            for step in range(len(picture))]


def reads_of_torch(x, outputs):
    """For each number of `outputs` the cells of x that have a gradient there."""
    gradients = [torch.autograd.grad(number, x, retain_graph=True)[0] for number in outputs.flatten()]
    return [{named("input", at) for at in each.squeeze().nonzero().tolist()} for each in gradients]


def assert_all_can_be_touched(picture):
    """Groups name targets, terms number groups, targets lead to frames, and to each step leads one."""
    there = targets(picture)
    for step in range(len(picture)):
        assert {name for group in picture.groups(step) for name in group} <= there.keys()
        assert max(terms(picture, step)) < len(picture.groups(step))
    assert {target.step for target in there.values()} - {None} == set(range(len(picture)))


def fits(window, size):
    try:
        return bool(window().outputs(size))
    except Refused:
        return False


def convolution(settings, c_in=1, c_out=1, size=6):
    """x, y, window and weight of a convolution with whole numbers, seeded."""
    window = Window(*settings)
    kernel = window.axes(2)[0].kernel, window.axes(2)[1].kernel
    x = whole_numbers(1, c_in, size, size + 1, low=-5)
    weight = whole_numbers(c_out, c_in, *kernel, low=-3, high=3, seed=1)
    y = F.conv2d(x, weight, stride=window.stride, padding=window.padding, dilation=window.dilation)
    return x, y, window, weight


def walk_of(rule):
    return sliding_window if "weight" in rule else pooling


# A sliding window

@pytest.mark.parametrize(("y", "window", "rule", "name"), [
    (CONVOLVED, Window(3), dict(weight=W), "sum"),
    (CONVOLVED_BY_2, Window(3, stride=2, padding=1), dict(weight=W), "sum"),
    (LARGEST, Window(3, 1, pooling=True), dict(pool="max"), "max"),
    (MEANS, Window(3, 1, pooling=True), dict(pool="average"), "mean"),
])
def test_the_published_example_is_computed_cell_by_cell(y, window, rule, name):
    picture = walk_of(rule)(X, y, window, **rule)
    assert len(picture) == 9
    for (cell, value), sentence in zip(np.ndenumerate(y), said(picture, name), strict=True):
        assert sentence.startswith(f"output[{cell[0]}, {cell[1]}] = ")
        assert sentence.endswith(f" = {written(value)} = torch ✓")


def test_a_step_says_all_that_the_picture_shows():
    picture = sliding_window(X, CONVOLVED_BY_2, Window(3, stride=2, padding=1), W)
    assert picture.says(1).splitlines() == [
        "step: 2 of 9, window on rows −1, 0, 1 and columns 1, 2, 3 of the input",
        "sum: output[0, 1] = 0·0 + 0·1 + 0·2 + 3·2 + 2·2 + 1·0 + 0·0 + 1·1 + 3·2 = 17 = torch ✓",
        "size: ⌊(5 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = 3, for rows and for columns",
        "torch: F.conv2d(x, w, stride=2, padding=1, dilation=1)",
    ]


@pytest.mark.parametrize(("rule", "line"), [
    (dict(pool="max"), "max: output[0, 0] = max(−∞, −∞, −∞, 1) = 1 = torch ✓"),
    (dict(pool="average"), "mean: output[0, 0] = (0 + 0 + 0 + 1) / 4 = 0.25 = torch ✓"),
    (dict(pool="average", count_include_pad=False), "mean: output[0, 0] = (1) / 1 = 1 = torch ✓"),
])
def test_padding_is_minus_infinity_zero_or_not_counted(rule, line):
    y = [[1.0 if line.endswith(" 1 = torch ✓") else 0.25]]
    assert line in pooling([[1.0]], y, Window(2, 2, 1, pooling=True), **rule).says()


def test_negative_numbers_stand_in_brackets():
    picture = sliding_window([[-2.0]], [[3.0]], Window(1), [[-1.5]])
    assert said(picture, "sum") == ["output[0, 0] = (−2)·(−1.5) = 3 = torch ✓"]


@pytest.mark.parametrize(("call", "window", "rule"), [
    ("F.conv2d(x, w, stride=1, padding=0, dilation=1)", Window(3), dict(weight=W)),
    ("F.conv2d(photo, edge, stride=1, padding=0, dilation=1)", Window(3),
     dict(weight=W, arguments="photo, edge")),
    ("F.max_pool2d(x, kernel_size=3, stride=1, padding=0, dilation=1, ceil_mode=False)", Window(3),
     dict(pool="max")),
    ("F.avg_pool2d(x, kernel_size=3, stride=1, padding=0, ceil_mode=False, count_include_pad=True)", Window(3),
     dict(pool="average")),
])
def test_the_torch_call_in_the_picture_makes_its_output(call, window, rule):
    names = dict.fromkeys(("x", "photo"), torch.tensor(X[None, None]).float())
    names |= dict.fromkeys(("w", "edge"), torch.tensor(W[None, None]).float())
    picture = walk_of(rule)(names["x"], eval(call, {"F": F} | names), window, **rule)
    assert said(picture, "torch") == 9 * [call]


@pytest.mark.parametrize("rule", [dict(weight=W), dict(pool="max"), dict(pool="average")])
def test_an_output_that_is_not_torch_s_is_told(rule):
    wrong = walk_of(rule)(X, np.full((3, 3), 99.5), Window(3), **rule)
    for step in range(len(wrong)):
        assert ", but torch says 99.5" in wrong.says(step)
        assert "✓" not in wrong.says(step)


def test_every_convolution_agrees_with_torch():
    for setting in product((1, 2, (3, 2)), (1, 2, (1, 3)), (0, 2, (0, 1)), (1, 2, (2, 1))):
        if fits(lambda setting=setting: Window(*setting), (6, 7)):
            sums = said(sliding_window(*convolution(setting)), "sum")
            assert all(sentence.endswith("= torch ✓") for sentence in sums), setting


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(("pool", "count_include_pad"), [("max", True), ("average", True), ("average", False)])
def test_every_pooling_agrees_with_torch(pool, count_include_pad, ceil_mode):
    for n, k, s, p, d in product((3, 5, 6), (1, 2, 3, (2, 3)), (1, 2, 3), (0, 1, (1, 0)), (1, 2)):
        def window(setting=(k, s, p, d)):
            return Window(*setting, ceil_mode, pooling=True)

        if not fits(window, (n, 5)) or (pool == "average" and d > 1):
            continue
        x = whole_numbers(n, 5, low=-9)
        y = F.max_pool2d(x, k, s, p, d, ceil_mode) if pool == "max" else F.avg_pool2d(
            x, k, s, p, ceil_mode, count_include_pad)
        picture = pooling(x, y, window(), pool, count_include_pad)
        sentences = said(picture, "max" if pool == "max" else "mean")
        assert all(sentence.endswith("= torch ✓") for sentence in sentences), (n, k, s, p, d)


def test_a_sum_that_nearly_cancels_is_not_taken_for_a_disagreement():
    # Torch adds in float32: among terms of 1000 an error of 0.00006 is rounding, even where the sum is almost 0
    x = torch.tensor([[1000.0, 1000.1, -2000.1]])
    weight = torch.tensor([[1.0001, 1, 1]])
    y = F.conv2d(x[None, None], weight[None, None])
    assert y.item() != (x.double() * weight.double()).sum().item()
    assert "= torch ✓" in sliding_window(x, y, Window((1, 3)), weight).says()


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize(("kernel", "dilation"), [(4, 1), (2, 1), (2, 3), ((2, 3), (1, 2)), (3, 1)], ids=str)
def test_same_padding_is_drawn_with_its_odd_cell_after_the_last_and_told_as_torch_is_called(kernel, dilation):
    window = Window(kernel, padding="same", dilation=dilation)
    weight = torch.tensor([[1.0, -2, 3, 4], [2, 0, 1, -1], [1, 1, 2, 5], [3, -1, 0, 2]])
    weight = weight[:window.axes(2)[0].kernel, :window.axes(2)[1].kernel]
    x = torch.tensor(X).float()
    y = F.conv2d(x[None, None], weight[None, None], padding="same", dilation=dilation)
    picture = sliding_window(x, y, window, weight)
    assert all(sentence.endswith("= torch ✓") for sentence in said(picture, "sum"))
    assert list(faults(picture)) == []
    assert said(picture, "torch")[0] == f"F.conv2d(x, w, stride=1, padding='same', dilation={dilation})"
    padding = {name for name in (target.name for target in picture.sheet.targets) if name.startswith("padding")}
    before, after = (np.broadcast_to(each, 2) for each in (window.before, window.after))
    assert len(padding) == (5 + before + after).prod() - 25


def test_a_pooling_layer_without_a_stride_steps_by_its_kernel():
    y = F.max_pool2d(torch.tensor(X)[None, None], 2)
    picture = pooling(X, y, Window(2, pooling=True))
    assert all("= torch ✓" in sentence for sentence in said(picture, "max"))
    assert "kernel_size=2, stride=2" in said(picture, "torch")[0]


def test_average_pooling_with_dilation_is_refused_since_torch_has_none():
    with pytest.raises(Refused, match="dilation"):
        pooling(X, MEANS, Window(2, dilation=2, pooling=True), pool="average")


@pytest.mark.parametrize(("pools", "ceil_mode"), [(False, False), (True, False), (True, True)])
def test_the_rest_is_told_and_marked_just_where_cells_are_never_read(pools, ceil_mode):
    for n, k, s, p, d in product((4, 5, 6, 7), (1, 2, 3), (1, 2, 3), (0, 1), (1, 2)):
        def window(setting=(k, s, p, d)):
            return Window(*setting, ceil_mode, pools)

        if not fits(window, (n, 6)):
            continue
        y = np.zeros(window().outputs((n, 6)))
        rule = dict(pool="max") if pools else dict(weight=np.ones((k, k)))
        unread = window().unread(n) + window().unread(6)
        picture = walk_of(rule)(np.zeros((n, 6)), y, window(), **rule)
        crosses = [mark for mark in picture.sheet.marks if isinstance(mark, Line) and len(mark.points) == 4]
        assert (said(picture, "rest")[0] is not None) == bool(crosses) == bool(unread), (n, k, s, p, d)


def test_many_crosses_are_small_and_pale_and_none_reaches_an_edge():
    kinds = []
    for stride in (2, 3):
        x = np.zeros((8, 8))
        picture = sliding_window(x, np.zeros(Window(1, stride).outputs(x.shape)), Window(1, stride), np.ones((1, 1)))
        side = targets(picture)["input[0, 0]"].points[2] - targets(picture)["input[0, 0]"].points[0]
        cells = [target.points for name, target in targets(picture).items() if name.startswith("input")]
        crosses = [mark for mark in picture.sheet.marks if isinstance(mark, Line) and len(mark.points) == 4]
        for cross in crosses:
            x, y = cross.points[::2], cross.points[1::2]
            right, top = next((cell[2], cell[1]) for cell in cells
                              if cell[0] < x[0] < cell[2] and cell[1] < y[0] < cell[3])
            assert min(right - max(x), min(y) - top) - cross.width / 2 > 2  # half the frame of a window
        kinds.append((crosses[0].width, (max(x) - min(x)) / side, crosses[0].colour))
    few = sliding_window(np.zeros((5, 5)), np.zeros((2, 2)), Window(2, 2), np.ones((2, 2)))
    cross = next(mark for mark in few.sheet.marks if isinstance(mark, Line) and len(mark.points) == 4)
    assert kinds[0] == kinds[1]
    assert kinds[0][0] < cross.width
    assert (cross.colour, kinds[0][2]) == (MUTED, mix(MUTED, 0.7))


@pytest.mark.parametrize(("size", "rest"), [
    ((5, 6), "no window reads row 2 and columns 2, 5"),
    ((7, 5), "no window reads rows 2, 5, 6 and column 2"),
    ((2, 5), "no window reads column 2"),
])
def test_the_rest_names_rows_and_columns(size, rest):
    window = Window(2, stride=3)
    picture = sliding_window(np.zeros(size), np.zeros(window.outputs(size)), window, np.ones((2, 2)))
    assert said(picture, "rest")[0].startswith(rest)


def test_the_size_is_told_for_rows_and_for_columns_where_they_differ():
    picture = sliding_window(np.zeros((3, 4)), np.zeros((2, 1)), Window((2, 4)), np.zeros((2, 4)))
    assert said(picture, "size")[0] == ("rows ⌊(3 + 2·0 − 1·(2 − 1) − 1) / 1⌋ + 1 = 2, "
                                        "columns ⌊(4 + 2·0 − 1·(4 − 1) − 1) / 1⌋ + 1 = 1")


@pytest.mark.parametrize("given", [
    X, X.tolist(), X[None, None], torch.tensor(X), torch.tensor(X)[None, None].float(),
    torch.nn.Parameter(torch.tensor(X).float()),
], ids=["numpy", "list", "numpy 4-D", "torch", "torch 4-D", "a layer's own"])
def test_arrays_of_numpy_and_tensors_of_torch_with_and_without_leading_ones_are_the_same(given):
    said_of_numpy = sliding_window(X, CONVOLVED, Window(3), W).says(4)
    assert sliding_window(given, CONVOLVED, Window(3), W).says(4) == said_of_numpy


# Kernel, stride, padding, dilation: both ends of what the sliders allow
ENDS = [(1,), (3,), (3, 2, 1), (5, 1, 3), (1, 1, 3), (4, 3, 3, 3), (5, 3, 3, 2), (1, 3, 3), (2, 2),
        ((1, 3), 1, (0, 1), 2)]
every_end = pytest.mark.parametrize("setting", ENDS, ids=str)


@every_end
def test_each_term_lights_the_cell_and_the_weight_that_it_multiplies(setting):
    x, y, window, weight = convolution(setting)
    picture = sliding_window(x, y, window, weight)
    assert_all_can_be_touched(picture)
    for step, number in enumerate(y.flatten().tolist()):
        pairs = [[value_of(name, input=x[0, 0], weight=weight[0, 0]) for name in pair] for pair in picture.groups(step)]
        assert sum(a * b for a, b in pairs) == number
        brackets = [[f"({written(n)})" if n < 0 else written(n) for n in pair] for pair in pairs]
        assert list(terms(picture, step).values()) == ["·".join(pair) for pair in brackets]


@every_end
def test_a_cell_of_the_input_is_read_by_the_outputs_in_which_it_has_a_gradient(setting):
    x, _, window, weight = convolution(setting)
    x, weight = x.requires_grad_(), torch.ones_like(weight)
    y = F.conv2d(x, weight, stride=window.stride, padding=window.padding, dilation=window.dilation)
    picture = sliding_window(x, y, window, weight)
    assert reads(picture) == reads_of_torch(x, y)
    assert picture.sheet.verbs == {"input": "is read by", "padding": "is read by"}


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), ((1, 2), 3, 0)])
def test_a_cell_is_pooled_into_the_outputs_of_which_it_is_a_part(kernel, stride, padding, ceil_mode):
    x = whole_numbers(1, 1, 6, 7, low=-5).requires_grad_()
    window = Window(kernel, stride, padding, 1, ceil_mode, True)
    mean = F.avg_pool2d(x, kernel, stride, padding, ceil_mode)
    for pool, y in ("average", mean), ("max", F.max_pool2d(x, kernel, stride, padding, 1, ceil_mode)):
        picture = pooling(x, y, window, pool)
        assert_all_can_be_touched(picture)
        assert reads(picture) == reads_of_torch(x, mean)
        for step in range(len(picture)):
            told, strings = terms(picture, step), in_cells(picture, step)[0]
            for k, (cell, under) in enumerate(picture.groups(step)):
                assert told.get(k, "").strip("()") == strings.get(under, "") == strings.get(cell, "")


@pytest.mark.parametrize("rule", [dict(weight=W), dict(pool="max"), dict(pool="average")], ids=str)
def test_the_output_fills_as_the_window_walks_over_the_input(rule):
    y = {"weight": CONVOLVED, "max": LARGEST, "average": MEANS}[rule.get("pool", "weight")]
    picture = walk_of(rule)(X, y, Window(3, 1, pooling="pool" in rule), **rule)
    orange, blue = tints(1.0 * X, ORANGE), tints(1.0 * X, BLUE)
    for step in range(9):
        strings, on_top = in_cells(picture, step)
        filled = {named("output", at): written(y[at]) for at in list(np.ndindex(3, 3))[:step + 1]}
        assert {name: string for name, string in strings.items() if name.startswith("output")} == filled
        under = {name for name, _ in picture.groups(step)}
        for at in np.ndindex(5, 5):
            assert strings[named("input", at)] == written(X[at])
            assert on_top[named("input", at)] == (orange if named("input", at) in under else blue)[at]
        assert targets(picture)[list(filled)[-1]].step == step


def test_what_never_changes_is_drawn_once():
    picture = sliding_window(X, CONVOLVED, Window(3), W)
    moving = [picture.moves(step).marks for step in range(9)]
    assert not any(isinstance(mark, Text) for marks in moving for mark in marks)
    assert {len(marks) for marks in moving} == {9 + 2}  # tints, and the frames of window and output


def test_a_layer_of_torch_can_be_shown_with_its_own_weights():
    layer = torch.nn.Conv2d(2, 3, 2)
    x = whole_numbers(2, 4, 4)
    picture = channels(x, layer(x), Window(2), layer.weight, layer.bias)
    assert "= torch ✓" in picture.says()


# Channels

@pytest.mark.parametrize(("c_in", "c_out"), [(1, 1), (3, 1), (2, 3)])
@pytest.mark.parametrize("bias", [None, torch.tensor([2.0, 0, -3])])
@pytest.mark.parametrize("setting", [(3,), (2, 2, 1), ((1, 3), 1, (0, 1), 2)])
def test_a_filter_sums_over_all_channels_and_adds_its_bias(c_in, c_out, bias, setting):
    x, y, window, weight = convolution(setting, c_in, c_out)
    if bias is not None:
        bias = bias[:c_out]
        y = y + bias[:, None, None]
    picture = channels(x, y, window, weight, bias)
    assert len(picture) == y.numel()
    for (cell, value), sentence in zip(np.ndenumerate(y[0].numpy()), said(picture, "sum"), strict=True):
        left, terms, result = sentence.split(" = ", 2)
        assert left == f"output[{cell[0]}, {cell[1]}, {cell[2]}]"
        assert len(terms.split(" + ")) == c_in + (bias is not None)
        assert result == f"{written(value)} = torch ✓"


@pytest.mark.parametrize("pool", ["max", "average"])
@pytest.mark.parametrize(("c", "kernel", "stride", "padding", "ceil_mode"), [
    (1, 2, 2, 0, False), (3, 3, 2, 1, False), (3, 3, 2, 1, True), (2, (1, 2), 2, 0, True),
])
def test_pooling_keeps_to_each_channel(pool, c, kernel, stride, padding, ceil_mode):
    layer = F.max_pool2d if pool == "max" else F.avg_pool2d
    x = whole_numbers(1, c, 6, 5, low=-9)
    y = layer(x, kernel, stride, padding, ceil_mode=ceil_mode)
    picture = pooled_channels(x, y, Window(kernel, stride, padding, 1, ceil_mode, True), pool)
    assert len(picture) == y[0, 0].numel()  # all channels walk at once
    sentences = said(picture, "max" if pool == "max" else "mean")
    for step, sentence in enumerate(sentences):
        parts = sentence.split("; ")
        for channel, part in enumerate(parts):
            value = y[0, channel].flatten()[step].item()
            assert part.startswith(f"channel {channel}: ")
            assert part.endswith(f" = {written(value)} = torch ✓")
        assert len(parts) == c


def filtered(c_in, c_out, bias=False, setting=(3, 1, 1), size=4):
    """x, y, window, weight and bias, and the Picture of them."""
    x, y, window, weight = convolution(setting, c_in, c_out, size)
    bias = torch.arange(1.0, c_out + 1) if bias else None
    y = y if bias is None else y + bias[:, None, None]
    return x, y, weight, bias, channels(x, y, window, weight, bias)


def names_above(picture, *starts):
    """How far above the highest cell of its kind each name stands that starts like this."""
    names = [mark for mark in picture.scene() if isinstance(mark, Text)]
    return [min(target.points[1] for name, target in targets(picture).items() if name.startswith(kind))
            - next(mark.y for mark in names if mark.string.startswith(start)) for start, kind in starts]


CHANNELS = pytest.mark.parametrize("picture", [
    pytest.param(lambda c_in=c_in, c_out=c_out, setting=setting: filtered(c_in, c_out, True, setting)[-1],
                 id=f"{c_in}, {c_out}, {setting}")
    for c_in, c_out, setting in [(1, 1, (3,)), (1, 3, (1,)), (3, 1, (3, 1, 1)), (3, 3, (3, 1, 1)), (3, 2, (2, 2))]])


@CHANNELS
def test_names_stand_just_above_what_they_name(picture):
    starts = ("input", ("input[", "padding[")), ("weight", "weight["), ("per channel", "part["), ("output", "output[")
    assert names_above(picture(), *starts) == pytest.approx([20] * 4)
    pooled = pooled_channels(whole_numbers(1, 1, 4, 4), whole_numbers(1, 1, 2, 2), Window(2, 2))
    assert names_above(pooled, ("input", "input["), ("output", "output[")) == pytest.approx([20] * 2)


@CHANNELS
def test_the_numbers_of_all_grids_of_a_column_have_one_size(picture):
    picture, sizes = picture(), {}
    for step in range(len(picture)):
        written = [mark for mark in picture.scene(step) if isinstance(mark, Text)]
        for name, (left, top, right, bottom), _ in picture.sheet.targets:
            sizes.setdefault(name.split("[")[0], set()).update(
                mark.size for mark in written if left < mark.x < right and top < mark.y < bottom)
    kinds = "input", "weight", "part", "output"
    assert [len(sizes[kind]) for kind in kinds] == [1] * 4


def test_low_grids_have_larger_cells_than_tall_ones_and_one_shape_has_one_size():
    there = targets(filtered(3, 3, True, (3, 1, 1))[-1])
    sides = {kind: there[f"{kind}[0, 0, 0]"].points[2] - there[f"{kind}[0, 0, 0]"].points[0]
             for kind in ("input", "weight", "part", "output")}
    assert sides["input"] < sides["part"] <= sides["weight"]
    assert sides["part"] == pytest.approx(sides["output"])


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("c_in", "c_out"), [(1, 1), (3, 1), (2, 3)])
def test_each_term_is_a_channel_times_its_slice_of_the_filter(c_in, c_out, bias):
    x, y, weight, biases, picture = filtered(c_in, c_out, bias)
    assert_all_can_be_touched(picture)
    for step, number in enumerate(y.flatten().tolist()):
        f, strings, told = step // y[0, 0].numel(), in_cells(picture, step)[0], terms(picture, step)
        groups = picture.groups(step)
        pairs = [(cell, tap, value_of(cell, input=x[0]) * value_of(tap, weight=weight[f]))
                 for cell, tap in groups[c_in + bias:]]
        assert len(pairs) == weight[f].numel()
        assert sum(product for *_, product in pairs) + (biases[f].item() if bias else 0) == number
        for c in range(c_in):
            added = sum(product for _, tap, product in pairs if tap.startswith(f"weight[{c},"))
            assert groups[c][:2] == (f"channel[{c}]", f"slice[{c}]")
            assert strings[groups[c][2]] == told[c].strip("()") == written(added)
        assert all(strings[tap] == written(value_of(tap, weight=weight[f])) for _, tap, _ in pairs)
        assert not bias or (groups[c_in], told[c_in]) == ((f"bias[{f}]",), f"bias {written(biases[f].item())}")


def test_a_cell_of_a_channel_is_read_by_the_outputs_in_which_it_has_a_gradient():
    x = whole_numbers(1, 2, 4, 5).requires_grad_()
    weight = torch.ones(3, 2, 2, 3)
    y = F.conv2d(x, weight, stride=(2, 1), padding=1)
    picture = channels(x, y, Window((2, 3), (2, 1), 1), weight)
    assert reads(picture) == reads_of_torch(x, y)
    assert picture.sheet.verbs["input"] == "is read by"


@pytest.mark.parametrize("pool", ["max", "average"])
def test_a_cell_is_pooled_into_the_output_of_its_own_channel(pool):
    x = whole_numbers(1, 3, 5, 5, low=-9).requires_grad_()
    mean = F.avg_pool2d(x, 3, 2, 1)
    y = mean if pool == "average" else F.max_pool2d(x, 3, 2, 1)
    picture = pooled_channels(x, y, Window(3, 2, 1, pooling=True), pool)
    assert_all_can_be_touched(picture)
    for step in range(len(picture)):
        at, strings, told = divmod(step, y.shape[3]), in_cells(picture, step)[0], terms(picture, step)
        for c, read in enumerate(reads_of_torch(x, mean[0, :, *at])):
            output = named("output", (c, *at))
            assert {cell for cell, made in picture.groups(step) if made == output and "input" in cell} == read
            assert targets(picture)[output].step == step
        for k, term in told.items():
            assert term.strip("()") == strings[picture.groups(step)[k][0]]


def test_whether_channels_mix_can_be_asked_and_the_arrows_that_tell_it_are_covered_then():
    x = whole_numbers(1, 3, 4, 4)
    picture = pooled_channels(x, F.avg_pool2d(x, 2), Window(2, pooling=True), "average")
    mixed, = [parts for name, *parts in picture.sentences() if name == "mixed"]
    assert (mixed[0], mixed[0].choices) == ("no", ("yes", "no"))
    left, top, right, bottom = picture.covered(*mixed[0].covers)
    there, arrows = targets(picture), [mark for mark in picture.scene() if getattr(mark, "string", "") == "→"]
    assert max(target.points[2] for name, target in there.items() if "input" in name) < left
    assert len([arrow for arrow in arrows if left < arrow.x < right and top < arrow.y < bottom]) == 3
    assert [group for group in picture.groups(2) if "mean[1]" in group] == [("mean[1]", "output[1, 1, 0]")]


def test_the_torch_call_of_a_pooling_layer_names_what_the_lesson_names():
    x = whole_numbers(8, 8)
    for draw in (pooling, pooled_channels):
        corner = x[..., :6, :6]
        picture = draw(corner, F.max_pool2d(corner, 3), Window(3, pooling=True), arguments="x[..., :6, :6]")
        line = picture.says().split("torch: ")[-1]
        assert line.startswith("F.max_pool2d(x[..., :6, :6], kernel_size=3")
        assert torch.equal(eval(line), F.max_pool2d(corner, 3))


def test_who_is_asked_for_a_pooled_number_does_not_see_the_frame_around_the_largest():
    x = whole_numbers(6, 6)
    picture = pooling(x, F.max_pool2d(x, 2), Window(2, pooling=True))
    covered = [part.covers for _, *parts in picture.sentences(4) for part in parts if isinstance(part, Fact)]
    assert covered[0] == ("under",)
    left = picture.covered("under")[0]
    assert max(target.points[2] for name, target in targets(picture).items() if "input" in name) <= left
    assert left <= targets(picture)["under[0, 0]"].points[0]


def test_the_sum_points_at_the_output_of_its_filter():
    for c_in, c_out in (1, 3), (3, 2), (2, 2):
        _, y, *_, picture = filtered(c_in, c_out)
        for step in range(len(picture)):
            sign, = [mark for mark in picture.scene(step) if isinstance(mark, Text) and "Σ" in mark.string]
            cells = [target for target in picture.sheet.targets
                     if target.name.startswith(f"output[{step // y[0, 0].numel()},")]
            assert np.mean([target.points[1::2] for target in cells]) == pytest.approx(sign.y)


def test_every_filter_fills_its_own_output_and_what_each_channel_adds():
    _, y, *_, picture = filtered(2, 3)
    many = y[0, 0].numel()
    for step in range(len(picture)):
        strings, _ = in_cells(picture, step)
        assert [name for name in strings if name.startswith("output")] == [
            named("output", at) for at in list(np.ndindex(*y[0].shape))[:step + 1]]
        assert sum(name.startswith("part") for name in strings) == 2 * (step % many + 1)


def test_a_wrong_channel_is_told():
    x, y, window, weight = convolution((3,), 2, 2)
    y[0, 1] += 1
    sums = said(channels(x, y, window, weight), "sum")
    right = sum("✓" in sentence for sentence in sums)
    assert right == len(sums) / 2  # filter 0
    assert sum("but torch says" in sentence for sentence in sums) == right


@pytest.mark.parametrize(("kernel", "told"), [
    (2, "columns of zeros: 0 on the left, 1 on the right; more of them: right"),
    (3, "columns of zeros: 1 on the left, 1 on the right; more of them: neither"),
    (4, "columns of zeros: 1 on the left, 2 on the right; more of them: right")])
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_padding_same_says_where_the_odd_column_stands(kernel, told):
    x, weight = whole_numbers(5, 5), whole_numbers(kernel, kernel, low=-2)
    y = F.conv2d(x, weight, padding="same")
    picture = sliding_window(x, y, Window(kernel, padding="same"), weight)
    assert said(picture, "same") == 25 * [told]
    assert all(sentence.endswith("= torch ✓") for sentence in said(picture, "sum"))


# Shapes that do not belong together

THREE = np.zeros((2, 3, 3, 3))


@pytest.mark.parametrize(("draw", "names"), [
    (lambda: sliding_window(X[0], CONVOLVED, Window(3), W), "x"),
    (lambda: sliding_window(np.zeros((2, 5, 5)), CONVOLVED, Window(3), W), "x"),
    (lambda: sliding_window(np.zeros((0, 5)), CONVOLVED, Window(3), W), "x"),
    (lambda: sliding_window(X, CONVOLVED, Window(3), W[0]), "weight"),
    (lambda: sliding_window(X, CONVOLVED, Window(3), W[:2]), "weight"),
    (lambda: sliding_window(X, CONVOLVED[:2], Window(3), W), "y"),
    (lambda: sliding_window(X, CONVOLVED, Window(3, stride=2), W), "y"),
    (lambda: pooling(X, CONVOLVED, Window(3), "median"), "pool"),
    (lambda: pooling(X[0], CONVOLVED, Window(3)), "x"),
    (lambda: pooling(X, CONVOLVED[:2], Window(3)), "y"),
    (lambda: channels(X, np.zeros((2, 3, 3)), Window(3), THREE), "x"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), THREE[:, :2]), "weight"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), THREE[0]), "weight"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), THREE[..., :2]), "weight"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 2, 3)), Window(3), THREE), "y"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), THREE, np.zeros(3)), "bias"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), THREE, np.zeros(1)), "bias"),
    (lambda: pooled_channels(np.zeros((3, 5, 5)), np.zeros((3, 3, 2)), Window(3)), "y"),
    (lambda: pooled_channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3)), "y"),
    (lambda: pooled_channels(np.zeros((2, 5, 5)), np.zeros((2, 3, 3)), Window(3), "median"), "pool"),
    (lambda: side_by_side({"input": X[0]}), "input"),
    (lambda: side_by_side({"output": np.zeros((2, 5, 5))}), "output"),
])
def test_shapes_that_do_not_belong_together_are_told_by_name(draw, names):
    with pytest.raises(ValueError, match=rf"\b{names}\b") as error:
        draw()
    assert "\n" not in str(error.value)
    assert "zip()" not in str(error.value)


@pytest.mark.parametrize("draw", [
    lambda: sliding_window(X, CONVOLVED, Window(6), np.zeros((6, 6))),
    lambda: channels(X[None], CONVOLVED[None], Window(6), np.zeros((1, 1, 6, 6))),
])
def test_a_window_that_fits_nowhere_is_refused(draw):
    with pytest.raises(Refused, match="spans 6 cells but the padded input has only 5"):
        draw()


# Several arrays side by side

def test_up_to_49_cells_are_told_number_by_number_and_more_of_them_in_short():
    page = np.arange(72.0).reshape(8, 9)
    page[0, 0] = np.nan
    picture = side_by_side({"input": [[1, -2], [0.5, -np.inf]], "weight": np.eye(7), "output": page,
                            "output map": np.arange(324).reshape(18, 18), "nothing": np.full((8, 8), np.nan)},
                           note="Look at the corner.")
    assert len(picture) == 1
    assert picture.says().splitlines() == [
        "Look at the corner.", "input: 2 × 2, 1 −2 / 0.5 −∞",
        "weight: 7 × 7, " + " / ".join(" ".join("1" if i == j else "0" for i in range(7)) for j in range(7)),
        "output: 8 × 9, 71 of 72 cells painted, from 1 to 71, mean 36",
        "output map: 18 × 18, from 0 to 323, mean 161.5",
        "nothing: 8 × 8, " + " / ".join(8 * ["· · · · · · · ·"])]


def test_of_an_array_with_blanks_it_is_told_how_many_cells_are_painted():
    dots = np.where(np.eye(8) > 0, 1, np.nan)
    heights = np.where(np.eye(8) > 0, np.arange(8), np.nan)
    assert side_by_side({"input": dots, "output": heights}).says().splitlines() == [
        "input: 8 × 8, 8 of 64 cells painted, each 1", "output: 8 × 8, 8 of 64 cells painted, from 0 to 7, mean 3.5"]


def blocks(channels, rows, columns):
    """A volume within room for 4 × 2 × 2, as a demo pads it whose sliders set its size."""
    room = np.full((4, 2, 2), np.nan)
    room[:channels, :rows, :columns] = np.arange(channels * rows * columns).reshape(channels, rows, columns)
    return side_by_side({"weight": room}, volumes=True)


@pytest.mark.parametrize(("size", "told"), [
    ((3, 2, 2), "3 × 2 × 2, channel 0: 0 1 / 2 3; channel 1: 4 5 / 6 7; channel 2: 8 9 / 10 11"),
    ((2, 1, 2), "2 × 1 × 2, channel 0: 0 1; channel 1: 2 3"), ((1, 1, 1), "1 × 1 × 1, channel 0: 0")])
def test_a_volume_is_shown_channel_by_channel_each_under_its_number(size, told):
    picture, count = blocks(*size), np.prod(size)
    assert picture.says() == f"weight: {told}"
    shown = [mark for mark in picture.scene() if isinstance(mark, Text)]
    labels = [mark for mark in shown if mark.string.startswith("channel")]
    assert [mark.string for mark in labels] == [f"channel {number}" for number in range(size[0])]
    numbers = {mark.string: mark for mark in shown if mark.string.isdigit()}
    assert sorted(map(int, numbers)) == [*range(count)]
    assert len([mark for mark in picture.scene() if isinstance(mark, Fill)]) == count
    for channel, label in enumerate(labels):
        first = numbers[str(channel * size[1] * size[2])]
        assert 0 < first.y - label.y < 80
        assert 0 < first.x - label.x < 40
    assert sheet_size(picture) == sheet_size(blocks(4, 2, 2))
    assert list(faults(picture)) == []


def test_pictures_side_by_side_have_one_size_however_few_pixels_they_have():
    image = photo()
    for kernel in range(1, 17):
        first, *others = [mark.points for mark in side_by_side(
            {"input photo": image, "output": F.max_pool2d(image, kernel), "small": image[..., :18, :18]}).scene()
            if isinstance(mark, Photo)]
        for left, top, right, bottom in others[:1]:
            assert right - left == pytest.approx(first[2] - first[0], rel=0.03)
            assert (top, bottom) == pytest.approx((first[1], first[3]), abs=3)


@pytest.mark.parametrize("count", [4, 5, 6])
def test_more_than_three_pictures_stand_in_two_lines_and_are_larger_for_it(count):
    image = photo()[:, :1]
    boxes = [np.reshape(mark.points, (2, 2)) for mark in side_by_side(
        {f"output {i}": image + i for i in range(count)}).scene() if isinstance(mark, Photo)]
    tops = sorted({round(top) for (_, top), _ in boxes})
    assert [sum(round(top) == line for (_, top), _ in boxes) for line in tops] == [(count + 1) // 2, count // 2]
    assert min(right - left for (left, _), (right, _) in boxes) > 200


def test_every_number_of_a_small_array_is_drawn_though_not_told():
    page = np.arange(72).reshape(8, 9)
    strings = [mark.string for mark in side_by_side({"output": page}).scene() if hasattr(mark, "string")]
    assert strings == [*map(str, range(72)), "output"]


def colours(picture):
    return {mark.colour for mark in picture.scene() if hasattr(mark, "colour")}


def photo_of(picture):
    """The pixels that it shows, (rows, columns, 3)."""
    pixels, = picture.sheet.photos.values()
    return pixels


def rgb(colour):
    return [*bytes.fromhex(colour[1:])]


@pytest.mark.parametrize(("name", "hue"), [
    ("input", BLUE), ("weight, filter 0", ORANGE), ("output by hand", GREEN), ("difference", MUTED)])
def test_the_first_word_of_a_name_gives_the_colour(name, hue):
    hues = {mix(each, TINTS[-1]) for each in (BLUE, ORANGE, GREEN, MUTED)}
    assert colours(side_by_side({name: [[1]]})) & hues == {mix(hue, TINTS[-1])}


@pytest.mark.parametrize(("lowest", "first", "last"), [(0, "#000000", "#ffffff"), (-0.5, PURPLE, GREEN)])
def test_a_large_array_is_black_to_white_or_purple_to_green_around_zero(lowest, first, last):
    pixels = photo_of(side_by_side({"output": lowest + np.linspace(0, 1, 400).reshape(20, 20)}))
    assert (pixels[0, 0].tolist(), pixels[-1, -1].tolist()) == (rgb(first), rgb(last))


def test_greys_are_true():
    pixels = photo_of(side_by_side({"output": np.arange(256 * 4).reshape(32, 32) // 4}))
    assert (pixels == np.arange(256).repeat(4).reshape(32, 32, 1)).all()


def test_an_array_that_is_zero_nearly_everywhere_keeps_its_one_colour():
    sparse = np.zeros((40, 40))
    sparse[20, 20] = -1
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # dividing by 0 would only warn
        pixels = photo_of(side_by_side({"output": sparse}))
    assert pixels[20, 20].tolist() == rgb(PURPLE)
    assert (pixels == 255).all(axis=-1).sum() == 40 * 40 - 1


def test_a_photo_is_shown_in_its_own_colours():
    red = torch.zeros(1, 3, 20, 20)
    red[:, 0] = 1
    assert (photo_of(side_by_side({"photo": red})) == [255, 0, 0]).all()
    assert side_by_side({"photo": photo(30)}).says().startswith("photo: 3 × 30 × ")


def test_arrays_side_by_side_fit_their_sheet_and_their_cells():
    assert list(faults(side_by_side({"input": 1e5 * X, "output": photo(60)[0, 0]}))) == []
    assert list(faults(side_by_side({f"output {i}": -1e5 * X for i in range(6)}, "a note"))) == []


# One size, nothing cut off

def test_all_frames_of_a_walk_and_of_all_settings_have_one_size():
    settings = (3, 2), (3, 3, 1), (1, 3), (5, 3, 3), (2, 2, 0, 3), (6, 1)
    assert {sheet_size(sliding_window(*convolution(setting))) for setting in settings} == {(800, 380)}


def test_all_frames_of_channels_have_one_size():
    settings = ((3,), 1, 1), ((3, 2, 1), 3, 2), ((1, 1, 3), 4, 8), ((6,), 2, 1)
    assert {sheet_size(channels(*convolution(*setting))) for setting in settings} == {(800, 540)}


@pytest.mark.parametrize("x", [whole_numbers(6, 6), photo(60)[:, :1]], ids=["numbers", "photo"])
def test_a_demo_of_arrays_side_by_side_keeps_its_size(x):
    outputs = [F.max_pool2d(x, kernel, stride, kernel // 2) for kernel, stride in product((1, 2, 3), (1, 2))]
    assert len({sheet_size(side_by_side({"input": x, "output": y})) for y in outputs}) == 1


@every_end
def test_nothing_is_cut_off_or_unreadable(setting):
    for size in (6, 8):
        if fits(lambda: Window(*setting), (size, size + 1)):
            x, y, window, weight = convolution(setting, size=size)
            assert list(faults(sliding_window(x, y, window, weight))) == [], size
    for size, c_in, c_out in ((8, 1, 1), (4, 2, 2), (5, 4, 2)):
        if fits(lambda: Window(*setting), (size, size + 1)):
            assert list(faults(filtered(c_in, c_out, True, setting, size)[-1])) == [], (size, c_in, c_out)


@pytest.mark.parametrize("pool", ["max", "average"])
def test_nothing_is_cut_off_or_unreadable_where_channels_are_pooled(pool):
    layer = F.max_pool2d if pool == "max" else F.avg_pool2d
    for c, size, kernel, stride in (1, 4, 4, 4), (3, 4, 1, 1), (3, 4, 2, 2), (2, 5, 3, 2):
        x = whole_numbers(1, c, size, size, high=99)
        window = Window(kernel, stride, pooling=True)
        for picture in (pooled_channels(x, layer(x, kernel, stride), window, pool),
                        pooling(x[:, :1], layer(x[:, :1], kernel, stride), window, pool)):
            assert list(faults(picture)) == [], (c, size, kernel, stride)


def test_numbers_of_every_length_are_not_cut_off():
    assert list(faults(sliding_window(1e5 * X, -1e5 * CONVOLVED, Window(3), -W))) == []

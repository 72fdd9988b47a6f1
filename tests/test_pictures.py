"""Every picture computes its cells by hand; here its sentences are compared with torch and with published numbers."""
import warnings
from io import BytesIO
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from helpers import Refused, Window
from helpers.canvas import BLUE, GREEN, MUTED, ORANGE, PURPLE, TINTS, mix, to_rgb, written
from helpers.pictures import channels, side_by_side, sliding_window
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


def pixels(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


def pixel_size(picture, step=0):
    return Image.open(BytesIO(picture.png(step))).size


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


# A sliding window

@pytest.mark.parametrize(("y", "window", "rule", "name"), [
    (CONVOLVED, Window(3), dict(weight=W), "sum"),
    (CONVOLVED_BY_2, Window(3, stride=2, padding=1), dict(weight=W), "sum"),
    (LARGEST, Window(3, pooling=True), dict(pool="max"), "max"),
    (MEANS, Window(3, pooling=True), dict(pool="average"), "mean"),
])
def test_the_published_example_is_computed_cell_by_cell(y, window, rule, name):
    picture = sliding_window(X, y, window, **rule)
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
    assert line in sliding_window([[1.0]], y, Window(2, 2, 1, pooling=True), **rule).says()


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
    picture = sliding_window(names["x"], eval(call, {"F": F} | names), window, **rule)
    assert said(picture, "torch") == 9 * [call]


@pytest.mark.parametrize("rule", [dict(weight=W), dict(pool="max"), dict(pool="average")])
def test_an_output_that_is_not_torch_s_is_told(rule):
    wrong = sliding_window(X, np.full((3, 3), 99.5), Window(3), **rule)
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
        picture = sliding_window(x, y, window(), pool=pool, count_include_pad=count_include_pad)
        sentences = said(picture, "max" if pool == "max" else "mean")
        assert all(sentence.endswith("= torch ✓") for sentence in sentences), (n, k, s, p, d)


def test_a_sum_that_nearly_cancels_is_not_taken_for_a_disagreement():
    # Torch adds in float32: among terms of 1000 an error of 0.00006 is rounding, even where the sum is almost 0
    x = torch.tensor([[1000.0, 1000.1, -2000.1]])
    weight = torch.tensor([[1.0001, 1, 1]])
    y = F.conv2d(x[None, None], weight[None, None])
    assert y.item() != (x.double() * weight.double()).sum().item()
    assert "= torch ✓" in sliding_window(x, y, Window((1, 3)), weight).says()


def test_average_pooling_with_dilation_is_refused_since_torch_has_none():
    with pytest.raises(Refused, match="dilation"):
        sliding_window(X, MEANS, Window(2, dilation=2, pooling=True), pool="average")


@pytest.mark.parametrize(("pooling", "ceil_mode"), [(False, False), (True, False), (True, True)])
def test_the_rest_is_told_just_where_cells_are_never_read(pooling, ceil_mode):
    for n, k, s, p, d in product((4, 5, 6, 7), (1, 2, 3), (1, 2, 3), (0, 1), (1, 2)):
        def window(setting=(k, s, p, d)):
            return Window(*setting, ceil_mode, pooling)

        if not fits(window, (n, 6)):
            continue
        y = np.zeros(window().outputs((n, 6)))
        rule = dict(pool="max") if pooling else dict(weight=np.ones((k, k)))
        unread = window().unread(n) + window().unread(6)
        rest, *_ = said(sliding_window(np.zeros((n, 6)), y, window(), **rule), "rest")
        assert (rest is not None) == bool(unread), (n, k, s, p, d)


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
    picture = channels(x, y, Window(kernel, stride, padding, 1, ceil_mode, True), pool=pool)
    assert len(picture) == y[0, 0].numel()  # all channels walk at once
    sentences = said(picture, "max" if pool == "max" else "mean")
    for step, sentence in enumerate(sentences):
        parts = sentence.split("; ")
        for channel, part in enumerate(parts):
            value = y[0, channel].flatten()[step].item()
            assert part.startswith(f"channel {channel}: ")
            assert part.endswith(f" = {written(value)} = torch ✓")
        assert len(parts) == c


def test_a_wrong_channel_is_told():
    x, y, window, weight = convolution((3,), 2, 2)
    y[0, 1] += 1
    sums = said(channels(x, y, window, weight), "sum")
    right = sum("✓" in sentence for sentence in sums)
    assert right == len(sums) / 2  # filter 0
    assert sum("but torch says" in sentence for sentence in sums) == right


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
    (lambda: sliding_window(X, CONVOLVED, Window(3)), "weight.*pool"),
    (lambda: sliding_window(X, CONVOLVED, Window(3), W, pool="max"), "weight.*pool"),
    (lambda: sliding_window(X, CONVOLVED, Window(3), pool="median"), "pool"),
    (lambda: channels(X, np.zeros((2, 3, 3)), Window(3), THREE), "x"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), THREE[:, :2]), "weight"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), THREE[0]), "weight"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), THREE[..., :2]), "weight"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 2, 3)), Window(3), THREE), "y"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), THREE, np.zeros(3)), "bias"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), THREE, np.zeros(1)), "bias"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((3, 3, 2)), Window(3), pool="max"), "y"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), pool="max"), "y"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3)), "weight.*pool"),
    (lambda: channels(np.zeros((3, 5, 5)), np.zeros((2, 3, 3)), Window(3), THREE, pool="max"), "weight.*pool"),
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

def test_small_arrays_are_told_number_by_number_and_large_ones_in_short():
    picture = side_by_side({"input": [[1, -2], [0.5, -np.inf]], "output map": np.arange(324).reshape(18, 18)},
                           note="Look at the corner.")
    assert len(picture) == 1
    assert picture.says().splitlines() == ["Look at the corner.", "input: 2 × 2, 1 −2 / 0.5 −∞",
                                           "output map: 18 × 18, from 0 to 323, mean 161.5"]


def shows(picture, colour):
    """Whether some pixel has the colour, as nearly as a palette of 256 has it."""
    frame = Image.open(BytesIO(picture.png())).convert("RGB")
    there = np.array([each for _, each in frame.getcolors(frame.width * frame.height)])
    return np.abs(there - 255 * np.array(to_rgb(colour))).max(axis=1).min() < 10


@pytest.mark.parametrize(("name", "hue"), [
    ("input", BLUE), ("weight, filter 0", ORANGE), ("output by hand", GREEN), ("difference", MUTED)])
def test_the_first_word_of_a_name_gives_the_colour(name, hue):
    picture = side_by_side({name: [[1]]})
    assert [shows(picture, mix(each, TINTS[-1])) for each in (BLUE, ORANGE, GREEN)] == [
        each == hue for each in (BLUE, ORANGE, GREEN)]


@pytest.mark.parametrize(("lowest", "first", "last"), [(0, "black", "white"), (-0.5, PURPLE, GREEN)])
def test_a_large_array_is_black_to_white_or_purple_to_green_around_zero(lowest, first, last):
    picture = side_by_side({"output": lowest + np.linspace(0, 1, 400).reshape(20, 20)})
    assert shows(picture, first)
    assert shows(picture, last)


def test_an_array_that_is_zero_nearly_everywhere_keeps_its_one_colour():
    sparse = np.zeros((40, 40))
    sparse[20, 20] = -1
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # dividing by 0 would only warn
        assert shows(side_by_side({"output": sparse}), PURPLE)


def test_a_photo_is_shown_in_its_own_colours():
    red = torch.zeros(1, 3, 20, 20)
    red[:, 0] = 1
    assert shows(side_by_side({"photo": red}), "red")
    assert side_by_side({"photo": photo(30)}).says().startswith("photo: 3 × 30 × ")


# One size, nothing cut off

def test_all_frames_of_a_walk_and_of_all_settings_have_one_size():
    def walk(setting):
        picture = sliding_window(*convolution(setting))
        return {pixel_size(picture, step) for step in range(len(picture))}

    assert set.union(*map(walk, [(3, 2), (3, 3, 1), (1, 3), (5, 3, 3), (2, 2, 0, 3), (6, 1)])) == {(1600, 760)}


def test_all_frames_of_channels_have_one_size():
    def sizes(setting, c_in, c_out):
        picture = channels(*convolution(setting, c_in, c_out))
        return {pixel_size(picture, step) for step in (0, len(picture) - 1)}

    several = sizes((3,), 1, 1) | sizes((3, 2, 1), 3, 2) | sizes((1, 1, 3), 4, 8) | sizes((6,), 2, 1)
    assert len(several) == 1


@pytest.mark.parametrize("x", [whole_numbers(6, 6), photo(60)[:, :1]], ids=["numbers", "photo"])
def test_a_demo_of_arrays_side_by_side_keeps_its_size(x):
    outputs = [F.max_pool2d(x, kernel, stride, kernel // 2) for kernel, stride in product((1, 2, 3), (1, 2))]
    assert len({pixel_size(side_by_side({"input": x, "output": y})) for y in outputs}) == 1


def is_cut_off(picture):
    """Whether the edge of the last frame, which has most on it, is anything but white."""
    frame = pixels(picture.png(len(picture) - 1))
    return any((side < 250).any() for side in (frame[0], frame[-1], frame[:, 0], frame[:, -1]))


# Kernel, stride, padding, dilation: both ends of what the sliders allow
@pytest.mark.parametrize("setting", [(1,), (3,), (5, 1, 3), (1, 1, 3), (4, 3, 3, 3), (5, 3, 3, 2), (1, 3, 3), (2, 2)],
                         ids=str)
def test_nothing_is_cut_off_at_the_edge(setting):
    for size in (6, 8):
        x, y, window, weight = convolution(setting, size=size)
        assert not is_cut_off(sliding_window(x, y, window, weight)), size
    for size, c_in, c_out in ((6, 1, 1), (8, 1, 1), (4, 2, 2), (6, 3, 4), (5, 4, 2)):
        x, y, window, weight = convolution(setting, c_in, c_out, size)
        bias = torch.arange(1.0, c_out + 1)
        picture = channels(x, y + bias[:, None, None], window, weight, bias)
        assert not is_cut_off(picture), (size, c_in, c_out)


def test_numbers_of_every_length_are_not_cut_off():
    assert not is_cut_off(sliding_window(1e5 * X, -1e5 * CONVOLVED, Window(3), -W))
    assert not is_cut_off(side_by_side({"input": 1e5 * X, "output": photo(60)[0, 0]}))

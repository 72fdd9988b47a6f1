"""Window, receptive_field, parameters and macs against torch and against published figures."""
from dataclasses import FrozenInstanceError
from itertools import product
from math import ceil, floor

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import Refused, Window
from helpers.arithmetic import Field, Grouped, Shuffled, macs, matrix, parameters, receptive_field, sizes

NAMES = "kernel", "stride", "padding", "dilation"
# Every size with every setting, and one value below the least that each argument may have
SQUARE = list(product(range(1, 7), range(6), range(4), range(-1, 4), range(4)))
SMALL = list(product(range(1, 8), range(1, 5), range(1, 4), range(3), range(1, 4)))


def conv2d(x, kernel, stride, padding, dilation, ceil_mode=False):
    kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    return F.conv2d(x, torch.ones(1, 1, *kernel), stride=stride, padding=padding, dilation=dilation)


def avg_pool2d(x, kernel, stride, padding, dilation, ceil_mode):
    return F.avg_pool2d(x, kernel, stride, padding, ceil_mode)


LAYERS = [(conv2d, False), (F.max_pool2d, False), (F.max_pool2d, True), (avg_pool2d, False), (avg_pool2d, True)]


def by_torch(layer, size, setting, ceil_mode):
    """Torch's output size, or None where it refuses."""
    try:
        return tuple(layer(torch.zeros(1, 1, *size), *setting, ceil_mode=ceil_mode).shape[2:])
    except (RuntimeError, ValueError):
        return None


def by_window(layer, size, setting, ceil_mode):
    """Our output size, or None where we refuse."""
    try:
        return Window(*setting, ceil_mode=ceil_mode, pooling=layer is not conv2d).outputs(size)
    except Refused as refusal:
        assert_is_a_sentence_that_names_an_argument(str(refusal))
        return None


def assert_is_a_sentence_that_names_an_argument(text):
    assert "\n" not in text
    assert text.endswith(".")
    assert any(name in text for name in NAMES)


def small_windows():
    """(window, size) for every small setting that is not refused, pooling with ceil_mode included."""
    for (size, *setting), (pooling, ceil_mode) in product(SMALL, [(False, False), (True, True)]):
        try:
            window = Window(*setting, ceil_mode, pooling)
            window.outputs(size)
        except Refused:
            continue
        yield window, size


# Sizes

@pytest.mark.parametrize(("i", "k", "s", "p", "d", "o"), [
    (4, 3, 1, 0, 1, 2), (5, 4, 1, 2, 1, 6), (5, 3, 1, 1, 1, 5), (5, 3, 1, 2, 1, 7),
    (5, 3, 2, 0, 1, 2), (5, 3, 2, 1, 1, 3), (6, 3, 2, 1, 1, 3), (7, 3, 1, 0, 2, 3),
])
def test_outputs_are_those_of_the_published_convolution_arithmetic(i, k, s, p, d, o):
    # Dumoulin & Visin, arXiv 1603.07285
    assert Window(k, s, p, d).outputs(i) == o


@pytest.mark.parametrize(("layer", "ceil_mode"), LAYERS)
def test_a_square_setting_gives_torchs_size_and_is_refused_just_where_torch_refuses_it(layer, ceil_mode):
    wrong = []
    for n, *setting in SQUARE:
        if layer is avg_pool2d and setting[-1] != 1:  # average pooling has no dilation
            continue
        case = layer, (n, n), setting, ceil_mode
        if by_window(*case) != by_torch(*case):
            wrong.append((n, *setting))
    assert wrong == []


def per_axis(least, most):
    one = st.integers(least, most)
    return one | st.tuples(one, one)


@pytest.mark.parametrize(("layer", "ceil_mode"), LAYERS)
@settings(max_examples=400, deadline=None, derandomize=True)
@given(size=st.tuples(st.integers(1, 12), st.integers(1, 12)), kernel=per_axis(0, 6), stride=per_axis(0, 4),
       padding=per_axis(-1, 3), dilation=per_axis(0, 4))
def test_each_axis_has_its_own_setting_as_in_torch(layer, ceil_mode, size, kernel, stride, padding, dilation):
    setting = kernel, stride, padding, 1 if layer is avg_pool2d else dilation
    case = layer, size, setting, ceil_mode
    assert by_window(*case) == by_torch(*case)


def test_the_span_counts_the_cells_from_first_to_last():
    assert Window(3).span == 3
    assert Window(3, dilation=2).span == Window(5).span == 5  # 2·(3 − 1) + 1
    assert Window((3, 1), dilation=2).span == (5, 1)


def test_sizes_have_the_form_in_which_they_are_asked():
    assert Window(3, stride=2, padding=1).outputs(6) == 3
    assert Window(3, stride=2, padding=1).outputs((6, 5, 4)) == (3, 3, 2)
    assert Window((1, 3)).outputs((6, 6)) == (6, 4)


def test_a_window_falls_apart_into_one_window_per_axis():
    assert Window(3, (1, 2)).axes() == (Window(3, 1), Window(3, 2))
    assert Window(2, 2, 1, 1, True, True).axes(3) == 3 * (Window(2, 2, 1, 1, True, True),)


def test_a_window_is_a_value():
    assert len({Window(3), Window(3, 1), Window(3, 1, 0, 1)}) == 1
    with pytest.raises(FrozenInstanceError):
        Window(3).kernel = 5


LAYER = st.builds(Window, st.integers(1, 5), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2))


@given(st.lists(LAYER, min_size=1, max_size=4), st.integers(1, 40))
def test_sizes_are_those_of_a_torch_network_and_a_layer_that_does_not_fit_is_named(layers, size):
    x, counts = torch.zeros(1, 1, size), [size]
    for number, layer in enumerate(layers, 1):
        try:
            x = F.conv1d(x, torch.ones(1, 1, layer.kernel), None, layer.stride, layer.padding, layer.dilation)
        except RuntimeError:
            with pytest.raises(Refused, match=f"^Layer {number}: The window spans"):
                sizes(layers, size)
            return
        counts.append(x.shape[-1])
    assert sizes(layers, size) == counts


def test_sizes_start_with_the_input_and_name_the_layer_that_is_refused():
    assert sizes([], 7) == [7]
    assert sizes([Window(3, 2), Window(2)], 8) == [8, 3, 2]
    with pytest.raises(Refused) as refusal:
        sizes([Window(3, 2), Window(5), Window(2)], 8)
    assert str(refusal.value) == ("Layer 2: The window spans 5 cells but the padded input has only 3: "
                                  "lower kernel, or raise padding.")


# Refusals

@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["3", 2.0, True, None, (2, "3"), (2, 2.5), (2, None), -1, (2, -1)])
def test_a_value_that_is_no_whole_number_is_refused_by_name(name, value):
    with pytest.raises(Refused, match=rf"^{name} must be .*\.$"):
        Window(**{"kernel": 3, name: value})


@pytest.mark.parametrize("ask", [Window.outputs, Window.in_words, Window.dropped])
@pytest.mark.parametrize("size", ["6", 6.0, True, None, 0])
def test_a_size_that_is_no_whole_number_is_refused_by_name(ask, size):
    with pytest.raises(Refused, match=r"^size must be .*\.$"):
        ask(Window(1), size)


@pytest.mark.parametrize("ask", [
    lambda: Window(()),
    lambda: Window((3, 3), stride=(1, 1, 1)),
    lambda: Window((3, 3)).outputs((6, 6, 6)),
    lambda: Window((3, 3)).outputs(6),
    lambda: Window(3).outputs(()),
    lambda: Window((3, 3)).axes(1),
])
def test_as_many_numbers_as_axes_are_wanted(ask):
    with pytest.raises(Refused, match=r"ax[ei]s.*\.$"):
        ask()


@pytest.mark.parametrize(("setting", "size", "advice"), [
    (dict(kernel=4, dilation=2), 6, "The window spans 7 cells but the padded input has only 6: "
                                    "lower kernel or dilation, or raise padding."),
    (dict(kernel=3, stride=0), 6, "stride must be at least 1, not 0: raise stride."),
    (dict(kernel=3, padding=2, pooling=True), 6, "padding 2 is more than half of kernel 3: "
                                                 "lower padding to 1, or raise kernel."),
    (dict(kernel=3, ceil_mode=True), 6, "ceil_mode belongs to pooling: a convolution always rounds down."),
])
def test_a_refusal_says_what_to_move(setting, size, advice):
    with pytest.raises(Refused) as refusal:
        Window(**setting).outputs(size)
    assert str(refusal.value) == advice


# Where a window reads

def test_cells_are_those_that_torch_reads():
    for window, size in small_windows():
        if window.pooling:
            continue
        x = torch.ones(1, 1, size, requires_grad=True)
        weight = torch.ones(1, 1, window.kernel)
        y = F.conv1d(x, weight, stride=window.stride, padding=window.padding, dilation=window.dilation)
        for index in range(window.outputs(size)):
            gradient, = torch.autograd.grad(y[0, 0, index], x, retain_graph=True)
            inside = [cell for cell in window.cells(index) if 0 <= cell < size]
            assert gradient[0, 0].nonzero().flatten().tolist() == inside, (window, size)


def test_cells_are_numbered_as_in_the_unpadded_input():
    assert Window(3, stride=2, padding=1).cells(0) == [-1, 0, 1]
    assert Window(3, padding=1, dilation=2).cells(1) == [0, 2, 4]


def test_dropped_cells_are_the_end_of_the_padded_input_that_torch_never_reads():
    for window, size in small_windows():
        if window.pooling:
            continue
        padded = torch.ones(1, 1, size + 2 * window.padding, requires_grad=True)
        weight = torch.ones(1, 1, window.kernel)
        F.conv1d(padded, weight, stride=window.stride, dilation=window.dilation).sum().backward()
        last = padded.grad[0, 0].nonzero().max().item()
        assert window.dropped(size) == padded.shape[-1] - 1 - last, (window, size)


def test_ceil_mode_drops_no_cell_that_torch_reads():
    for window, size in small_windows():
        if not window.pooling or window.dilation > 1:
            continue
        x = torch.ones(1, 1, size, requires_grad=True)
        F.avg_pool1d(x, window.kernel, window.stride, window.padding, window.ceil_mode).sum().backward()
        last = x.grad[0, 0].nonzero().max().item()
        gap = max(0, window.stride - window.kernel)  # cells that a long stride jumps over are not dropped
        unread = size - 1 - last
        assert max(0, window.dropped(size) - window.padding) <= unread, (window, size)
        assert unread <= max(0, window.dropped(size) - window.padding) + gap, (window, size)


def test_a_stride_that_does_not_fit_drops_what_is_left_over():
    assert Window(3, stride=2).dropped(6) == 1  # windows on 0–2 and 2–4, none ends at 5
    assert Window(3, stride=2).dropped(7) == 0
    assert Window(3, stride=2, ceil_mode=True, pooling=True).dropped(6) == 0  # a third window hangs over


# In words

def test_the_formula_in_words_computes_what_it_says():
    for window, size in small_windows():
        formula, answer = window.in_words(size).split(" = ")
        for sign, python in {"⌊": "floor(", "⌈": "ceil(", "⌋": ")", "⌉": ")", "·": "*", "−": "-"}.items():
            formula = formula.replace(sign, python)
        assert int(answer) == window.outputs(size)
        assert eval(formula, {"floor": floor, "ceil": ceil}) == window.outputs(size), (window, size)


@pytest.mark.parametrize(("window", "size", "words"), [
    (Window(3, 2, 1), 6, "⌊(6 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = 3"),
    (Window(3, 2, 0, 1, True, True), 6, "⌈(6 + 2·0 − 1·(3 − 1) − 1) / 2⌉ + 1 = 3"),
    # ⌈1 / 2⌉ + 1 windows, but the second would start in the padding after cell 0
    (Window(2, 2, 1, 1, True, True), 1, "⌈(1 + 2·1 − 1·(2 − 1) − 1) / 2⌉ + 1 − 1 = 1"),
])
def test_the_formula_in_words_has_the_numbers_in_it(window, size, words):
    assert window.in_words(size) == words


# Costs

@pytest.mark.parametrize("layer", [torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_parameters_are_all_the_numbers_of_the_torch_layer(layer, bias, groups):
    kernel = (2, 3, 4)[:int(layer.__name__[4])]
    learned = layer(6, 12, kernel, groups=groups, bias=bias).parameters()
    assert parameters(6, 12, kernel, bias, groups) == sum(p.numel() for p in learned)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_macs_are_the_terms_of_all_sums(groups):
    # A convolution of ones adds up just its terms
    y = F.conv2d(torch.ones(1, 4, 6, 7), torch.ones(8, 4 // groups, 2, 3), stride=2, groups=groups)
    assert macs(4, 8, (2, 3), y.shape[2:], groups) == y.sum()


@pytest.mark.parametrize(("c_in", "c_out", "groups", "message"), [
    (8, 8, 3, "groups 3 does not divide 8 channels: choose 1, 2, 4 or 8."),
    (8, 12, 8, "groups 8 does not divide 12 channels: choose 1, 2 or 4."),
    (1, 8, 2, "groups 2 does not divide 1 channels: choose 1."),
    (8, 8, 0, "groups must be at least 1, not 0: raise groups."),
])
def test_groups_must_divide_the_channels(c_in, c_out, groups, message):
    for count in (lambda: parameters(c_in, c_out, (3, 3), groups=groups), lambda: Grouped(c_in, c_out, groups),
                  lambda: macs(c_in, c_out, (3, 3), (5, 5), groups)):
        with pytest.raises(Refused) as refusal:
            count()
        assert str(refusal.value) == message
    with pytest.raises(ValueError, match=r"divisible|groups"):
        torch.nn.Conv2d(c_in, c_out, 3, groups=groups)


@pytest.mark.parametrize(("c_in", "c_out", "groups"), [
    (c_in, c_out, groups) for c_in, c_out, groups in product((1, 4, 6, 12), (4, 6, 12), range(1, 13))
    if c_in % groups == c_out % groups == 0])
def test_an_output_reads_the_inputs_that_torch_has_weights_for(c_in, c_out, groups):
    layer = Grouped(c_in, c_out, groups)
    for output, row in enumerate(F.conv2d(torch.eye(c_in)[..., None, None], torch.ones(c_out, c_in // groups, 1, 1),
                                          groups=groups)[..., 0, 0].T):
        assert layer.reads(output) == row.nonzero().flatten().tolist()


@pytest.mark.parametrize("channels", [1, 6, 12, 16])
def test_a_shuffle_moves_channels_as_torch_does_and_back(channels):
    for groups in (g for g in range(1, channels + 1) if channels % g == 0):
        order = [source for i in range(channels) for source in Shuffled(channels, groups).reads(i)]
        x = torch.arange(float(channels)).reshape(1, channels, 1, 1)
        assert order == torch.nn.ChannelShuffle(groups)(x).flatten().tolist()
        back = Shuffled(channels, channels // groups)
        assert [order[back.reads(i)[0]] for i in range(channels)] == list(range(channels))


def test_a_shuffle_refuses_groups_that_do_not_divide():
    with pytest.raises(Refused, match=r"^groups 5 does not divide 12 channels: choose 1, 2, 3, 4, 6 or 12\.$"):
        Shuffled(12, 5)
    for nothing in (lambda: Shuffled(0, 1), lambda: Grouped(0, 4), lambda: Grouped(4, 0)):
        with pytest.raises(Refused, match="must be at least 1"):
            nothing()


@pytest.mark.parametrize(("count", "published"), [
    (macs(3, 128, (3, 3), Window(3).outputs((7, 7))), 86_400),  # an image 7 × 7 × 3, 128 filters
    (macs(1, 1, (3, 3), Window(3).outputs((5, 5))), 81),
    (macs(512, 512, (3, 3), (14, 14)), 462_422_016),  # a layer of MobileNet v1, 462.4 M
    (parameters(512, 512, (3, 3), bias=False), 2_359_296),
    (parameters(96, 128, (3, 3), bias=False), 110_592),  # flattened convolution's standard layer
])
def test_costs_are_the_published_ones(count, published):
    assert count == published


# A kernel that a student types

def test_a_typed_matrix_has_rows_of_numbers():
    assert matrix("1 0 −1; 2.5 0 -2") == [[1, 0, -1], [2.5, 0, -2]]


@pytest.mark.parametrize("text", ["", ";", "1 2; 3", "1 2;; 3 4", "1, 2", "one", "nan", "inf", "1001"])
def test_what_is_no_matrix_of_moderate_numbers_is_refused_by_name(text):
    with pytest.raises(Refused, match=r"^weight .*\.$"):
        matrix(text)
    with pytest.raises(Refused, match=r"^kernel .*\.$"):
        matrix(text, name="kernel")


@pytest.mark.parametrize(("window", "unread"), [
    (Window(2), []),
    (Window(2, stride=4), [2, 3]),  # stepped over
    (Window(2, stride=3, padding=1), [1, 4]),
    (Window(2, stride=2, dilation=2), [1, 3, 5]),  # between the taps
    (Window(4, stride=3), [4, 5]),  # dropped
])
def test_unread_cells_are_those_that_no_window_touches(window, unread):
    assert window.unread(6) == unread
    x = torch.ones(1, 1, 6 + 2 * window.padding, requires_grad=True)
    F.conv1d(x, torch.ones(1, 1, window.kernel), stride=window.stride, dilation=window.dilation).sum().backward()
    assert (x.grad[0, 0] == 0).nonzero().flatten().sub(window.padding).tolist() == unread


# What one unit sees

def bottleneck(stride, on):
    """The layers of a ResNet block, 1×1, 3×3, 1×1, with its stride on one of them."""
    return [Window(kernel, stride if layer == on else 1) for layer, kernel in enumerate((1, 3, 1))]


def resnet50(on):
    blocks = [stride for stride, count in ((1, 3), (2, 4), (2, 6), (2, 3)) for stride in (stride, *(count - 1) * [1])]
    return [Window(7, 2), Window(3, 2), *(layer for stride in blocks for layer in bottleneck(stride, on))]


VGG16 = [layer for convs in (2, 2, 3, 3, 3) for layer in (*convs * [Window(3)], Window(2, 2))]
ALEXNET = [Window(11, 4), Window(3, 2), Window(5), Window(3, 2), *3 * [Window(3)], Window(3, 2)]


# Araujo, Norris & Sim, Distill 2019; ResNet-50 with its stride on the 1×1, then as torchvision builds it
@pytest.mark.parametrize(("layers", "size", "jump"), [
    (VGG16, 212, 32), (ALEXNET, 195, 32), (resnet50(on=0), 483, 32), (resnet50(on=1), 427, 32),
], ids=["VGG-16", "AlexNet v2", "ResNet-50", "ResNet-50 of torchvision"])
def test_a_network_sees_the_published_field(layers, size, jump):
    field = receptive_field(layers)
    assert (field.size, field.jump) == (size, jump)


def test_the_field_grows_layer_by_layer_as_published_for_alexnet():
    sizes = [receptive_field(ALEXNET[:depth]).size for depth in range(9)]
    assert sizes == [1, 11, 19, 51, 67, 99, 131, 163, 195]


def test_doubled_dilations_double_the_field():
    sizes = [receptive_field([Window(3, dilation=2**layer) for layer in range(depth)]).size for depth in range(1, 5)]
    assert sizes == [3, 7, 15, 31]


def test_three_layers_of_3_see_what_one_of_7_sees():
    assert receptive_field(3 * [Window(3)]) == receptive_field([Window(7)]) == Field(7, 1, 3)  # 1 + 2 + 2 + 2
    assert receptive_field(3 * [Window(3, padding=1)]) == receptive_field([Window(7, padding=3)]) == Field(7, 1, 0)


def test_without_a_layer_a_cell_sees_itself():
    assert receptive_field([]) == Field() == Field(size=1, jump=1, centre=0)


def test_padding_moves_the_centre_and_neither_size_nor_jump():
    assert receptive_field([Window(3, 2), Window(3)]) == Field(7, 2, 3)
    assert receptive_field([Window(3, 2, 1), Window(3, 1, 1)]) == Field(7, 2, 0)  # 3 − 1 − 2
    assert receptive_field([Window(2), Window(2, padding=1)]) == Field(3, 1, 0)  # between cells, then on one


a_layer = st.builds(Window, st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(layers=st.lists(a_layer, max_size=4))
def test_the_gradient_of_an_inner_unit_spans_the_field(layers):
    field = receptive_field(layers)
    before = round((field.size - 1) / 2 - field.centre)  # cells that unit 0 sees before the input, all in the padding
    x = torch.ones(1, 1, before + field.size + 2 * field.jump, dtype=torch.double, requires_grad=True)
    y = x
    for layer in layers:
        weight = torch.ones(1, 1, layer.kernel, dtype=torch.double)
        y = F.conv1d(y, weight, stride=layer.stride, padding=layer.padding, dilation=layer.dilation)
    inner = ceil(before / field.jump)  # the first unit that sees no padding
    for unit in (inner, inner + 1):
        gradient, = torch.autograd.grad(y[0, 0, unit], x, retain_graph=True)
        seen = gradient[0, 0].nonzero().flatten()
        first, last = seen[0].item(), seen[-1].item()
        assert last - first + 1 == field.size
        assert (first + last) / 2 == field.centre + unit * field.jump  # so neighbours are `jump` apart

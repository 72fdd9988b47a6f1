"""Windows, sizes, costs and fields against torch and against published figures."""
from dataclasses import FrozenInstanceError
from fractions import Fraction
from itertools import chain, product
from math import ceil, floor, prod

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helpers import Refused, Transposed, Window
from helpers.arithmetic import (
    Field,
    Grouped,
    Shuffled,
    macs,
    matrix,
    parameters,
    receptive_field,
    receptive_fields,
    sizes,
)

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


tried = settings(max_examples=100, deadline=None, derandomize=True)


def one_or_more(least, most, axes):
    """A number, or a tuple or a list with one number per axis."""
    one = st.integers(least, most)
    return one | st.tuples(*axes * [one]) | st.lists(one, min_size=axes, max_size=axes)


def asked(layer, *values, **named):
    """What a torch function makes of ones: the size of its output, or None where it refuses or leaves nothing."""
    try:
        size = tuple(layer(*values, **named).shape[2:])
    except (RuntimeError, ValueError, TypeError):
        return None
    return size if prod(size) else None


def answered(ask):
    """What we say to that, or None where we refuse, in a sentence that names an argument."""
    try:
        return ask()
    except Refused as refusal:
        assert_is_a_sentence_that_names_an_argument(str(refusal))
        return None


def spread(value, axes):
    return axes * [value] if isinstance(value, int) else list(value)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("kind", "ceil_mode"), [
    ("conv", False), ("max_pool", False), ("max_pool", True), ("avg_pool", False), ("avg_pool", True)])
@tried
@given(st.data())
def test_outputs_are_torchs_on_one_two_and_three_axes_and_refused_just_where_torch_refuses(axes, kind, ceil_mode, data):
    def draw(least, most):
        return data.draw(one_or_more(least, most, axes))

    size, kernel = data.draw(st.lists(st.integers(1, 9), min_size=axes, max_size=axes)), draw(0, 5)
    if kind == "avg_pool" and axes == 3:  # it alone compares the kernel with the input without its padding
        size = list(map(max, size, spread(kernel, axes)))
    given = {"stride": draw(0, 3), "padding": draw(-1, 3), "dilation": draw(0, 3)}
    if data.draw(st.booleans()):
        given["padding"] = data.draw(st.sampled_from(["same", "valid", "full"]))
    given = {name: given[name] for name in data.draw(st.sets(st.sampled_from(sorted(given))))}  # torch's default else
    if kind == "avg_pool":
        given.pop("dilation", None)
    x, rounding = torch.ones(1, 1, *size), {} if kind == "conv" else {"ceil_mode": ceil_mode}
    window = torch.ones(1, 1, *spread(kernel, axes)) if kind == "conv" else kernel
    by_torch = asked(getattr(F, f"{kind}{axes}d"), x, window, **given, **rounding)
    by_us = answered(lambda: Window(kernel, **given, **rounding, pooling=kind != "conv").outputs(size))
    assert by_us == by_torch, (size, kernel, given)


@pytest.mark.parametrize("axes", [1, 2, 3])
@tried
@given(st.data())
def test_a_transposed_layer_is_torchs_on_all_axes_and_refused_just_where_torch_refuses(axes, data):
    def draw(least, most):
        return data.draw(one_or_more(least, most, axes))

    size, kernel = data.draw(st.lists(st.integers(1, 5), min_size=axes, max_size=axes)), draw(1, 4)
    groups = data.draw(st.integers(1, 2))  # with groups torch forgets to refuse dilation 0
    given = {"stride": draw(0, 3), "padding": draw(-1, 3), "output_padding": draw(-1, 3)}
    given["dilation"] = draw(groups - 1, 4)
    given = {name: given[name] for name in data.draw(st.sets(st.sampled_from(sorted(given))))}
    x, weight = torch.ones(1, 2, *size), torch.ones(2, 2 // groups, *spread(kernel, axes))
    by_torch = asked(getattr(F, f"conv_transpose{axes}d"), x, weight, None, **given, groups=groups)
    assert answered(lambda: Transposed(kernel, **given).outputs(size)) == by_torch, (size, kernel, given)


def test_output_padding_is_below_stride_or_dilation():
    assert Transposed(3, dilation=3, output_padding=2).outputs(3) == 11
    assert F.conv_transpose1d(torch.ones(1, 1, 3), torch.ones(1, 1, 3), dilation=3, output_padding=2).shape[2] == 11
    with pytest.raises(Refused, match=r"^output_padding 3 must be below stride 1 or dilation 3: lower output_padding,"):
        Transposed(3, dilation=3, output_padding=3)
    assert Transposed((3, 5), stride=(2, 1)).outputs((16, 24)) == (33, 28)


def test_pooling_steps_by_its_kernel_where_no_stride_is_given():
    assert Window(2, pooling=True).outputs(8) == 4
    assert Window((2, 3), pooling=True).stride == (2, 3)
    assert Window(2).outputs(8) == 7


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_same_puts_the_odd_cell_last_as_torch_does():
    for kernel, dilation in product(range(1, 6), range(1, 4)):
        window = Window(kernel, padding="same", dilation=dilation)
        x = torch.rand(1, 1, 9)
        weight = torch.rand(1, 1, kernel)
        padded = F.conv1d(F.pad(x, (window.before, window.after)), weight, dilation=dilation)
        assert torch.allclose(padded, F.conv1d(x, weight, padding="same", dilation=dilation))
        assert window.outputs(9) == 9
    assert (Window(4, padding="same").before, Window(4, padding="same").after) == (1, 2)
    assert Window((4, 1), padding="same").after == (2, 0)
    assert Window(4, padding="same").in_words(6) == "⌊(6 + 1 + 2 − 1·(4 − 1) − 1) / 1⌋ + 1 = 6"
    assert Window(3, 2, "valid").outputs(7) == Window(3, 2).outputs(7)


@pytest.mark.parametrize(("settings", "message"), [
    (dict(stride=2), 'padding "same" goes with stride 1, not 2: lower stride, or give padding a number.'),
    (dict(stride=(1, 3)), 'padding "same" goes with stride 1, not 3: lower stride, or give padding a number.'),
    (dict(pooling=True), 'padding "same" belongs to convolutions: give pooling a number.'),
    (dict(padding="full"), 'padding must be a whole number, "same" or "valid", not \'full\'.'),
])
def test_words_for_padding_are_refused_where_torch_refuses_them(settings, message):
    with pytest.raises(Refused) as refusal:
        Window(4, **{"padding": "same", **settings})
    assert str(refusal.value) == message


def test_a_list_is_as_good_as_a_tuple():
    assert Window([3, 5], stride=[1, 2]) == Window((3, 5), stride=(1, 2))
    assert hash(Window([3, 5])) == hash(Window((3, 5)))
    assert Window(3).outputs([50, 100]) == (48, 98)
    assert Transposed([3, 5]).outputs([5, 5]) == (7, 9)
    assert parameters(3, 64, [3, 3]) == 1792
    assert macs(3, 64, [3, 3], [5, 5]) == macs(3, 64, (3, 3), (5, 5))


@pytest.mark.parametrize("layer", [Window((3, 2), (2, 1), 1, (1, 2)), Transposed((3, 2), (2, 1), 1, 0, (1, 2)),
                                   Window((3, 4), padding="same")], ids=str)
def test_a_question_about_all_axes_is_one_about_each(layer):
    rows, columns = layer.axes()
    asks = [name for name in ("outputs", "in_words", "cells", "reads", "dropped", "unread") if hasattr(layer, name)]
    for name in asks:
        each = getattr(rows, name)(6), getattr(columns, name)(7)
        assert getattr(layer, name)((6, 7)) == getattr(layer, name)([6, 7]) == each
        assert getattr(layer, name)(6) == (each[0], getattr(columns, name)(6))  # a number stands for all axes
    assert layer.span == (rows.span, columns.span)


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
@pytest.mark.parametrize("value", ["3", 2.0, True, (), [], (2, "3"), (2, 2.5), [2, None], -1, (2, -1)])
def test_a_value_that_is_no_whole_number_is_refused_by_name(name, value):
    with pytest.raises(Refused, match=rf"^{name} must (be|have) .*\.$"):
        Window(**{"kernel": 3, name: value})


@pytest.mark.parametrize("name", ["ceil_mode", "pooling"])
def test_a_switch_is_true_or_false(name):
    with pytest.raises(Refused, match=rf"^{name} must be True or False, not 1\.$"):
        Window(3, **{name: 1})


@pytest.mark.parametrize("ask", [Window.cells, Transposed.cells, Transposed.reads])
@pytest.mark.parametrize("index", ["6", 6.0, None, (1, "2")])
def test_an_index_that_is_no_whole_number_is_refused(ask, index):
    layer = Transposed(3) if "Transposed" in ask.__qualname__ else Window(3)
    with pytest.raises(Refused, match=r"^index must be a whole number, not .*\.$"):
        ask(layer, index)


@pytest.mark.parametrize("ask", [Window.outputs, Window.in_words, Window.dropped])
@pytest.mark.parametrize("size", ["6", 6.0, True, None, 0])
def test_a_size_that_is_no_whole_number_is_refused_by_name(ask, size):
    with pytest.raises(Refused, match=r"^size must be .*\.$"):
        ask(Window(1), size)


@pytest.mark.parametrize("ask", [
    lambda: Window(()),
    lambda: Window((3, 3), stride=(1, 1, 1)),
    lambda: Window((3, 3)).outputs((6, 6, 6)),
    lambda: Window((3, 3)).outputs((6,)),
    lambda: Window(3).outputs(()),
    lambda: Transposed((3, 3), stride=(1, 1, 1)),
    lambda: Transposed((3, 3)).outputs((6, 6, 6)),
    lambda: macs(3, 3, (3, 3), (6, 6, 6)),
    lambda: parameters(3, 3, ()),
    lambda: sizes([Window((3, 3)), Window((3, 3, 3))], 9),
    lambda: receptive_field([Window((3, 3)), [[Transposed((3, 3, 3))], []]]),
    lambda: sizes([Window((3, 3))], (9, 9, 9)),
    lambda: sizes([], ()),
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


@pytest.mark.parametrize("name", [f"Conv{kind}{axes}d" for kind in ("", "Transpose") for axes in (1, 2, 3)])
@tried
@given(st.data())
def test_any_layer_has_torchs_parameters_or_is_refused_where_torch_refuses_it(name, data):
    layer, axes, channels = getattr(torch.nn, name), int(name[-2]), st.integers(1, 12)
    kernel = data.draw(st.tuples(*axes * [st.integers(1, 3)]))
    if axes == 2 and data.draw(st.booleans()):
        kernel = kernel[0]  # a square
    given = data.draw(channels), data.draw(channels), kernel
    named = dict(groups=data.draw(st.integers(-1, 7)), bias=data.draw(st.booleans()))
    try:
        by_torch = sum(p.numel() for p in layer(*given, **named).parameters())
    except (ValueError, RuntimeError):
        by_torch = None
    try:
        assert parameters(*given, **named) == by_torch
    except Refused:
        assert by_torch is None


@tried
@given(size=st.tuples(st.integers(1, 5), st.integers(1, 5)), kernel=one_or_more(1, 3, 2), stride=one_or_more(1, 3, 2),
       padding=one_or_more(0, 2, 2), groups=st.sampled_from([1, 2, 4]))
def test_macs_of_a_transposed_layer_are_the_terms_of_its_prints_also_cut_off(size, kernel, stride, padding, groups):
    layer, whole = Transposed(kernel, stride, padding), Transposed(kernel, stride)
    weight = torch.ones(4, 8 // groups, *spread(kernel, 2))
    y = F.conv_transpose2d(torch.ones(1, 4, *size), weight, stride=stride, groups=groups)
    assert whole.macs(4, 8, size, groups) == y.sum()
    try:
        assert layer.macs(4, 8, size, groups) == y.sum()
    except Refused:
        with pytest.raises(Refused, match="cuts away the whole output"):
            layer.outputs(size)


def test_a_number_is_a_square_kernel_and_a_square_output():
    assert parameters(3, 64, 3) == parameters(3, 64, (3, 3)) == 1792
    assert macs(3, 64, 3, 224) == macs(3, 64, (3, 3), (224, 224)) == macs(3, 64, (3, 3), 224) == 86_704_128
    assert macs(3, 64, 3, (16, 112, 112)) == macs(3, 64, (3, 3, 3), (16, 112, 112))  # or a cube
    assert Transposed(4, 2, 1).macs(32, 32, 64) == 64 * 64 * 32 * 32 * 4 * 4


@pytest.mark.parametrize(("ask", "message"), [
    (lambda: parameters(-3, 64, 3), "c_in must be at least 1, not -3: raise c_in."),
    (lambda: parameters(3, 0, 3), "c_out must be at least 1, not 0: raise c_out."),
    (lambda: parameters(3, 64, 0), "kernel must be at least 1, not 0: raise kernel."),
    (lambda: parameters(3, 64, 2.5), "kernel must be a whole number, not 2.5."),
    (lambda: parameters(3, 64, 3, bias=2), "bias must be True or False, not 2."),
    (lambda: macs(3.0, 64, 3, 224), "c_in must be a whole number, not 3.0."),
    (lambda: macs(3, 64, 3, (224, 0)), "outputs must be at least 1, not 0: raise outputs."),
    (lambda: macs(3, 64, (3, 3), (9, 9, 9)), "There cannot be 2 axes by kernel and 3 axes by outputs: "
                                             "give all of them as many numbers."),
    (lambda: Transposed(3).macs(4, 4, 5, groups=3), "groups 3 does not divide 4 channels: choose 1, 2 or 4."),
    (lambda: Transposed(3).macs(4, 4, 0), "size must be at least 1, not 0: raise size."),
])
def test_costs_of_what_cannot_be_are_refused_in_words(ask, message):
    with pytest.raises(Refused) as refusal:
        ask()
    assert str(refusal.value) == message


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


def resnet(*lengths, on):
    strides = [2 if stage and not block else 1 for stage, count in enumerate(lengths) for block in range(count)]
    return [Window(7, 2), Window(3, 2), *(layer for stride in strides for layer in bottleneck(stride, on))]


def mobilenet():
    strides = 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1
    return [Window(3, 2), *(layer for stride in strides for layer in (Window(3, stride), Window(1)))]


VGG16 = [layer for convs in (2, 2, 3, 3, 3) for layer in (*convs * [Window(3)], Window(2, 2))]
ALEXNET = [Window(11, 4), Window(3, 2), Window(5), Window(3, 2), *3 * [Window(3)], Window(3, 2)]


# Araujo, Norris & Sim, Distill 2019; ResNets with their stride on the 1×1, then as torchvision builds them
@pytest.mark.parametrize(("layers", "size", "jump"), [
    (VGG16, 212, 32), (ALEXNET, 195, 32),
    (resnet(3, 4, 6, 3, on=0), 483, 32), (resnet(3, 4, 23, 3, on=0), 1027, 32), (resnet(3, 8, 36, 3, on=0), 1507, 32),
    (resnet(3, 4, 6, 3, on=1), 427, 32), (mobilenet(), 315, 32),
], ids=["VGG-16", "AlexNet v2", "ResNet-50", "ResNet-101", "ResNet-152", "ResNet-50 of torchvision", "MobileNet v1"])
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


# Per axis

def test_two_sticks_see_a_square_that_grows_along_one_axis_at_a_time():
    sticks = [Window((1, 7)), Window((7, 1))]
    assert receptive_field(sticks) == Field((7, 7), (1, 1), (3, 3), (0, 0))
    assert [field.size for field in receptive_fields(sticks)] == [(1, 1), (1, 7), (7, 7)]
    assert sizes(sticks, 224) == sizes(sticks, [224, 224]) == [(224, 224), (224, 218), (218, 218)]


def plane_layers(least_stride=1):
    return st.builds(Window, one_or_more(1, 3, 2), one_or_more(least_stride, 2, 2), one_or_more(0, 1, 2),
                     one_or_more(1, 2, 2))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(layers=st.lists(plane_layers(), min_size=1, max_size=3), size=st.tuples(st.integers(1, 30), st.integers(1, 30)))
def test_on_a_plane_sizes_and_field_are_torchs_along_rows_and_along_columns(layers, size):
    layers = [*layers, Window((1, 1))]  # so that the numbers are asked per axis
    field, y = receptive_field(layers), torch.ones(1, 1, 90, 70, dtype=torch.double, requires_grad=True)
    x, small, counts = y, torch.ones(1, 1, *size), [size]
    for layer in layers:
        weight, moves = torch.ones(1, 1, *spread(layer.kernel, 2)), (layer.stride, layer.padding, layer.dilation)
        y = F.conv2d(y, weight.double(), None, *moves)
        after = asked(F.conv2d, small, weight, None, *moves) if small is not None else None
        small = torch.ones(1, 1, *after) if after else None
        counts.append(after)
    unit = [count // 2 for count in y.shape[2:]]
    gradient, = torch.autograd.grad(y[0, 0, unit[0], unit[1]], x)
    for axis, seen in enumerate(gradient[0, 0].nonzero().T):
        assert seen.max() - seen.min() + 1 == field.size[axis]
        assert (seen.max() + seen.min()).item() / 2 == field.centre[axis] + unit[axis] * field.jump[axis]
    if small is None:
        with pytest.raises(Refused, match=r"^Layer \d: The window spans"):
            sizes(layers, size)
    else:
        assert sizes(layers, size) == counts


# Up and down

UP = st.builds(lambda kernel, stride, padding, dilation: Transposed(kernel, stride, padding, 0, dilation),
               st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2))


def reach(layers, size):
    """Which cells of an input torch says that each unit on top sees: (units, cells)."""
    y = torch.eye(size, dtype=torch.double)[:, None]
    for layer in layers:
        weight = torch.ones(1, 1, layer.kernel, dtype=torch.double)
        if isinstance(layer, Transposed):
            moves = layer.stride, layer.padding, layer.output_padding, 1, layer.dilation
            y = F.conv_transpose1d(y, weight, None, *moves).sign()
        else:
            y = F.conv1d(y, weight, None, layer.stride, layer.padding, layer.dilation).sign()
    return y[:, 0].T


def inner(layers, field):
    """For each unit of the middle third of a long enough input: its number, the first and the last cell it sees."""
    seen = reach(layers, 3 * field.size + ceil(90 * field.jump) + 90)
    for unit in range(len(seen) // 3, 2 * len(seen) // 3):
        cells = seen[unit].nonzero().flatten().tolist()
        yield unit, *((cells[0], cells[-1]) if cells else (0, -1))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(layers=st.lists(a_layer | UP, min_size=1, max_size=3), up=UP, where=st.integers(0, 3))
def test_through_transposed_layers_the_size_is_the_largest_that_torch_finds(layers, up, where):
    layers.insert(where, up)
    field = receptive_field(layers)
    assume(field.size <= 60)
    ends = list(inner(layers, field))
    assert max(last - first + 1 for _, first, last in ends) == field.size
    assert field.jump == prod(Fraction(1, layer.stride) if isinstance(layer, Transposed) else layer.stride
                              for layer in layers)
    jumps = [below.jump for below, layer in zip(receptive_fields(layers), layers, strict=False)
             if isinstance(layer, Transposed)]
    if all(layer.kernel >= layer.stride and layer.dilation == 1 for layer in layers if isinstance(layer, Transposed)):
        for unit, first, last in ends:
            assert abs((first + last) / 2 - float(field.centre + unit * field.jump)) < sum(jumps) / 2


@settings(max_examples=120, deadline=None, derandomize=True)
@given(layers=st.lists(a_layer | UP, min_size=1, max_size=4), size=st.integers(1, 20))
def test_sizes_through_transposed_layers_are_torchs(layers, size):
    counts = [size]
    for number, layer in enumerate(layers, 1):
        try:
            after = len(reach([layer], counts[-1]))
        except RuntimeError:
            after = 0
        if not after:
            with pytest.raises(Refused, match=f"^Layer {number}: "):
                sizes(layers, size)
            return
        counts.append(after)
    assert sizes(layers, size) == counts


def test_an_upsampling_layer_halves_the_jump():
    assert receptive_field([Window(3), Transposed(2, 2)]) == Field(3, Fraction(1, 2), 0.75)
    assert receptive_field([Window(2, 2), Transposed(2, 2)]).jump == 1
    assert receptive_field([Transposed(4, 2, 1)]).size == 2
    assert receptive_field([Transposed(1, 2), Window(1, 2, 1)]).size == 0  # it reads the gaps only
    assert receptive_field([Window((1, 3)), Transposed((1, 2), (1, 2))]).size == (1, 3)


@pytest.mark.parametrize("layer", [Transposed(3, 2, 1), Transposed(2, 3, 0, 1), Transposed(3, 2, 2, 1, 3)], ids=str)
def test_an_output_cell_reads_the_input_cells_that_paint_it(layer):
    for unit, cells in enumerate(reach([layer], 9)):
        assert cells.nonzero().flatten().tolist() == [cell for cell in layer.reads(unit) if 0 <= cell < 9]
        assert all(unit in layer.cells(cell) for cell in layer.reads(unit))


# Branches

def every_path(layers):
    """Every way from the input up, as stacks without branches."""
    ways = [[[layer]] if not isinstance(layer, list) else [path for each in layer for path in every_path(each)]
            for layer in layers]
    return [list(chain(*way)) for way in product(*ways)]


@st.composite
def a_branching(draw, layer):
    """Two or three branches of one stride."""
    stride, branches = draw(st.integers(1, 2)), []
    for _ in range(draw(st.integers(2, 3))):
        rest = [Window(each.kernel, 1, each.padding, each.dilation) for each in draw(st.lists(layer, max_size=2))]
        first = draw(layer)
        is_shortcut = stride == 1 and draw(st.booleans())
        branches.append(rest * (not is_shortcut) if stride == 1
                        else [Window(first.kernel, stride, first.padding, first.dilation), *rest])
    return branches


@settings(max_examples=80, deadline=None, derandomize=True)
@given(below=st.lists(a_layer, max_size=1), one=a_branching(a_layer), other=st.none() | a_branching(a_layer),
       above=st.lists(a_layer | UP, max_size=1))
def test_branches_see_what_torchs_paths_see_together(below, one, other, above):
    layers = [*below, one, *([other] if other else []), *above]
    field = receptive_field(layers)
    assume(field.size <= 90)
    ends = [list(inner(path, field)) for path in every_path(layers)]
    common = set.intersection(*({unit for unit, *_ in each} for each in ends))
    together = [[(first, last) for each in ends for at, first, last in each if at == unit and first <= last]
                for unit in common]
    spans = [max(last for _, last in seen) - min(first for first, _ in seen) + 1 for seen in together if seen]
    assert max(spans, default=0) == field.size
    if not any(isinstance(layer, Transposed) for layer in layers):
        for unit, seen in zip(common, together, strict=True):
            centres = [(first + last) / 2 for first, last in seen]
            assert max(centres) - min(centres) == field.apart
            middle = (max(last for _, last in seen) + min(first for first, _ in seen)) / 2
            assert middle == field.centre + unit * field.jump


@tried
@given(branches=a_branching(a_layer), size=st.integers(1, 20))
def test_branches_meet_where_torch_can_add_them_up(branches, size):
    try:
        ends = {len(reach(branch, size)) for branch in branches}
    except RuntimeError:
        ends = set()
    if len(ends) == 1:
        assert sizes([branches], size) == [size, *ends]
    else:
        with pytest.raises(Refused, match=r"^Layer 1: (Branches end in|branch \d, layer \d: The window spans) .*\.$"):
            sizes([branches], size)


def test_a_block_of_a_resnet_sees_what_its_longest_path_sees_and_all_paths_agree():
    def block(stride):
        return [[Window(1, stride)], [Window(1), Window(3, stride, 1), Window(1)]]

    stack = [Window(7, 2, 3), Window(3, 2, 1), block(1), block(2), block(2), block(2)]
    assert receptive_field(stack) == Field(75, 32, 0, 0) == receptive_field(every_path(stack)[-1])
    assert sizes(stack, 224) == [224, 112, 56, 56, 28, 14, 7]


def test_paths_that_disagree_are_told_how_far():
    assert receptive_field([[[], [Window(3)]]]) == Field(3, 1, 1, apart=1)
    assert receptive_field([[[], [Window(3, padding=1)]]]) == Field(3, 1, 0, apart=0)
    assert receptive_field([Window(2, 2), [[], [Window(5, padding=1)]]]).apart == 2  # two cells, counted in the input
    assert receptive_field(2 * [[[], [Window(3)]]]).apart == 2
    inside = [[], [Window(3, padding=1), [[Window(1)], [Window((3, 1), padding="same")]]]]
    assert receptive_field([inside]) == Field((5, 3), (1, 1), (0, 0), (0, 0))


@pytest.mark.parametrize(("layers", "message"), [
    (3, "layers must be a list of layers, not 3."),
    ([3], "Number 1 of layers must be a Window, a Transposed or a list of branches, not 3."),
    ([Window(1), []], "Number 2 of layers must be a Window, a Transposed or a list of branches, not []."),
    ([[Window(1, 1), []]], f"branch 1 of layer 1 must be a list of layers, not {Window(1)}."),
    ([Window((3, 3)), Window((1, 1, 1))], "Some layers name 2 axes and others 3: give all as many numbers."),
])
def test_what_is_no_stack_is_refused(layers, message):
    for ask in (receptive_field, lambda layers: sizes(layers, 9)):
        with pytest.raises(Refused) as refusal:
            ask(layers)
        assert str(refusal.value) == message


def test_branches_that_cannot_meet_are_refused():
    branches = [[Window(3, 2)], [Window(3)]]
    with pytest.raises(Refused, match=r"^Branches with jumps 2 and 1 cannot meet: give them the same stride\.$"):
        receptive_field([branches])
    with pytest.raises(Refused) as refusal:
        sizes([Window(1), [[], [Window(1), branches]]], 9)
    assert str(refusal.value) == ("Layer 2: branch 2, layer 2: Branches end in 4 and 7 cells: "
                                  "give them the same stride, and as much padding as their kernels take.")

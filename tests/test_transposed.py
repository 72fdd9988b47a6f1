"""A transposed convolution: its arithmetic and both of its pictures against torch and against published numbers."""
import re
from itertools import combinations, product
from zlib import compress

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from looked_at import extent, faults
from test_pictures import said

from helpers import Refused, Transposed
from helpers.drawing.palette import ORANGE, written
from helpers.drawing.sheet import Fill, Line, Text, named
from helpers.live.film import Film, packed
from helpers.pictures.transposed import stamping, transposed_matrix, zeros_between
from helpers.samples import whole_numbers

NAMES = "kernel", "stride", "padding", "output_padding"
VIEWS = stamping, zeros_between, transposed_matrix
every_view = pytest.mark.parametrize("view", VIEWS)
SENTENCE = r"[^\n]*\.\Z"


def by_torch(size, kernel, stride, padding, output_padding):
    """Torch's output size, or None where it refuses or leaves nothing."""
    try:
        x, weight = torch.zeros(1, 1, size, size), torch.ones(1, 1, kernel, kernel)
        rows, columns = F.conv_transpose2d(x, weight, None, stride, padding, output_padding).shape[2:]
    except (RuntimeError, ValueError):
        return None
    assert rows == columns
    return rows or None


def by_us(size, *setting):
    """Our output size, or None where we refuse."""
    try:
        return Transposed(*setting).outputs(size)
    except Refused as refusal:
        assert_is_a_sentence_that_names_an_argument(str(refusal))
        return None


def assert_is_a_sentence_that_names_an_argument(text):
    assert re.match(rf"({'|'.join(NAMES)}|size)\b{SENTENCE}", text)


def allowed(*ranges):
    """Every setting out of the ranges, the size first, that is not refused."""
    return [setting for setting in product(*ranges) if by_us(*setting)]


# kernel, stride, padding (also beyond k − 1) and output_padding for a size of at least 2
SETTINGS = [setting for _, *setting in allowed([2], (1, 2, 3, 4), (1, 2, 3), range(4), range(3))]
DEMO = [setting for _, *setting in allowed([2], (1, 2, 3, 4), (1, 2, 3), range(3), range(3))]


def layer_of(setting, size=(2, 2)):
    """x, y, layer and weight with whole numbers, seeded."""
    kernel, *moves = setting
    x, weight = whole_numbers(*size, low=-5), whole_numbers(kernel, kernel, low=-3, high=3, seed=1)
    return x, F.conv_transpose2d(x, weight, None, *moves), Transposed(*setting), weight


def number(text):
    return float(text.strip("()").replace("−", "-"))


def numbers(text):
    return [int(number(each)) for each in text.split(", ")]


# Sizes

@pytest.mark.parametrize(("size", "setting", "outputs"), [
    (2, (3,), 4), (6, (4, 1, 2), 5), (5, (3, 1, 1), 5), (7, (3, 1, 2), 5),
    (2, (3, 2), 5), (3, (3, 2, 1), 5), (3, (3, 2, 1, 1), 6),
])
def test_outputs_are_those_of_the_published_transposed_arithmetic(size, setting, outputs):
    assert Transposed(*setting).outputs(size) == outputs  # Dumoulin & Visin, arXiv 1603.07285


def test_every_small_setting_gives_torchs_size_and_is_refused_just_where_torch_refuses_it():
    grid = product(range(4), range(-1, 5), range(-1, 4), range(-1, 4), range(-1, 4))
    assert [setting for setting in grid if by_us(*setting) != by_torch(*setting)] == []


def test_cells_are_those_that_torch_paints():
    for size, *setting in allowed((1, 2, 4), (1, 2, 4), (1, 2, 3), range(4), range(3)):
        layer, (kernel, *moves) = Transposed(*setting), setting
        painted = F.conv_transpose1d(torch.eye(size)[:, None], torch.ones(1, 1, kernel), None, *moves)[:, 0]
        for index, page in enumerate(painted):
            kept = [cell for cell in layer.cells(index) if 0 <= cell < layer.outputs(size)]
            assert page.nonzero().flatten().tolist() == kept, (size, setting)


def test_the_formula_in_words_computes_what_it_says():
    for size, *setting in allowed(range(1, 6), range(1, 5), range(1, 4), range(4), range(3)):
        layer = Transposed(*setting)
        formula, answer = layer.in_words(size).split(" = ")
        assert eval(formula.replace("·", "*").replace("−", "-")) == int(answer) == layer.outputs(size)
    assert Transposed(3, 2, 1, 1).in_words(3) == "(3 − 1)·2 − 2·1 + 3 + 1 = 6"


@pytest.mark.parametrize(("kernel", "stride", "inside"), [
    (2, 2, [1] * 8), (3, 2, [2, 1, 2, 1, 2, 1, 2]), (4, 2, [2] * 6), (3, 1, [3] * 3)])
def test_overlaps_are_even_just_where_the_stride_divides_the_kernel(kernel, stride, inside):
    # Odena, Dumoulin & Olah, Deconvolution and checkerboard artifacts, Distill 2016
    layer = Transposed(kernel, stride)
    painted = [cell for index in range(5) for cell in layer.cells(index)]
    coats = np.bincount(painted, minlength=layer.outputs(5))
    y = F.conv_transpose2d(torch.ones(1, 1, 5, 5), torch.ones(1, 1, kernel, kernel), stride=stride)[0, 0]
    assert np.array_equal(np.outer(coats, coats), y)
    assert coats[kernel - 1:1 - kernel].tolist() == inside


def test_kernel_3_with_stride_2_paints_up_to_four_times_as_often():
    y = F.conv_transpose2d(torch.ones(1, 1, 5, 5), torch.ones(1, 1, 3, 3), stride=2)
    coats = told_matrix(transposed_matrix(torch.ones(5, 5), y, Transposed(3, 2), torch.ones(3, 3))).sum(axis=0)
    assert (coats.max(), coats.min()) == (4, 1)


# Refusals

@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["3", 2.0, float("nan"), True, None, (2, "2"), [-1, 2], (), -1, torch.ones(2, 2)],
                         ids=lambda value: " ".join(repr(value).split()))
def test_a_value_that_is_no_whole_number_is_refused_by_name(name, value):
    with pytest.raises(Refused, match=rf"\A{name} must (be|have) {SENTENCE}"):
        Transposed(**{"kernel": 3, name: value})


@pytest.mark.parametrize("ask", [Transposed.outputs, Transposed.in_words])
@pytest.mark.parametrize("size", ["6", 6.0, True, None, (6, 0), (), 0, -1], ids=repr)
def test_a_size_that_is_no_whole_number_is_refused_by_name(ask, size):
    with pytest.raises(Refused, match=rf"\Asize( or index)? must (be|have) {SENTENCE}"):
        ask(Transposed(3), size)


@pytest.mark.parametrize(("setting", "advice"), [
    ((0,), "kernel must be at least 1, not 0: raise kernel."),
    ((3, 0), "stride must be at least 1, not 0: raise stride."),
    ((3, 2, 0, 2), "output_padding 2 must be below stride 2 or dilation 1: lower output_padding, or raise stride."),
    ((2, 1, 2), "padding 2 cuts away the whole output: lower padding, or raise kernel."),
])
def test_a_refusal_says_what_to_move(setting, advice):
    with pytest.raises(Refused) as refusal:
        Transposed(*setting).outputs(2)
    assert str(refusal.value) == advice


@every_view
def test_a_picture_without_an_output_is_refused(view):
    with pytest.raises(Refused, match="cuts away the whole output"):
        view(torch.ones(2, 2), torch.ones(1, 1), Transposed(1, 1, 1), torch.ones(1, 1))


# What is told

SIZES = pytest.mark.parametrize("size", [(2, 2), (2, 3), (4, 2)], ids=str)


@SIZES
def test_the_prints_that_are_told_add_up_to_the_output_of_torch(size):
    words = re.compile("(.+) · weight, on rows? (.+) and columns? (.+) of the output")
    for setting in SETTINGS:
        x, y, layer, weight = layer_of(setting, size)
        picture, sheet = stamping(x, y, layer, weight), torch.zeros_like(y[0, 0])
        assert len(picture) == x.numel()
        for sentence in said(picture, "print"):
            value, rows, columns = words.fullmatch(sentence).groups()
            for (i, row), (j, column) in product(enumerate(numbers(rows)), enumerate(numbers(columns))):
                if 0 <= row < sheet.shape[0] and 0 <= column < sheet.shape[1]:
                    sheet[row, column] += number(value) * weight[0, 0, i, j]
        assert torch.equal(sheet, y[0, 0]), setting
        *before, last = said(picture, "sum")
        assert last == f"all {x.numel()} prints, overlaps added, = torch ✓", setting
        for step, sentence in enumerate(before):
            later = (torch.arange(x.numel()) > step).float().view_as(x)
            every, more = (F.conv_transpose2d(some, torch.ones_like(weight), None, *setting[1:]) > 0
                           for some in (torch.ones_like(x), later))
            done = (every & ~more).sum()
            ending = (f"{done} of {y.numel()} output cells, = torch ✓" if done
                      else "none of the output cells, the ✓ comes with the last print")
            assert sentence == f"{step + 1} of {x.numel()} prints so far; finished: {ending}", setting
        assert {cut is not None for cut in said(picture, "cut")} == {layer.padding > 0}, setting


@SIZES
def test_every_overlap_is_counted_and_the_first_are_written_out(size):
    for setting in SETTINGS:
        x, y, layer, weight = layer_of(setting, size)
        picture, coats, prints = stamping(x, y, layer, weight), torch.zeros_like(y), []
        for step, sentence in enumerate(said(picture, "overlap")):
            alone = torch.zeros_like(x)
            alone.view(-1)[step] = 1
            inked, print_ = (F.conv_transpose2d(alone, each, None, *setting[1:])
                             for each in (torch.ones_like(weight), weight * x.flatten()[step]))
            over = ((coats > 0) & (inked > 0))[0, 0].nonzero().tolist()
            count = f"on {len(over)} cell{'s' * (len(over) > 1)}, "
            assert sentence.startswith(count if over else "on no cell of the output"), setting
            told = sentence.removeprefix(count).split("; ") if over else []
            prints.append((print_[0, 0], inked[0, 0] > 0))
            met = np.cumsum([sum(bool(there[*at]) for _, there in prints) for at in over[:3]])
            few = max(1, int(sum(met <= 12))) if over else 0
            assert told[few:] == ["…"] * int(len(over) > few)
            for at, each in zip(over, told[:few], strict=False):
                met = [(index, ink[*at]) for index, (ink, there) in enumerate(prints) if there[*at]]
                whose = ", ".join(str(list(np.unravel_index(index, size))) for index, _ in met)
                whose = re.sub(r"np\.int64\((\d+)\)", r"\1", whose)
                assert each == f"{named('output', at)} = {added(*(ink for _, ink in met))} from print{whose}", setting
            coats = coats + inked


@SIZES
def test_every_output_cell_leads_to_the_prints_that_meet_in_it(size):
    for setting in SETTINGS[::5]:
        x, y, layer, weight = layer_of(setting, size)
        picture, steps = stamping(x, y, layer, weight), x.numel()
        leads = {target.name: target.step for target in picture.sheet.targets}
        pages = torch.diag_embed(x.flatten()).view(-1, 1, *x.shape[2:])
        ones = torch.eye(steps).view_as(pages), torch.ones_like(weight)
        prints, there = (F.conv_transpose2d(*each, None, *setting[1:])[:, 0] for each in ((pages, weight), ones))
        for aside, (at, value) in enumerate(np.ndenumerate(y[0, 0].numpy()), steps):
            assert leads[named("output", at)] == aside
            told = {name: "".join(parts) for name, *parts in picture.sentences(aside)}
            met = [step for step in range(steps) if there[(step, *at)]]
            inputs = [named("input", divmod(step, x.shape[-1])) for step in met]
            assert re.findall(r"input\[.*?\]", told["cell"]) == inputs
            cell, parts, *sums = told["sum"].removesuffix(" = torch ✓").split(" = ")
            assert (cell, number(sums[-1])) == (named("output", at), value)
            pairs = [[number(factor) for factor in part.split("·")] for part in parts.split(" + ")] if met else []
            assert [a * b for a, b in pairs] == [prints[(step, *at)] for step in met]
            if len(met) > 1:
                assert [number(part) for part in sums[0].split(" + ")] == [a * b for a, b in pairs]
            groups = picture.groups(aside)
            assert [group[0] for group in groups] == inputs
            for (_, tap, ink), (_, factor) in zip(groups, pairs, strict=True):
                assert ink == tap.replace("weight", "ink")
                assert weight[0, 0][tuple(numbers(tap[7:-1]))] == factor
            assert sorted(shown(picture, aside, "ink").values()) == sorted(written(a * b) for a, b in pairs)


def test_whether_the_middle_is_evenly_painted_is_told_in_the_end_and_can_be_asked_for():
    for kernel, stride in product((1, 2, 3, 4, 5), (1, 2, 3)):
        x, weight = torch.ones(1, 1, 5, 5), torch.ones(1, 1, kernel, kernel)
        y = F.conv_transpose2d(x, weight, stride=stride)
        picture = stamping(x, y, Transposed(kernel, stride), weight, finished=True)
        assert picture.start == 24
        middle = y[..., kernel - 1:y.shape[-1] - kernel + 1, kernel - 1:y.shape[-1] - kernel + 1]
        even = "yes" if kernel % stride == 0 else "no"
        *_, told = said(picture, "coats")
        assert told == (f"away from the edges {middle.min():.0f} to {middle.max():.0f} prints on a cell; "
                        f"everywhere as many: {even}")
        fact, = [part for name, *parts in picture.sentences() for part in parts if getattr(part, "choices", ())]
        assert (fact, fact.choices) == (even, ("yes", "no"))


@pytest.mark.parametrize("setting", [(3, 2, 1, 1), (4, 1, 0), (2, 3, 0, 2), (2, 2, 2), (3, 1, 2)], ids=str)
def test_between_zeros_every_cell_is_called_what_it_is_called_in_the_layer(setting):
    x, y, layer, weight = layer_of(setting, (3, 3))
    picture = zeros_between(x, y, layer, weight)
    for noun, values in ("weight", weight), ("input", x):
        cells = shown(picture, 0, noun)
        assert cells
        assert all(cells[name] == string for name, string in cells_of(noun, values[0, 0].numpy()).items()
                   if name in cells)
    assert len(shown(picture, 0, "weight")) == weight.numel()
    cut = max(0, setting[2] + 1 - setting[0])  # a padding that takes more than the border cuts cells off
    assert (len(shown(picture, 0, "input")) == 9) == (cut == 0)
    assert set(shown(picture, 0, "zero").values()) <= {"0"}
    for step, at in enumerate(np.ndindex(y.shape[2:])):
        x_, weight_ = x.clone().requires_grad_(), weight.clone().requires_grad_()
        F.conv_transpose2d(x_, weight_, None, *setting[1:])[0, 0][at].backward()
        used = {named("input", cell) for cell in x_.grad[0, 0].nonzero().tolist()}
        pairs = [(cell, tap) for cell, tap in picture.groups(step) if cell.startswith("input")]
        values = {name: number(string) for name, string in shown(picture, 0, "weight").items()}
        assert used == {cell for cell, tap in pairs if values[tap]}


def added(*values):
    terms = [written(value.item()) for value in values]
    return f"{' + '.join(f'({n})' if n[0] == '−' else n for n in terms)} = {written(sum(values).item())}"


@SIZES
def test_each_output_cell_is_its_column_of_the_matrix_times_the_input(size):
    for setting in SETTINGS:
        x, y, layer, weight = layer_of(setting, size)
        sums = said(transposed_matrix(x, y, layer, weight), "sum")
        for ((row, column), value), sentence in zip(np.ndenumerate(y[0, 0].numpy()), sums, strict=True):
            cell, terms, told = sentence.split(" = ", 2)
            pairs = [[number(factor) for factor in term.split("·")] for term in terms.split(" + ")]
            assert cell == f"output[{row}, {column}]"
            assert [x for x, _ in pairs] == x.flatten().tolist()
            assert sum(x * w for x, w in pairs) == value
            assert told == f"{written(value)} = torch ✓", setting


def told_matrix(picture):
    """(input cells, output cells), read from the sums."""
    sums = [sentence.split(" = ")[1].split(" + ") for sentence in said(picture, "sum")]
    return np.array([[number(term.split("·")[1]) for term in terms] for terms in sums]).T


def test_the_matrix_maps_input_to_output_and_its_transpose_is_the_convolution():
    for setting in SETTINGS:
        x, y, layer, weight = layer_of(setting, (2, 3))
        picture = transposed_matrix(x, y, layer, weight)
        matrix, page = told_matrix(picture), whole_numbers(*y.shape, low=-9, seed=2)
        one_by_one = torch.eye(6).reshape(6, 1, 2, 3)
        prints, inked = (F.conv_transpose2d(one_by_one, each, None, *setting[1:]).flatten(1)
                         for each in (weight, torch.ones_like(weight)))
        convolved = F.conv2d(page, weight, stride=layer.stride, padding=layer.padding)
        assert np.array_equal(matrix, prints), setting
        assert np.array_equal(x.flatten().numpy() @ matrix, y.flatten()), setting
        assert np.array_equal(matrix @ page.flatten().numpy(), convolved.flatten()), setting
        assert convolved.shape == x.shape
        zeros = f"{(inked == 0).sum()} of the {matrix.size} places are always 0"
        assert set(said(picture, "zeros")) == {zeros}, setting


@every_view
@pytest.mark.parametrize(("size", "words"), [
    ((3, 3), "(3 − 1)·2 − 2·1 + 3 + 1 = 6, for rows and for columns"),
    ((2, 3), "rows (2 − 1)·2 − 2·1 + 3 + 1 = 4, columns (3 − 1)·2 − 2·1 + 3 + 1 = 6")])
def test_the_size_is_told_once_or_for_both_axes(view, size, words):
    assert set(said(view(*layer_of((3, 2, 1, 1), size)), "size")) == {words}


def test_zeros_are_told_for_both_axes_where_they_differ():
    x, weight = torch.ones(1, 1, 2, 2), torch.ones(1, 1, 3, 2)
    layer = Transposed((3, 2), (2, 3), (1, 0))
    y = F.conv_transpose2d(x, weight, stride=layer.stride, padding=layer.padding)
    assert set(said(zeros_between(x, y, layer, weight), "zeros")) == {
        "rows: 1 between neighbours, 3 − 1 − 1 = 1 on every side; "
        "columns: 2 between neighbours, 2 − 1 − 0 = 1 on every side"}


def test_a_step_says_all_that_the_picture_shows():
    x, weight = torch.tensor([[1.0, 2, 3], [4, -5, 6]])[None, None], torch.ones(1, 1, 3, 3)
    y = F.conv_transpose2d(x, weight, None, 2, 1, 1)
    assert stamping(x, y, Transposed(3, 2, 1, 1), weight, "page, card").says(4).splitlines() == [
        "step: 5 of 6, input[1, 1] is −5",
        "print: (−5) · weight, on rows 1, 2, 3 and columns 1, 2, 3 of the output",
        "overlap: on 5 cells, output[1, 1] = 1 + 2 + 4 + (−5) = 2 from print[0, 0], [0, 1], [1, 0], [1, 1]; "
        "output[1, 2] = 2 + (−5) = −3 from print[0, 1], [1, 1]; "
        "output[1, 3] = 2 + 3 + (−5) = 0 from print[0, 1], [0, 2], [1, 1]; …",
        "sum: 5 of 6 prints so far; finished: 15 of 24 output cells, = torch ✓",
        "size: rows (2 − 1)·2 − 2·1 + 3 + 1 = 4, columns (3 − 1)·2 − 2·1 + 3 + 1 = 6",
        "cut: padding 1 cuts the grey rim off the output",
        "torch: F.conv_transpose2d(page, card, stride=2, padding=1, output_padding=1)",
    ]
    assert stamping(x, y, Transposed(3, 2, 1, 1), weight).says(6 + 9).splitlines()[:2] == [
        "cell: output[1, 3], where 4 prints meet, those of input[0, 1], input[0, 2], input[1, 1], input[1, 2]",
        "sum: output[1, 3] = 2·1 + 3·1 + (−5)·1 + 6·1 = 2 + 3 + (−5) + 6 = 6 = torch ✓",
    ]
    assert zeros_between(x, y, Transposed(3, 2, 1, 1), weight).says(7).splitlines() == [
        "step: 8 of 24, the window makes output[1, 1]",
        "sum: output[1, 1] = 1·1 + 0·1 + 2·1 + 0·1 + 0·1 + 0·1 + 4·1 + 0·1 + (−5)·1 = 2 = torch ✓",
        "zeros: 1 between neighbours, 3 − 1 − 1 = 1 on every side, and 1 more at the far ends",
        "size: rows (2 − 1)·2 − 2·1 + 3 + 1 = 4, columns (3 − 1)·2 − 2·1 + 3 + 1 = 6",
        "torch: F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1)",
    ]
    assert transposed_matrix(x, y, Transposed(3, 2, 1, 1), weight).says(7).splitlines() == [
        "step: 8 of 24, column 7 of the matrix, which belongs to this output cell",
        "sum: output[1, 1] = 1·1 + 2·1 + 3·0 + 4·1 + (−5)·1 + 6·0 = 2 = torch ✓",
        "zeros: 104 of the 144 places are always 0",
        "size: rows (2 − 1)·2 − 2·1 + 3 + 1 = 4, columns (3 − 1)·2 − 2·1 + 3 + 1 = 6",
        "torch: F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1)",
    ]


@every_view
@pytest.mark.parametrize("setting", [(3,), (4, 2, 1), (3, 3, 0, 2)], ids=str)
def test_the_torch_call_in_the_picture_makes_its_output(view, setting):
    x, y, layer, weight = layer_of(setting)
    call, = set(said(view(x, y, layer, weight, "page, card"), "torch"))
    assert torch.equal(eval(call, {"F": F, "page": x, "card": weight}), y)


@every_view
@pytest.mark.parametrize("given", [
    lambda x: x, lambda x: x[0, 0], lambda x: x[0, 0].tolist(), lambda x: x.numpy(), torch.nn.Parameter,
], ids=["torch 4-D", "torch", "list", "numpy 4-D", "trainable"])
def test_arrays_and_tensors_with_and_without_leading_ones_are_the_same(view, given):
    x, y, layer, weight = layer_of((3, 2, 1), (2, 3))
    assert view(given(x), given(y), layer, given(weight)).says(2) == view(x, y, layer, weight).says(2)


@every_view
def test_a_layer_of_torch_can_be_shown_with_its_own_weights(view):
    torch.manual_seed(0)
    up, x = torch.nn.ConvTranspose2d(1, 1, 3, 2, 1, 1, bias=False), torch.rand(1, 1, 3, 4, requires_grad=True)
    assert all("✓" in sentence for sentence in said(view(x, up(x), Transposed(3, 2, 1, 1), up.weight), "sum"))


PER_AXIS = [((3, 2), (2, 1)), ((2, 3), (1, 2), (0, 1), (0, 1)), (3, 1, 0, 2, 3), (2, 3, 1, 1, 2),
            ((3, 1), (1, 3), (1, 0), 0, (2, 1))]


@every_view
@pytest.mark.parametrize("setting", PER_AXIS, ids=str)
def test_numbers_per_axis_and_dilation_are_shown_too(view, setting):
    layer = Transposed(*setting)
    x, weight = whole_numbers(2, 3, low=-5), whole_numbers(*(axis.kernel for axis in layer.axes(2)), low=-3, seed=1)
    stride, padding, output_padding, dilation = layer.stride, layer.padding, layer.output_padding, layer.dilation
    y = F.conv_transpose2d(x, weight, None, stride, padding, output_padding, 1, dilation)
    picture = view(x, y, layer, weight)
    assert "= torch ✓" in said(picture, "sum")[-1]
    assert list(faults(picture)) == []
    called = said(picture, "torch")[0]
    assert torch.equal(eval(called, {"F": F, "x": x, "w": weight}), y)
    assert ("dilation" in called) == (layer.span != layer.kernel)


def test_a_dilated_print_leaves_gaps_that_it_does_not_paint():
    layer, x = Transposed(2, 1, 0, 0, 2), torch.ones(1, 1, 1, 1)
    y = F.conv_transpose2d(x, torch.ones(1, 1, 2, 2), dilation=2)
    picture = stamping(x, y, layer, torch.ones(2, 2))
    assert said(picture, "print") == ["1 · weight, on rows 0, 2 and columns 0, 2 of the output"]
    assert said(picture, "size")[0].startswith("(1 − 1)·1 − 2·0 + 2·(2 − 1) + 1 + 0 = 3")


# Outputs that are not torch's

def test_prints_that_do_not_add_up_to_y_are_told_as_soon_as_they_are_there():
    for setting in DEMO:
        x, y, layer, weight = layer_of(setting)
        y[0, 0, 0, 0] += 1
        *before, last = said(stamping(x, y, layer, weight), "sum")
        assert last.endswith("but torch says otherwise"), setting
        first = F.conv_transpose2d(torch.eye(4).view(4, 1, 2, 2), torch.ones_like(weight), None, *setting[1:])
        painted = first[:, 0, 0, 0].nonzero().flatten().tolist()
        done = painted[-1] if painted else 3  # what no print reaches is known in the end
        assert [sentence.endswith("but torch says otherwise") for sentence in before] == [
            step >= done for step in range(3)], setting


def test_a_wrong_cell_is_told_where_it_is_wrong():
    for setting in DEMO:
        x, y, layer, weight = layer_of(setting)
        y[0, 0, -1, -1] = 99.5
        *right, wrong = said(transposed_matrix(x, y, layer, weight), "sum")
        assert wrong.endswith(", but torch says 99.5"), setting
        assert all(sentence.endswith(" = torch ✓") for sentence in right), setting


@every_view
def test_an_error_among_small_numbers_is_told(view):
    x, y, layer, weight = layer_of((3, 2))
    right, wrong = (view(x / 1000, each / 1e6, layer, weight / 1000) for each in (y, y + 1))
    assert all("= torch ✓" in sentence for sentence in said(right, "sum"))
    assert all("but torch says" in sentence for sentence in said(wrong, "sum"))


@every_view
def test_a_sum_that_nearly_cancels_is_not_taken_for_a_disagreement(view):
    # Torch adds in float32: among terms of 1,000,000 an error of 0.03 is rounding, even where the sum is almost 0
    x, weight = torch.tensor([[1000, 999.9]]), torch.tensor([[1000.1, -1000], [5, 7]])
    y = F.conv_transpose2d(x[None, None], weight[None, None])
    assert y[0, 0, 0, 1] != (x[0].double() * weight[0].double().flip(0)).sum()
    assert all("= torch ✓" in sentence for sentence in said(view(x, y, Transposed(2), weight), "sum"))


# Shapes that do not belong together

PAGE, CARD, SHEET = np.ones((2, 2)), np.ones((3, 3)), np.ones((4, 4))


@every_view
@pytest.mark.parametrize(("name", "x", "y", "weight"), [
    ("x", PAGE[0], SHEET, CARD), ("x", np.ones((2, 2, 2)), SHEET, CARD), ("x", np.ones((0, 2)), SHEET, CARD),
    ("y", PAGE, SHEET[:3], CARD), ("y", PAGE, SHEET[:, :3], CARD), ("y", PAGE, SHEET[0], CARD),
    ("y", PAGE, np.ones((5, 5)), CARD), ("y", PAGE, np.ones((1, 2, 4, 4)), CARD), ("y", PAGE, PAGE, CARD),
    ("weight", PAGE, SHEET, CARD[0]), ("weight", PAGE, SHEET, CARD[:2]), ("weight", PAGE, SHEET, np.ones((4, 4))),
    ("weight", PAGE, SHEET, np.ones((1, 2, 3, 3))),
], ids=lambda value: value if isinstance(value, str) else "×".join(map(str, value.shape)))
def test_shapes_that_do_not_belong_together_are_told_in_a_sentence_by_name(view, name, x, y, weight):
    with pytest.raises(ValueError, match=rf"\A{name} (is|must have) [^\n.]*\Z"):
        view(x, y, Transposed(3), weight)


# What is drawn

PADDED = (3, 2, 1, 1)


def shown(picture, step, noun):
    """{name: its number, as it is drawn} of the cells of a kind, without the blank ones."""
    texts = [mark for mark in picture.scene(step) if isinstance(mark, Text)]
    cells = [target for target in picture.sheet.targets if target.name.startswith(f"{noun}[")]
    found = [(cell.name, text.string) for cell in cells for text in texts if is_within((text.x, text.y), cell.points)]
    assert len(found) == len(dict(found))  # no number over another
    return dict(found)


def is_within(point, box):
    return box[0] < point[0] < box[2] and box[1] < point[1] < box[3]


def cells_of(noun, values):
    return {named(noun, at): written(value) for at, value in np.ndenumerate(values) if value == value}


@every_view
def test_no_setting_that_the_demo_allows_has_a_fault_that_is_seen(view):
    for setting in DEMO:
        picture = view(*layer_of(setting))
        assert (picture.sheet.width, picture.sheet.height) == (800, 380)
        assert list(faults(picture)) == [], setting


@every_view
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 4)], ids=str)
def test_inputs_of_every_size_and_numbers_of_every_length_fit(view, size):
    for setting in ((1, 1), (1, 3, 0, 2), (4, 1, 1), (4, 3, 0, 2)):
        x, y, layer, weight = layer_of(setting, size)
        assert list(faults(view(x, y, layer, weight))) == [], setting
        assert list(faults(view(1e5 * x, -1e5 * y, layer, -weight))) == [], setting


@every_view
def test_no_text_is_written_over_another(view):
    over = []
    for setting in DEMO:
        boxes = [extent(mark) for mark in view(*layer_of(setting)).scene(0) if isinstance(mark, Text)]
        if any(max(a[0], b[0]) < min(a[2], b[2]) and max(a[1], b[1]) < min(a[3], b[3])
               for a, b in combinations(boxes, 2)):
            over.append(setting)
    assert over == []


def test_the_sheet_shows_what_has_been_printed_up_to_a_step_with_digits_of_one_size():
    for setting in DEMO:
        x, y, layer, weight = layer_of(setting, (2, 3))
        picture, sizes = stamping(x, y, layer, weight), set()
        for step in range(len(picture)):
            so_far = x.flatten() * (torch.arange(x.numel()) <= step)
            inked = F.conv_transpose2d((torch.arange(x.numel()) <= step).float().view_as(x), torch.ones_like(weight),
                                       None, *setting[1:])
            total = F.conv_transpose2d(so_far.view_as(x), weight, None, *setting[1:])
            there = total.where((inked > 0) | (step + 1 == x.numel()), torch.nan)[0, 0].numpy()
            assert shown(picture, step, "output") == cells_of("output", there), (setting, step)
            stamp = weight[0, 0] * x.flatten()[step]
            assert shown(picture, step, "ink") == cells_of("ink", stamp.numpy()), (setting, step)
            left = picture.sheet.targets[-1].points[2] - (y.shape[-1] + 2 * layer.padding) * cell_size(picture)
            sizes |= {mark.size for mark in picture.scene(step)
                      if isinstance(mark, Text) and mark.x > left and mark.string[0] in "−0123456789"}
        assert len(sizes) <= 1, setting


def cell_size(picture):
    left, _, right, _ = picture.sheet.targets[0].points
    return right - left


def test_the_rim_is_grey_and_the_output_is_framed_and_named():
    picture = stamping(*layer_of(PADDED))
    assert "output 4 × 4 of 6 × 6" in {mark.string for mark in picture.scene() if isinstance(mark, Text)}
    rim = [target.points for target in picture.sheet.targets if target.name.startswith("rim[")]
    assert len(rim) == 36 - 16
    colours = {mark.colour for step in range(4) for mark in picture.scene(step) if isinstance(mark, Fill)
               if any(is_within((mark.points[0] + 5, mark.points[1] + 5), box) for box in rim)}
    assert len(colours) == 1


def test_the_place_of_the_print_is_framed():
    for setting in DEMO:
        picture = stamping(*layer_of(setting))
        for step in range(len(picture)):
            frame, = [mark for mark in picture.moves(step).marks if isinstance(mark, Line) and mark.colour == ORANGE]
            cells = {target.name for target in picture.sheet.targets if target.name.startswith(("output", "rim"))
                     and is_within(np.add(target.points[:2], 0.1 * cell_size(picture)), extent(frame))}
            assert cells == {name for *_, name in picture.groups(step)[:-1]}, setting
            print_, = [target.points for target in picture.sheet.targets
                       if target.name == named("print", divmod(step, 2))]
            assert extent(frame) == pytest.approx(print_, abs=2)


@every_view
def test_a_walk_is_cheap_to_send(view):
    film = Film(view(*layer_of((4, 2, 1), (4, 4))))
    start = packed(film.start())
    assert len(compress(packed(film.more(1, 60)).encode())) < len(start)


# What is touched

@every_view
def test_what_is_lit_can_be_pointed_at_and_every_term_has_its_group(view):
    for setting in DEMO:
        picture = view(*layer_of(setting, (2, 3)))
        names = {target.name for target in picture.sheet.targets}
        for step in range(len(picture)):
            groups = picture.groups(step)
            assert {name for group in groups for name in group} <= names
            for _, *parts in picture.sentences(step):
                assert all(0 <= part.number < len(groups) for part in parts if hasattr(part, "number"))


def test_an_input_cell_leads_to_its_print_and_lights_what_torch_paints_with_it():
    for setting in DEMO:
        x, y, layer, weight = layer_of(setting, (2, 3))
        picture = stamping(x, y, layer, weight)
        steps = {target.name: target.step for target in picture.sheet.targets
                 if target.step is not None and target.step < len(picture)}
        assert steps == {named(noun, at): step for step, at in enumerate(np.ndindex(2, 3))
                         for noun in ("input", "print")}
        for step, tap in product(range(len(picture)), np.ndindex(weight.shape[2:])):
            alone, one = torch.zeros_like(x), torch.zeros_like(weight)
            alone.view(-1)[step], one[0, 0][tap] = 1, 1
            lands = F.conv_transpose2d(alone, one, None, *setting[1:])[0, 0].nonzero().tolist()
            first, middle, last = picture.groups(step)[np.ravel_multi_index(tap, weight.shape[2:])]
            assert (first, middle) == (named("weight", tap), named("ink", tap))
            assert last.startswith("rim[") if not lands else last == named("output", lands[0]), setting


@every_view
def test_what_an_input_cell_and_an_output_cell_have_to_do_with_each_other_is_said(view):
    picture = view(*layer_of(PADDED))
    goals = {target.step: target.name for target in picture.sheet.targets if target.step is not None}  # the topmost
    noun, columns = ("print", 2) if view is stamping else ("output", 4)
    assert {step: goals[step] for step in range(len(picture))} == {
        step: named(noun, divmod(step, columns)) for step in range(len(picture))}
    assert picture.sheet.verbs == {
        stamping: {"input": "makes", "output": "is painted by", "rim": "is painted by"},
        zeros_between: dict.fromkeys(("input", "padding", "zero"), "is read by"),
        transposed_matrix: {"input": "arrives in"}}[view]


def test_an_input_cell_can_be_kept_for_it_makes_its_print():
    """A cell that leads to a step is kept only where it has a verb; what it does then is the last of the groups."""
    picture = stamping(*layer_of(PADDED))
    for step in range(4):
        assert picture.groups(step)[-1] == [named("input", divmod(step, 2)), named("print", divmod(step, 2))]


def test_an_overlap_lights_the_cell_that_it_is_about():
    for setting in DEMO:
        picture = stamping(*layer_of(setting))
        for step in range(len(picture)):
            for name, *parts in picture.sentences(step):
                for term in (part for part in parts if name == "overlap" and hasattr(part, "number")):
                    assert term.startswith(picture.groups(step)[term.number][2] + " = ")


def test_of_the_matrix_a_column_leads_to_its_output_cell_and_lights_the_input_that_torch_uses():
    for setting in DEMO:
        x, y, layer, weight = layer_of(setting, (2, 3))
        picture, x = transposed_matrix(x, y, layer, weight), x.requires_grad_()
        out = F.conv_transpose2d(x, torch.ones_like(weight), None, *setting[1:]).flatten()
        leads = {target.name: target.step for target in picture.sheet.targets}
        for step, at in enumerate(np.ndindex(y.shape[2:])):
            assert leads[named("output", at)] == step
            used = torch.autograd.grad(out[step], x, retain_graph=True)[0][0, 0]
            for row, (cell, share) in enumerate(np.ndenumerate(used.numpy())):
                place = named("matrix", (row, step))
                assert leads[place] == step
                assert picture.groups(step)[row] == ([named("input", cell), place] if share else [place]), setting

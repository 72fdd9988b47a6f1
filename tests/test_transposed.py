"""A transposed convolution: its arithmetic and both of its pictures against torch and against published numbers."""
import re
from itertools import combinations, product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from test_pictures import is_cut_off, pixel_size, said

from helpers import Refused, Transposed
from helpers.canvas import Canvas, text_width, written
from helpers.pictures import stamping, transposed_matrix
from helpers.samples import whole_numbers

NAMES = "kernel", "stride", "padding", "output_padding"
VIEWS = stamping, transposed_matrix
both_views = pytest.mark.parametrize("view", VIEWS)
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
@pytest.mark.parametrize("value", ["3", 2.0, float("nan"), True, None, (2, 2), [2], -1, torch.ones(2, 2)],
                         ids=lambda value: " ".join(repr(value).split()))
def test_a_value_that_is_no_whole_number_is_refused_by_name(name, value):
    with pytest.raises(Refused, match=rf"\A{name} must be {SENTENCE}"):
        Transposed(**{"kernel": 3, name: value})


@pytest.mark.parametrize("ask", [Transposed.outputs, Transposed.in_words])
@pytest.mark.parametrize("size", ["6", 6.0, True, None, (6, 6), 0, -1], ids=repr)
def test_a_size_that_is_no_whole_number_is_refused_by_name(ask, size):
    with pytest.raises(Refused, match=rf"\Asize must be {SENTENCE}"):
        ask(Transposed(3), size)


@pytest.mark.parametrize(("setting", "advice"), [
    ((0,), "kernel must be at least 1, not 0: raise kernel."),
    ((3, 0), "stride must be at least 1, not 0: raise stride."),
    ((3, 2, 0, 2), "output_padding 2 must be smaller than stride 2: lower output_padding, or raise stride."),
    ((2, 1, 2), "padding 2 cuts away the whole output: lower padding, or raise kernel."),
])
def test_a_refusal_says_what_to_move(setting, advice):
    with pytest.raises(Refused) as refusal:
        Transposed(*setting).outputs(2)
    assert str(refusal.value) == advice


@both_views
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
        assert set(said(picture, "sum")) == {f"all {x.numel()} prints, overlaps added, = torch ✓"}, setting
        assert {cut is not None for cut in said(picture, "cut")} == {layer.padding > 0}, setting


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


@both_views
@pytest.mark.parametrize(("size", "words"), [
    ((3, 3), "(3 − 1)·2 − 2·1 + 3 + 1 = 6, for rows and for columns"),
    ((2, 3), "rows (2 − 1)·2 − 2·1 + 3 + 1 = 4, columns (3 − 1)·2 − 2·1 + 3 + 1 = 6")])
def test_the_size_is_told_once_or_for_both_axes(view, size, words):
    assert set(said(view(*layer_of((3, 2, 1, 1), size)), "size")) == {words}


def test_a_step_says_all_that_the_picture_shows():
    x, weight = torch.tensor([[1.0, 2, 3], [4, -5, 6]])[None, None], torch.ones(1, 1, 3, 3)
    y = F.conv_transpose2d(x, weight, None, 2, 1, 1)
    assert stamping(x, y, Transposed(3, 2, 1, 1), weight, "page, card").says(4).splitlines() == [
        "step: 5 of 6, input[1, 1] is −5",
        "print: (−5) · weight, on rows 1, 2, 3 and columns 1, 2, 3 of the output",
        "sum: all 6 prints, overlaps added, = torch ✓",
        "size: rows (2 − 1)·2 − 2·1 + 3 + 1 = 4, columns (3 − 1)·2 − 2·1 + 3 + 1 = 6",
        "cut: padding 1 cuts the grey rim off the output",
        "torch: F.conv_transpose2d(page, card, stride=2, padding=1, output_padding=1)",
    ]
    assert transposed_matrix(x, y, Transposed(3, 2, 1, 1), weight).says(7).splitlines() == [
        "step: 8 of 24, column 7 of the matrix, which belongs to this output cell",
        "sum: output[1, 1] = 1·1 + 2·1 + 3·0 + 4·1 + (−5)·1 + 6·0 = 2 = torch ✓",
        "zeros: 104 of the 144 places are always 0",
        "size: rows (2 − 1)·2 − 2·1 + 3 + 1 = 4, columns (3 − 1)·2 − 2·1 + 3 + 1 = 6",
        "torch: F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1)",
    ]


@both_views
@pytest.mark.parametrize("setting", [(3,), (4, 2, 1), (3, 3, 0, 2)], ids=str)
def test_the_torch_call_in_the_picture_makes_its_output(view, setting):
    x, y, layer, weight = layer_of(setting)
    call, = set(said(view(x, y, layer, weight, "page, card"), "torch"))
    assert torch.equal(eval(call, {"F": F, "page": x, "card": weight}), y)


@both_views
@pytest.mark.parametrize("given", [
    lambda x: x, lambda x: x[0, 0], lambda x: x[0, 0].tolist(), lambda x: x.numpy(), torch.nn.Parameter,
], ids=["torch 4-D", "torch", "list", "numpy 4-D", "trainable"])
def test_arrays_and_tensors_with_and_without_leading_ones_are_the_same(view, given):
    x, y, layer, weight = layer_of((3, 2, 1), (2, 3))
    assert view(given(x), given(y), layer, given(weight)).says(2) == view(x, y, layer, weight).says(2)


@both_views
def test_a_layer_of_torch_can_be_shown_with_its_own_weights(view):
    torch.manual_seed(0)
    up, x = torch.nn.ConvTranspose2d(1, 1, 3, 2, 1, 1, bias=False), torch.rand(1, 1, 3, 4, requires_grad=True)
    assert all("✓" in sentence for sentence in said(view(x, up(x), Transposed(3, 2, 1, 1), up.weight), "sum"))


# Outputs that are not torch's

def test_prints_that_do_not_add_up_to_y_are_told_at_every_step():
    for setting in DEMO:
        x, y, layer, weight = layer_of(setting)
        y[0, 0, -1, -1] += 1
        sums = said(stamping(x, y, layer, weight), "sum")
        assert set(sums) == {"all 4 prints, overlaps added, but torch says otherwise"}, setting


def test_a_wrong_cell_is_told_where_it_is_wrong():
    for setting in DEMO:
        x, y, layer, weight = layer_of(setting)
        y[0, 0, -1, -1] = 99.5
        *right, wrong = said(transposed_matrix(x, y, layer, weight), "sum")
        assert wrong.endswith(", but torch says 99.5"), setting
        assert all(sentence.endswith(" = torch ✓") for sentence in right), setting


@both_views
def test_an_error_among_small_numbers_is_told(view):
    x, y, layer, weight = layer_of((3, 2))
    right, wrong = (view(x / 1000, each / 1e6, layer, weight / 1000) for each in (y, y + 1))
    assert all("= torch ✓" in sentence for sentence in said(right, "sum"))
    assert all("but torch says" in sentence for sentence in said(wrong, "sum"))


@both_views
def test_a_sum_that_nearly_cancels_is_not_taken_for_a_disagreement(view):
    # Torch adds in float32: among terms of 1,000,000 an error of 0.03 is rounding, even where the sum is almost 0
    x, weight = torch.tensor([[1000, 999.9]]), torch.tensor([[1000.1, -1000], [5, 7]])
    y = F.conv_transpose2d(x[None, None], weight[None, None])
    assert y[0, 0, 0, 1] != (x[0].double() * weight[0].double().flip(0)).sum()
    assert all("= torch ✓" in sentence for sentence in said(view(x, y, Transposed(2), weight), "sum"))


# Shapes that do not belong together

PAGE, CARD, SHEET = np.ones((2, 2)), np.ones((3, 3)), np.ones((4, 4))


@both_views
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

def frames(view):
    """(setting, canvas) for every step of every setting that the lesson's demo allows."""
    for setting in DEMO:
        picture = view(*layer_of(setting))
        yield from ((setting, picture._draw(step)) for step in range(len(picture)))


def text_boxes(canvas):
    """Left, top, right and bottom of every text that is not blank."""
    for text, x, y, size, _, align in canvas._texts:
        if text:
            left = x - align * text_width(text, size)
            yield left, y - size / 2, left + text_width(text, size), y + size / 2


def extent(canvas):
    points = [point for square in canvas._squares for point in square]
    points += [point for line, *_ in canvas._strokes for point in line]
    points += [corner for box in text_boxes(canvas) for corner in (box[:2], box[2:])]
    return np.min(points, axis=0), np.max(points, axis=0)


@both_views
def test_every_frame_of_every_setting_lies_within_a_sheet_of_one_size(view, monkeypatch):
    def fill(canvas, box, colour):  # colours take most of the time
        canvas._squares.append([(box.x, box.y), (box.right, box.bottom)])

    monkeypatch.setattr(Canvas, "fill", fill)
    off = set()
    for setting, canvas in frames(view):
        assert (canvas.width, canvas.height) == (800, 380)
        least, most = extent(canvas)
        if (least < 0).any() or (most > (800, 380)).any():
            off.add(tuple(setting))
    assert off == set()


@both_views
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 4)], ids=str)
def test_nothing_is_cut_off_at_the_edge(view, size):
    for setting in ((1, 1), (1, 3, 0, 2), (4, 1, 1), (4, 3, 0, 2)):
        picture = view(*layer_of(setting, size))
        assert pixel_size(picture) == (1600, 760), setting
        assert not is_cut_off(picture), setting


@both_views
def test_numbers_of_every_length_are_not_cut_off(view):
    x, y, layer, weight = layer_of((3, 2, 1, 1))
    assert not is_cut_off(view(1e5 * x, -1e5 * y, layer, -weight))


@both_views
def test_no_text_is_written_over_another(view):
    over = []
    for setting in DEMO:
        boxes = list(text_boxes(view(*layer_of(setting))._draw(0)))
        if any(max(a[0], b[0]) < min(a[2], b[2]) and max(a[1], b[1]) < min(a[3], b[3])
               for a, b in combinations(boxes, 2)):
            over.append(setting)
    assert over == []

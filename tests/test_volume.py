"""A window through a volume: its sums against torch, and both of its pictures against what they say."""
import re
from itertools import product
from math import floor

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from looked_at import extent, faults
from matplotlib.path import Path
from test_pictures import fits, said
from test_transposed import number, numbers

from helpers import Refused, Window
from helpers.drawing.palette import BLUE, INK, MUTED, ORANGE, PALE, mix, written
from helpers.drawing.picture import Fact
from helpers.drawing.sheet import LINE, Fill, Line, Text, named
from helpers.live.film import Film, packed
from helpers.pictures.volume import slices, volume
from helpers.samples import whole_numbers

VIEWS = volume, slices
both_views = pytest.mark.parametrize("view", VIEWS)
AXES = "slice", "row", "column"
WHERE = re.compile(r"(\d+ of \d+), window on slices? (.+), rows? (.+) and columns? (.+) of the input")


def conv3d(setting, size=(5, 4, 6)):
    """x, y, window and weight with whole numbers, seeded."""
    window = Window(*setting)
    kernel = [axis.kernel for axis in window.axes(3)]
    x = whole_numbers(1, 1, *size, low=-5)
    weight = whole_numbers(1, 1, *kernel, low=-3, high=3, seed=1)
    y = F.conv3d(x, weight, stride=window.stride, padding=window.padding, dilation=window.dilation)
    return x, y, window, weight


# Kernel, stride, padding and dilation, one number for all axes or one for each
SETTINGS = [setting for setting in product((2, 3, (3, 1, 2)), (1, 2, (1, 3, 2)), (0, 1, (2, 0, 1)), (1, (2, 1, 3)))
            if fits(lambda setting=setting: Window(*setting), (5, 4, 6))]
# Depth, kernel, stride and padding: all that the lesson's demo allows
DEMO = [(depth, *setting) for depth, *setting in product(range(1, 6), (1, 2, 3), (1, 2), (0, 1))
        if fits(lambda setting=setting: Window(*setting), (depth, 4, 4))]


def told_first(picture):
    """What the first step says, by name: for what is the same at every step."""
    return dict(line.split(": ", 1) for line in picture.says().splitlines())


def demo(view, depth, *setting):
    return view(*conv3d(setting, (depth, 4, 4)))


# What is told

def test_every_output_cell_is_the_sum_of_what_torch_makes_of_each_slice_of_the_kernel():
    for setting in SETTINGS:
        x, y, window, weight = conv3d(setting)
        picture = volume(x, y, window, weight)
        alone = torch.diag_embed(torch.ones(weight.shape[2]))[..., None, None] * weight[0, 0]  # the others are 0
        pages = F.conv3d(x, alone[:, None], None, window.stride, window.padding, window.dilation)[0]
        assert len(picture) == y.numel()
        for (cell, value), sentence in zip(np.ndenumerate(y[0, 0].numpy()), said(picture, "sum"), strict=True):
            left, parts, told = sentence.split(" = ", 2)
            assert left == f"output[{', '.join(map(str, cell))}]"
            assert [number(part) for part in parts.split(" + ")] == pages[:, *cell].tolist(), setting
            assert sum(number(part) for part in parts.split(" + ")) == value
            assert told == f"{written(value)} = torch ✓, a number from each slice of the window", setting


def test_the_window_goes_along_columns_then_rows_then_slices():
    for setting in SETTINGS:
        x, y, window, weight = conv3d(setting)
        steps = said(volume(x, y, window, weight), "step")
        for count, (cell, sentence) in enumerate(zip(np.ndindex(*y.shape[2:]), steps, strict=True), 1):
            first, *where = WHERE.fullmatch(sentence).groups()
            assert first == f"{count} of {y.numel()}"
            for told, axis, index in zip(where, window.axes(3), cell, strict=True):  # first cell: i·s − p
                start = index * axis.stride - axis.padding
                assert numbers(told) == list(range(start, start + axis.span, axis.dilation)), setting


def test_the_size_computes_what_it_says():
    for setting in SETTINGS:
        x, y, window, weight = conv3d(setting)
        sentence = told_first(volume(x, y, window, weight))["size"]
        told = {}
        for part in sentence.removesuffix(", for every axis").split("; "):
            names, formula = re.fullmatch(r"([a-z ]*?) ?(⌊.+)", part).groups()
            formula, answer = formula.split(" = ")
            for sign, python in {"⌊": "floor(", "⌋": ")", "·": "*", "−": "-"}.items():
                formula = formula.replace(sign, python)
            assert eval(formula, {"floor": floor}) == int(answer), setting
            told |= dict.fromkeys((names or "slices and rows and columns").split(" and "), int(answer))
        assert [told["slices"], told["rows"], told["columns"]] == list(y.shape[2:]), setting


@pytest.mark.parametrize(("size", "kernel", "words"), [
    ((4, 4, 4), 3, "⌊(4 + 2·0 − 1·(3 − 1) − 1) / 1⌋ + 1 = 2, for every axis"),
    ((3, 4, 4), 3, "slices ⌊(3 + 2·0 − 1·(3 − 1) − 1) / 1⌋ + 1 = 1; "
                   "rows and columns ⌊(4 + 2·0 − 1·(3 − 1) − 1) / 1⌋ + 1 = 2"),
    ((4, 4, 5), (3, 2, 3), "slices ⌊(4 + 2·0 − 1·(3 − 1) − 1) / 1⌋ + 1 = 2; "
                           "rows ⌊(4 + 2·0 − 1·(2 − 1) − 1) / 1⌋ + 1 = 3; "
                           "columns ⌊(5 + 2·0 − 1·(3 − 1) − 1) / 1⌋ + 1 = 3"),
    ((4, 4, 5), (3, 3, 4), "slices ⌊(4 + 2·0 − 1·(3 − 1) − 1) / 1⌋ + 1 = 2; "
                           "rows ⌊(4 + 2·0 − 1·(3 − 1) − 1) / 1⌋ + 1 = 2; "
                           "columns ⌊(5 + 2·0 − 1·(4 − 1) − 1) / 1⌋ + 1 = 2"),  # rows like slices, columns not
], ids=str)
def test_the_size_is_told_once_where_axes_have_the_same_numbers(size, kernel, words):
    assert set(said(volume(*conv3d((kernel,), size)), "size")) == {words}


def test_the_rest_is_told_just_where_cells_are_never_read():
    for setting in SETTINGS:
        x, y, window, weight = conv3d(setting)
        rest = told_first(volume(x, y, window, weight)).get("rest")
        read = np.array([[n in {c for i in range(count) for c in axis.cells(i)} for n in range(-2, 8)]
                         for axis, count in zip(window.axes(3), y.shape[2:], strict=True)])
        told = {name: numbers(found[1]) for name in AXES if (found := re.search(rf"{name}s? ([−\d, ]*\d)", rest or ""))}
        for name, axis, size, is_read in zip(AXES, window.axes(3), x.shape[2:], read, strict=True):
            there = range(-axis.padding, size + axis.padding)
            assert told.get(name, []) == [n for n in there if not is_read[n + 2]], setting


@pytest.mark.parametrize(("setting", "rest"), [
    ((2, 1), None),
    ((2, (2, 1, 1)), "no window reads slice 4"),
    ((1, (3, 2, 2)), "no window reads slices 1, 2, 4 and rows 1, 3 and columns 1, 3, 5"),
    (((2, 2, 3), (1, 2, 2), (0, 0, 1)), "no window reads column 6"),  # in the padding
    ((3, (1, 1, 2)), "no window reads column 5"),
], ids=str)
def test_the_rest_names_slices_rows_and_columns(setting, rest):
    assert set(said(volume(*conv3d(setting)), "rest")) == {rest}


def test_a_step_says_all_that_the_picture_shows():
    x = torch.tensor([[[1.0, 2, 3], [4, -5, 6]], [[0, 1, 0], [2, 0, 2]], [[9, 9, 9], [9, 9, 9]]])[None, None]
    weight = torch.tensor([[[1.0, 1], [1, 1]], [[-1, 0], [0, 3]]])[None, None]
    y = F.conv3d(x, weight, None, (2, 1, 1), (0, 0, 1))
    window = Window(2, (2, 1, 1), (0, 0, 1))
    told = [
        "step: 3 of 4, window on slices 0, 1, rows 0, 1 and columns 1, 2 of the input",
        "slice 0: 2·1 + 3·1 + (−5)·1 + 6·1 = 6",
        "slice 1: 1·(−1) + 0·0 + 0·0 + 2·3 = 5",
        "sum: output[0, 0, 2] = 6 + 5 = 11 = torch ✓, a number from each slice of the window",
        "next: along the columns",
        "size: slices ⌊(3 + 2·0 − 1·(2 − 1) − 1) / 2⌋ + 1 = 1; rows ⌊(2 + 2·0 − 1·(2 − 1) − 1) / 1⌋ + 1 = 1; "
        "columns ⌊(3 + 2·1 − 1·(2 − 1) − 1) / 1⌋ + 1 = 4",
        "rest: no window reads slice 2",
        "torch: F.conv3d(scan, block, stride=(2, 1, 1), padding=(0, 0, 1), dilation=1)",
    ]
    case = x, y, window, weight
    assert slices(*case, "scan, block").says(2).splitlines() == told
    seen = ["view: the whole input", told[0], *told[3:]]  # the slice in front is the one that is never read
    assert volume(*case, arguments="scan, block").says(2).splitlines() == seen


@pytest.mark.parametrize(("cut", "view"), [
    (0, "slice 0, those in front are taken away"), (1, "slices 0 to 1, those in front are taken away"),
    (2, "the whole input"), (3, "the whole input, which has no slice 3"), (None, "the whole input")])
def test_a_cut_changes_nothing_but_the_view(cut, view):
    case = conv3d((2,), (3, 4, 4))
    lines = slices(*case).says(7).splitlines()  # slices have all there is to tell
    told = [line for line in lines if not line.startswith("slice ") or line.startswith(f"slice {min(cut or 2, 2)}:")]
    if cut == 0:
        told = [line for line in lines if not line.startswith(("slice 1:", "slice 2:"))]
    assert volume(*case, cut).says(7).splitlines() == [f"view: {view}", *told]


@both_views
def test_each_slice_that_is_told_writes_out_its_products(view):
    for setting in SETTINGS[::3]:
        x, y, window, weight = conv3d(setting)
        picture, room = view(x, y, window, weight), padded(x, window)
        for step, cell in steps_and_cells(y):
            read, rows, columns = taps(window, cell)
            told = [(name, "".join(parts)) for name, *parts in picture.sentences(step) if name.startswith("slice ")]
            numbered = {f"slice {written(z - window.axes(3)[0].padding)}": k for k, z in enumerate(read)}
            in_front = {f"slice {x.shape[2] - 1}"}
            assert {name for name, _ in told} == ({*numbered} if view is slices else in_front & {*numbered})
            for name, sentence in told:
                *parts, total = re.split(r" \+ | = ", sentence)
                pairs = [tuple(map(number, part.split("·"))) for part in parts]
                k = numbered[name]
                patch = room[read[k]][np.ix_(rows, columns)]
                assert pairs == list(zip(patch.flat, weight[0, 0, k].flatten().tolist(), strict=True)), setting
                assert number(total) == sum(a * b for a, b in pairs)


@both_views
def test_where_the_window_goes_next_can_be_asked_for_at_the_end_of_a_row(view):
    x, y, window, weight = conv3d((3,), (4, 4, 5))  # 2 × 2 × 3 stops
    picture = view(x, y, window, weight)
    told = [next(parts for name, *parts in picture.sentences(step) if name == "next") for step in range(12)]
    columns, rows, depth = ["along the columns"], ["along the ", "rows"], ["along the ", "slices"]
    half = [columns, columns, rows, columns, columns]
    assert told == [*half, depth, *half, ["nowhere, this is the last stop"]]
    asked = [parts[1].choices for parts in told if len(parts) > 1]
    assert asked == 3 * [("columns", "rows", "slices")]


@pytest.mark.parametrize("kind", [slices, volume])
def test_asking_for_the_output_leaves_the_input_and_the_signs_in_sight(kind):
    for depth, *setting in DEMO:
        picture = demo(kind, depth, *setting)
        fact, = [part for name, *parts in picture.sentences() for part in parts if name == "size"
                 and isinstance(part, Fact)]
        boxes = [picture.covered(what) for what in fact.covers]
        covered = {target.name.split("[")[0] for target in picture.sheet.targets for left, top, right, bottom in boxes
                   if max(left, target.points[0]) < min(right, target.points[2])
                   and max(top, target.points[1]) < min(bottom, target.points[3])}
        assert covered == {"output"}, (depth, setting)
        texts = [mark for mark in picture.scene(len(picture) - 1) if isinstance(mark, Text)]
        inside = {mark.string for mark in texts for left, top, _, bottom in boxes
                  if left < mark.ends[1] and top < mark.y < bottom}
        assert {mark.string for mark in texts if mark.string.startswith("output")} <= inside
        assert not inside & {"=", "∗"}


@both_views
@pytest.mark.parametrize("setting", [(2,), (3, 2, 1), ((2, 1, 3), (1, 2, 3), (1, 0, 1), (2, 3, 1))], ids=str)
def test_the_torch_call_in_the_picture_makes_its_output(view, setting):
    x, y, window, weight = conv3d(setting)
    call, = set(said(view(x, y, window, weight, arguments="scan, block"), "torch"))
    assert torch.equal(eval(call, {"F": F, "scan": x, "block": weight}), y)


@both_views
def test_a_wrong_cell_is_told_where_it_is_wrong(view):
    x, y, window, weight = conv3d((2, 2, 1))
    y[0, 0, -1, -1, -1] = 99.5
    *right, wrong = said(view(x, y, window, weight), "sum")
    assert ", but torch says 99.5, a number from each slice" in wrong
    assert all(" = torch ✓," in sentence for sentence in right)


@both_views
@pytest.mark.parametrize("given", [
    lambda x: x, lambda x: x[0], lambda x: x[0, 0], lambda x: x[0, 0].tolist(), lambda x: x.numpy(), torch.nn.Parameter,
], ids=["torch 5-D", "torch 4-D", "torch", "list", "numpy 5-D", "trainable"])
def test_arrays_and_tensors_with_and_without_leading_ones_are_the_same(view, given):
    x, y, window, weight = conv3d((2, 2))
    assert view(given(x), given(y), window, given(weight)).says(2) == view(x, y, window, weight).says(2)


# Shapes that do not belong together

SCAN, BLOCK, ANSWER = np.ones((3, 4, 5)), np.ones((2, 2, 2)), np.ones((2, 3, 4))


@both_views
@pytest.mark.parametrize(("name", "x", "y", "weight"), [
    ("x", SCAN[0], ANSWER, BLOCK), ("x", np.ones((2, 3, 4, 5)), ANSWER, BLOCK), ("x", SCAN[:0], ANSWER, BLOCK),
    ("y", SCAN, ANSWER[0], BLOCK), ("y", SCAN, ANSWER[:1], BLOCK), ("y", SCAN, ANSWER[..., :3], BLOCK),
    ("y", SCAN, SCAN, BLOCK), ("y", SCAN, np.ones((1, 2, 2, 3, 4)), BLOCK),
    ("weight", SCAN, ANSWER, BLOCK[0]), ("weight", SCAN, ANSWER, BLOCK[:1]),
    ("weight", SCAN, ANSWER, np.ones((3, 3, 3))), ("weight", SCAN, ANSWER, np.ones((2, 1, 2, 2, 2))),
], ids=lambda value: value if isinstance(value, str) else "×".join(map(str, value.shape)))
def test_shapes_that_do_not_belong_together_are_told_in_a_sentence_by_name(view, name, x, y, weight):
    with pytest.raises(ValueError, match=rf"\A{name} (is|must have) [^\n.]*\Z") as error:
        view(x, y, Window(2), weight)
    assert not isinstance(error.value, Refused)  # no slider can put it right


@both_views
@pytest.mark.parametrize(("window", "reason"), [
    (Window(4), "spans 4 cells but the padded input has only 3"),  # slices
    (Window((2, 2, 3), dilation=3), "spans 4 cells but the padded input has only 3"),
    (Window((2, 2, 6)), "spans 6 cells but the padded input has only 5"),  # columns
    (Window((2, 2)), "The input has 3 axes to slide along, but the window names 2"),
])
def test_a_window_that_fits_nowhere_is_refused(view, window, reason):
    with pytest.raises(Refused, match=reason):
        view(SCAN, ANSWER, window, BLOCK)


# What is drawn. A cell is its number; what a sheet shows is read back from where the numbers stand on it.

class Sheet:
    """One frame, taken apart: the numbers of its three blocks, each (string, x, y), from left to right in each line."""

    def __init__(self, picture, step=None):
        scene = picture.scene(step)
        self._lines = [mark for mark in scene if isinstance(mark, Line)]
        self.fills = [mark for mark in scene if isinstance(mark, Fill)]
        self.shapes = [shape(mark) for mark in self.fills]
        self.slice_numbers = [mark.string for mark in scene if isinstance(mark, Text) and mark.colour == MUTED]
        texts = [mark[:3] for mark in self._seen(scene) if mark.colour == INK]
        self.names = [string for string, *_ in texts if re.match("input|weight|output", string)]
        cells = [text for text in texts if re.fullmatch(r"−?[\d.]+", text[0])]
        left, right = (next(x for string, x, _ in texts if string == sign) for sign in "∗=")
        if self.slice_numbers:  # weight and output are below the input
            below = min(y for string, _, y in texts if re.match("weight|output", string))
            blocks = [0 if y < below else 1 + (x > right) for _, x, y in cells]
        else:
            blocks = [(x > left) + (x > right) for _, x, _ in cells]
        self.input, self.weight, self.output = (
            sorted((cell for cell, where in zip(cells, blocks, strict=True) if where == block),
                   key=lambda cell: (round(cell[2]), round(cell[1]))) for block in range(3))

    def _seen(self, scene):
        """The texts that nothing covers which is painted later."""
        boxes, before = np.array([extent(fill) for fill in self.fills]).reshape(-1, 4), 0
        for mark in scene:
            before += isinstance(mark, Fill)
            if isinstance(mark, Text):
                place, later = (mark.x, mark.y), boxes[before:]
                over = ((later[:, :2] <= place) & (place <= later[:, 2:])).all(axis=1)
                if not any(self.shapes[before + number].contains_point(place) for number in np.flatnonzero(over)):
                    yield mark

    def lines(self, colour, width):
        """Left, top, right and bottom of each line in this style."""
        return [extent(line) for line in self._lines if (line.colour, line.width) == (colour, width)]

    def frames(self, colour):
        """Likewise of each line in this colour that runs along the edges of cells."""
        rings = [line for line in self._lines if line.colour == colour and len(line.points) == 10]
        return [extent(line) for line in rings]

    def contour(self):
        """Left, top, right and bottom of the window among cubes, strong or pale."""
        found, = self.lines(ORANGE, 2) or self.lines(mix(ORANGE, 0.5), 1.5)[1:]  # the first is the kernel's
        return found

    def inside(self, cells, lines):
        """Numbers of the cells within each of these lines."""
        return [values([cell for cell in cells if left < cell[1] < right and top < cell[2] < bottom])
                for left, top, right, bottom in lines]

    def crossed(self):
        """Which cells of the input have a × in their upper right corner."""
        crosses = [extent(line) for line in self._lines if len(line.points) == 4]
        assert crosses[::2] == crosses[1::2]  # both strokes of a ×
        middles = np.array([(left + right, top + bottom) for left, top, right, bottom in crosses[::2]]) / 2
        places = np.array([(x, y) for _, x, y in self.input])
        marked = np.zeros(len(places), dtype=bool)
        for middle in middles:
            nearest = np.abs(places - middle).sum(axis=1).argmin()
            right, down = middle - places[nearest]
            assert right > 0 > down
            assert not marked[nearest]
            marked[nearest] = True
        return marked

    def on_top(self, places):
        """Number of the fill that is painted last at each (x, y)."""
        top = np.full(len(places), -1)
        for count, path in enumerate(self.shapes):
            top[path.contains_points(places)] = count
        return top

    def colours(self, cells):
        return [self.fills[top].colour for top in self.on_top([(x, y) for _, x, y in cells])]


def shape(fill):
    left, top, right, bottom = extent(fill)
    box = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return Path(box if len(fill.points) == 4 else np.reshape(fill.points, (-1, 2)))


def values(cells):
    return [number(string) for string, *_ in cells]


def beside_each_other(volume):
    """The numbers of a volume line by line, as its slices stand side by side."""
    return np.concatenate([*np.asarray(volume)], axis=1).ravel().tolist()


def padded(x, window):
    return np.pad(x[0, 0].numpy(), [(axis.padding, axis.padding) for axis in window.axes(3)])


DRAWN = pytest.mark.parametrize("setting", [
    (2,), (3, 1, 1), (2, 2, 1), (2, 1, 0, 2), ((3, 2, 1), (1, 2, 2), (2, 1, 0)), ((1, 2, 3), 1, 0, (1, 3, 2))], ids=str)


@DRAWN
def test_slices_have_all_numbers_of_input_padding_and_weight(setting):
    x, y, window, weight = conv3d(setting)
    sheet = Sheet(slices(x, y, window, weight))
    assert values(sheet.input) == beside_each_other(padded(x, window))
    assert values(sheet.weight) == beside_each_other(weight[0, 0])


@DRAWN
def test_a_volume_has_the_numbers_of_the_slice_at_the_cut_and_no_padding(setting):
    x, y, window, weight = conv3d(setting)
    for cut in range(5):
        assert values(Sheet(volume(x, y, window, weight, cut)).input) == x[0, 0, cut].flatten().tolist(), cut


@DRAWN
def test_the_kernel_is_cut_where_the_input_is(setting):
    x, y, window, weight = conv3d(setting)
    for cut, step in product(range(5), (0, y.numel() // 2, y.numel() - 1)):
        index = np.unravel_index(step, y.shape[2:])[0]
        taps = window.axes(3)[0].cells(int(index))
        tap = taps.index(cut) if cut in taps else -1  # whole where no tap lies at the cut
        drawn = Sheet(volume(x, y, window, weight, cut), step).weight
        assert values(drawn) == weight[0, 0, tap].flatten().tolist(), (cut, step)


def test_below_input_and_weight_stands_which_slice_is_seen():
    x, y, window, weight = conv3d((2, 1, 1))
    for cut, step in product(range(5), (0, y.numel() // 2, y.numel() - 1)):
        taps = window.axes(3)[0].cells(int(np.unravel_index(step, y.shape[2:])[0]))
        told = [(mark.x, mark.string) for mark in volume(x, y, window, weight, cut).scene(step)
                if isinstance(mark, Text) and mark.string.startswith("slice")]
        foremost = taps.index(cut) if cut in taps else 1
        assert [string for _, string in sorted(told)] == [f"slice {cut} in front", f"slice {foremost} in front"]


def test_a_number_that_is_half_hidden_stands_in_what_is_seen_of_its_cube():
    picture = volume(*conv3d((3,), (5, 4, 4)))  # 3 × 2 × 2
    for step in (5, 9):  # the first row of a slice is there, the second of the slice behind it still seen
        hidden = np.unravel_index(step - 1, (3, 2, 2))[0] - 1
        boxes = {target.name: target.points for target in picture.sheet.targets}
        front = boxes[named("output", (hidden + 1, 0, 1))]
        string = Sheet(picture, step).output[-1][0]
        behind, = [mark for mark in picture.scene(step) if isinstance(mark, Text) and mark.string == string
                   and (mark.x, mark.string) == (Sheet(picture, step).output[-1][1], string)
                   and mark.y == Sheet(picture, step).output[-1][2]]
        assert behind.y - behind.size / 2 > front[3]


def test_each_cut_has_a_picture_and_one_at_the_last_slice_or_past_it_takes_nothing_away():
    case = conv3d((3, 1, 1))
    frames = [volume(*case, cut).scene(7) for cut in range(5)]
    assert len(set(map(tuple, frames))) == 5
    assert volume(*case).scene(7) == volume(*case, 5).scene(7) == volume(*case, 99).scene(7) == frames[4]


@pytest.mark.parametrize("cut", [-1, 1.0, "1", True, (1, 1, 1), float("nan")], ids=repr)
def test_a_cut_that_is_no_slice_is_refused_by_name(cut):
    with pytest.raises(Refused, match=r"\Acut must be [^\n]*\.\Z"):
        volume(*conv3d((2,)), cut)


@DRAWN
def test_the_output_appears_one_by_one_among_slices(setting):
    x, y, window, weight = conv3d(setting)
    picture = slices(x, y, window, weight)
    for step in (0, 1, y.numel() // 2, y.numel() - 1):
        drawn = Sheet(picture, step).output
        order = np.arange(y.numel()).reshape(y.shape[2:])
        there = np.array(beside_each_other(order)) <= step
        assert values(drawn) == np.array(beside_each_other(y[0, 0]))[there].tolist(), step


@DRAWN
def test_the_output_appears_cube_by_cube_and_the_foremost_have_numbers(setting):
    x, y, window, weight = conv3d(setting)
    picture, cubes = volume(x, y, window, weight), y[0, 0].numpy()
    for step in range(y.numel()):
        there = (np.arange(y.numel()) <= step).reshape(cubes.shape)
        foremost = there & ~np.pad(there[1:], [(0, 1), (0, 0), (0, 0)])
        assert sorted(values(Sheet(picture, step).output)) == sorted(cubes[foremost].tolist()), step


def test_no_cube_covers_the_newest():
    for setting in ((1,), (2,), (3, 1, 1)):
        picture = volume(*conv3d(setting, (3, 4, 4)))
        for step in range(len(picture)):
            sheet = Sheet(picture, step)
            (left, top, right, bottom), = sheet.frames(INK)
            square, = set(sheet.on_top(list(product((left + 2, right - 2), (top + 2, bottom - 2)))))  # at its corners
            assert extent(sheet.fills[square]) == pytest.approx((left, top, right, bottom), abs=1.5), (setting, step)


@both_views
def test_all_steps_of_a_walk_differ_in_what_they_show(view):
    picture = view(*conv3d((3, (1, 1, 2)), (4, 4, 5)))
    assert len({tuple(picture.scene(step)) for step in range(len(picture))}) == len(picture) == 8


@both_views
def test_the_cell_of_the_step_is_outlined(view):
    for depth, *setting in DEMO:
        x, y, window, weight = conv3d(setting, (depth, 4, 4))
        picture = view(x, y, window, weight)
        for step in {0, len(picture) // 2, len(picture) - 1}:
            sheet = Sheet(picture, step)
            assert sheet.inside(sheet.output, sheet.frames(INK)) == [[y.flatten()[step].item()]], (depth, setting)


def steps_and_cells(y):
    """First, second, a middle and the last step, and the output cell of each."""
    return [(step, [int(i) for i in np.unravel_index(step, y.shape[2:])])
            for step in (0, 1, y.numel() // 2, y.numel() - 1)]


def taps(window, cell):
    """Slices, rows and columns of the padded input that the window of an output cell reads: i·s + j·d."""
    return [[i * axis.stride + j * axis.dilation for j in range(axis.kernel)]
            for i, axis in zip(cell, window.axes(3), strict=True)]


def spanned(numbers):
    return slice(numbers[0], numbers[-1] + 1)


@DRAWN
def test_orange_lines_enclose_the_window_in_each_slice_that_it_cuts(setting):
    x, y, window, weight = conv3d(setting)
    picture, room = slices(x, y, window, weight), padded(x, window)
    for step, cell in steps_and_cells(y):
        read, rows, columns = taps(window, cell)
        enclosed = [room[z, spanned(rows), spanned(columns)].ravel().tolist() for z in read]
        sheet = Sheet(picture, step)
        assert sheet.inside(sheet.input, sheet.frames(ORANGE)) == enclosed, step


@DRAWN
def test_a_thick_orange_line_encloses_the_window_where_the_cut_goes_through_it(setting):
    x, y, window, weight = conv3d(setting)
    there, room = padded(torch.ones_like(x), window) > 0, padded(x, window)
    for (step, cell), cut in product(steps_and_cells(y), range(5)):
        read, rows, columns = taps(window, cell)
        z = cut + window.axes(3)[0].padding
        part = z, spanned(rows), spanned(columns)
        enclosed = [room[part][there[part]].tolist()] if read[0] <= z <= read[-1] else []  # padding has no numbers
        sheet = Sheet(volume(x, y, window, weight, cut), step)
        assert sheet.inside(sheet.input, sheet.frames(ORANGE)) == enclosed, (step, cut)


def test_an_orange_frame_goes_with_the_window_whatever_the_cut():
    case = conv3d((2, 2), (4, 4, 4))
    for cut in range(4):
        corners = np.array([Sheet(volume(*case, cut), step).contour()[:2] for step in range(8)])
        right, down, front = (corners[step] - corners[0] for step in (1, 2, 4))
        assert right[0] > 0 == right[1]
        assert down == pytest.approx((0, right[0]))  # a step is as long down as it is to the right
        assert front[0] < 0 < front[1]  # later slices stand in front, to the left and below
        steps = [z * front + row * down + column * right for z, row, column in np.ndindex(2, 2, 2)]
        assert corners - corners[0] == pytest.approx(np.array(steps)), cut


@both_views
@DRAWN
def test_just_the_cells_under_the_window_are_tinted_orange(view, setting):
    _, _, window, weight = conv3d(setting)
    x = torch.ones(1, 1, 5, 4, 6)  # all of one tint
    y = F.conv3d(x, weight, None, window.stride, window.padding, window.dilation)
    for step, cell in steps_and_cells(y):
        read = np.zeros(padded(x, window).shape, dtype=bool)
        read[np.ix_(*taps(window, cell))] = True
        if view is volume:  # its front is the last slice of the input, without padding
            read = read[padded(x, window) > 0].reshape(5, 4, 6)[-1:]
        sheet = Sheet(view(x, y, window, weight), step)
        assert [colour[1:3] > colour[5:] for colour in sheet.colours(sheet.input)] == beside_each_other(read), step


# Padding

@both_views
@pytest.mark.parametrize(("padding", "name"), [
    (0, "input 3 × 4 × 4"), (1, "input 3 × 4 × 4, padding 1"), ((2, 0, 1), "input 3 × 4 × 4, padding (2, 0, 1)")])
def test_names_have_the_sizes_and_the_padding(view, padding, name):
    x, y, window, weight = conv3d(((1, 2, 3), 1, padding), (3, 4, 4))
    assert Sheet(view(x, y, window, weight)).names == [
        name, "weight 1 × 2 × 3", f"output {' × '.join(map(str, y.shape[2:]))}"]


@pytest.mark.parametrize("padding", [0, 1, (2, 0, 1)], ids=str)
def test_padding_is_pale_outside_a_blue_line_and_slices_are_numbered_from_the_input_s_first(padding):
    x, y, window, weight = conv3d((1, 1, padding), (3, 4, 4))  # as many slices in the output as in the padded input
    sheet = Sheet(slices(x, y, window, weight))
    before = window.axes(3)[0].padding
    assert sheet.slice_numbers == [written(n) for n in (*range(-before, 3 + before), 0, *range(3 + 2 * before))]
    assert sheet.inside(sheet.input, sheet.frames(BLUE)) == x[0, 0].flatten(1).tolist()
    is_padding = padded(torch.ones_like(x), window) == 0
    is_padding[0, 0, 0] = False  # under the window
    pale = [colour == PALE for colour in sheet.colours(sheet.input)]
    assert pale == beside_each_other(is_padding)


@pytest.mark.parametrize("padding", [0, 1, (2, 0, 1), (0, 3, 0)], ids=str)
def test_a_grey_frame_is_as_large_as_input_and_padding_a_blue_one_as_large_as_the_input(padding):
    x, y, window, weight = conv3d((1, 1, padding), (3, 4, 4))
    picture, before = volume(x, y, window, weight), [axis.padding for axis in window.axes(3)]

    def reach(corners):  # of a window of one cell
        steps = [int(np.ravel_multi_index(corner, y.shape[2:])) for corner in product(*corners)]
        frames = np.array([Sheet(picture, step).contour() for step in steps])
        return pytest.approx((*frames[:, :2].min(axis=0), *frames[:, 2:].max(axis=0)))

    sheet = Sheet(picture)
    first_and_last = [(pad, pad + n - 1) for pad, n in zip(before, (3, 4, 4), strict=True)]
    assert sheet.lines(mix(BLUE, 0.5), 1.5) == [reach(first_and_last)]
    assert sheet.lines(mix(INK, 0.25), 1) == [reach([(0, n - 1) for n in y.shape[2:]])] * bool(padding)


# What no window reads

def never_read(x, window):
    """(slices, rows, columns) of the padded input: torch's gradient is 0 there, for all outputs together."""
    room = torch.tensor(padded(torch.zeros_like(x), window))[None, None].requires_grad_()
    kernel = [axis.kernel for axis in window.axes(3)]
    F.conv3d(room, torch.ones(1, 1, *kernel), None, window.stride, 0, window.dilation).sum().backward()
    return (room.grad[0, 0] == 0).numpy()


UNREAD = pytest.mark.parametrize("setting", [
    (1, 1), (2, (2, 1, 1)), (1, (3, 2, 2)), (3, (1, 1, 2)), (2, 3), (2, (1, 3, 1), 0, (3, 1, 2)),
    # and in the padding, too
    ((1, 2, 3), 3, (2, 1, 0)), ((1, 2, 2), (2, 1, 1), 1), (2, 2, 1), (1, 2, 1), ((2, 2, 3), (1, 2, 2), (0, 0, 1))
], ids=str)


@UNREAD
def test_slices_mark_each_cell_that_no_window_reads(setting):
    x, y, window, weight = conv3d(setting)
    assert Sheet(slices(x, y, window, weight)).crossed().tolist() == beside_each_other(never_read(x, window))


@UNREAD
def test_a_volume_marks_each_cell_of_the_cut_that_no_window_reads(setting):
    x, y, window, weight = conv3d(setting)
    unread = never_read(x, window)[padded(torch.ones_like(x), window) > 0].reshape(5, 24)
    for cut in range(5):
        assert Sheet(volume(x, y, window, weight, cut)).crossed().tolist() == unread[cut].tolist(), cut


def test_slices_mark_something_just_where_a_rest_is_told():
    for setting in DEMO:
        picture = demo(slices, *setting)
        assert Sheet(picture).crossed().any() == ("rest" in told_first(picture)), setting


# What is out of sight

def test_the_contour_is_pale_where_the_window_does_not_reach_the_front_and_never_crosses_a_number():
    x, y, window, weight = conv3d((2, 1, 1))
    for cut in (0, 2, 4):
        picture = volume(x, y, window, weight, cut)
        for step in range(0, y.numel(), 11):
            scene, is_seen = picture.scene(step), step // 35 - 1 <= cut <= step // 35  # 5 × 7 windows in each slice
            assert bool(Sheet(picture, step).lines(ORANGE, 2)) == is_seen, (cut, step)
            after = 1 + max(place for place, mark in enumerate(scene) if isinstance(mark, Line))
            above = [extent(mark) for mark in scene[after:] if isinstance(mark, Fill)]
            for mark in (mark for mark in scene if isinstance(mark, Text) and mark.string.isdigit()):
                if mark.x < picture.sheet.width / 3:
                    left, top, right, bottom = extent(mark)
                    assert any(fill[0] <= left and fill[1] <= top and right <= fill[2] and bottom <= fill[3]
                               for fill in above), mark


# What can be touched

def gradients(x, y, window, only=slice(None)):
    """For each output cell which cells of the padded input it reads, with some slices of the kernel only."""
    room = torch.tensor(padded(torch.zeros_like(x), window))[None, None].requires_grad_()
    kernel = torch.zeros(1, 1, *(axis.kernel for axis in window.axes(3)))
    kernel[:, :, only] = 1
    for cell in F.conv3d(room, kernel, None, window.stride, 0, window.dilation).flatten():
        yield torch.autograd.grad(cell, room, retain_graph=True)[0][0, 0] != 0


def names_of(read, x, window):
    """The names of those cells of the padded input."""
    before = np.array([axis.padding for axis in window.axes(3)])
    for cell in read.nonzero().numpy() - before:
        is_input = ((cell >= 0) & (cell < x.shape[2:])).all()
        yield named("input" if is_input else "padding", cell.tolist())


@DRAWN
def test_each_product_of_slices_belongs_to_its_cell_and_its_weight_and_each_slice_to_its_slice(setting):
    x, y, window, weight = conv3d(setting)
    picture, count = slices(x, y, window, weight), weight.shape[2]
    weights = [named("weight", at) for at in np.ndindex(*weight.shape[2:])]
    for k in range(count):
        for step, read in enumerate(gradients(x, y, window, k)):
            names, groups = list(names_of(read, x, window)), picture.groups(step)
            number, = {re.search(r"−?\d+", name)[0] for name in names}  # of one slice
            assert groups[k] == [f"input slice[{number}]", f"weight slice[{k}]"]
            products = groups[count:][k * len(names):(k + 1) * len(names)]
            assert sorted(products) == sorted(zip(names, weights[k * len(names):], strict=False)), (step, k)


def test_a_whole_slice_is_lit_around_its_cells():
    picture = slices(*conv3d((2, 1, 1)))
    boxes = {target.name: np.array(target.points) for target in picture.sheet.targets}
    for name, box in boxes.items():
        if found := re.fullmatch(r"(input|weight) slice\[(.+)\]", name):
            noun, z = found.groups()
            nouns = (noun, "padding") if noun == "input" else (noun,)
            cells = np.array([points for cell, points in boxes.items() for each in nouns
                              if cell.startswith(f"{each}[{z},")])
            assert box == pytest.approx((*cells.min(axis=0)[:2], *cells.max(axis=0)[2:]))


@DRAWN
def test_each_term_of_a_volume_belongs_to_what_is_seen_of_it(setting):
    x, y, window, weight = conv3d(setting)
    pages = [list(gradients(x, y, window, k)) for k in range(weight.shape[2])]
    for cut in range(5):
        picture = volume(x, y, window, weight, cut)
        seen = {named("input", (cut, *at)) for at in np.ndindex(*x.shape[3:])}
        for step, cell in enumerate(np.ndindex(*y.shape[2:])):
            at_cut = window.axes(3)[0].cells(cell[0])
            foremost = at_cut.index(cut) if cut in at_cut else len(at_cut) - 1
            groups, size = picture.groups(step), weight[0, 0, 0].numel()
            for k, group in enumerate(groups[:weight.shape[2]]):
                page = {f"input slice[{cut}]"} if cut in at_cut else set()
                assert set(group) == (page | {"weight"} if k == foremost else set()), (cut, step, k)
                under = seen & {*names_of(pages[k][step], x, window)}
                products = groups[weight.shape[2]:][k * size:(k + 1) * size]
                assert {name for each in products for name in each} == under, (cut, step, k)


@both_views
@DRAWN
def test_terms_add_up_and_output_cells_lead_to_their_steps(view, setting):
    x, y, window, weight = conv3d(setting)
    picture = view(x, y, window, weight)
    names = [target.name for target in picture.sheet.targets]
    assert len(set(names)) == len(names)
    leads = {target.name: target.step for target in picture.sheet.targets if target.step is not None}
    assert leads == {named("output", cell): step for step, cell in enumerate(np.ndindex(*y.shape[2:]))}
    for step, value in enumerate(y.flatten().tolist()):
        terms = [part for name, *parts in picture.sentences(step) for part in parts
                 if hasattr(part, "number") and name == "sum"]
        assert [term.number for term in terms] == list(range(weight.shape[2]))
        assert sum(map(number, terms)) == value
        assert len(picture.groups(step)) == weight.shape[2] + weight.numel()
        assert {name for group in picture.groups(step) for name in group} <= set(names)


@both_views
def test_pointing_at_a_number_points_at_its_cell(view):
    x, y, window, weight = conv3d((2, 2, 1))
    picture = view(torch.arange(1.0, 121).view(1, 1, 5, 4, 6), y, window, weight)
    sheet = Sheet(picture)
    for string, left, top in sheet.input:
        over = [target.name for target in picture.sheet.targets if " slice[" not in target.name
                and target.points[0] < left < target.points[2] and target.points[1] < top < target.points[3]]
        if string != "0":
            assert over == [named("input", np.unravel_index(int(string) - 1, x.shape[2:]))]
        else:
            assert over[0].startswith("padding[")


# One size, nothing cut off

@both_views
@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_no_fault_is_found_and_all_sheets_have_one_size(view, depth):
    for setting in [setting for setting in DEMO if setting[0] == depth][::3]:  # all of them in test_sweep
        picture = demo(view, *setting)
        assert (picture.sheet.width, picture.sheet.height) == (800, 430)
        assert list(faults(picture)) == [], setting


@both_views
@pytest.mark.parametrize("size", [(1, 1, 1), (9, 1, 1), (1, 9, 1), (1, 1, 9), (6, 6, 6)], ids=str)
def test_volumes_of_other_shapes_fit_the_same_sheet(view, size):
    assert list(faults(view(*conv3d((1,), size)))) == []


@both_views
def test_numbers_of_every_length_fit(view):
    x, y, window, weight = conv3d((2, 2, 1))
    assert list(faults(view(1e5 * x, -1e5 * y, window, -weight))) == []


@both_views
def test_no_text_is_written_over_another(view):
    over = []
    for setting in DEMO:
        picture = demo(view, *setting)
        for step in {0, len(picture) // 2, len(picture) - 1}:
            boxes = np.array([extent(mark) for mark in Sheet(picture, step)._seen(picture.scene(step))])
            low, high = boxes[:, None, :2], boxes[:, None, 2:]
            overlap = (np.maximum(low, low[:, 0]) < np.minimum(high, high[:, 0])).all(axis=-1)
            if overlap.sum() > len(boxes):  # more than each with itself
                over.append((setting, step))
    assert over == []


def test_no_ground_of_a_number_reaches_a_frame():
    """The ground behind a number interrupts lines that would run through it, and those alone."""
    for depth, *setting in DEMO:
        picture = demo(volume, depth, *setting)
        for step in {0, len(picture) - 1}:
            scene = picture.scene(step)
            rings = [mark for mark in scene if isinstance(mark, Line) and len(mark.points) == 10]
            for ground in (mark for mark in scene if isinstance(mark, Fill) and mark.level > LINE):
                left, top, right, bottom = extent(ground)
                for ring in rings:
                    start, over, end, under = extent(ring)
                    half = ring.width / 2
                    is_inside = min(left - start, top - over, end - right, under - bottom) >= half
                    is_outside = max(start - right, over - bottom, left - end, top - under) >= half
                    assert is_inside or is_outside, (depth, setting, step)


def test_of_many_slices_a_number_too_wide_is_left_out_and_takes_no_other_with_it():
    x, y, window, weight = conv3d((2, 1, 1), (5, 4, 4))
    y = y.clone()
    y[0, 0, 0, 0, 0] = -1234567
    picture = slices(x, y, window, weight)
    cells = {target.name: target.points for target in picture.sheet.targets}
    texts = [mark for mark in picture.scene(len(picture) - 1) if isinstance(mark, Text)]
    for at, value in np.ndenumerate(y[0, 0].numpy()):
        left, top, right, bottom = cells[named("output", at)]
        told = [mark.string for mark in texts if left < mark.x < right and top < mark.y < bottom]
        assert told == ([] if value == -1234567 else [written(value)])


def test_the_slices_of_a_volume_have_numbers_of_one_size():
    x, _, window, weight = conv3d((1,), (2, 2, 2))
    x[0, 0, 0, 0, 0] = -1234
    picture = slices(x, F.conv3d(x, weight), window, weight)
    strings = [string for string, *_ in Sheet(picture).input]
    sizes = {mark.size for mark in picture.sheet.marks if isinstance(mark, Text) and mark.string in strings
             and mark.y == Sheet(picture).input[0][2]}
    assert len(sizes) == 1


@both_views
def test_a_walk_costs_little(view):
    """What stands still is told once, so that a step adds a fraction of it."""
    film = Film(demo(view, 5, 3))
    start, more = film.start(), film.more(1, 60)
    still = len(packed(start)) + len(packed(more.pop("late")))
    first, rest = len(packed(start)), len(packed(more))
    assert first < 16000
    assert rest / (len(film.picture) - 1) < still / 9  # all products are told

"""The field of a stack: its cells are those that the notebook's own torch code finds, its numbers receptive_field's."""
import functools
from itertools import pairwise, product

import numpy as np
import pytest
import refresh
import torch
import torch.nn.functional as F

from helpers import Refused, Window, arithmetic, samples
from helpers.arithmetic import receptive_field
from helpers.drawing.palette import BLUE, GREEN, ORANGE, PALE, TINTS, WHITE, mix, text_width
from helpers.drawing.picture import Fact
from helpers.drawing.sheet import SMALL, Fill, Line, Photo, Text
from helpers.live.film import Film, packed
from helpers.pictures.field import LARGER, LEAST, ROOM, SIDE, field


def of_notebook(*cells):
    """What these cells of the lesson define."""
    names = {"torch": torch, "F": F, "samples": samples, "arithmetic": arithmetic}
    for cell in refresh.read(refresh.ROOT / "notebooks/10_receptive_field.ipynb").cells:
        if cell.id in cells:
            exec(cell.source, names)
    return names


LESSON = of_notebook("networks", "main-demo", "blocks", "resnet", "mobile", "more-presets")
noticed, window, NETS, PHOTO = (LESSON[name] for name in ("noticed", "window", "NETS", "photo"))
STACKS = {  # layers, rows and columns of the photo
    "one cell": ([(1,)], (1, 1)),
    "more than the walk": ([(1,)], (9, 7)),
    "strides": ([(3, 2), (2, 2), (3,)], (24, 31)),
    "strides and padding": (3 * [(3, 2, 1)], (24, 31)),
    "even kernels": ([(4, 1, 1), (2, 1, 1)], (8, 9)),
    "stride larger than kernel": ([(2, 3), (1, 2), (2, 2)], (29, 33)),
    "dilation with holes": (3 * [(3, 1, 2, 2)], (15, 12)),
    "holes and strides": ([(3, 2, 2, 3), (2, 1, 0, 2), (3, 2, 1)], (31, 26)),
    "only padding": ([(2, 1, 3)], (5, 4)),
    "grows and shrinks again": ([(1, 1, 1), (3,)], (9, 8)),
    "a window over the edge": ([(3, 2, 0, 1, 1), (2, 2, 1, 1, 1)], (10, 12)),
    **{name: (layers, PHOTO.shape[2:]) for name, layers in NETS.items() if "1 × 1" not in name},
}


@pytest.fixture(scope="module", params=STACKS.values(), ids=STACKS)
def stack(request):
    """Windows, size of the photo, the picture, which tells every step once."""
    rows, size = request.param
    picture = drawn(*request.param)
    picture.says = functools.cache(picture.says)
    return tuple(window(*row) for row in rows), size, picture


def drawn(rows, size=(24, 31)):
    photo = PHOTO if size == PHOTO.shape[2:] else torch.rand(3, *size)
    return field([window(*row) for row in rows], photo, noticed)


def noticed_below(layers, size):
    """What `noticed` gives for every level, from the input up: (units, input cells)."""
    levels = [torch.eye(size)[:, None]]
    for layer in layers:
        by_layer = noticed([layer], levels[-1].shape[-1]).float()  # (units above, units below)
        levels.append((levels[-1] @ by_layer.T).sign())
    return [level[:, 0].T.numpy() > 0 for level in levels]


@functools.cache
def torch_sizes(layers, size):
    """Rows and columns before and after each layer, as torch has them."""
    return list(zip(*([each, *(len(noticed(layers[:depth + 1], each)) for depth in range(len(layers)))]
                      for each in size), strict=True))


def said(picture, name):
    """What each step says under a name."""
    return [of_frame(picture, step)[name] for step in range(len(picture))]


def of_frame(picture, frame):
    return {name: "".join(told) for name, *told in picture.sentences(frame)}


def asides(picture):
    return range(len(picture), len(picture) + picture.asides)


def units(picture):
    """Row and column of the unit of each step."""
    return [eval(sentence.split("unit ")[1].partition(" of ")[0]) for sentence in said(picture, "step")]


def gaps(cells):
    """What is said of some rows and some columns that are read, after how many they are."""
    if not all(map(len, cells)):
        return ""
    return ", with gaps" if any((np.diff(each) > 1).any() for each in cells) else ", without a gap"


def test_what_is_read_is_what_torch_notices(stack):
    layers, size, picture = stack
    reach = [noticed(layers, each) for each in size]
    for sentence, unit in zip(said(picture, "read"), units(picture), strict=True):
        cells = [np.flatnonzero(axis[i]) for axis, i in zip(reach, unit, strict=True)]
        assert sentence == f"{len(cells[0])} rows and {len(cells[1])} columns of the photo{gaps(cells)} = torch ✓"


def test_the_field_lies_where_receptive_field_says(stack):
    layers, size, picture = stack
    top = receptive_field(layers)
    for sentence, unit in zip(said(picture, "field"), units(picture), strict=True):
        words, share = [], 1
        for index, cells in zip(unit, size, strict=True):
            first = round(index * top.jump + top.centre - (top.size - 1) / 2)
            outside = sum(not 0 <= cell < cells for cell in range(first, first + top.size))
            share *= 1 - outside / top.size
            beyond = f" ({outside} of them beyond the photo)" * (outside > 0)
            words.append(f"{first} to {first + top.size - 1}{beyond}")
        numbers, _, told = sentence.replace("−", "-").partition("; ")
        assert numbers == f"{top.size} × {top.size}, rows {words[0]}, columns {words[1]}"
        assert float(told.removesuffix("% is photo")) == pytest.approx(100 * share, abs=0.51)


def test_growth_jump_and_sizes_are_those_of_every_layer(stack):
    layers, size, picture = stack
    fields = [receptive_field(layers[:depth]) for depth in range(1, len(layers) + 1)]
    every = [f"{rows}×{columns}" for rows, columns in torch_sizes(layers, size)]
    changing = [each for each, before in zip(every, [None, *every], strict=False) if each != before]
    grown = [each.size for each, before in zip(fields, [None, *fields], strict=False)
             if before is None or each.size != before.size]
    where = "layer by layer" if len(grown) == len(layers) else "where it grows"
    assert set(said(picture, "growth")) == {f"{', '.join(map(str, grown))}, {where}"}
    assert set(said(picture, "sizes")) == {" → ".join(changing)}
    centre = f"{fields[-1].centre:g}".replace("-", "−")
    assert set(said(picture, "jump")) == {f"{fields[-1].jump}, for so far apart are the fields of neighbours on top; "
                                          f"the first is centred on cell {centre}"}


def test_the_walk_visits_at_most_25_units_the_middle_first_and_a_corner_last(stack):
    layers, size, picture = stack
    top, visited = torch_sizes(layers, size)[-1], units(picture)
    assert len(picture) == len(set(map(tuple, visited))) == min(top[0], 5) * min(top[1], 5)
    assert visited[0] == pytest.approx([(each - 1) / 2 for each in top], abs=0.51)
    assert [0, 0] in visited
    assert [each - 1 for each in top] in visited
    steps = [sentence.partition(",")[0] for sentence in said(picture, "step")]
    assert steps == [f"{step} of {len(picture)}" for step in range(1, len(picture) + 1)]


@pytest.mark.parametrize("name", ["more than the walk", "VGG-16", "three 3 × 3"])
def test_the_walk_goes_outwards_ring_after_ring(name):
    picture = drawn(*STACKS[name])
    rows, columns = (sorted(set(along)) for along in zip(*units(picture), strict=True))
    rings = [max(abs(rows.index(row) - len(rows) // 2), abs(columns.index(column) - len(columns) // 2))
             for row, column in units(picture)]
    assert rings == sorted(rings)


def test_a_wrong_reach_is_told_at_the_units_where_it_is_wrong():
    layers = 2 * [Window(3, padding=1)]
    rows, columns = noticed(layers, 5), noticed(layers, 4)
    rows[2, 0] = False
    picture = field(layers, torch.rand(3, 5, 4), lambda _, size: {5: rows, 4: columns}[size])
    told = said(picture, "read")
    wrong = [i for i, words in enumerate(told) if words.endswith("but torch says otherwise")]
    assert sorted(units(picture)[i] for i in wrong) == [[2, column] for column in range(4)]


def test_a_layer_that_does_not_fit_is_refused_by_its_number():
    with pytest.raises(Refused, match=r"^Layer 2: The window spans 9 cells but the padded input has only 4"):
        field([Window(3), Window(9)], torch.rand(3, 6, 40), noticed)


@pytest.mark.parametrize(("layers", "message"), [
    (15 * [Window(1, 4, 512)], "Layer 3: its centre exceeds 9,999 cells"),
    (20 * [Window(3, 1, 512)], "Layer 10: its row exceeds 9,999 cells"),
    (20 * [Window(3, 1, 512, 512)], "Layer 10: its field exceeds 9,999 cells"),
    (200 * [Window(1, 16, 8)], "Layer 4: its jump exceeds 9,999 cells"),
])
def test_a_stack_that_sees_too_much_to_be_drawn_is_refused_before_torch_is_asked(layers, message):
    with pytest.raises(Refused, match=rf"^{message}, which is as far as the picture goes: lower .*\.$"):
        field(layers, torch.rand(3, 200, 171), lambda *_: pytest.fail("torch was asked"))


@pytest.mark.parametrize(("layers", "reach", "message"), [
    ([], [np.eye(6), np.eye(7)], "^give at least one layer$"),
    ([Window(3)], [np.ones((4, 6)), np.ones((4, 6))], r"must be of the shapes \[\(4, 6\), \(5, 7\)\], not .*6\)\]"),
])
def test_without_a_layer_or_with_another_shape_there_is_no_picture(layers, reach, message):
    with pytest.raises(ValueError, match=message):
        field(layers, torch.rand(3, 6, 7), lambda _, size: dict(zip((6, 7), reach, strict=True))[size])


# What is drawn

def numbers(name):
    """Of a target: unit[2, −1] → (2, −1)."""
    return tuple(map(int, name.replace("−", "-").rstrip("]").split("[")[1].split(",")))


def targets(picture, kind):
    """{its numbers: target}, of all targets of a kind."""
    return {numbers(target.name): target for target in picture.sheet.targets if target.name.startswith(f"{kind}[")}


def unit_of(picture, frame):
    """Level, row and column of the unit that a step or an aside is about, out of its sentences."""
    told = of_frame(picture, frame)
    level = max(level for level, _ in targets(picture, "unit")) if frame < len(picture) else None
    if frame >= len(picture):
        after = told["unit"].partition(" after layer ")[2]
        level = int(after.split(",")[0]) if after else 0
    text = told["step"].split("unit ")[1] if frame < len(picture) else told["unit"]
    return level, *eval(text.partition(" of ")[0])


def is_inside(mark, width=800, height=470):
    if isinstance(mark, Text):
        left = mark.x - mark.align * text_width(mark.string, mark.size)
        points = left, mark.y - mark.size / 2, left + text_width(mark.string, mark.size), mark.y + mark.size / 2
    else:
        points = mark.points
    return min(points) >= 0 and max(points[::2]) <= width and max(points[1::2]) <= height


def is_cut_off(picture):
    """Whether anything leaves the sheet, or writing of one line the room before the next word."""
    frames = {0, picture.start, len(picture) - 1, *list(asides(picture))[::7]}
    marks = {mark for frame in frames for mark in picture.scene(frame)}
    texts = sorted((mark.y, mark.x - mark.align * text_width(mark.string, mark.size), mark)
                   for mark in marks if isinstance(mark, Text))
    close = any(one[0] == other[0] and one[1] + text_width(one[2].string, one[2].size) + 5 > other[1]
                for one, other in pairwise(texts))
    return close or not all(is_inside(mark) for mark in [*marks, *picture.sheet.targets])


def colour_at(scene, x, y):
    """Of the topmost fill there, white if there is none."""
    over = [mark.colour for mark in scene if isinstance(mark, Fill)
            and mark.points[0] < x < mark.points[2] and mark.points[1] < y < mark.points[3]]
    return over[-1] if over else WHITE


def expected_colours(layers, size, top, column):
    """For each level up to a unit's: {unit: its colour}, those around the ends of the level too, as torch has it."""
    counts = [sizes[1] for sizes in torch_sizes(layers, size)]
    for level, count in enumerate(counts):
        read = [column] if level == top else []
        if level < top:
            read = np.flatnonzero(noticed(layers[level:top], count)[column])
        lit = mix(GREEN if level else BLUE, TINTS[-1])
        yield {unit: lit if unit in read else PALE if 0 <= unit < count else WHITE for unit in range(-9, count + 9)}


DRAWN = ["more than the walk", "strides and padding", "even kernels", "stride larger than kernel",
         "dilation with holes", "holes and strides", "grows and shrinks again", "three 3 × 3", "AlexNet"]


@pytest.mark.parametrize("name", DRAWN)
def test_the_side_view_shows_which_units_there_are_and_which_are_read(name):
    rows, size = STACKS[name]
    layers, picture = tuple(window(*row) for row in rows), drawn(rows, size)
    fields = [receptive_field(layers[:depth]) for depth in range(len(layers) + 1)]
    lines, cell = targets(picture, "line"), SIDE.width / max(fields[-1].size * ROOM, LEAST)
    for frame in [*range(len(picture)), *list(asides(picture))[::5]]:
        top, _, column = unit_of(picture, frame)
        middle = (column if frame < len(picture) else unit_of(picture, picture.start)[2])
        scene = picture.scene(frame)
        for level, colours in enumerate(expected_colours(layers, size, top, column)):
            (_, above, _, below), field = lines[level,].points, fields[level]
            for unit, colour in colours.items():
                there = (unit * field.jump + field.centre) - (middle * fields[-1].jump + fields[-1].centre)
                x = SIDE.centre[0] + there * cell
                if SIDE.x + 4 < x < SIDE.right - 4:
                    assert colour_at(scene, x, (above + below) / 2) == colour, (frame, level, unit)


def test_what_a_step_takes_away_lies_below_what_it_lights_in_whatever_order_the_frames_come():
    picture = drawn(*STACKS["strides and padding"])
    marks = [mark for step in range(len(picture)) for mark in picture.moves(step).marks if isinstance(mark, Fill)]
    lit = {mix(hue, TINTS[-1]) for hue in (GREEN, BLUE)}
    away, over = ({mark.level for mark in marks if mark.colour in colours} for colours in ({WHITE}, lit))
    assert max(away) < min(over)


def test_the_frame_on_the_photo_is_the_field(stack):
    picture = stack[2]
    photo, = (mark for mark in picture.sheet.marks if isinstance(mark, Photo))
    (left, top, right, bottom), (rows, columns) = photo.points, stack[1]
    scale = (right - left) / columns
    assert scale == pytest.approx((bottom - top) / rows)
    for frame in [*range(len(picture)), *list(asides(picture))[::5]]:
        box, = (mark for mark in picture.moves(frame).marks if isinstance(mark, Fill) and mark.level < photo.level)
        _, height, width = of_frame(picture, frame)["field"].partition(";")[0].replace("−", "-").split(", ")
        (first, end), (low, high) = (map(int, words.split(" (")[0].split(" ", 1)[1].split(" to "))
                                     for words in (width, height))
        assert np.allclose(box.points, [left + scale * first, top + scale * low,
                                        left + scale * (end + 1), top + scale * (high + 1)])
        assert any(isinstance(mark, Line) and mark.colour == ORANGE and len(mark.points) == 10
                   for mark in picture.moves(frame).marks)


# The table

def levels_with_a_line(picture):
    """The levels, from the input up, whose lines stand in order and none on another."""
    lines = targets(picture, "line")
    tops = [target.points[1] for _, target in sorted(lines.items())]
    assert all(above + 16.9 < below for below, above in pairwise(tops))
    return sorted(level for level, in lines)


@pytest.mark.parametrize("name", [name for name in NETS if "ResNet-50" in name or "Mobile" in name])
def test_the_table_keeps_every_layer_where_field_or_jump_grows(name):
    layers, picture = [window(*row) for row in NETS[name]], drawn(NETS[name], PHOTO.shape[2:])
    fields = [receptive_field(layers[:depth]) for depth in range(len(layers) + 1)]
    numbers = [(field.size, field.jump) for field in fields]
    grows = [level for level in range(1, len(layers)) if numbers[level] != numbers[level - 1]]
    assert levels_with_a_line(picture) == [0, *grows, len(layers)]
    assert set(said(picture, "table")) == {f"{len(grows) + 2} of {len(fields)} lines: the input, the top, "
                                           "and those where field or jump grows"}


def test_of_too_many_growing_layers_the_table_shows_some_evenly():
    picture = drawn(80 * [(5, 1, 2)], PHOTO.shape[2:])
    levels = levels_with_a_line(picture)
    assert (levels[0], levels[-1], len(levels)) == (0, 80, 24)
    assert {after - before for before, after in pairwise(levels[1:-1])} == {3, 4}
    assert of_frame(picture, 0)["table"].endswith("24 of 81 lines: the input, the top, "
                                                  "and 22 of the 79 where field or jump grows")
    assert "read: 200 rows and 171 columns of the photo, without a gap = torch ✓" in picture.says(0)


@pytest.mark.parametrize("name", ["ResNet-101", "DeepLab v3, its widest branch"])
def test_of_too_many_growing_layers_the_table_keeps_those_where_the_jump_grows(name):
    picture = drawn(NETS[name], PHOTO.shape[2:])
    fields = [receptive_field([window(*row) for row in NETS[name]][:depth]) for depth in range(len(NETS[name]) + 1)]
    grows = {level for level in range(1, len(fields)) if fields[level].jump > fields[level - 1].jump}
    levels = levels_with_a_line(picture)
    assert len(levels) == 24
    assert grows <= set(levels)
    assert {1, len(fields) - 1} <= set(levels)


def test_every_layer_has_its_number_and_its_line_where_there_is_room():
    picture = drawn(*STACKS["VGG-16"])
    assert levels_with_a_line(picture) == list(range(19))
    for level, target in targets(picture, "line").items():
        y = (target.points[1] + target.points[3]) / 2
        texts = [mark.string for mark in picture.sheet.marks if isinstance(mark, Text) and abs(mark.y - y) < 1]
        assert texts[0] == (str(*level) if level[0] else "input")
    assert "table" not in of_frame(picture, 0)


@pytest.mark.parametrize("name", ["one cell", "more than the walk", "holes and strides", "only padding",
                                  "VGG-16", "ResNet-50, stride in the 3 × 3", "one 7 × 7"])
def test_nothing_is_cut_off(name):
    assert not is_cut_off(drawn(*STACKS[name]))


@pytest.mark.parametrize("row", [(11, 1, 5), (11, 4, 8), (1, 4, 8), (1, 1, 8), (11, 4, 8, 8), (3, 1, 8, 8)], ids=str)
@pytest.mark.parametrize("depth", [1, 2, 12])
def test_the_ends_of_the_table_fit_the_sheet_too(row, depth):
    strided = 1 if row[0] == 11 else min(depth, 2)  # more of the largest windows do not fit
    assert not is_cut_off(drawn(strided * [row] + (depth - strided) * [(1, 1, 8)], PHOTO.shape[2:]))


@pytest.mark.parametrize("name", [name for name in NETS if "branch" in name or "ten" in name or name == "ResNet-101"])
def test_the_numbers_of_a_network_that_is_known_are_no_smaller_than_all_writing(name):
    picture = drawn(*STACKS.get(name, (NETS[name], PHOTO.shape[2:])))
    assert not is_cut_off(picture)
    assert min(mark.size for mark in picture.sheet.marks if isinstance(mark, Text)) == SMALL


def test_where_lines_are_apart_the_table_is_written_larger():
    picture = drawn(*STACKS["AlexNet"])
    sizes = {mark.size for mark in picture.sheet.marks if isinstance(mark, Text) and mark.string in ("jump", "195")}
    assert sizes == {LARGER * SMALL}


@pytest.mark.parametrize("row", [(5, 1, 2), (2, 1, 8)], ids=str)
def test_the_deepest_stacks_fit_the_sheet(row):
    assert not is_cut_off(drawn(200 * [row], PHOTO.shape[2:]))


# Touch

def test_every_target_leads_to_a_frame_and_every_frame_has_one(stack):
    picture = stack[2]
    names = [target.name for target in picture.sheet.targets]
    assert len(set(names)) == len(names)
    for kind, frames in (("place", range(len(picture))), ("unit", asides(picture))):
        assert [target.step for target in targets(picture, kind).values()] == list(frames)
    assert {target.step for target in targets(picture, "line").values()} <= {*asides(picture), None}
    assert picture.asides <= 300


def test_a_unit_leads_to_what_it_sees_by_torch(stack):
    layers, size, picture = stack
    reach = [noticed_below(layers, each) for each in size]
    for (level, column), target in targets(picture, "unit").items():
        told, (height, width) = of_frame(picture, target.step), (len(axis[level]) for axis in reach)
        assert unit_of(picture, target.step)[::2] == (level, column)
        unit = unit_of(picture, target.step)[1:]
        name = f"after layer {level}, " if level else "in the input"
        assert told["unit"].startswith(f"[{unit[0]}, {unit[1]}] of {height} × {width} {name}")
        cells = [np.flatnonzero(axis[level][i]) for axis, i in zip(reach, unit, strict=True)]
        assert told["read"] == f"{len(cells[0])} rows and {len(cells[1])} columns of the photo{gaps(cells)}"
        field = receptive_field(layers[:level])
        first = round(column * field.jump + field.centre - (field.size - 1) / 2)
        words = f"columns {first} to {first + field.size - 1}".replace("-", "−")
        assert told["field"].startswith(f"{field.size} × {field.size}, ")
        assert words in told["field"]
        if level:
            assert eval(told["growth"].partition(" = ")[0].replace("·", "*").replace("−", "-")) == field.size
            assert eval(told["jump"].partition(" = ")[0].replace("·", "*")) == field.jump
            assert (told["growth"].split()[-1], told["jump"].split()[-1]) == (str(field.size), str(field.jump))


def test_a_unit_is_pointed_at_where_it_is_lit(stack):
    picture = stack[2]
    for (level, _), target in targets(picture, "unit").items():
        lit = [mark.points for mark in picture.moves(target.step).marks
               if isinstance(mark, Fill) and mark.colour == mix(GREEN if level else BLUE, TINTS[-1])]
        left, top, right, bottom = target.points
        over = [(x, to_x) for x, y, to_x, to_y in lit if left - 1.1 <= x and to_x <= right + 1.1
                and top - 1e-6 <= y and to_y <= bottom + 1e-6]
        assert min(abs(x + to_x - left - right) / 2 - (to_x - x) for x, to_x in over) < 1.1  # in the middle of its part


def test_a_unit_stands_in_the_row_beside_the_unit_of_the_start(stack):
    layers, size, picture = stack
    top, counts = receptive_field(layers), torch_sizes(layers, size)
    start = unit_of(picture, picture.start)[1] * top.jump + top.centre
    for level, row, _ in map(functools.partial(unit_of, picture), asides(picture)):
        field = receptive_field(layers[:level])
        away = np.abs(np.arange(counts[level][0]) * field.jump + field.centre - start)
        assert away[row] == away.min()


def test_a_bar_has_at_most_nine_parts_and_a_level_no_gap_between_its_parts():
    picture = drawn(*STACKS["VGG-16"])
    places = targets(picture, "unit")
    for level in range(19):
        parts = [target.points for (at, _), target in places.items() if at == level]
        assert all(0 <= after[0] - before[2] <= 2.01 for before, after in pairwise(parts))
        assert len(parts) <= 9 or parts[0][2] - parts[0][0] >= 5


@pytest.mark.parametrize("name", ["three 3 × 3", "VGG-16", "strides", "only padding", "one cell"])
def test_a_place_on_the_photo_leads_to_the_unit_whose_centre_is_nearest(name):
    rows, size = STACKS[name]
    top, picture = receptive_field([window(*row) for row in rows]), drawn(rows, size)
    left, y, right, _ = next(mark.points for mark in picture.sheet.marks if isinstance(mark, Photo))
    scale, visited = (right - left) / size[1], np.array(units(picture)) * top.jump + top.centre
    for row, column in product(*(range(0, each, 1 + each // 30) for each in size)):
        at = left + (column + 0.5) * scale, y + (row + 0.5) * scale
        over = [target for target in targets(picture, "place").values()
                if target.points[0] <= at[0] < target.points[2] and target.points[1] <= at[1] < target.points[3]]
        away = np.abs(visited - (row, column)).sum(1)
        assert [away[target.step] for target in over] == pytest.approx([away.min()])
    assert all(list(at) == units(picture)[target.step] for at, target in targets(picture, "place").items())


def test_a_line_leads_to_the_unit_of_its_level_nearest_to_the_middle(stack):
    layers, _, picture = stack
    middle = unit_of(picture, picture.start)[2]
    for (level,), target in targets(picture, "line").items():
        field, top = receptive_field(layers[:level]), receptive_field(layers)
        of_level = [column for at, column in targets(picture, "unit") if at == level]
        away = [abs(column * field.jump + field.centre - middle * top.jump - top.centre) for column in of_level]
        assert (target.step is None) == (not of_level)
        if of_level:
            _, _, column = unit_of(picture, target.step)
            assert away[of_level.index(column)] == min(away)


def test_the_film_of_a_deep_network_is_small():
    film = Film(drawn(*STACKS["ResNet-50, stride in the 3 × 3"]))
    assert len(packed(film.start())) + len(packed(film.more(1, 99))) < 300_000


def test_what_can_be_asked_leaves_the_side_view_in_sight(stack):
    picture = stack[2]
    facts = [part for _, *parts in picture.sentences() for part in parts if isinstance(part, Fact)]
    assert [fact.ask.split()[0] for fact in facts if fact.choices] in (["How"], [])
    for fact in facts:
        step, place = map(picture.covered, fact.covers)
        assert SIDE.right < place[0] < min(mark.ends[0] for mark in picture.sheet.marks
                                           if isinstance(mark, Text) and mark.ends[0] > SIDE.right)
        assert (place[1:], step) == ((0, 800, 470), ())  # and no cone there
        cells = {mark.colour for mark in picture.sheet.marks if isinstance(mark, Fill) and mark.points[2] < place[0]}
        assert cells == {PALE}

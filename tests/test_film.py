"""What the browser gets of a picture, put together again by a decoder that follows view.js."""
import base64
import json
import re
from io import BytesIO
from itertools import count, pairwise

import numpy as np
import pytest
from decoded import Arrived, rounded
from PIL import Image

from helpers.drawing.palette import BLUE, GREEN, INK, ORANGE
from helpers.drawing.picture import Fact, Picture, Term
from helpers.drawing.sheet import Box, Sheet
from helpers.live.film import Film, packed

GREYS = np.repeat(np.arange(256).reshape(16, 16, 1), 3, axis=2)


def strip(steps=5, asides=2, start=0):
    """A strip that fills, with one mark of each kind that moves, and groups that overlap."""
    width = 800 / 3  # no whole number of tenths

    def still():
        sheet = Sheet(width, 90)
        sheet.text("strip", width / 2, 10, size=12.345)
        sheet.line([(0, 0), (width, 1 / 3)], INK, bent=True)
        place = sheet.grid(np.arange(1.0, steps + 1)[None], 10 / 3, 20, 30, BLUE, since=np.arange(steps)[None])
        sheet.cells("cell", place, (1, steps), lambda _, column: column)
        sheet.target("all", place, steps)
        sheet.target("name", Box(0, 0, width, 20))
        sheet.verbs["cell"] = "leads to"
        return sheet

    def moving(sheet, step):
        at = Box(10 / 3 + 30 * (step % steps), 20, 30, 30)
        sheet.fill(at, ORANGE, level=1.5)
        sheet.polygon([(at.x, 60), (at.right, 60), (at.x, 80)], GREEN)
        sheet.outline(at, INK)
        sheet.text(f"step {step}", at.x, 70)
        sheet.photo(np.full((1, 1, 3), step / 10), at.right, 60, 10, 10)
        sheet.fill(Box(0, 80, 10, 10), BLUE)  # the same at every step

    def tell(step):
        yield "step", f"{step + 1} of {steps}"
        yield "sum", Term(f"{step}·2", 0), " + ", Term("4", 1), " = ✓"
        yield "", "the same at every step"

    def groups(step):
        return [["all", f"cell[0, {step % steps}]"], ["name"], []]

    return Picture(steps, still, tell, moving, start, groups, asides)


def scene(picture, first=None):
    return packed(Film(picture, first).start())


def whole(film, seconds=0):
    """All of a film, asked for in parts that take so long, or one frame."""
    picture = Arrived(packed(film.start()))
    while picture.have < picture.all:
        assert picture.add(packed(film.more(picture.have, seconds)))
    return picture


def sent(picture, part):
    """A part of a sentence as it travels."""
    match part:
        case Term():
            return str(part), part.number
        case Fact():
            return str(part), part.ask, [[round(10 * at) for at in picture.covered(what)] for what in part.covers]
    return part


def same(picture, arrived):
    for frame in range(len(picture) + picture.asides):
        assert arrived.scene_of(frame) == rounded(picture.scene(frame))
        assert arrived.sentences_of(frame) == [
            (name, *(sent(picture, part) for part in parts)) for name, *parts in picture.sentences(frame)]
        assert arrived.says(frame) == picture.says(frame)
        assert arrived.groups_of(frame) == list(map(list, picture.groups(frame)))
    return True


# Everything arrives

@pytest.mark.parametrize("first", [0, 2, 4])
@pytest.mark.parametrize("asides", [0, 2])
def test_what_arrives_is_the_picture_frame_by_frame(first, asides):
    picture = strip(asides=asides)
    arrived = whole(Film(picture, first))
    assert same(picture, arrived)
    assert sorted(arrived.frames) == list(range(5 + asides))


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5, 6, 7])
def test_it_arrives_in_parts_of_any_size(monkeypatch, frames):
    monkeypatch.setattr("time.perf_counter", count().__next__)  # a second a frame
    film = Film(strip())
    film.start()
    assert len(film.more(1, seconds=frames)["shots"]) == min(frames, 6)
    assert same(strip(), whole(Film(strip()), seconds=frames))


def test_at_once_if_there_is_time():
    film = Film(strip())
    arrived = Arrived(packed(film.start()))
    assert (arrived.have, arrived.all, arrived.steps) == (1, 7, 5)
    assert arrived.add(packed(film.more(1, seconds=99)))
    assert (arrived.have, same(strip(), arrived)) == (7, True)


def test_without_time_a_frame_at_a_time():
    film = Film(strip())
    film.start()
    for have in range(1, 7):
        assert len(film.more(have, seconds=0)["shots"]) == 1
    assert film.more(7)["shots"] == []


def test_what_is_made_already_is_not_waited_for():
    film = Film(strip())
    film.more(1, seconds=99)
    assert len(film.more(1, seconds=0)["shots"]) == 6


def test_a_part_can_be_asked_for_again():
    film = Film(strip())
    film.start()
    assert packed(film.more(1, seconds=0)) == packed(film.more(1, seconds=0))
    assert packed(film.start()) == scene(strip())


def test_a_picture_of_one_step_has_arrived_with_its_start():
    picture = Picture(1, lambda: Sheet(30, 20), lambda step: [("", "empty")])
    arrived = Arrived(scene(picture))
    assert (arrived.have, arrived.all, same(picture, arrived)) == (1, 1, True)


def test_a_picture_of_layers_arrives_too():
    torch = pytest.importorskip("torch")
    from helpers import Window
    from helpers.pictures import pooling, sliding_window
    from helpers.samples import whole_numbers

    x, weight = whole_numbers(4, 5, low=-5), whole_numbers(2, 2, low=-3)
    window, functional = Window(2, padding=1), torch.nn.functional
    for picture in (sliding_window(x, functional.conv2d(x, weight, padding=1), window, weight),
                    pooling(x, functional.max_pool2d(x, 2, 2, 1), Window(2, 2, 1))):
        assert same(picture, arrived := whole(Film(picture, 7)))
        assert [arrived.covered_otherwise(frame) for frame in arrived.frames] == [[]] * len(picture)


def test_a_mark_that_view_js_would_paint_in_another_order_is_found():
    def moving(sheet, step):
        for colour in (BLUE, GREEN)[::1 - 2 * step]:
            sheet.fill(Box(0, 0, 10, 10), colour)

    arrived = whole(Film(Picture(2, Sheet, lambda step: [], moving)))
    assert [len(arrived.covered_otherwise(step)) for step in (0, 1)] == [0, 1]


# In which order

@pytest.mark.parametrize(("first", "order"), [
    (0, [0, 1, 2, 3, 4, 5, 6]), (2, [2, 1, 3, 0, 4, 5, 6]), (4, [4, 3, 2, 1, 0, 5, 6])])
def test_the_nearest_steps_come_first_and_asides_last(first, order):
    assert list(whole(Film(strip(), first)).frames) == order


def test_the_first_frame_is_the_start_unless_another_is_given():
    assert Film(strip(start=3)).start()["shots"][0][0] == 3
    assert Film(strip(start=3), 0).start()["shots"][0][0] == 0


def test_frames_are_made_only_when_they_are_asked_for():
    asked, picture = [], strip()
    tell, picture._tell = picture._tell, lambda step: asked.append(step) or tell(step)
    film = Film(picture, 2)
    assert asked == []
    film.start()
    film.start()
    assert asked == [2]
    film.more(1, seconds=0)
    assert asked == [2, 1]


# As little as possible

def parts(picture, first=None):
    film = Film(picture, first)
    return [film.start(), *(film.more(have, seconds=0) for have in range(1, len(film.order)))]


def numbers(value):
    if isinstance(value, list):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def test_lengths_are_whole_tenths():
    start, *more = (json.loads(packed(part)) for part in parts(strip()))
    assert start["size"] == [round(8000 / 3), 900]
    kept = [start["size"], start["still"], start["targets"], start["marks"], [part["marks"] for part in more]]
    assert {type(number) for number in numbers(kept)} == {int}
    assert [number for style in start["styles"] for number in style[1:] if isinstance(number, float)
            and number != round(number, 1)] == []


def test_nothing_is_told_twice():
    everything = [json.loads(packed(part)) for part in parts(strip(20))]
    for table in ("styles", "marks", "sentences"):
        rows = [str(row) for part in everything for row in part[table]]
        assert len(rows) == len(set(rows)) > 0
    blue = [mark for part in everything for mark in part["marks"] if mark[1:] == [0, 800, 100, 900]]
    assert len(blue) == 1
    assert sum(part["sentences"].count(["", "the same at every step"]) for part in everything) == 1


def test_what_stands_still_is_sent_with_the_start_alone():
    start, *more = parts(strip())
    assert len(start["still"]) == len(strip().sheet.marks)
    assert [mark for part in more for mark in part.get("late", [])] != []
    assert start["still"].count(0) == len(more[0]["late"])
    for part in more:
        assert set(part) - {"late"} == {"styles", "marks", "sentences", "have", "shots"}
        assert {frame for frame, *_ in part["shots"]} & {frame for frame, *_ in start["shots"]} == set()
        assert [mark for mark in part["marks"] if mark in start["still"]] == []


def test_a_longer_walk_costs_what_moves_in_it():
    sizes = [sum(len(packed(part)) for part in parts(strip(steps, 0))[1:]) for steps in (10, 20, 30)]
    (few, more), = [(b - a, d - c) for (a, b), (c, d) in pairwise(pairwise(sizes))]
    assert more < 1.2 * few


# Targets

def test_targets_say_where_they_stand_and_where_they_lead():
    start = json.loads(scene(strip(2)))
    assert start["targets"] == [["cell[0, 0]", 33, 200, 333, 500, 0], ["cell[0, 1]", 333, 200, 633, 500, 1],
                                ["all", 33, 200, 633, 500, 2], ["name", 0, 0, 2667, 200, -1]]
    assert start["verbs"] == {"cell": "leads to"}


def test_a_name_that_is_no_target_is_left_out_of_its_group():
    picture = strip(2)
    picture._groups = lambda step: [["cell[0, 1]", "gone"], ["gone"]]
    assert Arrived(scene(picture)).groups_of(0) == [["cell[0, 1]"], []]


# Photos

def opened(address):
    head, data = address.split(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(BytesIO(base64.b64decode(data))))


def test_a_photo_keeps_all_256_greys():
    def still():
        sheet = Sheet()
        sheet.photo(GREYS / 255, 0, 0, 160, 160)
        return sheet

    film = Film(Picture(1, still, lambda step: []))
    (name, address), = film.photos().items()
    assert (opened(address) == GREYS[..., 0]).all()  # three equal channels are one
    assert Arrived(packed(film.start())).scene_of(0)[0].name == name


def test_photos_are_those_of_the_frames_that_are_made():
    film = Film(strip())
    film.start()
    counts = [len(film.photos())]
    for have in range(1, 7):
        film.more(have, seconds=0)
        counts.append(len(film.photos()))
    assert counts == [1, 2, 3, 4, 5, 6, 7]
    assert [re.match("data:image/png;base64,", address) is None for address in film.photos().values()] == [False] * 7

"""A picture through matplotlib: files of every kind, the same every time and whatever style is set."""
import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib import rc_context, rcParams
from matplotlib.patheffects import withStroke
from PIL import Image

from helpers.drawing.palette import BLUE, GREEN, INK, ORANGE, PURPLE, WHITE, parts
from helpers.drawing.picture import Picture
from helpers.drawing.printed import printed
from helpers.drawing.sheet import Box, Sheet

KINDS = ["png", "svg", "pdf"]
GREYS = np.repeat(np.arange(256).reshape(16, 16, 1), 3, axis=2)


def drawn(put, width=200, height=120, steps=1):
    """The picture of all that `put` puts on a sheet, at each step."""
    return Picture(steps, lambda: Sheet(width, height), lambda step: [("step", f"{step}")], put)


def everything(numbers=((1, -2), (0.5, np.inf))):
    """A picture with each kind of mark, in each of its forms."""
    def put(sheet, step):
        place = sheet.grid(np.array(numbers, dtype=float) + step, 20, 20, 40, BLUE)
        sheet.outline(place.box(0, 1), INK)
        sheet.text("a sheet", 150, 60)
        sheet.line([(110, 10), (190, 30)], ORANGE, bent=True)
        sheet.polygon([(120, 110), (130, 90), (140, 110)], GREEN)
        sheet.photo(np.arange(27).reshape(3, 3, 3) / 26, 150, 80, 30, 30)
    return drawn(put, steps=3)


def pixels(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


# What is where

def test_a_png_has_twice_the_css_pixels():
    png = drawn(lambda *_: None, 300, 120).png()
    assert png.startswith(b"\x89PNG")
    assert Image.open(BytesIO(png)).size == (600, 240)


def test_an_empty_sheet_is_white():
    assert (pixels(drawn(lambda *_: None, 30, 20).png()) == 255).all()


def test_a_fill_and_a_photo_stand_where_they_were_put():
    def put(sheet, step):
        sheet.fill(Box(0, 0, 10, 20), GREEN)
        sheet.photo(np.array([[parts(BLUE), parts(PURPLE)]]) / 255, 20, 0, 20, 20)

    row = pixels(drawn(put, 40, 20).png())[20, [10, 30, 50, 70]]  # 5, 15, 25 and 35 CSS pixels from the left
    assert row.tolist() == [list(parts(colour)) for colour in (GREEN, WHITE, BLUE, PURPLE)]


def test_what_is_put_at_a_higher_level_covers_what_is_below():
    def put(sheet, step):
        sheet.fill(Box(0, 0, 40, 20), ORANGE, level=2.5)
        sheet.line([(0, 5), (40, 5)], INK, width=8)
        sheet.fill(Box(0, 0, 20, 20), GREEN, level=4)

    row = pixels(drawn(put, 40, 20).png())[10, [20, 60]]
    assert row.tolist() == [list(parts(GREEN)), list(parts(ORANGE))]


def test_a_line_ends_where_its_last_point_is():
    inked = (pixels(drawn(lambda sheet, step: sheet.line([(10, 20), (30, 20)], INK, width=8), 40, 40).png())
             == parts(INK)).all(axis=-1)
    bar = np.zeros((80, 80), dtype=bool)
    bar[32:48, 20:60] = True
    assert (inked == bar).all()


def test_a_line_is_as_wide_as_it_says_and_an_outline_has_all_its_corners():
    def put(sheet, step):
        sheet.outline(Box(10, 10, 20, 20), INK, width=4)

    inked = (pixels(drawn(put, 40, 40).png()) == parts(INK)).all(axis=-1)
    frame = np.zeros((80, 80), dtype=bool)
    frame[20:60, 20:60] = True
    frame[28:52, 28:52] = False
    assert (inked == frame).all()


@pytest.mark.parametrize(("align", "left", "right"), [(0, 50, None), (0.5, None, None), (1, None, 50)])
def test_text_stands_in_the_middle_of_its_capitals_and_is_aligned(align, left, right):
    png = pixels(drawn(lambda sheet, step: sheet.text("HHH", 50, 30, size=20, align=align), 100, 60).png())
    rows, columns = np.nonzero((png < 128).all(axis=-1))
    ends = columns.min() / 2, (columns.max() + 1) / 2
    assert (rows.min() + rows.max() + 1) / 4 == pytest.approx(30, abs=0.5)
    assert left is None or ends[0] == pytest.approx(left, abs=2.5)
    assert right is None or ends[1] == pytest.approx(right, abs=2.5)
    assert align != 0.5 or sum(ends) / 2 == pytest.approx(50, abs=0.5)


def test_text_is_written_as_it_is_and_not_as_a_formula():
    plain, dollars = (pixels(drawn(lambda sheet, step, text=text: sheet.text(text, 50, 10), 100, 20).png())
                      for text in ("x_1", "$x_1$"))
    assert (dollars < 128).any(axis=-1).sum() > (plain < 128).any(axis=-1).sum()


def test_a_photo_keeps_all_256_greys():
    picture = drawn(lambda sheet, step: sheet.photo(GREYS / 255, 4, 2, 16, 16), 24, 20)
    assert (pixels(picture.png())[4:36:2, 8:40:2] == GREYS).all()
    assert (pixels(picture.png())[5:37:2, 9:41:2] == GREYS).all()


# The same every time

@pytest.mark.parametrize("kind", KINDS)
def test_the_same_picture_is_the_same_file(kind):
    assert printed(everything(), kind, 0) == printed(everything(), kind, 0) != printed(everything(), kind, 1)


def test_many_threads_print_what_one_prints():
    # New strings for each thread, so that the threads meet in matplotlib's fonts too
    pictures = [everything([[number + 0.25, -number], [number / 7, 1000 * number]]) for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(Picture.png, pictures))
    assert together == [each.png() for each in pictures]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("style", [
    {"figure.facecolor": "black", "axes.facecolor": "black", "text.color": "white"},  # as in dark_background
    {"path.sketch": (1, 100, 2), "path.effects": [withStroke(linewidth=4, foreground="w")]},  # as in xkcd
    {"font.family": "serif", "font.size": 30, "font.stretch": "condensed", "text.hinting": "none"},
    {"savefig.bbox": "tight", "savefig.transparent": True, "figure.autolayout": True},
    {"image.origin": "lower", "image.interpolation": "bilinear"},
    {"svg.fonttype": "none", "pdf.fonttype": 42, "patch.antialiased": False},
], ids=lambda style: next(iter(style)))
@pytest.mark.filterwarnings("ignore")  # matplotlib's own, about styles that do not go together
def test_a_student_s_plotting_style_leaves_the_picture_alone(style, kind):
    plain = printed(everything(), kind, 0)
    with rc_context(style):
        assert printed(everything(), kind, 0) == plain


def test_printing_leaves_the_student_s_style_alone():
    with rc_context({"font.size": 30, "savefig.bbox": "tight"}):
        before = rcParams.copy()
        everything().png()
        assert rcParams == before


# Saving

@pytest.mark.parametrize(("kind", "start"), [
    ("png", b"\x89PNG"), ("svg", b"<?xml"), ("SVG", b"<?xml"), ("pdf", b"%PDF")])
def test_a_step_is_saved_as_what_the_ending_says(tmp_path, kind, start):
    path = tmp_path / f"step.{kind}"
    everything().save(path, 1)
    assert path.read_bytes() == printed(everything(), kind.lower(), 1)
    assert path.read_bytes().startswith(start)


def test_a_name_will_do_and_the_first_step_is_saved_unless_another_is_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    everything().save("step.png")
    assert Path("step.png").read_bytes() == everything().png()


def test_a_gif_has_all_steps_and_no_aside(tmp_path):
    picture = Picture(4, lambda: Sheet(60, 20), lambda step: [],
                      lambda sheet, step: sheet.fill(Box(10 * step, 0, 10, 20), GREEN), asides=2)
    picture.save(tmp_path / "walk.gif")
    with Image.open(tmp_path / "walk.gif") as walk:
        assert (walk.n_frames, walk.size, walk.info["loop"]) == (4, (120, 40), 0)
        for step in range(4):
            walk.seek(step)
            assert walk.info["duration"] == 700
            green = np.asarray(walk.convert("RGB"), dtype=int)[20, 10::20]
            assert (abs(green - parts(GREEN)).max(axis=-1) < 8).tolist() == [column == step for column in range(6)]


def test_a_gif_is_the_same_every_time(tmp_path):
    for name in "ab":
        everything().save(tmp_path / f"{name}.gif")
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


@pytest.mark.parametrize("name", ["step.jpg", "step", "step.", ".png", "png", "walk.gif.txt"])
def test_another_ending_is_told_and_nothing_is_written(tmp_path, name):
    with pytest.raises(ValueError, match=r"is saved as \.png, \.svg, \.pdf or \.gif, not as .*" + re.escape(name)):
        everything().save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_a_file_tells_neither_when_nor_where_it_was_made(kind):
    file = printed(everything(), kind, 0).decode("latin-1")
    assert re.findall(r"\b20\d\d-\d\d|CreationDate|ModDate|dc:date", file) == []
    assert re.findall(r"/(?:home|root|tmp|usr|work|Users)\b|file:|\\Users", file) == []

"""The sheet, the writing of numbers, their tints, and a Picture alone."""
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.colors import to_rgb
from PIL import Image

from helpers.canvas import (
    BLUE,
    GREEN,
    INK,
    PALE,
    PURPLE,
    WHITE,
    Box,
    Canvas,
    Picture,
    centred,
    text_width,
    tints,
    written,
)


def sheet(numbers=((1, -2), (0.5, np.inf))):
    canvas = Canvas(200, 120)
    place = canvas.grid(np.array(numbers, dtype=float), 20, 20, 40, BLUE)
    canvas.outline(place.box(0, 1), INK)
    canvas.text("a sheet", 150, 60)
    return canvas


def pixels(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")) / 255


# Numbers

@pytest.mark.parametrize(("value", "text"), [
    (3, "3"), (-2.0, "−2"), (0.5, "0.5"), (10, "10"), (100.0, "100"), (1 / 3, "0.33"), (-1.005, "−1"),
    (0, "0"), (-0.0, "0"), (0.004, "0"), (-0.004, "0"),
    (np.inf, "∞"), (-np.inf, "−∞"), (np.nan, ""), (np.float32(2.5), "2.5"),
])
def test_a_number_is_written_as_a_student_writes_it(value, text):
    assert written(value) == text


# Tints

@pytest.mark.parametrize("most", [0, 1e-30, 1, 1e30])
def test_tints_are_colours_whatever_the_size_of_the_numbers(most):
    colours = tints(most * np.linspace(-1, 1, 6).reshape(2, 3), BLUE)
    assert colours.shape == (2, 3, 3)
    assert colours.min() >= 0
    assert colours.max() <= 1


def test_a_tint_is_fainter_the_nearer_its_number_is_to_zero():
    lightness = tints(np.array([[0.0, 1, 2, 3]]), GREEN).sum(axis=-1)[0]
    assert (np.diff(lightness) < 0).all()


def test_the_sign_chooses_the_hue():
    above, below = tints(np.array([[1.0, -1.0]]), BLUE)[0]
    share = (1 - above[0]) / (1 - to_rgb(BLUE)[0])  # of the hue, on white
    assert np.allclose(above, share * np.array(to_rgb(BLUE)) + 1 - share)
    assert np.allclose(below, share * np.array(to_rgb(PURPLE)) + 1 - share)


def test_what_is_no_number_stays_pale_and_pales_no_other():
    colours = tints(np.array([[np.nan, np.inf, -np.inf, 5]]), BLUE)[0]
    assert np.allclose(colours[:3], to_rgb(PALE))
    assert np.allclose(colours[3], tints(np.array([[5.0]]), BLUE)[0, 0])


# Places

def test_a_grid_says_where_its_cells_stand():
    place = Canvas().grid(np.zeros((2, 3)), 10, 20, 40, BLUE)
    assert (place.right, place.bottom) == (10 + 3 * 40, 20 + 2 * 40)
    assert place.box(1, 2) == Box(90, 60, 40, 40)
    assert place.box(0, 1, rows=2, columns=2) == Box(50, 20, 80, 80)


def test_centred_boxes_leave_as_much_room_on_the_left_as_on_the_right():
    first, second = centred(Canvas(300, 100), [100, 60], gap=20, top=30)
    assert (first.x, second.right) == (60, 300 - 60)
    assert second.x - first.right == 20
    assert (first.y, first.bottom) == (30, 100)


class Recorder(Canvas):
    """A canvas that remembers what is written on it."""

    def __init__(self):
        super().__init__()
        self.writing = []

    def text(self, string, x, y, size=15, *rest, **more):
        self.writing.append((string, x, y, size))


@pytest.mark.parametrize("widest", [7, -128, 1234567, -0.25, -np.inf])
@pytest.mark.parametrize("cell", [12, 46])
def test_numbers_stay_inside_their_cells(widest, cell):
    canvas = Recorder()
    place = canvas.grid(np.array([[1.0, widest]]), 30, 40, cell, BLUE)
    for column, (string, x, y, size) in enumerate(canvas.writing):
        box = place.box(0, column)
        assert (x, y) == box.centre
        assert text_width(string, size) < box.width
        assert size < box.height


def test_numbers_not_shown_yet_change_nothing_but_themselves():
    some, every = Recorder(), Recorder()
    values = np.array([[1.0, -1234.5]])
    some.grid(values, 0, 0, 40, BLUE, shown=np.array([[True, False]]))
    every.grid(values, 0, 0, 40, BLUE)
    assert some.writing == every.writing[:1]


def test_text_grows_with_its_size():
    assert text_width("stride", 30) == pytest.approx(2 * text_width("stride", 15))


# The sheet as PNG

def test_a_png_has_twice_the_css_pixels():
    png = Canvas(300, 120).png()
    assert png.startswith(b"\x89PNG")
    assert Image.open(BytesIO(png)).size == (600, 240)


def test_an_empty_sheet_is_white():
    assert (pixels(Canvas(30, 20).png()) == 1).all()


def test_a_fill_and_an_image_stand_where_they_were_put():
    canvas = Canvas(40, 20)
    canvas.fill(Box(0, 0, 10, 20), GREEN)
    box = canvas.image(np.array([[to_rgb(BLUE), to_rgb(PURPLE)]]), 20, 0, 20, 20)
    assert box == Box(20, 0, 20, 20)
    row = pixels(canvas.png())[20, [10, 30, 50, 70]]  # 5, 15, 25 and 35 CSS pixels from the left
    assert np.allclose(row, [to_rgb(colour) for colour in (GREEN, WHITE, BLUE, PURPLE)], atol=0.01)


def test_the_same_sheet_gives_the_same_bytes_from_many_threads():
    # New strings for each thread, so that the threads meet in matplotlib's fonts too
    sheets = [sheet([[number + 0.25, -number], [number / 7, 1000 * number]]) for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(Canvas.png, sheets))
    assert together == [each.png() for each in sheets]


@pytest.mark.parametrize("style", [
    {"figure.facecolor": "black"},  # as in dark_background
    {"path.sketch": (1, 100, 2)},  # as in xkcd
    {"font.family": "serif", "font.size": 30},
], ids=lambda style: next(iter(style)))
def test_a_student_s_plotting_style_leaves_the_sheet_alone(style):
    plain = sheet().png()
    with rc_context(style):
        assert sheet().png() == plain


# A picture

def test_a_picture_draws_and_tells_its_steps():
    picture = Picture(3, lambda step: sheet([[step]]), lambda step: f"step: {step + 1} of 3")
    assert len(picture) == 3
    assert picture.says() == picture.says(0) == "step: 1 of 3"
    assert picture.png(2) == sheet([[2]]).png() != picture.png()


def test_a_picture_alone_shows_its_first_step_and_says_it_in_words():
    picture = Picture(2, lambda step: sheet([[step]]), lambda step: f"step {step}")
    data, sizes = picture._repr_mimebundle_()
    assert data == {"image/png": picture.png(0), "text/plain": "step 0"}
    assert sizes == {"image/png": {"width": 200}}  # CSS pixels, half of those in the file


# Importing

IMPORT = """
import random, sys
import matplotlib, numpy
style, seeds = matplotlib.rcParams.copy(), (random.getstate(), str(numpy.random.get_state()))
import helpers
assert "torch" not in sys.modules
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams.copy() == style
assert (random.getstate(), str(numpy.random.get_state())) == seeds
assert set(helpers.__all__) <= set(dir(helpers))
"""


def test_importing_helpers_loads_neither_torch_nor_pyplot_and_changes_no_setting():
    run = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr

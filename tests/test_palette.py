"""How numbers are written, their tints, and how wide a string is."""
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from looked_at import CONTRAST, contrast
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from helpers.drawing import palette
from helpers.drawing.palette import (
    BLANK,
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PALE,
    PURPLE,
    TINTS,
    WHITE,
    as_array,
    mix,
    parts,
    text_width,
    tints,
    written,
)
from helpers.drawing.picture import Picture
from helpers.drawing.sheet import Sheet

# Numbers

@pytest.mark.parametrize(("value", "text"), [
    (3, "3"), (-2.0, "−2"), (0.5, "0.5"), (10, "10"), (100.0, "100"), (1 / 3, "0.33"), (-1.005, "−1"),
    (0, "0"), (-0.0, "0"), (0.004, "0"), (-0.004, "0"),
    (np.inf, "∞"), (-np.inf, "−∞"), (np.nan, ""), (np.float32(2.5), "2.5"),
])
def test_a_number_is_written_as_a_student_writes_it(value, text):
    assert written(value) == text


def test_a_trainable_tensor_is_read_like_any_other():
    torch = pytest.importorskip("torch")
    assert as_array(torch.ones(2, requires_grad=True)).tolist() == as_array([1, 1]).tolist() == [1.0, 1.0]


# Tints

def test_a_mix_lies_between_its_colours():
    assert (mix(INK, 0), mix(INK, 1), mix(WHITE, 0.5, "#000000")) == (WHITE, INK, "#808080")


@pytest.mark.parametrize("most", [0, 1e-30, 1, 1e30])
def test_tints_are_colours_whatever_the_size_of_the_numbers(most):
    colours = tints(most * np.linspace(-1, 1, 6).reshape(2, 3), BLUE)
    assert colours.shape == (2, 3)
    assert {mix(hue, share) for hue in (BLUE, PURPLE) for share in TINTS} >= set(colours.flat)


def test_a_tint_is_fainter_the_nearer_its_number_is_to_zero():
    lightness = [sum(parts(colour)) for colour in tints(np.array([0.0, 1, 2, 3]), GREEN)]
    assert (np.diff(lightness) < 0).all()


def test_the_sign_chooses_the_hue():
    assert tints(np.array([1.0, -1.0]), BLUE).tolist() == [mix(BLUE, TINTS[-1]), mix(PURPLE, TINTS[-1])]


def test_what_is_no_number_stays_pale_and_pales_no_other():
    full, = tints(np.array([5.0]), BLUE)
    assert tints(np.array([np.nan, np.inf, -np.inf, 5]), BLUE).tolist() == [PALE, PALE, PALE, full]


def test_what_has_the_full_tint_can_be_given():
    assert tints(np.array([[1.0]]), BLUE, most=2).item() == tints(np.array([[1.0, 2.0]]), BLUE)[0, 0]


# The formula and the 4.5 are those of WCAG 2.2, success criterion 1.4.3

def test_contrast_is_that_of_the_standard():
    assert contrast(WHITE, "#000000") == pytest.approx(21)
    assert contrast("#777777", WHITE) == contrast(WHITE, "#777777") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("ground", [WHITE, PALE, BLANK, *(mix(hue, share) for hue, share in
                                                          product((BLUE, ORANGE, GREEN, PURPLE), TINTS))])
def test_ink_is_read_on_every_ground_that_numbers_stand_on(ground):
    assert contrast(INK, ground) >= CONTRAST


@pytest.mark.parametrize("ground", [WHITE, PALE, BLANK])
def test_what_is_muted_can_still_be_read(ground):
    assert contrast(MUTED, ground) >= CONTRAST


# Width

STRINGS = ["−12.5", "input[2, 3]", "output 5 × 5", "⌊(6 + 2·0) / 1⌋ + 1 = ✓", "W", "", "−∞"]


def measured(string):
    """What matplotlib says, in sizes of the text."""
    font = FontProperties(family="DejaVu Sans", size=100)
    return text_to_path.get_text_width_height_descent(string, font, ismath=False)[0] / 100


@pytest.mark.parametrize("string", STRINGS)
@pytest.mark.parametrize("size", [1, 15])
def test_a_string_is_as_wide_as_matplotlib_says(string, size):
    assert text_width(string, size) == pytest.approx(size * measured(string), rel=0.001)


def test_where_letters_move_together_a_string_is_rather_thought_too_wide():
    assert measured("AVAT") <= text_width("AVAT", 1) <= 1.2 * measured("AVAT")


def test_a_string_stays_as_wide_after_a_picture_is_printed():
    def still():
        sheet = Sheet(60, 20)
        sheet.text("printed", 30, 10, size=9)
        return sheet

    before = text_width("Ω", 1)
    Picture(1, still, lambda step: []).png()
    palette._advance.cache_clear()  # as for a character that was never measured before
    assert text_width("Ω", 1) == before == pytest.approx(measured("Ω"), rel=0.001)


# Importing

IMPORT = """
import random, sys
import numpy
seeds = random.getstate(), str(numpy.random.get_state())
import helpers
assert not {"torch", "matplotlib", "PIL"} & set(sys.modules)
assert (random.getstate(), str(numpy.random.get_state())) == seeds
assert set(helpers.__all__) <= set(dir(helpers))
import matplotlib
style = matplotlib.rcParams.copy()
import helpers.drawing.printed
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams.copy() == style
"""


def test_importing_helpers_loads_neither_torch_nor_matplotlib_and_changes_no_setting():
    run = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr

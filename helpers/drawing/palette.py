"""Colours and their tints, and how a number is written. Colours are "#rrggbb"."""
from functools import cache, lru_cache

import numpy as np

# Okabe and Ito, Color Universal Design, 2008
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#e69f00", "#009e73", "#cc79a7"
INK, MUTED, PALE, BLANK, WHITE = "#1b2733", "#566573", "#e9ecef", "#f6f7f8", "#ffffff"

TINTS = np.linspace(0.08, 0.56, 9)  # shares of a hue: ink is read on the strongest, and a walk repeats few colours


def as_array(values):
    """Floats out of a torch tensor, a trainable one too, or whatever numpy reads."""
    return np.asarray(values.detach() if hasattr(values, "detach") else values, dtype=float)


def parts(colour):
    """Red, green and blue of a colour, each from 0 to 255."""
    return tuple(bytes.fromhex(colour[1:]))


@cache
def mix(colour, share, ground=WHITE):
    """`share` of `colour` over `ground`."""
    pairs = zip(parts(colour), parts(ground), strict=True)
    return "#" + bytes(round(share * over + (1 - share) * under) for over, under in pairs).hex()


@cache
def _shades(hue):
    return np.array([mix(hue, share) for share in TINTS])


def tints(values, hue, most=None):
    """One colour per value, in the shape of `values`: faint at 0, `hue` above, purple below; −∞ and nan pale.

    most: what has the full tint, the largest of these values unless given
    """
    finite = np.isfinite(values)
    most = most or np.abs(values[finite]).max(initial=0) or 1
    shade = np.rint(np.abs(np.where(finite, values, 0)) / most * (len(TINTS) - 1)).astype(int)
    return np.where(finite, np.where(values < 0, _shades(PURPLE)[shade], _shades(hue)[shade]), PALE)


@lru_cache(4096)
def written(value):
    """A number as a student would write it: −2, 0.5, −∞; nothing for nan."""
    if value != value:
        return ""
    if value in (np.inf, -np.inf):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


@cache
def _font():
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    font = FT2Font(findfont(FontProperties(family="DejaVu Sans")))  # our own: matplotlib changes the size of its
    font.set_size(100, 72)
    return font


@cache
def _advance(character):
    return _font().load_char(ord(character)).linearHoriAdvance / 65536 / 100


def text_width(string, size=15):
    """How wide a string is in DejaVu Sans, which is what both drawings of a scene ask for first."""
    return size * sum(map(_advance, string))

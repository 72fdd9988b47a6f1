"""Bars of what layers cost."""
import numpy as np
import pytest
from test_pictures import is_cut_off, pixels

from helpers.canvas import GREEN, ORANGE, SHARPNESS, TINTS, mix
from helpers.pictures import costs

LAYERS = {"standard": {"parameters": 576, "MACs": 12_345_678}, "grouped": {"parameters": 144, "MACs": 0}}


def lengths(picture, hue):
    """How long the bars of a colour are, in CSS pixels, from the top down."""
    bars = (np.abs(pixels(picture.png()) - 255 * np.array(mix(hue, TINTS[-1]))) < 2).all(axis=-1).sum(axis=1)
    starts = np.flatnonzero((bars > 0) & (np.roll(bars, 1) == 0))
    return [bars[start + 4] / SHARPNESS for start in starts]


def test_says_every_number_and_its_share_of_the_first():
    assert costs(LAYERS, note="size: 3").says() == (
        "size: 3\nparameters: standard 576; grouped 144 (25 %)\nMACs: standard 12.3 million; grouped 0 (0 %)")
    assert costs({"a": {"ms": 2.5}, "b": {"ms": 1.0}}).says() == "ms: a 2.5; b 1 (40 %)"


def test_nothing_is_said_of_a_share_of_nothing():
    assert costs({"a": {"MACs": 0}, "b": {"MACs": 5}}).says() == "MACs: a 0; b 5"


def test_bars_are_as_long_as_their_numbers():
    long, short = lengths(costs(LAYERS), ORANGE)
    assert short == pytest.approx(long / 4, abs=1)
    assert len(lengths(costs(LAYERS), GREEN)) == 2  # a sliver stands even for 0


def test_nothing_is_cut_off_at_the_edge():
    large = {name: {"parameters": 10**9 + i, "MACs": 10**11, "ms": 1.25} for i, name in enumerate(
        ("standard", "depthwise separable", "grouped, 32 groups"))}
    assert not is_cut_off(costs(large))
    assert not is_cut_off(costs(LAYERS))


@pytest.mark.parametrize("layers", [{}, {"a": {}}, {"a": {"MACs": 1}, "b": {"parameters": 1}}], ids=str)
def test_a_table_without_rows_or_with_gaps_is_an_error(layers):
    with pytest.raises(ValueError, match="at least one layer"):
        costs(layers)

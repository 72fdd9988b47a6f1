"""Bars of what layers cost."""
import pytest
from looked_at import extent, faults

from helpers.drawing.palette import GREEN, ORANGE, TINTS, mix
from helpers.drawing.sheet import Fill, Text
from helpers.pictures.costs import costs

LAYERS = {"standard": {"parameters": 576, "MACs": 12_345_678}, "grouped": {"parameters": 144, "MACs": 0}}


def lengths(picture, hue):
    """How long the bars of a colour are, in CSS pixels, from the top down."""
    return [mark.points[2] - mark.points[0] for mark in picture.scene()
            if isinstance(mark, Fill) and mark.colour == mix(hue, TINTS[-1])]


def test_says_every_number_and_its_share_of_the_first():
    assert costs(LAYERS, note="size: 3").says() == (
        "size: 3\nparameters: standard 576; grouped 144 (25 %)\nMACs: standard 12.3 million; grouped 0 (0 %)")
    assert costs({"a": {"ms": 2.5}, "b": {"ms": 1.0}}).says() == "ms: a 2.5; b 1 (40 %)"


def test_a_note_is_a_sentence_with_a_name_where_it_has_one():
    assert costs(LAYERS, note="size: 3").sentences()[0] == ("size", "3")
    assert costs(LAYERS, note="look").sentences()[0] == ("", "look")
    assert len(costs(LAYERS).sentences()) == 2


def test_all_numbers_of_a_measure_have_one_unit():
    nets = {"a": {"MACs": 48_000_000, "parameters": 999_999}, "b": {"MACs": 4_186_560, "parameters": 10},
            "c": {"MACs": 12_345, "parameters": 0}}
    assert costs(nets).says() == ("MACs: a 48.0 million; b 4.19 million (8.72 %); c 0.0123 million (0.0257 %)\n"
                                  "parameters: a 999,999; b 10 (0.001 %); c 0 (0 %)")


def test_seven_digits_are_told_in_millions_whatever_the_measure():
    layers = {"full": {"parameters": 4_186_560, "MACs": 48_000_000}, "half": {"parameters": 2_093_280, "MACs": 500_000}}
    assert costs(layers).says() == ("parameters: full 4.19 million; half 2.09 million (50 %)\n"
                                    "MACs: full 48.0 million; half 0.500 million (1.04 %)")


def test_every_number_and_share_that_is_told_is_drawn_and_none_over_another():
    picture = costs(LAYERS)
    texts = [mark for mark in picture.scene() if isinstance(mark, Text)]
    assert {text.string for text in texts} == {
        "standard", "grouped", "parameters", "MACs", "576", "144", "25 %", "12.3 million", "0", "0 %"}
    boxes = sorted(map(extent, texts))
    assert not any(one[2] > other[0] and one[1] < other[3] and other[1] < one[3]
                   for i, one in enumerate(boxes) for other in boxes[i + 1:])


def test_nothing_is_said_of_a_share_of_nothing():
    assert costs({"a": {"MACs": 0}, "b": {"MACs": 5}}).says() == "MACs: a 0; b 5"


def test_bars_are_as_long_as_their_numbers():
    long, short = lengths(costs(LAYERS), ORANGE)
    assert short == pytest.approx(long / 4)
    assert lengths(costs(LAYERS), GREEN)[1] == 2  # a sliver stands even for 0


def test_nothing_is_cut_off_at_the_edge():
    large = {name: {"parameters": 10**9 + i, "MACs": 10**11, "ms": 1.25} for i, name in enumerate(
        ("standard", "depthwise separable", "grouped, 32 groups"))}
    assert list(faults(costs(large))) == list(faults(costs(LAYERS))) == []


@pytest.mark.parametrize("layers", [{}, {"a": {}}, {"a": {"MACs": 1}, "b": {"parameters": 1}}], ids=str)
def test_a_table_without_rows_or_with_gaps_is_an_error(layers):
    with pytest.raises(ValueError, match="at least one layer"):
        costs(layers)

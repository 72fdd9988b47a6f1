"""A kernel as a sum of tables: columns, rows, sums and what is missing, against torch's decomposition."""
import numpy as np
import pytest
import torch
from looked_at import faults

from helpers import Refused
from helpers.drawing.palette import MUTED, ORANGE, TINTS, mix, written
from helpers.drawing.sheet import Fill, Text
from helpers.pictures.terms import terms

SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
LAPLACIAN = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
KERNELS = {
    "Sobel": SOBEL, "Laplacian": LAPLACIAN, "one number": [[-7]], "nothing": [[0, 0], [0, 0]], "row": [[1, 2, 3]],
    "column": [[5], [-2], [0.5], [1], [1]], "wide": [[1, 2, 3, 4, 5], [5, 4, 3, 2, -1]],
    "large": [[1000, -1000], [999, 1]],
    "full rank": [[3, -1, 2, 0, 1], [2, 2, 1, -3, 1], [0, 1, 5, -1, 2], [1, 0, 0, 2, -2], [4, 1, 1, 0, 3]],
}
SETTINGS = [pytest.param(weight, rank, id=f"{name}, {rank}")
            for name, weight in KERNELS.items() for rank in range(1, min(len(weight), len(weight[0])) + 1)]
every_setting = pytest.mark.parametrize(("weight", "rank"), SETTINGS)


def drawn(weight, rank):
    weight = torch.tensor(weight).float()
    return terms(weight, *torch.linalg.svd(weight), rank)


def lines(picture):
    return dict(line.split(": ", 1) for line in picture.says().splitlines())


def numbers(text):
    return np.array([[float(n.replace("−", "-")) for n in row.split()] for row in text.split(" / ")])


def best(weight, rank):
    """The sum of the first `rank` terms, as torch multiplies them out."""
    u, s, vh = torch.linalg.svd(torch.tensor(weight).double(), full_matrices=False)
    return (u[:, :rank] * s[:rank] @ vh[:rank]).numpy()


@every_setting
def test_the_terms_add_up_to_what_torch_multiplies_out(weight, rank):
    told = lines(drawn(weight, rank))
    added = numbers(told["term 1 alone" if rank == 1 else f"terms 1 to {rank} added"])
    assert added == pytest.approx(best(weight, rank), abs=0.006)
    assert numbers(told["still missing"]) == pytest.approx(np.array(weight) - best(weight, rank), abs=0.006)


@every_setting
def test_a_term_is_a_column_times_a_row_whose_largest_number_is_1(weight, rank):
    column, row = lines(drawn(weight, rank))[f"term {rank}"].removeprefix("column ").split(", times row ")
    column, row = numbers(column)[0], numbers(row)[0]
    term = best(weight, rank) - best(weight, rank - 1)
    assert np.outer(column, row) == pytest.approx(term, abs=0.02 * max(1, np.abs(term).max()))
    assert np.abs(column).max() == (1 if np.abs(term).max() > 1e-6 else 0)


@every_setting
def test_what_is_missing_is_as_large_as_the_singular_values_left_out(weight, rank):
    left_out = torch.linalg.svdvals(torch.tensor(weight).double())[rank:].norm().item()
    told = lines(drawn(weight, rank))["size of what is missing"]
    assert told == f"√(Σ cells²) = {written(left_out)} = torch ✓, from the singular values left out"


def test_says_all_that_the_picture_shows():
    assert drawn(SOBEL, 1).says().splitlines() == [
        "rank: 1 of at most 3 terms, so one is enough; shown 1; singular values 3.46, 0, 0",
        "term 1: column 0.5 1 0.5, times row −2 0 2",
        "term 1 alone: −1 0 1 / −2 0 2 / −1 0 1",
        "still missing: 0 0 0 / 0 0 0 / 0 0 0",
        "weight 3 × 3: −1 0 1 / −2 0 2 / −1 0 1",
        "size of what is missing: √(Σ cells²) = 0 = torch ✓, from the singular values left out",
        "cost: 1·(3 + 3) = 6 weights in columns and rows, 3·3 = 9 in the kernel",
        "torch: u, s, vh = torch.linalg.svd(w)",
    ]


@pytest.mark.parametrize("name", KERNELS)
def test_how_many_terms_it_takes_and_whether_one_is_enough_can_be_guessed(name):
    needed = torch.linalg.matrix_rank(torch.tensor(KERNELS[name]).float()).item()
    count, _, enough = drawn(KERNELS[name], 1).sentences()[0][1:4]
    assert (count, enough) == (str(needed), "enough" if needed <= 1 else "not enough")
    assert enough.choices == ("enough", "not enough")


def test_what_is_asked_covers_all_but_the_kernel_itself():
    picture = drawn(LAPLACIAN, 1)
    covered = [picture.covered(what) for what in picture.sentences()[0][1].covers]
    bare = [mark.string for mark in picture.scene() if isinstance(mark, Text) and not any(
        left <= mark.x <= right and top <= mark.y <= bottom for left, top, right, bottom in covered)]
    assert sorted(text for text in bare if text[-1].isdigit()) == sorted(
        ["weight 3 × 3", *map(written, np.ravel(LAPLACIAN))])


def test_the_torch_call_is_the_one_that_is_given():
    call, weight = "torch.linalg.svd(card)", torch.tensor(SOBEL).float()
    assert f"torch: {call}" in terms(weight, *torch.linalg.svd(weight), 1, call).says()


def test_a_term_of_which_nothing_is_left_is_zero():
    assert "term 2: column 0 0 0, times row 0 0 0" in drawn(SOBEL, 2).says()  # torch's own vectors are arbitrary there


def test_the_sign_that_torch_happens_to_choose_does_not_show():
    weight = torch.tensor(LAPLACIAN).float()
    u, s, vh = torch.linalg.svd(weight)
    assert terms(weight, -u, s, -vh, 1).says() == terms(weight, u, s, vh, 1).says()
    assert terms(weight, -u, s, -vh, 1).scene() == terms(weight, u, s, vh, 1).scene()


def test_another_decomposition_is_told():
    weight = torch.tensor(LAPLACIAN).float()
    u, s, vh = torch.linalg.svd(weight)
    assert ", but torch says" in terms(weight, u.flip(0), s * 2, vh, 1).says()


def test_a_rank_that_no_kernel_of_this_size_has_is_refused():
    with pytest.raises(Refused, match=r"^rank 4 is more than a kernel of 3 × 3 can have: lower rank to 3\.$"):
        drawn(SOBEL, 4)
    with pytest.raises(Refused, match=r"^rank must be at least 1, not 0"):
        drawn(SOBEL, 0)


def texts(picture):
    return [mark.string for mark in picture.scene() if isinstance(mark, Text)]


@every_setting
def test_every_number_that_is_told_is_drawn(weight, rank):
    picture = drawn(weight, rank)
    told, (rows, columns), strings = lines(picture), np.shape(weight), texts(picture)
    column, row = told[f"term {rank}"].removeprefix("column ").split(", times row ")
    names = ["term 1 alone" if rank == 1 else f"terms 1 to {rank} added", "still missing", f"weight {rows} × {columns}"]
    numbers = [each for name in names for each in told[name].replace(" / ", " ").split()]
    assert set(strings) >= {*names, *column.split(), *row.split(), *numbers}
    assert strings.count("still missing") == 1


@every_setting
def test_the_bars_are_as_long_as_the_singular_values_and_those_in_use_are_orange(weight, rank):
    bars = [mark for mark in drawn(weight, rank).scene() if isinstance(mark, Fill) and mark.points[0] == 130]
    values = torch.linalg.svdvals(torch.tensor(weight).float()).tolist()
    longest = bars[0].points[2] - bars[0].points[0]
    assert [bar.points[2] - bar.points[0] for bar in bars] == pytest.approx(
        [max(2, longest * value / (values[0] or 1)) for value in values], abs=0.1)
    assert [bar.colour for bar in bars] == (
        rank * [mix(ORANGE, TINTS[-1])] + (len(values) - rank) * [mix(MUTED, 0.5)])


@every_setting
def test_every_kernel_fits_the_same_sheet(weight, rank):
    picture = drawn(weight, rank)
    assert list(faults(picture)) == []
    assert (len(picture), picture.sheet.width, picture.sheet.height) == (1, 800, 440)

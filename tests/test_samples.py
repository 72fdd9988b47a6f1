"""Data for the lessons: repeatable, and never downloaded."""
import socket

import pytest
import torch

from helpers.samples import photo, whole_numbers


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    assert torch.equal(whole_numbers(6, 6), whole_numbers(6, 6, seed=0))
    assert not torch.equal(whole_numbers(6, 6), whole_numbers(6, 6, seed=1))


def test_whole_numbers_leave_torch_s_own_seed_alone():
    before = torch.get_rng_state()
    whole_numbers(6, 6)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("low", "high"), [(0, 9), (-2, 2), (5, 5)])
def test_both_bounds_occur_and_everything_between(low, high):
    numbers = whole_numbers(30, 30, low=low, high=high)
    assert numbers.dtype == torch.float32
    assert numbers.unique().tolist() == list(range(low, high + 1))


@pytest.mark.parametrize(("asked", "given"), [((6, 5), (1, 1, 6, 5)), ((3, 6, 5), (3, 6, 5)),
                                              ((2, 3, 6, 5), (2, 3, 6, 5)), ((4,), (4,))])
def test_two_sizes_are_an_image_with_one_channel_and_others_are_taken_as_they_are(asked, given):
    assert whole_numbers(*asked).shape == given


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.mark.parametrize("rows", [200, 64])
def test_the_photo_is_a_colour_image_between_0_and_1_that_needs_no_network(rows, offline):
    image = photo(rows)
    columns = round(rows * 512 / 600)  # the file is 512 pixels wide and 600 high
    assert image.shape == (1, 3, rows, columns)
    assert image.dtype == torch.float32
    assert image.min() >= 0
    assert 0.9 < image.max() <= 1


def test_the_photo_has_200_rows_unless_asked_otherwise_and_is_always_the_same():
    assert photo().shape[2] == 200
    assert torch.equal(photo(), photo(200))

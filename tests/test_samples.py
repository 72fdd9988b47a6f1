"""Data for the lessons: repeatable, and never downloaded."""
import socket

import pytest
import torch

from helpers.samples import photo, video, volume, whole_numbers


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


@pytest.mark.parametrize("frames", [1, 4, 9])
def test_a_video_is_one_channel_of_zeros_and_ones_of_the_length_asked_for(frames):
    clip = video(frames)
    assert clip.shape == (1, 1, frames, 9, frames + 2)
    assert clip.dtype == torch.float32
    assert clip.unique().tolist() == [0, 1]


def test_a_video_has_9_frames_unless_asked_otherwise_and_is_always_the_same():
    assert video().shape[2] == 9
    assert torch.equal(video(), video(9))


@pytest.mark.parametrize("frames", [1, 4, 9])
def test_one_dot_goes_right_one_stands_and_one_goes_left(frames):
    middle = (frames + 1) // 2
    for t, frame in enumerate(video(frames)[0, 0]):
        assert frame.nonzero().tolist() == [[1, 1 + t], [4, middle], [7, frames - t]]  # row and column


@pytest.mark.parametrize("frames", [1, 4, 9])
def test_around_each_dot_a_single_frame_looks_the_same(frames):
    alone = torch.zeros(3, 3)
    alone[1, 1] = 1
    for frame in video(frames)[0, 0]:
        around = [frame[row - 1:row + 2, column - 1:column + 2] for row, column in frame.nonzero().tolist()]
        assert len(around) == 3
        assert all(torch.equal(patch, alone) for patch in around)


@pytest.mark.parametrize("size", [20, 48])
def test_a_volume_is_a_cube_of_the_size_asked_for_between_0_and_nine_tenths(size):
    head = volume(size)
    assert head.shape == (1, 1, size, size, size)
    assert head.dtype == torch.float32
    assert head.min() == 0
    assert head.max() == torch.tensor(0.9)


def test_a_volume_has_48_slices_unless_asked_otherwise_and_is_always_the_same():
    assert volume().shape[2] == 48
    assert torch.equal(volume(), volume(48))


@pytest.mark.parametrize("size", [20, 33, 48])
def test_a_head_is_the_same_left_and_right_but_not_top_and_bottom_nor_first_and_last(size):
    head = volume(size)
    slices, rows, columns = 2, 3, 4
    assert torch.equal(head, head.flip(columns))
    assert not torch.equal(head, head.flip(rows))
    assert not torch.equal(head, head.flip(slices))


@pytest.mark.parametrize(("part", "at", "brightness"), [  # at: slice, row and column, each from −1 to 1
    ("air", (-1, -1, -1), 0), ("skull", (0, 0.88, 0), 0.9), ("skull", (0, 0, 0.68), 0.9), ("brain", (0, 0, 0), 0.3),
    ("ventricle", (0, -0.1, -0.24), 0.1), ("ventricle", (0, -0.1, 0.24), 0.1), ("ball", (0.3, 0.5, 0), 0.7),
    ("disc", (-0.46, -0.36, 0), 0.6)])
def test_parts_of_a_head_are_where_and_as_bright_as_they_should_be(part, at, brightness):
    where = tuple(round(50 * (1 + each)) for each in at)
    assert volume(101)[0, 0][where].item() == pytest.approx(brightness), part

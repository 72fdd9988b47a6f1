"""A kernel that is learned: weights, losses and the way between them stand where the numbers say."""
import numpy as np
import pytest
import torch
from looked_at import faults
from test_pictures import said
from torch.nn import functional as F

from helpers.drawing.picture import Fact
from helpers.drawing.sheet import Line, Text
from helpers.pictures.training import loss_in_words, power_of_ten, training

SOBEL = torch.tensor([[[[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])


def course(target=SOBEL, steps=30, rows=16):
    """Weights and losses of a training whose pages have so many different rows."""
    torch.manual_seed(0)
    weight, weights, losses = torch.zeros_like(target, requires_grad=True), [], []
    for _ in range(steps + 1):
        page = torch.randn(1, 1, rows, 16).expand(1, 1, 16, 16)
        loss = F.mse_loss(F.conv2d(page, weight), F.conv2d(page, target))
        weights.append(weight.detach().clone())
        losses.append(loss.item())
        gradient, = torch.autograd.grad(loss, weight)
        weight = (weight - 0.1 * gradient).detach().requires_grad_()
    return weights, losses, target


def curve(picture):
    line, = [mark for mark in picture.sheet.marks if isinstance(mark, Line) and len(mark.points) > 4]
    return np.reshape(line.points, (-1, 2))


def found(picture):
    fact, = [part for _, *parts in picture.sentences() for part in parts if isinstance(part, Fact)]
    return fact


def test_each_step_says_its_weights_and_its_loss():
    weights, losses, target = course()
    picture = training(weights, losses, target)
    assert len(picture) == 31
    assert picture.says().splitlines() == [
        "step: 0 of 30", "weight: 3 × 3, 0 0 0 / 0 0 0 / 0 0 0",
        "wanted: −1 0 1 / −2 0 2 / −1 0 1, largest difference 2", f"loss: {losses[0]:.2f}", "found in the end: yes"]
    assert said(picture, "loss") == list(map(loss_in_words, losses))
    assert list(faults(picture)) == []


def test_the_curve_falls_as_the_losses_do():
    weights, losses, target = course()
    x, y = curve(training(weights, losses, target)).T
    assert np.diff(x) == pytest.approx(np.full(30, x[1] - x[0]))
    slope = np.diff(y) / np.diff(np.log10(losses))  # as many pixels for each power of ten
    assert slope == pytest.approx(np.full(30, slope[0]))
    assert slope[0] < 0


def test_a_mark_walks_along_the_curve():
    picture = training(*course())
    for step, (x, y) in enumerate(curve(picture)):
        dot = picture.moves(step).marks[-2]
        assert np.mean(np.reshape(dot.points, (-1, 2)), axis=0) == pytest.approx([x, y])
        assert [mark.string for mark in picture.moves(step).marks if isinstance(mark, Text)][-1].startswith("loss ")


@pytest.mark.parametrize(("rows", "answer"), [(16, "yes"), (1, "no")])
def test_what_the_training_finds_is_a_choice_to_guess(rows, answer):
    fact = found(training(*course(rows=rows)))
    assert (fact, fact.choices) == (answer, ("yes", "no"))


def test_no_loss_and_one_step_are_drawn_too():
    none = training([SOBEL, SOBEL], [0, 0], SOBEL)
    assert said(none, "loss") == ["less than 0.000001"] * 2
    assert list(faults(none)) == []
    assert list(faults(training([[[1]]], [5e7], [[1000]]))) == []


@pytest.mark.parametrize(("value", "text"), [
    (12.345, "12.35"), (0.1, "0.1"), (0.0274, "0.027"), (0.000012, "0.000012"), (9e-7, "less than 0.000001")])
def test_a_loss_has_two_digits_however_small(value, text):
    assert loss_in_words(value) == text


def test_a_scale_has_powers_of_ten():
    assert list(map(power_of_ten, (-3, 0, 2))) == ["0.001", "1", "100"]


@pytest.mark.parametrize(("weights", "losses", "message"), [
    ([SOBEL], [1, 2], "1 weights, but 2 losses"), ([SOBEL[..., :2]], [1], "cannot become")])
def test_what_does_not_belong_together_is_told(weights, losses, message):
    with pytest.raises(ValueError, match=message):
        training(weights, losses, SOBEL)

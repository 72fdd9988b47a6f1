"""reveal shows an answer on a click; check says where a student's function first differs from torch."""
import pytest
import torch
import torch.nn.functional as F

from helpers import practice
from helpers.practice import check, reveal

X = torch.tensor([[[[1.0, 2, 3], [4, 5, 6]]]])
SETTINGS = [(X, 1), (X, 2)]  # (input, kernel)


def test_reveal_hides_the_answer_until_a_click_and_says_it_without_a_browser(monkeypatch):
    shown = []
    monkeypatch.setattr(practice, "display", lambda data, raw: shown.append(data))
    reveal("Is 2 < 3?", True, "2 & 3 are counted.")
    assert shown == [{
        "text/html": "<details><summary><b>Is 2 &lt; 3?</b></summary><p>True. 2 &amp; 3 are counted.</p></details>",
        "text/plain": "Is 2 < 3? True. 2 & 3 are counted.",
    }]


def says(function, capsys, settings=SETTINGS):
    assert check(function, lambda x, kernel: F.max_pool2d(x, kernel), settings) is None
    return capsys.readouterr().out


def test_a_right_function_is_the_same_as_torch_in_all_settings(capsys):
    def pool(x, kernel):
        return x.unfold(2, kernel, kernel).unfold(3, kernel, kernel).amax((4, 5))

    assert says(pool, capsys) == "pool: ✓ the same as torch in all 2 settings.\n"


@pytest.mark.parametrize("rounded", [lambda y: y + 1e-6, lambda y: y.double(), lambda y: y.int(),
                                     lambda y: y.requires_grad_()])
def test_neither_rounding_nor_the_kind_of_number_counts(rounded, capsys):
    assert "✓" in says(lambda x, kernel: rounded(F.max_pool2d(x, kernel)), capsys)


@pytest.mark.parametrize("answer", [None, ...])
def test_an_untouched_exercise_is_not_done_yet(answer, capsys):
    def pool(x, kernel):
        return answer

    assert says(pool, capsys) == "pool: not done yet. Replace the three dots and run the cell again.\n"


def test_a_function_that_stops_is_told_with_its_error_and_its_setting(capsys):
    def pool(x, kernel):
        return F.max_pool2d(x, kernel) if kernel == 1 else undefined  # noqa: F821

    assert says(pool, capsys) == ("This stops with NameError: name 'undefined' is not defined, "
                                  "first for (input of shape (1, 1, 2, 3), 2).\n")


@pytest.mark.parametrize(("answer", "kind"), [(3.0, "float"), ([1, 2], "list"), ("max", "str"), ((X,), "tuple")])
def test_an_answer_that_is_no_tensor_is_told(answer, kind, capsys):
    assert says(lambda x, kernel: answer, capsys).startswith(
        f"This gives {kind}, but torch gives a tensor, first for (input of shape (1, 1, 2, 3), 1).")


@pytest.mark.parametrize(("wrong", "yours"), [
    (lambda y: y + 1, "tensor([[[[6.]]]])"),
    (lambda y: y[0], "tensor([[[5.]]])"),  # right numbers, one axis short
    (lambda y: torch.full_like(y, torch.nan), "tensor([[[[nan]]]])"),
    (lambda y: y.expand(1, 1, 1, 2), "tensor([[[[5., 5.]]]])"),
])
def test_wrong_values_and_wrong_shapes_are_shown_beside_torch_s(wrong, yours, capsys):
    def pool(x, kernel):
        y = F.max_pool2d(x, kernel)
        return y if kernel == 1 else wrong(y)

    assert says(pool, capsys).splitlines() == [
        "This differs from torch, first for (input of shape (1, 1, 2, 3), 2).",
        "yours", yours, "torch", "tensor([[[[5.]]]])",  # the largest of 1, 2, 4 and 5
    ]


def test_minus_infinity_where_torch_has_it_is_right(capsys):
    settings = [(torch.full((1, 1, 2, 2), -torch.inf), 2)]
    assert "✓" in says(lambda x, kernel: x[..., :1, :1], capsys, settings)


def test_a_function_that_writes_on_its_input_spoils_neither_torch_s_answer_nor_the_notebook_s_data(capsys):
    data = X.clone()
    check(lambda x: x.mul_(2), lambda x: 2 * x, [(data,)])
    assert "✓" in capsys.readouterr().out
    assert torch.equal(data, X)

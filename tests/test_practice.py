"""quiz shows questions and opens answers; check says where a student's function first differs from torch."""
import pytest
import torch
import torch.nn.functional as F

from helpers import practice
from helpers.practice import check, quiz

X = torch.tensor([[[[1.0, 2, 3], [4, 5, 6]]]])
SETTINGS = [(X, 1), (X, 2)]  # (input, kernel)
NUMERIC = """
[[question]]
ask = "How many?"
answer = 12832
why = "By counting."
"""
CHOICE = """
[[question]]
ask = "Is 2 < `x & 3`?"
[[question.choices]]
text = "<b>"
why = 'That is <c>.'
[[question.choices]]
text = "`y`"
why = "It is."
right = true
"""


def shown(text, folder, monkeypatch):
    """What quiz displays of a file with this text."""
    (folder / "questions.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder)
    displayed = []
    monkeypatch.setattr(practice, "display", lambda data, raw: displayed.append(data))
    quiz("questions.toml")
    bundle, = displayed
    return bundle


def test_an_answer_opens_on_a_click(tmp_path, monkeypatch):
    assert shown(NUMERIC + CHOICE, tmp_path, monkeypatch)["text/html"] == (
        '<style>.jp-OutputArea-child:has(.quiz) + .jp-OutputArea-child:not(:has(.quizzed)) { display: none; }</style>\n'
        '<ol class="quiz">\n<li style="margin-bottom: 12px"><b>How many?</b>'
        "<details><summary>Answer</summary><b>12,832</b>. By counting.</details></li>\n"
        '<li style="margin-bottom: 12px"><b>Is 2 &lt; <code>x &amp; 3</code>?</b><ol type="A">'
        "<li><details><summary>&lt;b&gt;</summary><b>No</b>. That is &lt;c&gt;.</details></li>"
        "<li><details><summary><code>y</code></summary><b>Yes</b>. It is.</details></li></ol></li>\n</ol>")


def test_without_a_browser_all_is_asked_before_anything_is_answered(tmp_path, monkeypatch):
    assert shown(NUMERIC + CHOICE, tmp_path, monkeypatch)["text/plain"].splitlines() == [
        "1. How many?", "2. Is 2 < `x & 3`?", "   A) <b>", "   B) `y`", "",
        "Answers", "1: 12,832. By counting.", "2A: No. That is <c>.", "2B: Yes. It is."]


@pytest.mark.parametrize(("answer", "says"), [("8.5", "8.5"), ('"2 × 3"', "2 × 3"), ("1312", "1,312"), ("-2", "-2")])
def test_an_answer_is_a_number_or_a_text(answer, says, tmp_path, monkeypatch):
    text = NUMERIC.replace("12832", answer)
    assert f"1: {says}. By counting." in shown(text, tmp_path, monkeypatch)["text/plain"]


def test_a_missing_file_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"^questions/01.toml cannot be read: No such file or directory\.$"):
        quiz("questions/01.toml")


@pytest.mark.parametrize(("text", "fault"), [
    ("ask = ", " is no TOML: Invalid value (at end of document)."),
    ("", " has no questions: each begins with a line [[question]]."),
    (NUMERIC.replace("[[question]]", "[question]"), " has no questions: each begins with a line [[question]]."),
    (CHOICE + NUMERIC.replace("why", "reason"), ", question 2 needs ask, answer and why, or ask and choices."),
    (NUMERIC.replace("ask", "question"), ", question 1 needs ask, answer and why, or ask and choices."),
    (NUMERIC.replace("12832", "[12832]"), ", question 1 needs ask, answer and why, or ask and choices."),
    ('[[question]]\nask = "?"\nchoices = "ab"', ", question 1 needs ask, answer and why, or ask and choices."),
    ('[[question]]\nask = "?"\nchoices = ["a", "b"]', ", question 1: each of the choices needs text and why."),
    (NUMERIC + CHOICE.replace("why", "reason", 1), ", question 2: each of the choices needs text and why."),
    (CHOICE.replace("true", "false"), ", question 1: one of the choices must have right = true, and only one."),
    (CHOICE.replace("That is <c>.'", "'\nright = true"),
     ", question 1: one of the choices must have right = true, and only one."),
])
def test_an_ill_formed_file_is_told_in_one_sentence(text, fault, tmp_path, monkeypatch):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        shown(text, tmp_path, monkeypatch)
    assert str(error.value) == "questions.toml" + fault


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


@pytest.mark.parametrize(("answer", "kind"), [("max", "str"), ((X, 1), "tuple"), ({}, "dict")])
def test_an_answer_that_is_no_tensor_is_told(answer, kind, capsys):
    assert says(lambda x, kernel: answer, capsys).startswith(
        f"This gives {kind}, but torch gives a tensor, first for (input of shape (1, 1, 2, 3), 1).")


@pytest.mark.parametrize(("wrong", "fault"), [
    (lambda y: y + 1, "differs from torch in 1 of 1 numbers (at [0, 0, 0, 0] yours is 6, torch's 5)"),
    (lambda y: torch.full_like(y, torch.nan),
     "differs from torch in 1 of 1 numbers (at [0, 0, 0, 0] yours is nan, torch's 5)"),
    (lambda y: y.expand(1, 1, 1, 2), "has the shape (1, 1, 1, 2), but torch's is (1, 1, 1, 1)"),
])
def test_a_wrong_answer_is_told_by_its_shape_and_the_first_place_that_differs(wrong, fault, capsys):
    def pool(x, kernel):
        y = F.max_pool2d(x, kernel)  # of the second setting the largest of 1, 2, 4 and 5
        return y if kernel == 1 else wrong(y)

    assert says(pool, capsys) == f"This {fault}, first for (input of shape (1, 1, 2, 3), 2).\n"


@pytest.mark.parametrize("like", [lambda y: y[0], lambda y: y.squeeze(), lambda y: y.numpy(), lambda y: y.tolist()])
def test_what_is_rightly_returned_in_another_form_is_right(like, capsys):
    assert "✓" in says(lambda x, kernel: like(F.max_pool2d(x, kernel)), capsys)


def test_a_number_is_right_where_one_is_asked_for(capsys):
    check(lambda x: 21, lambda x: x.sum(), [(X,)])
    assert "✓" in capsys.readouterr().out


def test_minus_infinity_where_torch_has_it_is_right(capsys):
    settings = [(torch.full((1, 1, 2, 2), -torch.inf), 2)]
    assert "✓" in says(lambda x, kernel: x[..., :1, :1], capsys, settings)


def test_a_function_that_writes_on_its_input_spoils_neither_torch_s_answer_nor_the_notebook_s_data(capsys):
    data = X.clone()
    check(lambda x: x.mul_(2), lambda x: 2 * x, [(data,)])
    assert "✓" in capsys.readouterr().out
    assert torch.equal(data, X)


def test_on_a_page_of_voila_an_exercise_says_where_it_can_be_done(monkeypatch, capsys):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    assert says(lambda x, kernel: ..., capsys).endswith("only the page: open it in JupyterLab.\n")


def test_a_tolerance_is_told_to_the_page(tmp_path, monkeypatch):
    assert '<li style="margin-bottom: 12px" data-within="0.1">' in shown(
        f"{NUMERIC}within = 0.1\n", tmp_path, monkeypatch)["text/html"]

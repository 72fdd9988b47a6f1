"""Check yourself: predict an answer and open it, or write a function and check it beside torch."""
import os
import re
import tomllib
from copy import deepcopy
from html import escape
from pathlib import Path
from string import ascii_uppercase

from IPython.display import display

from helpers.live.quiz import Quiz
from helpers.live.still import hidden_unless, show

HERE_TO_DO = "Replace the three dots and run the cell again."
ONLY_A_PAGE = "It is done in the notebook, of which this is only the page: open it in JupyterLab."


def quiz(path):
    """Show a file of questions: the first answer to each counts, and then its reason opens.

    Where no browser runs our script, as on GitHub, the answers open on a click.

    path: seen from the notebook, such as "questions/01_pooling.toml". In it a question has `ask`, `answer` and `why`,
    or `ask` and `choices`, each with `text` and `why`, one with `right = true`. What stands in `backquotes` is code.
    `within`: by how much a number may differ from the answer. `read`: which section tells it.
    Its `torch` is only for a test, which compares the value of that expression with the answer.
    Raises ValueError, which names the file and the question, if something of this is missing.
    """
    questions = _questions(path)
    items = [_item(*question) for question in questions]
    display({"text/html": "\n".join([hidden_unless("quizzed", after="quiz"), '<ol class="quiz">', *items, "</ol>"]),
             "text/plain": _plain(questions)}, raw=True)
    show(Quiz())


def _questions(path):
    """[(what is asked, its doors, what else it has)]. On a door stands a text, behind it are verdict and reason."""
    try:
        questions = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("question")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise ValueError(f"{path} is no TOML: {error}.") from None
    if not isinstance(questions, list):
        raise ValueError(f"{path} has no questions: each begins with a line [[question]].")
    return [_parts(question, f"{path}, question {number}") for number, question in enumerate(questions, 1)]


def _parts(question, where):
    data = {name: question[name] for name in ("within", "read") if name in question}
    match question:
        case {"ask": str(ask), "choices": [*choices]}:
            doors = [_choice(choice, where) for choice in choices]
            if [choice.get("right") for choice in choices].count(True) != 1:
                raise ValueError(f"{where}: one of the choices must have right = true, and only one.")
            return ask, doors, data
        case {"ask": str(ask), "answer": int() | float() | str() as answer, "why": str(why)}:
            answer = answer if isinstance(answer, str) else f"{answer:,}"
            return ask, [("Answer", answer, why)], data
    raise ValueError(f"{where} needs ask, answer and why, or ask and choices.")


def _choice(choice, where):
    match choice:
        case {"text": str(text), "why": str(why)}:
            return text, "Yes" if choice.get("right") is True else "No", why
    raise ValueError(f"{where}: each of the choices needs text and why.")


def _item(ask, doors, data):
    told = "".join(f' data-{name}="{escape(str(value))}"' for name, value in data.items())
    return f'<li style="margin-bottom: 12px"{told}><b>{_marked(ask)}</b>{_html(doors)}</li>'


def _html(doors):
    closed = [f"<details><summary>{_marked(front)}</summary><b>{_marked(verdict)}</b>. {_marked(why)}</details>"
              for front, verdict, why in doors]
    if len(closed) == 1:
        return closed[0]
    return f'<ol type="A">{"".join(f"<li>{door}</li>" for door in closed)}</ol>'


def _marked(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _plain(questions):
    """All questions first, then all answers, so that there is still something to predict."""
    asked, answers = [], ["", "Answers"]
    for number, (ask, doors, _) in enumerate(questions, 1):
        asked += [f"{number}. {ask}"]
        for letter, (front, verdict, why) in zip(ascii_uppercase if len(doors) > 1 else [""], doors, strict=False):
            asked += [f"   {letter}) {front}"] * bool(letter)
            answers += [f"{number}{letter}: {verdict}. {why}"]
    return "\n".join(asked + answers)


def check(function, reference, settings):
    """Run a student's function and torch's beside each other and say where they first differ.

    settings: a list of argument tuples for both. A function that returns None, or ..., is "not done yet". A number, a
    list or an array does as well as a tensor, and axes of size 1 may be missing or added.
    Returns nothing and never raises for what the student's function does.
    """
    import torch

    for arguments in settings:
        own = [a.detach().clone() if isinstance(a, torch.Tensor) else deepcopy(a) for a in arguments]
        try:
            mine = function(*own)  # what it does in place stays its own affair
        except Exception as error:
            return _say(f"stops with {type(error).__name__}: {error}", arguments)
        if mine is None or mine is ...:
            return print(f"{function.__name__}: not done yet. {_where()}")
        if fault := _fault(mine, reference(*arguments)):
            return _say(fault, arguments)
    print(f"{function.__name__}: ✓ the same as torch in all {len(settings)} settings.")


def _fault(mine, theirs):
    """What is wrong with an answer, as a part of a sentence; nothing if it is right."""
    import torch

    try:
        answer = torch.as_tensor(mine).detach()
    except (TypeError, ValueError, RuntimeError):
        return f"gives {type(mine).__name__}, but torch gives a tensor"
    if answer.squeeze().shape != theirs.squeeze().shape:
        return f"has the shape {tuple(answer.shape)}, but torch's is {tuple(theirs.shape)}"
    answer, theirs = answer.reshape(theirs.shape).float(), theirs.float()
    wrong = (~torch.isclose(answer, theirs, atol=1e-5)).nonzero().tolist()
    if wrong:
        at = tuple(wrong[0])
        return (f"differs from torch in {len(wrong)} of {theirs.numel()} numbers "
                f"(at {wrong[0]} yours is {answer[at]:g}, torch's {theirs[at]:g})")


def _where():
    """What to do, which a page of Voila has no cell for."""
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
        return ONLY_A_PAGE
    return HERE_TO_DO


def _say(what, arguments):
    import torch

    inputs = [f"input of shape {tuple(a.shape)}" if isinstance(a, torch.Tensor) else str(a) for a in arguments]
    print(f"This {what}, first for ({', '.join(inputs)}).")

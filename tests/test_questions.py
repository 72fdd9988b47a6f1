"""The questions of all chapters: their form, and their answers against torch."""
import re
import tomllib
from numbers import Number

import pytest
import refresh
import torch
from torch import nn
from torch.nn import functional as F

from helpers import practice

FILES = sorted((refresh.ROOT / "notebooks" / "questions").glob("*.toml"))
CHAPTERS = {file: tomllib.loads(file.read_text(encoding="utf-8"))["question"] for file in FILES}
every_file = pytest.mark.parametrize("file", [pytest.param(file, id=file.stem) for file in FILES])
every_question = pytest.mark.parametrize("question", [
    pytest.param(question, id=f"{file.stem}-{number}")
    for file, questions in CHAPTERS.items() for number, question in enumerate(questions, 1)])
every_choice = pytest.mark.parametrize("question", [
    pytest.param(question, id=f"{file.stem}-{number}")
    for file, questions in CHAPTERS.items() for number, question in enumerate(questions, 1) if "choices" in question])


def value(expression):
    """What torch says, written as an answer would be."""
    found = eval(f"({expression})", {"torch": torch, "nn": nn, "F": F})
    if isinstance(found, torch.Size):
        return " × ".join(map(str, found))
    return found.item() if isinstance(found, torch.Tensor) else found


@every_file
def test_a_chapter_asks_three_to_five_questions_of_both_kinds(file):
    assert len(CHAPTERS[file]) in (3, 4, 5)
    assert any("choices" in question for question in CHAPTERS[file])
    assert any(isinstance(question.get("answer"), Number) for question in CHAPTERS[file])


@every_file
def test_a_chapter_can_show_its_questions(file, monkeypatch):
    shown = []
    monkeypatch.setattr(practice, "display", lambda data, raw: shown.append(data))
    practice.quiz(file)
    assert all(question["ask"] in shown[0]["text/plain"] for question in CHAPTERS[file])


@every_file
def test_each_names_a_section_to_read_again(file):
    cells = refresh.read(file.parent.parent / f"{file.stem}.ipynb").cells
    headings = re.findall(r"^## (.*)", "\n".join(cell.source for cell in cells), re.MULTILINE)
    assert [question.get("read") for question in CHAPTERS[file] if question.get("read") not in headings] == []


@every_question
def test_its_answer_is_torch_s(question):
    torch.manual_seed(0)
    if "choices" not in question:
        assert value(question["torch"]) == question["answer"]
    elif "torch" in question:
        assert value(question["torch"]) is True


@every_question
def test_it_has_no_words_that_nobody_reads(question):
    kinds = {"ask", "torch", "read", "answer", "why", "within"}, {"ask", "torch", "read", "choices"}
    assert any(set(question) <= kind for kind in kinds)
    assert all(set(choice) <= {"text", "why", "right"} for choice in question.get("choices", []))
    assert question["ask"].endswith(("?", "."))


@every_choice
def test_one_choice_is_right_and_each_has_its_reason(question):
    choices = question["choices"]
    assert [choice.get("right", False) for choice in choices].count(True) == 1
    assert len({choice["text"] for choice in choices}) == len(choices) >= 3
    assert len({choice["why"] for choice in choices}) == len(choices)
    assert all(choice["why"].endswith(".") for choice in choices)

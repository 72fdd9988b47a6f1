"""What makes the questions of an output commit, as long as there is a browser; without it they are what they were."""
from pathlib import Path

import anywidget

from helpers.live import module


class Quiz(anywidget.AnyWidget):
    """Shown after a list of class "quiz". It keeps nothing: after a reload all questions are open again."""

    _esm = module("quiz.js")
    _css = Path(__file__).with_name("quiz.css")

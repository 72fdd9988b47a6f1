"""Check yourself: predict an answer and reveal it, or write a function and check it beside torch."""
from copy import deepcopy
from html import escape

from IPython.display import display


def reveal(question, answer, why):
    """Show a question whose answer opens on a click or the Enter key, with or without a kernel.

    answer: whatever the cell computed, so that it cannot go stale    why: one sentence
    """
    html = (f"<details><summary><b>{escape(question)}</b></summary>"
            f"<p>{escape(str(answer))}. {escape(why)}</p></details>")
    display({"text/html": html, "text/plain": f"{question} {answer}. {why}"}, raw=True)


def check(function, reference, settings):
    """Run a student's function and torch's beside each other and say where they first differ.

    settings: a list of argument tuples for both. A function that returns None, or ..., is "not done yet".
    Returns nothing and never raises for what the student's function does.
    """
    import torch

    for arguments in settings:
        own = [a.detach().clone() if isinstance(a, torch.Tensor) else deepcopy(a) for a in arguments]
        try:
            mine = function(*own)  # what it does in place stays its own affair
        except Exception as error:
            return _say(f"stops with {type(error).__name__}: {error}", arguments)
        theirs = reference(*arguments)
        if mine is None or mine is ...:
            return print(f"{function.__name__}: not done yet. Replace the three dots and run the cell again.")
        if not isinstance(mine, torch.Tensor):
            return _say(f"gives {type(mine).__name__}, but torch gives a tensor", arguments)
        if mine.shape != theirs.shape or not torch.allclose(mine.float(), theirs.float(), atol=1e-5):
            return _say("differs from torch", arguments, f"yours\n{mine}\ntorch\n{theirs}")
    print(f"{function.__name__}: ✓ the same as torch in all {len(settings)} settings.")


def _say(what, arguments, values=""):
    import torch

    inputs = [f"input of shape {tuple(a.shape)}" if isinstance(a, torch.Tensor) else str(a) for a in arguments]
    print(f"This {what}, first for ({', '.join(inputs)}).", values, sep="\n" if values else "")

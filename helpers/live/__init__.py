"""What the browser gets: the module that draws a scene, walks it and answers to the hand, and the widgets round it."""
import re
from pathlib import Path


def module(*names):
    """Files, seen from this folder, as one ES module, without the comments and the indentation that only we read."""
    text = "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names)
    return re.sub(r"^\s*(//.*)?\n|^ +", "", text, flags=re.MULTILINE)

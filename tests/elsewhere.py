"""Do the lessons hold with other versions of what they stand on? Run by a Python that has them.

    python3 -m venv .venv-colab && .venv-colab/bin/pip install -r tests/colab.txt
    .venv-colab/bin/python tests/elsewhere.py                   every notebook
    .venv-colab/bin/python tests/elsewhere.py 02_conv2d         this one

Runs every cell of a notebook in a kernel, then moves every control of every demo to its ends, asks for the whole walk,
and presses every preset. Ends with the first error.
"""
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
MOVES = """
def _ends(control):
    if hasattr(control, "options"):
        return list(control.options.values() if isinstance(control.options, dict) else control.options)
    return [control.min, control.max] if hasattr(control, "max") else []

def _works(demo):
    assert demo.view.trouble != "error", demo.view.words
    part = demo.view._film.more(1, seconds=60)
    return len(part["shots"]) + 1 == len(demo.picture) + demo.picture.asides

_demos = {id(each.demo): each.demo for each in list(globals().values()) if hasattr(each, "demo")}
for _demo in _demos.values():
    for _control in _demo.controls.values():
        _start = _control.value
        for _value in [*_ends(_control), _start]:
            _control.value = _value[1] if isinstance(_value, tuple) and isinstance(_value[0], str) else _value
            assert _works(_demo)
    for _preset in _demo.presets:
        _demo.preset.value = _preset
        assert _works(_demo) and _demo.view.trouble == ""
    _demo.view.rests = f"{_demo.view.number} 0"
print(len(_demos), "demos")
"""


def check(path):
    """How many demos of the notebook have been moved, as its last cell prints it."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(MOVES))
    client = NotebookClient(notebook, kernel_name="python3", timeout=600, resources={"metadata": {"path": path.parent}})
    client.execute()
    return notebook.cells[-1].outputs[0].text.strip()


if __name__ == "__main__":
    for path in [NOTEBOOKS / f"{name}.ipynb" for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb")):
        print(path.stem, check(path), flush=True)

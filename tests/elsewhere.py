"""Do the lessons hold with other versions of what they stand on? Run by a Python that has them.

    python3 -m venv .venv-colab && .venv-colab/bin/pip install -r tests/colab.txt
    .venv-colab/bin/python tests/elsewhere.py                   every notebook
    .venv-colab/bin/python tests/elsewhere.py 02_conv2d         this one

Runs every cell of a notebook in a kernel, looks at its memory, then moves every control of every demo to its ends, asks
for the whole walk, and presses every preset. The last notebook is then run once more with nothing beside it, as Colab
does, which fetches this repository as it was last committed. Ends with the first error.
"""
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).resolve().parents[1]
MOVES = """
import psutil

_used = psutil.Process().memory_info().rss / 1e6
assert _used < 450, f"{_used:.0f} MB"  # Binder lends one or two GB for all that somebody opens

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
print(len(_demos), f"demos, {_used:.0f} MB")
"""
COLAB = """
import sys
from types import ModuleType

sys.modules["google.colab"] = ModuleType("google.colab")
"""


def check(path, folder=ROOT / "notebooks", before="", **environment):
    """How many demos of the notebook have been moved, and its memory before, as its last cell prints it.

    folder: where the kernel starts    before: a cell that goes ahead
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [new_code_cell(before), *notebook.cells, new_code_cell(MOVES)]
    client = NotebookClient(notebook, kernel_name="python3", timeout=600, resources={"metadata": {"path": folder}})
    client.execute(env=lent() | {"PYTHONPATH": str(ROOT)} | environment)
    return notebook.cells[-1].outputs[0].text.strip()


def lent():
    """The environment that Binder starts a kernel in."""
    lines = subprocess.check_output([ROOT / "binder/start", "env", "--null"], text=True)
    return dict(line.split("=", 1) for line in lines.split("\0") if line)


def check_alone(path):
    """The same with nothing beside the notebook, in a home of its own, where its address is that of this folder."""
    address = re.search(r"git clone (\S+)", path.read_text(encoding="utf-8"))[1]
    here = {"COUNT": "1", "KEY_0": f"url.{ROOT.as_uri()}.insteadOf", "VALUE_0": address}
    with TemporaryDirectory() as home:
        return check(path, home, COLAB, HOME=home, PATH=f"{sys.prefix}/bin:{os.environ['PATH']}", PYTHONPATH="",
                     **{f"GIT_CONFIG_{name}": value for name, value in here.items()})


if __name__ == "__main__":
    paths = [ROOT / f"notebooks/{name}.ipynb" for name in sys.argv[1:]] or sorted(ROOT.glob("notebooks/*.ipynb"))
    for path in paths:
        print(path.stem, check(path), flush=True)
    print(paths[-1].stem, check_alone(paths[-1]), "alone, as in Colab")

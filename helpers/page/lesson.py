"""The notebooks, and what they define: run in this process, so that their functions can be asked for any setting."""
import ast
from contextlib import chdir, redirect_stdout
from io import StringIO
from unittest.mock import patch

import nbformat

from helpers.page.address import ROOT


def paths():
    """Every notebook, in the order of the chapters."""
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path):
    """The notebook of a file."""
    return nbformat.read(path, as_version=4)


def title(notebook):
    """Text of the first heading."""
    return _line(notebook, "# ")


def promise(notebook):
    """What a reader can do after it."""
    return _line(notebook, "After it: ")


def _line(notebook, start):
    first = notebook.cells[0].source.splitlines()
    return next(line.removeprefix(start).strip() for line in first if line.startswith(start))


def demos(cell):
    """Names of the functions that a code cell decorates with @explore."""
    return [node.name for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef)
            and any(ast.unparse(decorator).startswith("explore(") for decorator in node.decorator_list)]


def run_cells(path, namespace, after=lambda namespace: None):
    """Run every code cell of a notebook in this process, beside its files; what it displays and prints is dropped.

    after: what to do with the namespace after each cell

    No demo is drawn for readers without a kernel, which takes most of the time and is saved in the notebook anyway.
    """
    undrawn = patch("helpers.drawing.picture.Picture.png", lambda picture, step=None: b"\x89PNG")
    with chdir(path.parent), redirect_stdout(StringIO()), undrawn:
        for cell in read(path).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{path.stem}, cell {cell.id}", "exec"), namespace)
                after(namespace)
    return namespace

"""Every test that asks for a `notebook` gets each of them; `run` gives what its cells define."""
import functools
import os
from contextlib import chdir, redirect_stdout
from io import StringIO

import pytest
import refresh

os.environ.setdefault("MPLBACKEND", "agg")


def pytest_generate_tests(metafunc):
    if "notebook" in metafunc.fixturenames:
        paths = refresh.paths()
        metafunc.parametrize("notebook", paths, ids=[path.stem for path in paths], scope="module")


def run_cells(path, namespace):
    """Run every code cell of a notebook in this process, beside its files; what it displays and prints is dropped."""
    with chdir(path.parent), redirect_stdout(StringIO()):
        for cell in refresh.read(path).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{path.stem}, cell {cell.id}", "exec"), namespace)
    return namespace


@pytest.fixture(scope="session")
def run():
    """run(path) → the namespace of the notebook after its last cell, which all tests share."""
    return functools.cache(lambda path: run_cells(path, {"__name__": "__main__"}))

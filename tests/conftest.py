"""Every test that asks for a `notebook` gets each of them; `run` gives what its cells define."""
import functools
import os
import shutil
from contextlib import chdir, redirect_stdout
from io import StringIO

import pytest
import refresh
from playwright.sync_api import sync_playwright

os.environ.setdefault("MPLBACKEND", "agg")

# A sandbox needs rights that root and a container lack; the only page visited is our own
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


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


def chromium():
    found = map(shutil.which, [os.environ.get("CHROMIUM") or "chromium", "/usr/bin/chromium", "google-chrome"])
    return next(filter(None, found), None)


@pytest.fixture(scope="session")
def browser():
    """Chromium: what CHROMIUM names, or chromium or google-chrome on the path.

    Without one its tests are skipped, except where CI is set: there they fail.
    """
    if chromium() is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("no Chromium here: install chromium, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)

"""Every test that asks for a `notebook` gets each of them; `run` gives what its cells define.

Tests are shared out among workers by what they have in common: those about one notebook go together, which is run once.
"""
import functools
import os
import re
import shutil
import time
from collections import Counter
from contextlib import ExitStack

import pytest
import refresh
from decoded import send
from lab import PATIENCE, jupyterlab
from playwright.sync_api import sync_playwright
from xdist.scheduler import LoadScopeScheduling

from helpers.page.lesson import run_cells

pytest.register_assert_rewrite("hand")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # here and in kernels: threads for small sums cost more than they save

# Chapters that together have every kind of control and cell (to the hand a FloatSlider is an IntSlider); what depends
# on no chapter is tried in these
FEW = "00", "03", "10"

# A sandbox needs rights that root and a container lack; the only page visited is our own
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


def pytest_addoption(parser):
    parser.addoption("--whole", action="store_true", help="try in every chapter what depends on none, too")


def pytest_configure(config):
    config.addinivalue_line("markers", f"alike: depends on no chapter, and so is tried in {', '.join(FEW)}, "
                                       "in those that -k asks for, or with --whole in all")


def pytest_xdist_auto_num_workers(config):
    """Workers for a folder or more; some files are run sooner than workers have started."""
    return min(os.cpu_count(), 4) if any(map(os.path.isdir, config.args)) else 0


class InPieces(LoadScopeScheduling):
    """Hands out the pieces in the order of their tests; of one chapter that -k asks for, file by file."""

    def _split_scope(self, nodeid):
        return nodeid.partition("::")[0] if self.config.option.keyword else piece(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return InPieces(config, log)


def piece(nodeid):
    """What one worker does in one go: the number of a notebook that tests are about, or else their file."""
    about = re.search(r"/(\d\d)_", nodeid) or re.search(r"\[(\d\d)_", nodeid)
    return about[1] if about else nodeid.partition("::")[0]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Notebook by notebook, and then the other files, large ones first, so that all workers end at the same time."""
    if not (config.option.whole or config.option.keyword):
        spared = [item for item in items if item.get_closest_marker("alike") and piece(item.nodeid) not in FEW]
        config.hook.pytest_deselected(items=spared)
        items[:] = [item for item in items if item not in spared]
    sizes = Counter(piece(item.nodeid) for item in items)

    def order(item):
        part = piece(item.nodeid)
        return (False, 0, part) if part.isdigit() else (True, -sizes[part], part)

    items.sort(key=order)


def pytest_generate_tests(metafunc):
    if "notebook" in metafunc.fixturenames:
        paths = refresh.paths()
        metafunc.parametrize("notebook", paths, ids=[path.stem for path in paths], scope="module")


@pytest.fixture(scope="session")
def run():
    """run(path) → the namespace of the notebook after its last cell, which all tests share.

    Every demo has been played with before the next cell ran, so no cell may need the numbers that a lesson starts with;
    in the end they are back.
    """
    def run(path):
        played = set()

        def play(namespace):
            for demo in {each.demo for each in namespace.values() if hasattr(each, "demo")} - played:
                played.add(demo)
                stack.enter_context(demo.numbers.kept())
                type_into(demo)
                demo.new_numbers.click()

        with ExitStack() as stack:
            namespace = run_cells(path, {"__name__": "__main__"}, play)
        for demo in played:
            demo._update()
        return namespace

    return functools.cache(run)


def type_into(demo, values=(-9, 0.5, 9)):
    """Type numbers into cells of each kind that takes some: the first, one in the middle and the last."""
    for noun in demo.numbers.names:
        cells = [target.name for target in demo.picture.sheet.targets if target.name.startswith(f"{noun}[")]
        for cell, value in zip((cells[0], cells[len(cells) // 2], cells[-1]), values, strict=True) if cells else ():
            send(demo.view, entry=[cell, demo.view.step, value, time.time()])


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


@pytest.fixture(scope="session")
def lab():
    """A JupyterLab on a copy of the notebooks, for it saves what it runs: (address, folder)."""
    with jupyterlab(refresh.ROOT / "notebooks") as place:
        yield place


@pytest.fixture(scope="session")
def visitor(browser, lab):
    """Who has JupyterLab open in a window, and opens one notebook after the other there."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(lab[0].format(""))
    page.wait_for_function("window.jupyterapp", timeout=PATIENCE)
    page.evaluate("async () => { await window.jupyterapp.restored; }")
    return page

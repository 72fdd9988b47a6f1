"""Lectures: the sheet of each chapter, whose settings do what it says, and the chapters as Voila serves them."""
import html
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import refresh
from lab import free_port, wait_for

from helpers.arithmetic import Refused
from helpers.drawing.sheet import Text
from helpers.page.lesson import demos
from helpers.practice import ONLY_A_PAGE

PARTS = ["45 minutes", "What they get wrong", "Skip, and leave for home", "On the board", "To end with"]
SAID = re.compile(r"`(\w+\([^`]*\))`\s+→\s+(`[^`]+`(?:,\s+`[^`]+`(?!\s+→))*)")


@pytest.fixture(scope="module")
def sheet(notebook):
    return (notebook.parent / "teaching" / f"{notebook.stem}.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def plan(sheet):
    """Each row of the plan: its minutes, what, the stage, and what to ask."""
    rows = [line.strip("|").split(" | ") for line in sheet.splitlines() if re.match(r"\| \d", line)]
    assert {len(row) for row in rows} == {4}
    return rows


def test_every_sheet_belongs_to_a_chapter():
    sheets = (refresh.ROOT / "notebooks/teaching").glob("*.md")
    assert {path.stem for path in sheets} == {path.stem for path in refresh.paths()}


def test_a_sheet_is_short_and_made_like_the_others(notebook, sheet):
    assert sheet.startswith(f"# {refresh.title(refresh.read(notebook))}\n")
    assert re.findall(r"^## (.*)", sheet, re.MULTILINE) == PARTS
    assert len(sheet.splitlines()) <= 70


def test_a_lecture_lasts_45_minutes(plan):
    assert sum(int(minutes) for minutes, *_ in plan) == 45


def test_what_is_on_the_stage_stands_in_the_notebook_under_that_heading(notebook, plan):
    under, heading = {}, ""
    for cell in refresh.read(notebook).cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^## (.*)", cell.source, re.MULTILINE) or [heading])[-1]
        under.setdefault(heading, []).extend(demos(cell) if cell.cell_type == "code" else [])
    for _, _, stage, _ in plan:
        for demo, named in re.findall(r"(?:`(\w+)`, )?\*([^*]+)\*", stage):
            found = [names for heading, names in under.items() if heading.startswith(named)]
            assert len(found) == 1, named
            assert not demo or demo in found[0], stage


def test_the_plan_names_controls_choices_and_presets_that_are_there(plan, notebook, run):
    shown = [value.demo for value in run(notebook).values() if hasattr(value, "demo")]
    controls = {name: control for demo in shown for name, control in demo.controls.items()}
    choices = {str(option) for control in controls.values() for option in getattr(control, "options", ())}
    known = {demo.function.__name__ for demo in shown} | {*controls} | choices
    known |= {name for demo in shown for name in demo.numbers.names}
    stages = " ".join(stage for _, _, stage, _ in plan)
    assert {*re.findall(r"`([a-zA-Z]\w*)`", stages)} <= known
    assert {*re.findall(r'preset "(.*?)"', stages)} <= {name for demo in shown for name in demo.presets}


def test_every_setting_shows_what_the_sheet_says(sheet, notebook, run):
    promised = SAID.findall(sheet)
    assert len(promised) == len(re.findall(r"`\s+→", sheet)) > 4
    namespace = run(notebook)
    for call, told in promised:
        seen = on_the_screen(call, namespace)
        assert [part for part in re.findall("`([^`]+)`", told) if part not in seen] == [], call


def on_the_screen(call, namespace):
    """What can be read at the first step and at the last, or the refusal."""
    try:
        picture = eval(call, dict(namespace))
    except Refused as refusal:
        return str(refusal)
    return "\n".join(text for step in (picture.start, len(picture) - 1) for text in
                     [picture.says(step), *(mark.string for mark in picture.scene(step) if isinstance(mark, Text))])


def test_a_lecture_ends_with_a_question_of_the_chapter(notebook, sheet):
    asked = re.findall(r"^Question (\d): (.*)", sheet, re.MULTILINE)
    file = notebook.parent / "questions" / f"{notebook.stem}.toml"
    assert len(asked) == file.exists()
    for number, text in asked:
        questions = re.findall(r'^ask = "(.*)"', file.read_text(encoding="utf-8"), re.MULTILINE)
        assert questions[int(number) - 1] == text


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    """The address of a Voila that serves the chapters as README.md says."""
    port, log = free_port(), tmp_path_factory.mktemp("voila") / "log"
    command = shutil.which("voila", path=Path(sys.executable).parent)
    with log.open("w") as out:
        server = subprocess.Popen([command, "notebooks/", f"--port={port}", "--no-browser"], cwd=refresh.ROOT,
                                  stdout=out, stderr=out)
    try:
        wait_for(f"http://127.0.0.1:{port}/", server, log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(30)


def opened(address):
    with urllib.request.urlopen(address, timeout=300) as page:
        return html.unescape(page.read().decode())


def test_voila_opens_with_the_chapters_by_their_titles(voila):
    links = re.findall('<a href="(.*?)">(.*?)</a>', opened(voila))
    assert links == [(f"/voila/render/{path.name}", refresh.title(refresh.read(path))) for path in refresh.paths()]


def test_a_chapter_in_voila_shows_no_code_but_that_of_its_exercises_and_leads_on(voila):
    before, path, after = refresh.paths()[8:]
    page = opened(f"{voila}voila/render/{path.name}")
    assert "import torch" not in page
    assert page.count('<div class="stub') == page.count(ONLY_A_PAGE) == 2
    links = re.findall('href="([^"]*)"', page)
    assert {before.name, after.name, "/voila/tree/"} <= set(links)

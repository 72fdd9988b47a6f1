"""The start page: its links, commands and glossary, and a self-check that is true where things are missing, too."""
import re
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO

import pytest
import refresh

PAGE = refresh.ROOT / "notebooks" / "00_start_here.ipynb"
CELLS = {cell.id: cell.source for cell in refresh.read(PAGE).cells}
PROSE = "\n\n".join(cell.source for cell in refresh.read(PAGE).cells if cell.cell_type == "markdown")
README = (refresh.ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = re.compile(r"[\u4e00-\u9fff]+")


def rows_of(cell):
    """The rows of a cell's table, each a list of its columns."""
    rows = [[column.strip() for column in line.strip("|").split(" | ")]
            for line in CELLS[cell].splitlines() if line.startswith("|")]
    return rows[2:]


def test_the_badge_leads_here():
    assert f"]({refresh.binder('labpath=', 'notebooks/00_start_here.ipynb')})" in README


def test_the_first_screen_has_the_picture_and_folded_code():
    first, second = [cell for cell in refresh.read(PAGE).cells if cell.cell_type == "code"][:2]
    assert first.metadata.jupyter.source_hidden
    assert second.metadata.jupyter.source_hidden
    assert second.source.startswith("@explore(")


def test_links_to_every_chapter_under_its_title():
    for path in refresh.paths():
        if path != PAGE:
            link = re.search(rf"\[([^]]*)]\({path.name}\)", CELLS["map-notice"])
            assert link, path.name
            assert refresh.title(refresh.read(path)).startswith(link[1].removesuffix("）")), path.name


def test_the_map_names_the_chapters_it_links_to(run):
    names = {name for row in run(PAGE)["places"] for name in row}
    chapters = {re.match(r"\[(\d+) · ", row[0])[1] for row in rows_of("map-notice")}
    assert {name.split(" · ")[0] for name in names} == chapters


def test_the_glossary_is_sorted_and_has_the_term_of_every_chapter():
    rows = rows_of("glossary")
    terms = [row[0] for row in rows]
    assert terms == sorted(terms, key=str.lower)
    assert [row for row in rows if len(row) != 4 or not CHINESE.search(row[1]) or len(row[2]) > 90] == []
    words = "".join(row[1] for row in rows)
    for path in refresh.paths():
        if path != PAGE:
            assert all(term in words for term in CHINESE.findall(refresh.title(refresh.read(path)))), path.stem


def test_gives_the_commands_of_the_readme():
    commands = re.findall(r"```(?:sh|bat)\n.*?```", CELLS["check-help"], re.DOTALL)
    assert len(commands) == 2
    assert [command for command in commands if command not in README] == []


def check(missing=()):
    """What the self-check prints in a Python that cannot import some packages."""
    namespace, hidden = {"__name__": "__main__"}, dict.fromkeys(missing)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        for name in hidden:
            patch.setitem(sys.modules, name, None)
        for cell in ("imports", "check", "check-told"):
            try:
                exec(CELLS[cell], namespace)
            except ImportError:
                assert cell == "imports"
    return printed.getvalue().splitlines()


def test_all_is_well_here():
    lines = check()
    assert [line[:2] for line in lines] == 4 * ["✓ "]


@pytest.mark.parametrize("name", ["torch", "helpers", "ipywidgets", "anywidget"])
def test_what_is_missing_is_told_with_the_way_to_mend_it(name):
    lines = check([name])
    assert [line.split(":")[0] for line in lines if line.startswith("✗")] == [f"✗ {name} does not work"]
    assert sum(line.startswith("✓") for line in lines) == 3
    assert f'  "{sys.executable}" -m pip install -r requirements.txt' in lines


def test_a_wrong_answer_of_torch_is_told(monkeypatch):
    import torch

    monkeypatch.setattr(torch, "conv2d", lambda x, w: x.sum() + 1)
    assert check()[0] == "✗ torch does not work: it runs, but its answer is wrong"


def test_says_all_this_in_a_python_that_has_nothing_installed(tmp_path):
    cells = "\n".join(f"try:\n    exec({CELLS[cell]!r})\nexcept ImportError as error:\n    print('red:', error)"
                      for cell in ("imports", "check", "check-told"))
    bare = subprocess.run([sys.executable, "-I", "-S", "-c", cells], cwd=tmp_path, capture_output=True, text=True,
                          encoding="utf-8", env={"PYTHONUTF8": "1"}, check=True)
    red, *lines = bare.stdout.splitlines()
    assert red == "red: No module named 'torch'"
    assert [line.split(":")[0] for line in lines[:4]] == [
        f"✗ {name} does not work" for name in ("torch", "helpers", "ipywidgets", "anywidget")]
    assert "-m pip install -r requirements.txt" in lines[5]

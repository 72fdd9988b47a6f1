"""The manners of the notebooks: what makes them easy to read, and keeps them true."""
import ast
import re
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO

import pytest
import refresh

CELLS, WORDS = range(30, 46), range(1200, 2201)  # of a chapter, but for what goes further; not of the start page
SLUG = re.compile(r"(?![0-9a-f]{8}(-|$))[a-z0-9]+([-_][a-z0-9]+)*")  # and not the hex that Jupyter makes up
SOLUTION = re.compile(r"<details>\s*<summary>[^<]*solution.*?</details>", re.DOTALL | re.IGNORECASE)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def cells(notebook):
    return refresh.read(notebook).cells


@pytest.fixture
def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


@pytest.fixture
def prose(cells):
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@pytest.fixture
def outputs(code):
    return [output for cell in code for output in cell.outputs]



def test_code_cells_are_short(code):
    own = {cell.id: refresh.FOR_COLAB.sub("", cell.source) for cell in code}
    lengths = {name: len([line for line in source.splitlines() if line.strip()]) for name, source in own.items()}
    assert {name: length for name, length in lengths.items() if length > 16} == {}
    long = {name: length for name, length in lengths.items() if length > 10}
    assert len(long) <= 0.3 * len(lengths), long


def test_code_lines_are_short(code):
    wide = {cell.id: [line for line in cell.source.splitlines() if len(line) > 100] for cell in code}
    assert {name: lines for name, lines in wide.items() if lines} == {}


def test_no_function_hides_in_a_dictionary(code):
    values = [value for cell in code for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Dict)
              for value in node.values]
    assert [ast.unparse(value) for value in values if isinstance(value, ast.Lambda)] == []


def test_code_follows_prose(cells):
    three = zip(cells, cells[1:], cells[2:], strict=False)
    assert [b.id for a, b, c in three if a.cell_type == b.cell_type == c.cell_type == "code"] == []


def test_one_cell_imports(code):
    imports = {cell.id: [node for node in ast.walk(ast.parse(cell.source))
                         if isinstance(node, ast.Import | ast.ImportFrom)] for cell in code}
    assert len([name for name, nodes in imports.items() if nodes]) == 1, imports
    whole = [(getattr(node, "module", ""), alias.name) for nodes in imports.values() for node in nodes
             for alias in node.names]
    assert "*" not in [name for _, name in whole]
    ours = [name for module, name in whole if (module or name).split(".")[0] == "helpers"]
    assert len(ours) <= 6, ours


def test_nothing_is_defined_twice(code):
    statements = [node for cell in code for node in ast.parse(cell.source).body]
    definitions = [node for node in statements if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    times = Counter(node.name for node in definitions)
    assigned = {name.id for node in statements if node not in definitions
                for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
    assert [name for name in times if times[name] > 1 or name in assigned] == []


def test_saved_from_one_run(notebook, code, outputs):
    ran = [cell.execution_count for cell in code if cell.source.strip()]
    assert ran == list(range(1, len(ran) + 1)), "run python tests/refresh.py"
    assert [output for output in outputs if output.output_type == "error"] == []
    assert refresh.read(notebook) == refresh.tidied(refresh.read(notebook)), "run python tests/refresh.py"


def test_names_no_machine(notebook, outputs):
    text = re.sub(r'"image/png": "[^"]*"', "", notebook.read_text(encoding="utf-8"))
    assert re.findall(r".*(?<![\w.])/(?:home|root|tmp|work|Users)/.*", text) == []


def test_ids_are_readable_and_unique(cells):
    ids = [cell.id for cell in cells]
    assert [name for name in ids if not SLUG.fullmatch(name) or ids.count(name) > 1] == []
    assert (ids[0], ids[-1]) == ("title", "next")


# Its picture, its sentences, and itself
STANDS_FOR_A_DEMO = [{"image/png", "text/plain"}, {"text/html", "text/plain"}, {refresh.WIDGET, "text/plain"}]


def test_demos_show_without_a_kernel(code):
    for cell in code:
        if "practice.quiz(" in cell.source:  # which needs no kernel
            continue
        kinds = [set(output.get("data", {})) for output in cell.outputs]
        demos = [kinds[at - 2:at + 1] for at, kind in enumerate(kinds) if refresh.WIDGET in kind]
        assert demos == cell.source.count("@explore(") * [STANDS_FOR_A_DEMO], cell.id


def test_a_demo_asks_what_the_prose_above_it_asks(cells):
    prose = ""
    for cell in cells:
        if cell.cell_type == "markdown":
            prose = " ".join(cell.source.lower().split())
        for node in ast.parse(cell.source).body if "@explore(" in cell.source else []:
            if isinstance(node, ast.FunctionDef) and "explore(" in "".join(map(ast.unparse, node.decorator_list)):
                asked = " ".join((ast.get_docstring(node) or "").lower().split())
                assert asked, cell.id
                assert asked in prose, cell.id


def test_who_has_no_helpers_is_told_what_to_do(code):
    above, = re.findall(r"^(#.*)\nfrom helpers import", "\n".join(cell.source for cell in code), re.MULTILINE)
    assert "README.md" in above


def test_generated_lines_are_up_to_date(notebook):
    notebooks = {path: refresh.read(path) for path in refresh.paths()}
    titles = {path: refresh.title(book) for path, book in notebooks.items()}
    linked = refresh.with_links(notebook, refresh.read(notebook), titles)
    assert linked == notebooks[notebook], "run python tests/refresh.py --links"


def test_links_lead_somewhere(notebook, prose):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", prose, flags=re.DOTALL)
    links = [a or b for a, b in re.findall(r'\]\(([^)\s]+)|(?:src|href)="([^"]+)', text)]
    files = [link.split("#")[0] for link in links if not re.match(r"https?:|mailto:|#", link)]
    assert [file for file in files if not (notebook.parent / file).exists()] == []


def test_title_has_the_chinese_term(cells):
    assert re.search(r"^# .*[\u4e00-\u9fff]", cells[0].source, re.MULTILINE)


def test_is_one_sitting(notebook, cells):
    if notebook.stem.startswith("00"):
        pytest.skip("the start page is no chapter")
    ids = [cell.id for cell in cells]
    further = cells[ids.index("further"):ids.index("fine-print")]
    sitting = [cell for cell in cells if cell not in further]
    assert len(sitting) in CELLS
    prose = " ".join(cell.source for cell in sitting if cell.cell_type == "markdown")
    assert len([word for word in prose.split() if re.search(r"\w", word)]) in WORDS
    assert len(further) <= 16


def test_has_an_exercise_and_a_harder_one(notebook, code, prose):
    if not notebook.stem.startswith("00"):
        assert sum("practice.check(" in cell.source for cell in code) == 2
        assert "**Exercise.**" in prose
        assert "**Exercise, harder.**" in prose


def test_solutions_pass_their_checks(notebook, code, prose, run):
    solutions = [PYTHON.search(details)[1] for details in SOLUTION.findall(prose)]
    assert solutions or notebook.stem.startswith("00"), "a chapter has an exercise, and its solution"
    for solution in solutions:
        namespace = run(notebook) | {}
        exec(solution, namespace)
        solved = [node.name for node in ast.parse(solution).body if isinstance(node, ast.FunctionDef)]
        check, = [cell for cell in code if any(f"practice.check({name}," in cell.source for name in solved)]
        assert "not done yet" in "".join(output.get("text", "") for output in check.outputs)
        with redirect_stdout(StringIO()) as printed:
            exec(check.source, namespace)
        assert "✓" in printed.getvalue(), printed.getvalue()


def test_shows_its_own_questions(notebook, code):
    file = f"questions/{notebook.stem}.toml"
    shown = {cell.id: cell.source for cell in code if "practice.quiz(" in cell.source}
    there = (notebook.parent / file).exists()
    assert shown == ({"check-predict": f'practice.quiz("{file}")'} if there else {})


def test_the_readme_lists_the_chapters():
    readme = refresh.ROOT / "README.md"
    notebooks = {path: refresh.read(path) for path in refresh.paths()}
    assert refresh.chapter_table(notebooks) in readme.read_text(encoding="utf-8"), "run python tests/refresh.py --links"
    assert readme.read_text(encoding="utf-8") == refresh.with_chapters(readme.read_text(encoding="utf-8"), notebooks)

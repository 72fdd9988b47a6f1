"""What keeps the repository one piece: each package in one list, imports that point down, one address."""
import ast
import json
import re
import sys
import textwrap
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import refresh

import helpers
from helpers.live import module

ROOT = refresh.ROOT
REQUIREMENTS, FOR_TESTS = [(ROOT / file).read_text(encoding="utf-8").splitlines()[1:]
                           for file in ("requirements.txt", "tests/requirements.txt")]
PINNED = re.compile(r"([\w-]+)==[\w.]+")
DOWN = {  # what a module of helpers, or else its package, may import from helpers: imports point down only
    "__init__": {"arithmetic", "explore", "live.rows", "pictures", "practice", "samples"},
    "explore": {"arithmetic", "drawing", "live"},
    "live.view": {"drawing", "live.film", "live.module"},
    "live.film": {"drawing"},
    "live.quiz": {"live.module"},
    "live.numbers": {"arithmetic", "live.controls", "samples"},
    "live.rows": {"arithmetic", "live.module"},
    "live.controls": {"arithmetic", "live.rows"},
    "live": set(),
    "page": {"arithmetic", "live", "page", "practice"},
    "practice": {"arithmetic", "live.quiz", "live.still"},
    "pictures": {"arithmetic", "drawing", "pictures"},
    "pictures.parts": {"arithmetic", "drawing", "pictures.parts"},
    "drawing.picture": {"drawing.printed", "drawing.sheet"},
    "drawing.printed": {"drawing.palette", "drawing.sheet"},
    "drawing.sheet": {"drawing.palette"},
    "drawing.palette": set(),
    "drawing": set(),
    "arithmetic": {"arithmetic"},
    "samples": set(),
}
UNSAFE = r"(?:inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc"


def sources(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def dotted(path, folder=ROOT):
    return ".".join(path.relative_to(folder).with_suffix("").parts)


every_module = pytest.mark.parametrize("path", [pytest.param(path, id=dotted(path)) for path in sources("helpers")])
every_script = pytest.mark.parametrize("path", sorted((ROOT / "helpers").rglob("*.js")), ids=lambda path: path.name)


def imported(tree):
    """Dotted names of the modules, and of what is taken out of them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_requirements_are_pinned_and_end_with_the_helpers():
    *pins, last = REQUIREMENTS
    assert last == "-e ."
    assert [pin for pin in pins + FOR_TESTS if not PINNED.fullmatch(pin)] == []


def test_environment_reads_the_one_list():
    lines = [line.strip() for line in (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()]
    assert lines[lines.index("dependencies:") + 1:] == [
        "- python=3.12", "- pip", "- pip:",
        "- --extra-index-url https://download.pytorch.org/whl/cpu", "- -r requirements.txt"]


def test_the_list_for_binder_is_up_to_date():
    written = (ROOT / "binder/environment.yml").read_text(encoding="utf-8")
    assert written == refresh.binder_environment(), "run python tests/refresh.py --links"


def test_a_codespace_has_what_binder_has():
    settings = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    python, index = re.search(r"python=(\S+)[^$]*?- (--extra.*)", refresh.binder_environment()).groups()
    assert settings["image"].endswith(f":{python}")
    assert settings["postCreateCommand"] == f"pip install {index} --requirement requirements.txt"


def test_the_lowest_versions_allowed_are_those_that_are_tried():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tried = dict(line.split("==") for line in (ROOT / "tests/colab.txt").read_text(encoding="utf-8").splitlines()
                 if line[0] != "#")
    lowest = dict(need.split(">=") for need in settings["dependencies"] if need != "torch")
    assert lowest == {name: tried[name] for name in lowest}
    assert f"torch=={tried['torch']}" in REQUIREMENTS


def test_what_is_imported_is_required_once_and_where_it_is_needed():
    code = [path.read_text(encoding="utf-8") for path in sources("helpers")]
    code += [cell.source for path in refresh.paths() for cell in refresh.read(path).cells if cell.cell_type == "code"]
    lessons, tests = imports(code), imports(path.read_text(encoding="utf-8") for path in sources("tests"))
    listed, for_tests = names(REQUIREMENTS), names(FOR_TESTS)
    assert [package for package in lessons if not package & listed] == []
    assert [package for package in tests if not package & (listed | for_tests)] == []
    assert listed & set().union(*tests) - set().union(*lessons) == set()
    assert listed & for_tests == set()


def imports(code):
    """Of each package that is imported, the names that it may be required by."""
    modules = {name.split(".")[0] for text in code for name in imported(ast.parse(text))}
    packages = packages_distributions()
    ours = {"helpers"} | {path.stem for path in sources("tests")}
    return [{name.lower() for name in packages[module]} for module in modules - sys.stdlib_module_names - ours]


def names(requirements):
    return {pin[1].lower() for line in requirements if (pin := PINNED.fullmatch(line))}


@every_module
def test_imports_point_down(path):
    module = dotted(path, ROOT / "helpers").removesuffix(".__init__")
    allowed = DOWN[max((name for name in DOWN if within(module, name)), key=len)]
    names = [name for name in imported(ast.parse(path.read_text(encoding="utf-8"))) if within(name, "helpers")]
    assert [name for name in names if not any(within(name, f"helpers.{each}") for each in allowed)] == []


def within(name, package):
    return f"{name}.".startswith(f"{package}.")


@every_module
def test_public_things_explain_themselves(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    public = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("path", [ROOT / "helpers/explore.py", *sources("helpers/drawing"), *sources("helpers/live")],
                         ids=dotted)
def test_knows_no_layer(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            node.value = "prose"  # which may speak of a kernel that runs notebooks
    assert layers(ast.unparse(tree)) == []


@every_script
def test_scripts_know_no_layer_bring_in_nothing_and_put_no_text_in_as_html(path):
    code = re.sub(r"(?m)(?:^|\s)//.*$", "", path.read_text(encoding="utf-8"))
    prose = r'"[^"\n]* [^"\n]*"'  # may speak of a kernel that runs notebooks
    assert layers(re.sub(prose, "", code)) == []
    assert re.findall(r"\bimport\b|\brequire\(|https?://(?!www\.w3\.org/2000/svg)", code) == []
    assert re.findall(UNSAFE, code) == []


def test_the_script_that_draws_is_small():
    assert len(module("view.js", "notebook.js").encode()) < 30_000


def layers(code):
    return re.findall(r"(?i)(?<![a-z])(?:conv(?!ert)|pool|kernel)\w*", code)


def test_all_that_the_package_needs_is_packed_with_it():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert set(settings["packages"]) == {dotted(path.parent) for path in sources("helpers")}
    files = {(dotted(path.parent), path.name) for path in (ROOT / "helpers").rglob("*.*")
             if path.suffix not in {".py", ".pyc"}}
    assert files == {(package, name) for package, names in settings["package-data"].items() for name in names}


def test_helpers_are_few():
    assert len(helpers.__all__) <= 15
    assert [name for name in helpers.__all__ if not hasattr(helpers, name)] == []


def test_the_address_stands_in_one_place():
    address = refresh.repository()
    ours = [top for top in ROOT.iterdir() if top.name not in {".venv", ".venv-colab", ".git"}]
    files = [path for top in ours for path in (top, *top.rglob("*"))
             if path.suffix in {".py", ".md", ".ipynb", ".toml", ".yml", ".txt", ".js"}]
    texts = {path.relative_to(ROOT): refresh.ADDRESS.sub("", path.read_text(encoding="utf-8")) for path in files}
    assert {path: text.count(address) for path, text in texts.items() if address in text} == {Path("pyproject.toml"): 1}


def test_the_torch_that_readme_pins_for_linux_is_the_one_that_is_required():
    pins = [line for line in REQUIREMENTS if line.startswith("torch==")]
    assert re.findall(r"torch==[\d.]+", (ROOT / "README.md").read_text(encoding="utf-8")) == pins


def test_readme_s_own_demo_runs_as_it_stands():
    snippet, = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(textwrap.dedent(snippet), names)
    assert names["conv2d"].demo.view.trouble == ""

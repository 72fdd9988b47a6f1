"""The papers beside the code are what they say: licences, citation, what GitHub and git are told to do."""
import re
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest
import refresh
from test_questions import value

ROOT = refresh.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# No two licences share such a sentence
SENTENCES = {
    "LICENSE": "Neither the name of the copyright holder nor the names of its contributors may be used",
    "LICENSES/CC-BY-4.0.txt": "the terms and conditions of this Creative Commons Attribution 4.0 International Public",
}


def complaints(tool, *arguments):
    """What a tool that stands beside our Python finds wrong."""
    command = [Path(sysconfig.get_path("scripts")) / tool, *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    return ended.stdout + ended.stderr if ended.returncode else ""


def paper(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "sentence"), SENTENCES.items(), ids=list(SENTENCES))
def test_a_licence_is_the_one_that_it_is_said_to_be(name, sentence):
    assert sentence in " ".join(paper(name).split())


def test_the_package_names_its_licences():
    assert PROJECT["license"] == "BSD-3-Clause AND CC-BY-4.0"
    assert PROJECT["license-files"] == list(SENTENCES)


@pytest.mark.parametrize(("schema", "files"), [
    ("github-workflows", ".github/workflows/*.yml"), ("dependabot", ".github/dependabot.yml"),
    ("citation-file-format", "CITATION.cff")])
def test_is_of_the_form_that_its_readers_know(schema, files):
    known = ["--force-filetype", "yaml", "--builtin-schema", f"vendor.{schema}"]
    assert complaints("check-jsonschema", *known, *ROOT.glob(files)) == ""


def test_workflows_are_safe_and_pinned():
    assert complaints("zizmor", "--offline", ".github") == ""


def test_hooks_are_of_the_form_that_pre_commit_knows():
    assert complaints("pre-commit", "validate-config", ".pre-commit-config.yaml") == ""


def test_the_citation_has_our_title_and_version():
    said = dict(re.findall(r"(?m)^(\w+): (.*)$", paper("CITATION.cff")))
    assert f"# {said['title']}" == paper("README.md").splitlines()[0]
    assert said["version"] == PROJECT["version"]


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_papers_name_files_that_exist(path):
    text = path.read_text(encoding="utf-8")
    files = re.findall(r"\]\((?!https?:)([^)#]+)", text) + re.findall(r"\btests/\w+\.(?:py|txt)", text)
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_the_chapter_that_contributing_adds_works():
    cells = {cell.id: cell.source for cell in refresh.read(ROOT / "notebooks/08_grouped_conv.ipynb").cells}
    demo, questions = re.findall(r"```(?:python|toml)\n(.*?)```", paper("CONTRIBUTING.md"), re.DOTALL)
    names = {}
    exec(f"{cells['imports']}\n{demo}", names)
    assert names["pointwise"].demo.view.trouble == ""
    question, = tomllib.loads(questions)["question"]
    assert value(question["torch"]) == question["answer"]

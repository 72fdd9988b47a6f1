"""Write what can be generated, and run and save the notebooks.

    python tests/refresh.py                                 every notebook
    python tests/refresh.py notebooks/01_pooling.ipynb      links everywhere, but run only this one
    python tests/refresh.py --links                         run nothing

Generated in a notebook: the line of the first cell that starts with "Live:", what Google Colab needs at the top of the
cell that imports, and the last line of the last cell. In README.md: what stands between the chapters marks, and every
address of this repository. Its link in hub/README.md. All of binder/environment.yml. Titles and promises come from the
notebooks' first cells.
"""
import argparse
import re
from pathlib import Path
from urllib.parse import urlencode

import nbformat
from nbclient import NotebookClient

from helpers.page.address import ROOT, binder, colab, lab, page, repository, site
from helpers.page.lesson import paths, promise, read, title

# As JupyterLab saves them, but for the version of Python: a lesson that is run again differs in its outputs
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py", "mimetype": "text/x-python",
            "name": "python", "nbconvert_exporter": "python", "pygments_lexer": "ipython3"}
WIDGET = "application/vnd.jupyter.widget-view+json"
CHAPTERS = re.compile(r"(?<=<!-- chapters -->\n).*?(?=<!-- /chapters -->)", re.DOTALL)
# Where README.md and the notebooks name this repository
ADDRESS = re.compile("(?:{})[\\w.-]+/[\\w.-]+".format("|".join(f"(?<={re.escape(before)})" for before in (
    "mybinder.org/v2/gh/", "colab.research.google.com/github/", "codespaces.new/", "git clone https://github.com/",
    "cloneInVolume?url=https://github.com/"))))
COLAB = """\
import sys

if "google.colab" in sys.modules:  # where this file is alone: fetch the others
    shell = get_ipython()
    shell.system("git clone https://github.com/{} ~/series --depth 1")
    shell.system("pip install -q ~/series")
    shell.run_line_magic("cd", "-q ~/series/notebooks")

"""
FOR_COLAB = re.compile(r'\A(import sys\n\nif "google\.colab" .*?\n\n)?', re.DOTALL)  # at the top of a cell
PAGES = re.compile(r"https://[\w.-]+\.github\.io/[\w.-]+/(?=\))")


def live_line(path):
    voila = binder("urlpath=", f"voila/render/notebooks/{path.name}")
    return (f"Live: [as a page]({page(path)}) · [JupyterLab on Binder]({lab(path)}) · [without its code]({voila}) · "
            f"[Colab]({colab(path)})")


def next_line(path, titles):
    """Links to the neighbours. titles: {path: title}, every notebook in order."""
    order = list(titles)
    here = order.index(path)
    before = [f"← [{titles[p]}]({p.name})" for p in order[:here][-1:]]
    after = [f"[{titles[p]}]({p.name}) →" for p in order[here + 1:][:1]]
    return " · ".join(before + after) or "[All chapters](../README.md)"


def with_links(path, notebook, titles):
    """The notebook, its generated lines as they should be."""
    first, last = notebook.cells[0], notebook.cells[-1]
    live = live_line(path)
    first.source, found = re.subn(r"^Live:.*$", lambda _: live, first.source, count=1, flags=re.MULTILINE)
    if not found:
        raise ValueError(f'{path.name}: no line of the first cell starts with "Live:"')
    imports = next(cell for cell in notebook.cells if cell.cell_type == "code")
    imports.source = FOR_COLAB.sub(lambda _: COLAB.format(repository()), imports.source, count=1)
    last.source = "\n".join([*last.source.split("\n")[:-1], next_line(path, titles)])
    return notebook


def chapter_table(notebooks):
    """notebooks: {path: notebook}, every one in order."""
    rows = [f"| {title(notebook)} | {promise(notebook)} | [page]({page(path)}), [Binder]({lab(path)}), "
            f"[Colab]({colab(path)}), [notebook](notebooks/{path.name}), "
            f"[to teach it](notebooks/teaching/{path.stem}.md) |" for path, notebook in notebooks.items()]
    return "\n".join(["| chapter | after it | live |", "| --- | --- | --- |", *rows, ""])


def with_chapters(readme, notebooks):
    """The text of README.md, its table and its addresses as they should be."""
    table = chapter_table(notebooks)
    return CHAPTERS.sub(lambda _: table, PAGES.sub(site(), ADDRESS.sub(repository(), readme)))


def binder_environment():
    """The text of binder/environment.yml: environment.yml, the list that it reads written out.

    Were it read from there, Binder would install everything again after each change of a lesson.
    """
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = "".join(f"      - {line}\n" for line in lines if "==" in line)
    text = text.replace("      - -r requirements.txt\n", pins)
    return re.sub(r"\A#.*", "# Written by python tests/refresh.py --links", text)


def with_hub_link(text):
    """The page for hubs with the link by which nbgitpuller fetches this repository and opens the start page."""
    asked = urlencode({"repo": f"https://github.com/{repository()}", "branch": "main", "targetPath": "convolutions",
                       "urlpath": f"lab/tree/convolutions/notebooks/{paths()[0].name}"})
    return re.sub(r"(?<=/git-pull\?)\S+", lambda _: asked, text)


def ran(notebook):
    """The notebook with the outputs of a fresh kernel, cell by cell from the top."""
    NotebookClient(notebook, kernel_name="python3", timeout=600, record_timing=False, store_widget_state=False,
                   coalesce_streams=True, resources={"metadata": {"path": ROOT / "notebooks"}}).execute()
    return notebook


def tidied(notebook):
    """The notebook without what changes from run to run or from machine to machine."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if WIDGET in output.get("data", {}):
                output.data[WIDGET]["model_id"] = cell.id  # random, and gone with its kernel
    return notebook


def save(path, notebook):
    nbformat.validate(notebook)
    text = nbformat.writes(notebook) + "\n"
    if text != path.read_text(encoding="utf-8"):
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.name}")


def refresh(to_run):
    """Bring every generated line up to date, and run the notebooks of these paths."""
    notebooks = {path: read(path) for path in paths()}
    titles = {path: title(notebook) for path, notebook in notebooks.items()}
    for path in notebooks:
        notebook = with_links(path, read(path), titles)  # read again: running the others takes its time
        save(path, tidied(ran(notebook)) if path in to_run else notebook)
    (ROOT / "binder/environment.yml").write_text(binder_environment(), encoding="utf-8")
    hub = ROOT / "hub/README.md"
    hub.write_text(with_hub_link(hub.read_text(encoding="utf-8")), encoding="utf-8")
    readme = ROOT / "README.md"
    if readme.exists():
        text = with_chapters(readme.read_text(encoding="utf-8"), notebooks)
        readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=lambda name: Path(name).resolve(), metavar="NOTEBOOK")
    parser.add_argument("--links", action="store_true", help="only the generated lines")
    arguments = parser.parse_args()
    if unknown := set(arguments.notebooks) - set(paths()):
        parser.error(f"not a notebook of the series: {', '.join(map(str, unknown))}")
    refresh([] if arguments.links else arguments.notebooks or paths())

"""The HTML of a chapter: prose with formulas as MathML, code with colours, saved outputs, and demos that live."""
import base64
import re
from html import escape
from pathlib import Path
from string import Template

from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.v4 import new_output
from pygments.formatters import HtmlFormatter

from helpers.live import module
from helpers.live.still import ASLEEP, WIDGET, rows
from helpers.page.address import lab
from helpers.page.lesson import demos, promise, read, run_cells, title
from helpers.page.stored import Stored
from helpers.practice import HERE_TO_DO, ONLY_A_PAGE

HERE = Path(__file__).parent
MOST, ROOM, STILL = 4_000_000, 1_000_000, 60_000  # bytes of a chapter, of a demo in it, of what stands for that
SERIES = "What does a convolution really do?"
DEAD = "A still picture. It moves where scripts are allowed, in a browser that is not older than 2023."
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")


class _Renderer(IPythonRenderer):
    """Markdown as nbconvert makes it, but with formulas that every browser shows without a script."""

    def block_math(self, body):
        return _scrolling("formula", convert(body, display="block"))

    def table(self, text):
        return _scrolling("table", f"<table>{text}</table>")

    def inline_math(self, body):
        return convert(body)

    def heading(self, text, level, **attributes):
        name = re.sub(r"<[^>]*>", "", text).strip().replace(" ", "-")
        return f'<h{level} id="{escape(name)}">{_chinese_in(text)}</h{level}>\n'

    def link(self, text, url, title=None):
        url = re.sub(r"^([\w-]+)\.ipynb", r"\1.html", url.replace("../README.md", "index.html"))
        return super().link(text, url, title)


def _scrolling(name, content):
    """What may be wider than a phone, and can be reached by keys there."""
    return f'<div class="wide" role="group" aria-label="{name}" tabindex="0">{content}</div>\n'


def _chinese_in(text):
    return CHINESE.sub(_chinese, text)


def _chinese(found):
    return f'<span lang="zh">{found[0]}</span>'


def _markdown(source):
    return MarkdownWithMath(_Renderer(escape=False)).render(source)


def chapter(path, room=ROOM, namespace=None):
    """The page of a notebook, as HTML.

    room: bytes for each of its demos, and fewer where the chapter has too many
    namespace: of the notebook after its last cell, which is run unless this is given
    """
    notebook = read(path)
    namespace = run_cells(path, {"__name__": "__main__"}) if namespace is None else namespace
    names = [name for cell in notebook.cells if cell.cell_type == "code" for name in demos(cell)]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [*map(_described, _without_demos(cell)), *map(_place, demos(cell))]
    page = _page(notebook, title(notebook))
    for number, stored in enumerate(sorted((Stored(namespace[name].demo) for name in names), key=Stored.guess)):
        fair = (MOST - len(page.encode())) // (len(names) - number) - STILL  # what small ones leave is for large ones
        place = _place(stored.demo.function.__name__).data["text/html"]
        page = page.replace(place, _living(stored.fit(min(room, fair)), lab(path)))
    return page


def _without_demos(cell):
    """The outputs that are no widget and stand for none."""
    outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
    words = {k for k, output in enumerate(outputs) if output.get("data", {}).get("text/plain") == ASLEEP}
    return [output for k, output in enumerate(outputs) if not {k, k + 1} & words]


def _described(output):
    """A picture says in words what it shows, an exercise where it can be done."""
    data = output.get("data", {})
    if output.output_type == "stream":
        output.text = output.text.replace(HERE_TO_DO, ONLY_A_PAGE)
    if "image/png" not in data:
        return output
    return new_output("display_data", {"text/html": _image(data["image/png"], data.get("text/plain", ""))})


def _image(png, words):
    return f'<img src="data:image/png;base64,{png.strip()}" alt="{escape(words)}" width="800">'


def _place(name):
    return new_output("display_data", {"text/html": f'<div class="explorer" id="{name}"></div>'})


def _living(stored, binder):
    """The demo as it stands before the page's script takes it over, and all that the script needs."""
    demo, picture = stored.demo, stored.demo.picture
    sentences = "".join(rows(picture.sentences()))
    kept = "; ".join(f"{name} {', '.join(map(str, some))}" for name, some in stored.choices.items()
                     if len(some) < len(stored.all[name]))
    fewer = f'Here with {kept} only. <a href="{binder}">All its settings are in the notebook.</a>' if kept else ""
    image = _image(base64.b64encode(picture.png()).decode(), "")
    return (f'<div class="explorer" id="{demo.function.__name__}" data-asks="{demo.view.asks}" '
            f'data-question="{escape(demo.view.question)}">'
            f'<div class="still">{image}{sentences}<p class="dead"><i>{DEAD}</i></p></div><p class="fewer">{fewer}</p>'
            f'<script type="text/plain" class="stored">{stored.text()}</script></div>')


def _page(notebook, name):
    exporter = HTMLExporter(template_name="basic", filters={"markdown2html": _markdown},
                            exclude_input_prompt=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(notebook)
    return _whole(name, body)


def index(paths):
    """The page that leads to the others, as HTML."""
    notebooks = {path: read(path) for path in paths}
    rows = "".join(f'<li><a href="{path.stem}.html">{_chinese_in(title(notebook))}</a><br>'
                   f"After it, {_markdown(promise(notebook)).strip().removeprefix('<p>').removesuffix('</p>')}</li>"
                   for path, notebook in notebooks.items())
    body = (f"<h1>{SERIES}</h1><p>Drag a slider and watch the layer work, cell by cell, on real numbers. "
            f"Every page is one file: it needs no network, and you may save it or hand it on.</p><ul>{rows}</ul>")
    return _whole(SERIES, body)


def _whole(title, body):
    styles = HERE / "page.css", HERE.parent / "live/view.css", HERE.parent / "live/quiz.css"
    style = [HtmlFormatter().get_style_defs(".highlight"), *(file.read_text(encoding="utf-8") for file in styles)]
    page = Template((HERE / "page.html").read_text(encoding="utf-8"))
    return page.substitute(title=escape(title), style="\n".join(style), body=body,
                           demos=module("view.js", "../page/page.js"),
                           questions=module("quiz.js", "../page/questions.js"))

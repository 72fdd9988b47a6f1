"""What stands for a demo where no kernel is: its picture, its sentences, and how to bring it to life."""
from html import escape

from IPython.display import display

WIDGET = "application/vnd.jupyter.widget-view+json"
ASLEEP = ("A still picture. To move its sliders, run this cell (Shift + Enter) after the cells above it; "
          "Run → Run All Cells does both.")


def hidden_unless(alive, after):
    """A style for where the kernel of a widget is gone: JupyterLab's error in its place says less than we do.

    alive: a class in the output of the widget that lives    after: one in the output that stands before it
    """
    return (f"<style>.jp-OutputArea-child:has(.{after}) + .jp-OutputArea-child:not(:has(.{alive})) "
            "{ display: none; }</style>")


class Still:
    """The two outputs, which follow the demo: they are what is saved. While it lives, its view hides them."""

    def __init__(self, picture):
        self._picture, self._words = (display(data, metadata=sizes, raw=True, display_id=True)
                                      for data, sizes in _outputs(picture, picture.start))

    def follow(self, picture, step):
        """Show this step from now on."""
        for output, (data, sizes) in zip((self._picture, self._words), _outputs(picture, step), strict=True):
            output.update(data, metadata=sizes, raw=True)


def show(widget):
    """Display a widget as every version of ipywidgets understands it, and nothing in its place elsewhere."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    display({WIDGET: view, "text/plain": ""}, raw=True)


def _outputs(picture, step):
    """(data, metadata) of each."""
    yield picture.bundle(step)
    yield {"text/html": _html(picture.sentences(step)), "text/plain": ASLEEP}, {}


def rows(sentences):
    """Sentences of a picture as HTML, a line each."""
    return [f"<div>{f'<b>{escape(name)}</b> ' if name else ''}{escape(''.join(told))}</div>"
            for name, *told in sentences]


def _html(sentences):
    return "\n".join(['<div class="still">', hidden_unless("explorer", after="still"), *rows(sentences),
                      f"<p><i>{ASLEEP}</i></p>", "</div>"])

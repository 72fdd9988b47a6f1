"""Chapters without their code, for a lecture. Voila reads this in the folder from which it is started."""
import os

from helpers.page.address import ROOT
from helpers.page.lesson import paths, promise, read, title

# Where Voila looks for the template "lecture"
os.environ["JUPYTER_PATH"] = os.pathsep.join(
    [str(ROOT / "notebooks/teaching"), *filter(None, [os.environ.get("JUPYTER_PATH")])])


def page_config(config, base_url, notebook_path, **_):
    """What the template needs besides: the way up from a chapter, or on the index what to say of each."""
    if notebook_path.endswith(".ipynb"):
        return config | {"index": f"{base_url}voila/tree/{os.path.dirname(notebook_path)}"}
    chapters = {path.name: read(path) for path in paths()}
    config["chapters"] = {name: (title(chapter), promise(chapter).replace("`", ""))
                          for name, chapter in chapters.items()}
    return config


c = get_config()  # noqa: F821
c.VoilaConfiguration.template = "lecture"
c.VoilaConfiguration.classic_tree = True
c.VoilaConfiguration.page_config_hook = page_config

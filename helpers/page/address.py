"""Where the series is to be found, out of the one place that knows: [project.urls] of pyproject.toml."""
import tomllib
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]


def repository():
    """Owner and name."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    return urls["repository"].removeprefix("https://github.com/").strip("/")


def binder(query, file):
    """A file of the repository on Binder. query: "labpath=" for JupyterLab, "urlpath=" for another address there"""
    return f"https://mybinder.org/v2/gh/{repository()}/HEAD?{query}{quote(file, safe='')}"


def lab(path):
    """A notebook in JupyterLab on Binder."""
    return binder("labpath=", f"notebooks/{path.name}")


def colab(path):
    """A notebook in Google Colab."""
    return f"https://colab.research.google.com/github/{repository()}/blob/HEAD/notebooks/{path.name}"


def site():
    """Where the repository publishes the living pages."""
    owner, name = repository().split("/")
    return f"https://{owner.lower()}.github.io/{name}/"


def page(path):
    """The living page of a notebook."""
    return f"{site()}{path.stem}.html"

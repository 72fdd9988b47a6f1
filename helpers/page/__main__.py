"""Write the pages."""
import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from helpers.page.chapter import chapter, index
from helpers.page.lesson import paths


def write(site, path):
    """The page of a notebook into its file; returns a line about it."""
    page = chapter(path.resolve()).encode()
    Path(site, f"{path.stem}.html").write_bytes(page)
    return f"{path.stem}.html {len(page) / 1e6:.2f} MB"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m helpers.page", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH",
                        help="notebooks, and the folder for their pages; without notebooks all, and an index")
    *notebooks, site = parser.parse_args().paths
    site.mkdir(parents=True, exist_ok=True)
    if not notebooks:
        (site / "index.html").write_text(index(paths()), encoding="utf-8")
    with ProcessPoolExecutor() as workers:
        for line in workers.map(partial(write, site), notebooks or paths()):
            print(line, flush=True)

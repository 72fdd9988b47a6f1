"""Not a test: what a frame costs, next to the same picture made the usual way, and what a kernel weighs.

    python tests/benchmark.py
"""
import statistics
import time
from io import BytesIO

import matplotlib.pyplot as plt
import refresh
import torch
from nbformat.v4 import new_code_cell
from torch.nn import functional as F

from helpers import Window, pictures, samples

FRAMES = 40
RESIDENT = "from pathlib import Path; print(int(Path('/proc/self/statm').read_text().split()[1]) * 4096 // 10**6)"


def data():
    x, w = samples.whole_numbers(6, 6), samples.whole_numbers(3, 3, low=-2, high=2)
    return x, w, F.conv2d(x, w, padding=1)


def ours():
    """One frame of the main demo, at twice the pixels, as PNG bytes; and its sentences."""
    x, w, y = data()
    picture = pictures.sliding_window(x, y, Window(3, padding=1), weight=w)
    picture.says(0)
    return picture.png(0)


def usual():
    """The same three grids by pyplot, as `interact` would show them."""
    x, w, y = data()
    figure, axes = plt.subplots(1, 3, figsize=(9, 3))
    for ax, values, name in zip(axes, (F.pad(x, [1] * 4), w, y), ("input", "kernel", "output"), strict=True):
        grid = values[0, 0].numpy()
        ax.imshow(grid)
        for (row, column), value in zip(torch.cartesian_prod(*map(torch.arange, grid.shape)), grid.flat, strict=True):
            ax.text(column, row, f"{value:.0f}", ha="center", va="center", color="w")
        ax.set_title(name)
        ax.set_xticks([])
        ax.set_yticks([])
    file = BytesIO()
    figure.savefig(file, bbox_inches="tight")  # as the inline backend does
    plt.close(figure)
    return file.getvalue()


def milliseconds(*makers):
    """Median time of each, by turns, so that a busy machine slows all alike."""
    times = {make: [] for make in makers}
    for make in makers:
        make()
    for _ in range(FRAMES):
        for make in makers:
            start = time.perf_counter()
            make()
            times[make].append(1000 * (time.perf_counter() - start))
    return [statistics.median(times[make]) for make in makers]


def megabytes(path):
    """Resident memory of the kernel once every cell has run."""
    notebook = refresh.read(path)
    notebook.cells.append(new_code_cell(RESIDENT))
    return refresh.ran(notebook).cells[-1].outputs[0].text.strip()


if __name__ == "__main__":
    mine, theirs = milliseconds(ours, usual)
    print(f"{theirs / mine:.1f} times as fast as pyplot: a frame {mine:.1f} ms, pyplot {theirs:.1f} ms")
    print(f"a frame, at twice the pixels, has {len(ours()) / 1000:.0f} kB, pyplot's {len(usual()) / 1000:.0f} kB")
    for path in refresh.paths():
        print(f"{path.stem}: the kernel holds {megabytes(path)} MB")

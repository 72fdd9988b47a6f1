"""Not a test: what a move costs, from the kernel to the screen, beside the same thing made the usual way.

    python tests/benchmark.py            everything, some ten minutes on an idle machine
    python tests/benchmark.py --kernel   only what needs no browser
"""
import argparse
import asyncio
import os
import re
import signal
import statistics
import subprocess
import threading
import time
import zlib
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import nbformat
import refresh
import torch
from conftest import SWITCHES, chromium
from lab import LESSON, READY, free_port, jupyterlab
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import sync_playwright
from test_sweep import demos, move, settings
from torch.nn import functional as F

from helpers.live.film import Film, packed
from helpers.page.lesson import run_cells

TIMES, MOVES, LINK = 40, 2000, 0.15  # of each measurement; of the walk through memory; seconds each way

# The same picture by `interact` and pyplot; and a slider that changes nothing but a line of text
USUAL = '''import torch, matplotlib.pyplot as plt, ipywidgets as widgets
from torch.nn import functional as F
%matplotlib inline
x, w = torch.randint(0, 10, (1, 1, 6, 6)).float(), torch.randint(-2, 3, (1, 1, 5, 5)).float()
def demo(kernel, stride, padding):
    y = F.conv2d(x, w[..., :kernel, :kernel], stride=stride, padding=padding)
    figure, axes = plt.subplots(1, 3, figsize=(9, 3))
    for ax, values in zip(axes, (F.pad(x, [padding] * 4), w[..., :kernel, :kernel], y)):
        ax.imshow(values[0, 0])
        for (row, column), value in zip(torch.cartesian_prod(*map(torch.arange, values.shape[2:])), values.flatten()):
            ax.text(column, row, f"{value:.0f}", ha="center", va="center", color="w")
        ax.set_xticks([]); ax.set_yticks([])
    plt.show()
widgets.interact(demo, kernel=(1, 5), stride=(1, 3), padding=(0, 3));'''
TEXT = '''import ipywidgets as widgets
slider, text = widgets.IntSlider(3, 1, 5, description="kernel"), widgets.Label("3")
slider.observe(lambda change: setattr(text, "value", f"kernel {change.new}"), "value")
widgets.VBox([slider, text])'''

# From a key on a slider to the second frame after something beside it has changed
SLIDER = """async number => {
    const handle = document.querySelectorAll('.jp-Notebook .noUi-handle')[number];
    const own = handle.closest('.widget-hslider'), area = handle.closest('.jp-Cell'), times = [];
    const frame = () => new Promise(requestAnimationFrame);
    handle.scrollIntoView({block: 'center'});
    for (let turn = 0; turn < 8; turn++) {
        await new Promise(done => setTimeout(done, 400));
        const before = handle.getAttribute('aria-valuenow'), start = performance.now();
        const changed = new Promise(done => new MutationObserver((seen, observer) => {
            if (seen.every(each => own.contains(each.target))) return;
            observer.disconnect();
            done(true);
        }).observe(area, {subtree: true, childList: true, attributes: true, characterData: true}));
        handle.dispatchEvent(new KeyboardEvent('keydown', {key: turn % 2 ? 'ArrowLeft' : 'ArrowRight', bubbles: true}));
        if (handle.getAttribute('aria-valuenow') === before) continue;
        if (!await Promise.race([changed, new Promise(done => setTimeout(done, 4000))])) continue;
        await frame();
        await frame();
        times.push(performance.now() - start);
    }
    return times;
}"""
# From a pointer that moves over `cells` of `selector` to the second frame after it
POINTER = """async ([selector, cells]) => {
    const drawn = document.querySelector(selector), frame = () => new Promise(requestAnimationFrame), times = [];
    drawn.scrollIntoView({block: 'center'});
    for (let turn = 0; turn < 40; turn++) {
        await new Promise(done => setTimeout(done, 60));
        const {x, y, width} = drawn.getBoundingClientRect(), [left, top] = cells[turn % cells.length];
        const start = performance.now();
        const over = document.elementFromPoint(x + left * width, y + top * width);
        over.dispatchEvent(new PointerEvent('pointermove',
            {clientX: x + left * width, clientY: y + top * width, bubbles: true, pointerType: 'mouse'}));
        await frame();
        await frame();
        times.push(performance.now() - start);
    }
    return times;
}"""
PLAIN = """<svg viewBox="0 0 800 380" width="1100"></svg><p></p><script>
    const drawn = document.querySelector('svg');
    for (let k = 0; k < 108; k++) drawn.innerHTML +=
        `<rect x="${20 + 40 * (k % 18)}" y="${20 + 40 * Math.floor(k / 18)}" width="38" height="38" fill="#bde"/>`;
    drawn.addEventListener('pointermove', ({target}) => {
        for (const each of drawn.children) each.setAttribute('stroke', each === target ? 'orange' : 'none');
        document.querySelector('p').textContent = target.getAttribute('x');
    });</script>"""


def main_demo():
    """The function of chapter 2's main demo."""
    path = refresh.ROOT / "notebooks/02_conv2d.ipynb"
    return run_cells(path, {"__name__": "__main__"})[demos(path)[0]]


def usual(x, w):
    """The three grids by pyplot, as PNG bytes."""
    figure, axes = plt.subplots(1, 3, figsize=(9, 3))
    for ax, values in zip(axes, (x, w, F.conv2d(x, w)), strict=True):
        ax.imshow(values[0, 0])
        for (row, column), value in zip(torch.cartesian_prod(*map(torch.arange, values.shape[2:])), values.flatten(),
                                        strict=True):
            ax.text(column, row, f"{value:.0f}", ha="center", va="center", color="w")
    file = BytesIO()
    figure.savefig(file, bbox_inches="tight")  # as the inline backend does
    plt.close(figure)
    return file.getvalue()


def cpu(*makers):
    """Median milliseconds of each, by turns, so that a busy machine slows all alike."""
    times = {make: [] for make in makers}
    for _ in range(TIMES):
        for make in makers:
            start = time.process_time()
            make()
            times[make].append(1000 * (time.process_time() - start))
    return [statistics.median(times[make]) for make in makers]


def measure_kernel():
    demo, deflated = main_demo(), lambda part: len(zlib.compress(packed(part).encode())) / 1000
    x, w = torch.rand(1, 1, 6, 6), torch.rand(1, 1, 3, 3)
    start = dict(kernel=3, stride=1, padding=1, dilation=1)
    films = [Film(demo(**start)) for _ in range(TIMES + 1)]
    kept = iter(films)
    first, walk, png = cpu(lambda: packed(Film(demo(**start)).start()), lambda: packed(next(kept).more(1, 9)),
                           lambda: usual(x, w))
    print(f"first frame {first:.1f} ms of CPU, {png / first:.1f} times as fast as pyplot's {png:.1f} ms; "
          f"the whole walk of {len(films[0].order)} steps {walk:.1f} ms")
    print(f"deflated: first frame {deflated(films[-1].start()):.1f} kB, rest of the walk "
          f"{deflated(films[-1].more(1, 9)):.1f} kB")


def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure_memory():
    """Moves of the main demo, with the rest of the walk asked for now and then, as a browser does."""
    demo = main_demo().demo
    every = settings(demo, 10**4, 0)

    def moved(times):
        for turn in range(times):
            for name, value in every[turn % len(every)].items():
                move(demo.controls[name], value)
            demo.view.want = f"{demo.view.number} 1"
        return megabytes()

    before = moved(MOVES // 10)
    print(f"memory after {MOVES} moves: {moved(MOVES) - before:+.1f} MB")


@contextmanager
def delayed(target):
    """A port that leads to `target` over a link of LINK seconds each way."""
    async def pump(reader, writer):
        loop = asyncio.get_running_loop()
        while data := await reader.read(65536):
            loop.call_later(LINK, writer.write, data)

    async def serve(reader, writer):
        far, back = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(pump(reader, back), pump(far, writer), return_exceptions=True)

    async def listen():
        async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
            await server.serve_forever()

    port = free_port()
    threading.Thread(target=lambda: asyncio.run(listen()), daemon=True).start()
    time.sleep(0.5)
    yield port


def opened(browser, address):
    """A page with the notebook, all of whose cells have run."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.wait_for_function(READY, timeout=120_000)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(f"""() => {READY} && {LESSON}.content.widgets.every(
        cell => cell.model.type !== 'code' || cell.model.executionCount !== null)""", timeout=300_000)
    page.wait_for_timeout(2000)
    return page


def sliders(page):
    """Median milliseconds from a key on a slider to the screen, over all sliders of a notebook."""
    count = page.locator(".jp-Notebook .noUi-handle").count()
    times = [each for number in range(count) for each in page.evaluate(SLIDER, number)]
    page.close()
    return statistics.median(times)


def measure_sliders(browser, address):
    bare = {name: sliders(opened(browser, address.format(f"/tree/{name}.ipynb"))) for name in ("usual", "text")}
    ours = {path.stem: sliders(opened(browser, address.format(f"/tree/{path.name}"))) for path in refresh.paths()}
    print(f"slider to paint: interact and pyplot {bare['usual']:.0f} ms, a line of text {bare['text']:.0f} ms")
    middle, slowest = statistics.median(ours.values()), max(ours, key=ours.get)
    for name, median in (("median of the chapters", middle), (slowest, ours[slowest])):
        print(f"  {name}: {median:.0f} ms, {bare['usual'] / median:.1f} times as fast as interact, "
              f"{median / bare['text']:.2f} times a line of text")
    print("  " + ", ".join(f"{name[:2]} {median:.0f}" for name, median in ours.items()))


@contextmanager
def stopped(page):
    """The kernel of a page, standing still."""
    kernel = page.evaluate(f"{LESSON}.sessionContext.session.kernel.id")
    process = int(subprocess.run(["pgrep", "-f", kernel], capture_output=True, text=True).stdout.split()[0])
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def pointing(page, selector, cells):
    return statistics.median(page.evaluate(POINTER, [selector, cells]))


def measure_pointer(browser, address):
    demo = main_demo().demo
    boxes = [target.points for target in demo.picture.sheet.targets if target.name.startswith("output")]
    cells = [((left + right) / 2 / 800, (top + bottom) / 2 / 800) for left, top, right, bottom in boxes]
    plain = browser.new_page(viewport={"width": 1280, "height": 900})
    plain.set_content(PLAIN)
    floor = pointing(plain, "svg", [((39 + 40 * k) / 800, 119 / 800) for k in range(16)])
    for link, where in ((address, "here"), (None, f"{1000 * LINK:.0f} ms away")):
        with delayed(int(re.search(r":(\d+)/", address)[1])) as port:
            page = opened(browser, (link or re.sub(r":\d+/", f":{port}/", address)).format("/tree/02_conv2d.ipynb"))
            with stopped(page):
                ours = pointing(page, ".picture .sheet > svg", cells)
            page.close()
        print(f"pointer to paint, kernel stopped, server {where}: {ours:.1f} ms, {ours / floor:.2f} times a page of "
              f"plain SVG ({floor:.1f} ms)")


def measure_browser():
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        copytree(refresh.ROOT / "notebooks", folder, dirs_exist_ok=True)
        for name, code in (("usual", USUAL), ("text", TEXT)):
            nbformat.write(new_notebook(cells=[new_code_cell(code)], metadata={"kernelspec": refresh.KERNEL}),
                           Path(folder, f"{name}.ipynb"))
        browser = playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
        with jupyterlab(folder) as (address, _):
            measure_sliders(browser, address)
            measure_pointer(browser, address)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", action="store_true")
    torch.set_num_threads(1)
    only_kernel = parser.parse_args().kernel
    measure_kernel()
    measure_memory()
    if not only_kernel:
        measure_browser()

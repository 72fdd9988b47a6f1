"""Not a test: what a class costs a hub. A real JupyterHub on this machine, and students who all do the same at once.

    python tests/classroom.py            classes of 1, 2, 5, 10 and 20, some ten minutes on an idle machine
    python tests/classroom.py 4 8        of these sizes

Each student signs in, starts a server, and in each chapter runs all cells and then drags sliders, as a front end does:
the next move is sent when the last has been heard, no sooner than a hand moves, and after some moves the hand rests.
pip fetches JupyterHub and npm its proxy, into a folder that goes at the end. Linux only, for it reads what memory is
shared. What is printed last is what hub/README.md shows and hub/values.yaml asks for.
"""
import argparse
import asyncio
import json
import os
import random
import re
import shutil
import statistics
import struct
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.cookiejar import CookieJar
from itertools import cycle, pairwise
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import psutil
from lab import free_port, wait_for
from refresh import ROOT
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

HUB, PROXY = "jupyterhub==6.1.1", "configurable-http-proxy@5.3.0"
CHAPTERS = "02_conv2d", "10_receptive_field"
SIZES = 1, 2, 5, 10, 20
DRAGGING, STROKE, REST, PACE = 30, 20, (1, 3), 1 / 20  # seconds, moves without a rest, seconds of it, seconds of a move
PATIENCE, KNOCK = 300, 5  # seconds
SOON = 200  # milliseconds, after which a picture no longer follows the hand
COLUMNS = ("chapter", "students", "start, s", "Run All, s", "a move, ms", "95 % below, ms", "CPU until then, s",
           "CPU of a move, ms", "memory, MB", "of it shared, MB", "a second chapter, MB")


class Student:
    """One who sits at a hub: HTTP with cookies, then the kernel's websocket."""

    def __init__(self, hub, number):
        self.name, self.chance = f"student-{number}", random.Random(number)
        self.hub, self.home = hub, f"{hub}/user/{self.name}/"
        self.cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.cookies))

    def fetch(self, address, data=None, method=None):
        """(where it led, what the answer holds). data: a form as bytes, or what is sent as JSON"""
        if data is not None and not isinstance(data, bytes):
            data = json.dumps(data).encode()
        request = Request(address, data, {"X-XSRFToken": self._xsrf(address), "Referer": address}, method=method)
        with self._opener.open(request, timeout=PATIENCE) as answer:
            return answer.url, answer.read()

    def _xsrf(self, address):
        fitting = [cookie for cookie in self.cookies if cookie.name == "_xsrf" and cookie.path in address]
        return max(fitting, key=lambda cookie: len(cookie.path)).value if fitting else ""

    def start(self):
        """Sign in, start the server, and open JupyterLab."""
        login = f"{self.hub}/hub/login"
        self.fetch(login)
        self.fetch(login, urlencode({"username": self.name, "password": "", "_xsrf": self._xsrf(login)}).encode())
        until = time.monotonic() + PATIENCE
        while not self._is_up():
            if time.monotonic() > until:
                raise TimeoutError(f"the server of {self.name} does not start")
            time.sleep(0.2)

    def _is_up(self):
        try:
            return self.fetch(f"{self.home}lab")[0].startswith(self.home)
        except HTTPError:
            return False

    def stop(self):
        """Give the server back."""
        self.fetch(f"{self.hub}/hub/api/users/{self.name}/server", method="DELETE")

    def open(self, chapter):
        """The code cells of a chapter, and a kernel for it."""
        path = f"{chapter}.ipynb"
        notebook = json.loads(self.fetch(f"{self.home}api/contents/{path}")[1])["content"]
        wish = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        kernel = json.loads(self.fetch(f"{self.home}api/sessions", wish)[1])["kernel"]["id"]
        return kernel, [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]

    async def connect(self, kernel):
        """A websocket to a kernel, with the protocol that JupyterLab speaks."""
        address = f"{self.home}api/kernels/{kernel}/channels?session_id={uuid.uuid4()}"
        with_cookies = Request(address)
        self.cookies.add_cookie_header(with_cookies)
        return await websocket_connect(
            HTTPRequest(address.replace("http", "ws", 1), headers=dict(with_cookies.header_items()),
                        connect_timeout=PATIENCE, request_timeout=PATIENCE),
            subprotocols=["v1.kernel.websocket.jupyter.org"], max_message_size=2**28)


class Lesson:
    """A chapter on a student's screen: its widgets' models by name, and what is known of them."""

    def __init__(self, socket, chance):
        self._socket, self._chance, self.models = socket, chance, {}

    async def wake(self):
        """Knock until the kernel answers: what comes before its channels are open is lost."""
        while True:
            with suppress(TimeoutError):
                return await asyncio.wait_for(self._said("kernel_info_request", {}), KNOCK)

    async def run(self, cells):
        """Run All Cells."""
        for cell in cells:
            content = {"code": "".join(cell["source"]), "silent": False, "store_history": True, "user_expressions": {},
                       "allow_stdin": False, "stop_on_error": True}
            await self._said("execute_request", content, {"cellId": cell["id"]})

    async def put(self, model, **state):
        """Set a model as its view does; whether and when a picture has answered."""
        data = {"method": "update", "state": state, "buffer_paths": []}
        return await self._said("comm_msg", {"comm_id": model, "data": data})

    async def _said(self, kind, content, metadata=None):
        """Send a message and wait until the kernel has done with it; when a picture answered, or None."""
        number, answered = uuid.uuid4().hex, None
        header = {"msg_id": number, "msg_type": kind, "username": "", "session": "", "version": "5.3", "date": ""}
        await self._socket.write_message(packed(["shell", header, {}, metadata or {}, content]), binary=True)
        while True:
            header, parent, content = await self._read()
            if header["msg_type"] == "error" and parent.get("msg_id") == number:
                raise RuntimeError("\n".join(content["traceback"]))
            if header["msg_type"].startswith("comm_") and "answers" in self._learnt(header["msg_type"], content):
                answered = time.perf_counter()
            if content.get("execution_state") == "idle" and parent.get("msg_id") == number:
                return answered

    async def _read(self):
        message = await asyncio.wait_for(self._socket.read_message(), PATIENCE)
        if message is None:
            raise ConnectionError("the kernel is gone")
        return unpacked(message)

    def _learnt(self, kind, content):
        """What the kernel has changed of a model."""
        data = content.get("data", {})
        if kind == "comm_close" or data.get("method") not in (None, "update"):
            return {}
        self.models.setdefault(content["comm_id"], {}).update(data.get("state", {}))
        return data.get("state", {}) if kind == "comm_msg" else {}

    def leave(self):
        """Close the chapter."""
        self._socket.close()

    def demos(self):
        """[(view, its sliders), …], of the demos that have one."""
        found = []
        for model in self.models.values():
            row, view, *_ = [*children(model), "", ""]
            sliders = [name for name in children(self.models.get(row, {}))
                       if self.models[name].get("_model_name") == "IntSliderModel"]
            if "scene" in self.models.get(view, {}) and sliders:
                found.append((view, sliders))
        return found

    async def drag(self, seconds):
        """Milliseconds of each move."""
        until, times = time.monotonic() + seconds, []
        while time.monotonic() < until:
            view, sliders = self._chance.choice(self.demos())
            values = self._stroke(self._chance.choice(sliders))
            for slider, value in values:
                times += [took] if (took := await self._move(slider, value)) is not None else []
            await self._rest(view, self._chance.uniform(*REST))
        return times

    def _stroke(self, slider):
        """Moves from end to end of a slider and back."""
        model = self.models[slider]
        low, high, step = model["min"], model["max"], model["step"]
        there = [*range(low, high + 1, step)]
        values = cycle(there + there[-2:0:-1])
        while next(values) != model["value"]:
            pass
        return [(slider, next(values)) for _ in range(STROKE)] if len(there) > 1 else []

    async def _move(self, slider, value):
        start = time.perf_counter()
        self.models[slider]["value"] = value
        answered = await self.put(slider, value=value)
        await asyncio.sleep(max(0, start + PACE - time.perf_counter()))
        return None if answered is None else 1000 * (answered - start)

    async def _rest(self, view, seconds):
        """Ask for the rest of the walk, and look at it."""
        until, asked = time.monotonic() + seconds, None
        while (want := self._wanted(view)) not in (None, asked):
            await self.put(view, want=(asked := want))
        await self.put(view, rests=f"{json.loads(self.models[view]['scene'])['number']} 0")
        await asyncio.sleep(max(0, until - time.monotonic()))

    def _wanted(self, view):
        """What the view asks for next, or None when it has the whole walk."""
        model = self.models[view]
        scene, part = json.loads(model["scene"]), json.loads(model["rest"] or '{"number": 0}')
        last = part if part["number"] == scene["number"] else scene
        have = last["have"] + len(last["shots"])
        return f"{scene['number']} {have}" if have < scene["all"] else None


def children(model):
    """Names of the models that a box holds."""
    return [name.removeprefix("IPY_MODEL_") for name in model.get("children", [])]


def packed(parts):
    """A message as JupyterLab sends it: how many offsets, the offsets, the channel, and its parts as JSON."""
    channel, *rest = parts
    pieces, ends = [channel.encode(), *(json.dumps(part).encode() for part in rest)], [8 * (len(parts) + 2)]
    for piece in pieces:
        ends.append(ends[-1] + len(piece))
    return struct.pack(f"<{len(ends) + 1}Q", len(ends), *ends) + b"".join(pieces)


def unpacked(message):
    """(header, parent's header, content)"""
    count, = struct.unpack_from("<Q", message)
    _, header, parent, _, content, *_ = [message[start:end] for start, end in
                                         pairwise(struct.unpack_from(f"<{count}Q", message, 8))]
    return json.loads(header), json.loads(parent), json.loads(content)


@contextmanager
def jupyterhub(students):
    """Its address and its process, for as long as it is needed, with a home for so many students."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        place, port = Path(folder), free_port()
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--prefix", place, HUB], check=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", place, PROXY], check=True)
        for number in range(students):
            shutil.copytree(ROOT / "notebooks", place / f"homes/student-{number}")
        packages, = place.glob("lib*/python*/site-packages")
        settings = {
            "JupyterHub.bind_url": f"http://127.0.0.1:{port}",
            "JupyterHub.hub_port": free_port(),
            "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{free_port()}",
            "ConfigurableHTTPProxy.command": f"{place}/node_modules/.bin/configurable-http-proxy",
            "JupyterHub.db_url": "sqlite://",
            "JupyterHub.authenticator_class": "dummy",
            "Authenticator.allow_all": True,
            "JupyterHub.spawner_class": "simple",
            "SimpleLocalProcessSpawner.home_dir_template": f"{place}/homes/{{username}}",
            "Spawner.cmd": [f"{ROOT}/binder/start", sys.executable, "-m", "jupyterhub.singleuser", "--allow-root"],
            "Spawner.start_timeout": PATIENCE,
            "Spawner.http_timeout": PATIENCE,
            "Spawner.env_keep": ["PATH", "PYTHONPATH"],
        }
        config = place / "jupyterhub_config.py"
        config.write_text("".join(f"c.{name} = {value!r}\n" for name, value in settings.items()))
        with (place / "log").open("w") as log:
            hub = subprocess.Popen([sys.executable, "-m", "jupyterhub", "-f", config], cwd=place, stdout=log,
                                   stderr=log, env=os.environ | {"PYTHONPATH": str(packages)})
        try:
            wait_for(f"http://127.0.0.1:{port}/hub/health", hub, place / "log")
            yield f"http://127.0.0.1:{port}", psutil.Process(hub.pid)
        finally:
            family = psutil.Process(hub.pid).children(recursive=True)
            hub.terminate()
            psutil.wait_procs(family, 30)
            for process in family:
                if process.is_running():
                    process.kill()


def of_students(hub):
    """Servers and kernels: all that the hub has started but its proxy."""
    found = []
    for process in hub.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it may end while we look
            found += [process] if re.search("singleuser|ipykernel", " ".join(process.cmdline())) else []
    return found


def cpu(hub):
    """Seconds of all students together."""
    return sum(sum(process.cpu_times()[:2]) for process in of_students(hub))


def memory(processes):
    """Megabytes: what these take, and what would go with the last of them only."""
    infos = [process.memory_full_info() for process in processes]
    return sum(info.rss for info in infos) / 1e6, sum(info.rss - info.pss for info in infos) / 1e6


async def all_at_once(students, what):
    """(what each gave, seconds until the last)"""
    start = time.perf_counter()
    given = await asyncio.gather(*map(what, students))
    return given, time.perf_counter() - start


async def sat(hub, students, started, seconds, chapter):
    """A row of the table: a class in a chapter."""
    loop = asyncio.get_running_loop()
    count = len(students)

    async def run(student):
        kernel, cells = await loop.run_in_executor(None, student.open, chapter)
        lesson = Lesson(await student.connect(kernel), student.chance)
        await lesson.wake()
        await lesson.run(cells)
        return student, kernel, lesson

    before = cpu(hub)
    lessons, ran = await all_at_once(students, run)
    spent = cpu(hub)
    moves, _ = await all_at_once(lessons, lambda lesson: lesson[2].drag(DRAGGING))
    times = [took for each in moves for took in each]
    of_a_move = (cpu(hub) - spent) / len(times)
    whole, shared = memory(of_students(hub))
    kernels, _ = memory([process for process in of_students(hub) if "ipykernel" in " ".join(process.cmdline())])
    for student, kernel, lesson in lessons:
        lesson.leave()
        await loop.run_in_executor(None, student.fetch, f"{student.home}api/kernels/{kernel}", None, "DELETE")
    return dict(zip(COLUMNS, map(short, (
        chapter[:2], count, started, ran, statistics.median(times), statistics.quantiles(times, n=20)[-1],
        (seconds + spent - before) / count, 1000 * of_a_move, whole / count, shared / count, kernels / count)),
        strict=True))


async def measured(address, hub, sizes):
    """Rows of the table, each printed as soon as it is known."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(max(sizes)))
    print(line(COLUMNS), line(["---"] * len(COLUMNS)), sep="\n")
    for size in sizes:
        students = [Student(address, number) for number in range(size)]
        _, started = await all_at_once(students, lambda student: loop.run_in_executor(None, student.start))
        seconds = cpu(hub)
        for chapter in CHAPTERS:
            row = await sat(hub, students, started, seconds, chapter)
            print(line(map(str, row.values())), flush=True)
            yield row
        await all_at_once(students, lambda student: loop.run_in_executor(None, student.stop))
        while of_students(hub):
            await asyncio.sleep(0.2)


def line(cells):
    """A line of a table."""
    return f"| {' | '.join(cells)} |"


def short(value):
    """A number as a table shows it: to a tenth below ten, else whole."""
    return value if isinstance(value, int | str) else round(value) if value >= 10 else round(value, 1)


def advice(rows, cores):
    """What to give a student: (megabytes for sure, at most, students a core)

    For sure what one open chapter takes, rounded up; at most a second one besides, and half of that for what a student
    tries. As many students a core as can all drag at once while 95 % of the moves are soon enough, in either chapter.
    """
    guarantee = up(max(row["memory, MB"] for row in rows))
    limit = up(guarantee + 1.5 * max(row["a second chapter, MB"] for row in rows))
    late = {row["students"] for row in rows if row["95 % below, ms"] >= SOON}
    most = max((row["students"] for row in rows if row["students"] < min(late, default=sys.maxsize)), default=0)
    return guarantee, limit, most / cores


def up(megabytes, step=64):
    return step * ceil(megabytes / step)


async def main(sizes):
    """Measure and print."""
    with jupyterhub(max(sizes)) as (address, hub):
        rows = [row async for row in measured(address, hub, sizes)]
    guarantee, limit, a_core = advice(rows, os.cpu_count())
    print(f"\nmemory: guarantee {guarantee}M, limit {limit}M; students a core: {a_core:g}, on {os.cpu_count()} cores")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    asyncio.run(main(parser.parse_args().sizes))

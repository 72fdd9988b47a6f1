"""A JupyterLab of its own for as long as it is needed, on a copy of some notebooks."""
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

LAB_SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # lay out every cell, not only those in sight
}
LESSON = "window.jupyterapp.shell.currentWidget"
PATIENCE = 120_000  # milliseconds; all cores may be busy with other tests
READY = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def jupyterlab(notebooks):
    """Its address, with {} for what is open there, as /tree/NAME, and the folder with the copies."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home, port = Path(folder), free_port()
        shutil.copytree(notebooks, home / "notebooks")
        for name, setting in LAB_SETTINGS.items():
            file = home / "settings/@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(setting), encoding="utf-8")
        switches = [f"--port={port}", "--IdentityProvider.token=lesson", f"--ServerApp.root_dir={home / 'notebooks'}",
                    "--no-browser", "--allow-root", "--LabApp.news_url=None", "--LabApp.expose_app_in_browser=True"]
        places = {"JUPYTER_CONFIG_DIR": home, "JUPYTERLAB_SETTINGS_DIR": home / "settings",
                  "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces"}
        with (home / "log").open("w") as log:
            server = subprocess.Popen([sys.executable, "-P", "-m", "jupyterlab", *switches], stdout=log, stderr=log,
                                      env=os.environ | {name: str(place) for name, place in places.items()})
        try:
            wait_for(f"http://127.0.0.1:{port}/api", server, home / "log")
            yield f"http://127.0.0.1:{port}/lab{{}}?token=lesson&reset", home / "notebooks"
        finally:
            server.terminate()
            server.wait(30)


def wait_for(address, server, log):
    """Until a server answers there. log: where it says why it does not"""
    until = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < until and server.poll() is None:
        try:
            return urllib.request.urlopen(address)
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {address}:\n{log.read_text()}")

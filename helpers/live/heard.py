"""What a function prints and draws on its own, kept for where it was called from; and a limit to how long it takes."""
import base64
import ctypes
import sys
import threading
from contextlib import contextmanager
from io import BytesIO

MOST = 4000  # characters that are kept of what is printed
LIMIT = 10  # seconds; a demo that takes longer is no demo


class TakesTooLong(BaseException):
    """No Exception, so that a function which catches those is stopped all the same."""


@contextmanager
def limited(seconds):
    """Raise TakesTooLong in the block where it takes longer.

    JupyterLab runs what sliders call in a thread of its own that no Interrupt reaches: a loop without an end would keep
    it, and with it every demo, until the kernel is restarted.
    """
    thread, ended, lock = threading.get_ident(), False, threading.Lock()

    def stop():
        with lock:
            if not ended:
                _raise_in(thread, TakesTooLong)

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            ended = True
        timer.cancel()


def _raise_in(thread, error):
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


@contextmanager
def heard(kept):
    """The list gets what this thread prints and draws in the block: ("text", it) and ("image", its address)."""
    figures = _figures()
    try:
        with _listening(kept), _watching(kept):
            yield
    finally:
        kept += [("image", _drawn(number)) for number in sorted(_figures() - figures)]


class _Ear:
    """Stands in for a stream: what listening threads write is kept, all else goes through."""

    def __init__(self, stream):
        self._stream, self.keep = stream, {}

    def write(self, text):
        kept = self.keep.get(threading.get_ident())
        if kept is None:
            return self._stream.write(text)
        if kept and kept[-1][0] == "text":
            text = kept.pop()[1] + text
        kept.append(("text", text if len(text) < MOST else text[:MOST] + " …"))
        return len(text)

    def __getattr__(self, name):
        return getattr(self._stream, name)


_changing = threading.Lock()


@contextmanager
def _listening(kept):
    """Put an ear before each stream, one for all threads, and take it away when the last has done."""
    thread, names = threading.get_ident(), ("stdout", "stderr")
    with _changing:
        for name in names:
            if not isinstance(getattr(sys, name), _Ear):
                setattr(sys, name, _Ear(getattr(sys, name)))
        ears = {name: getattr(sys, name) for name in names}
        for ear in ears.values():
            ear.keep[thread] = kept
    try:
        yield
    finally:
        with _changing:
            for name, ear in ears.items():
                ear.keep.pop(thread, None)
                if not ear.keep and getattr(sys, name) is ear:
                    setattr(sys, name, ear._stream)


@contextmanager
def _watching(kept):
    """Keep what this thread displays, which a kernel's own hook gives us."""
    from IPython import get_ipython

    publisher = getattr(get_ipython(), "display_pub", None)
    if not hasattr(publisher, "register_hook"):
        yield
        return

    def hook(message):
        data = message["content"].get("data", {})
        image = data.get("image/png")
        kept.append(("image", f"data:image/png;base64,{image.strip()}") if image
                    else ("text", data.get("text/plain", "")[:MOST] + "\n"))

    publisher.register_hook(hook)
    try:
        yield
    finally:
        publisher.unregister_hook(hook)


def _figures():
    """Numbers of pyplot's open figures."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


def _drawn(number):
    """A figure as an address, and closed."""
    pyplot, file = sys.modules["matplotlib.pyplot"], BytesIO()
    pyplot.figure(number).savefig(file, format="png")
    pyplot.close(number)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()

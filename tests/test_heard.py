"""What a function prints and draws on its own, and the limit to how long it takes."""
import sys
import threading
import time

import pytest

from helpers.live.heard import MOST, TakesTooLong, heard, limited


def kept(speak):
    pieces = []
    with heard(pieces):
        speak()
    return pieces


def test_what_is_printed_in_pieces_is_one_text(capsys):
    assert kept(lambda: [print(1, end=""), print(" and 2")]) == [("text", "1 and 2\n")]
    assert capsys.readouterr() == ("", "")


def test_what_goes_to_the_other_stream_is_heard_too(capsys):
    assert kept(lambda: print("mind the gap", file=sys.stderr)) == [("text", "mind the gap\n")]
    assert capsys.readouterr() == ("", "")


def test_afterwards_everything_is_as_it_was(capsys):
    before = sys.stdout, sys.stderr
    kept(lambda: print("inside"))
    with pytest.raises(ZeroDivisionError):
        kept(lambda: 1 / 0)
    assert (sys.stdout, sys.stderr) == before
    print("outside")
    assert capsys.readouterr().out == "outside\n"


def test_a_thread_hears_itself_only(capsys):
    """While a student drags, another cell may print: that goes where it went."""
    begun, done, pieces = threading.Event(), threading.Event(), {}

    def speak(name):
        with heard(pieces.setdefault(name, [])):
            begun.set()
            print(name)
            done.wait(5)

    threads = [threading.Thread(target=speak, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    begun.wait(5)
    print("a cell")
    done.set()
    for thread in threads:
        thread.join()
    assert pieces == {name: [("text", f"{name}\n")] for name in "ab"}
    assert capsys.readouterr().out == "a cell\n"


def test_a_figure_is_drawn_and_closed_and_one_that_was_there_stays():
    from matplotlib import pyplot

    mine = pyplot.figure().number
    (kind, address), = kept(lambda: pyplot.figure())
    assert (kind, address[:22]) == ("image", "data:image/png;base64,")
    assert pyplot.get_fignums() == [mine]
    pyplot.close(mine)


def test_no_more_is_kept_than_can_be_read():
    (_, text), = kept(lambda: [print("12345678") for _ in range(10_000)])
    assert MOST <= len(text) <= MOST + 10
    assert text.endswith(" …")


def test_what_takes_too_long_is_stopped():
    def forever():
        with limited(0.05):
            while True:
                try:
                    time.sleep(0.001)
                except Exception:  # as a student's own might
                    continue

    with pytest.raises(TakesTooLong):
        forever()


def test_what_ends_in_time_is_left_alone():
    with limited(0.05):
        pass
    time.sleep(0.1)

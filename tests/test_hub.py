"""The page for whoever runs a hub: what it gives a student is what was measured, and its link leads here."""
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from classroom import COLUMNS, advice, line, packed, short, unpacked
from refresh import ROOT, repository

PAGE = (ROOT / "hub/README.md").read_text(encoding="utf-8")
VALUES = yaml.safe_load((ROOT / "hub/values.yaml").read_text(encoding="utf-8"))
CORES = 2  # of the machine that the page's table is from


def between(mark):
    return re.search(rf"<!-- {mark} -->\s*(.*?)\s*<!-- /{mark} -->", PAGE, re.DOTALL)[1]


@pytest.fixture(scope="module")
def rows():
    head, _, *lines = between("classroom").splitlines()
    assert head == line(COLUMNS)
    cells = [each.strip("| ").split(" | ") for each in lines]
    return [dict(zip(COLUMNS, (row[0], *map(float, row[1:])), strict=True)) for row in cells]


def test_a_student_gets_what_was_measured(rows):
    guarantee, limit, a_core = advice(rows, CORES)
    assert VALUES["singleuser"]["memory"] == {"guarantee": f"{guarantee}M", "limit": f"{limit}M"}
    assert VALUES["singleuser"]["cpu"]["guarantee"] == round(1 / a_core, 2)
    assert f"limits.memory {limit}M" in PAGE
    assert between("most") == f"{a_core * CORES:g}"


def test_the_link_fetches_this_repository_to_where_its_drawings_are_looked_for():
    asked = {name: value for name, (value,) in parse_qs(urlsplit(between("link").strip("`\n")).query).items()}
    folder = asked["targetPath"]
    assert asked["repo"] == f"https://github.com/{repository()}"
    assert VALUES["singleuser"]["extraEnv"]["PYTHONPATH"] == f"/home/jovyan/{folder}"
    path = asked["urlpath"].removeprefix(f"lab/tree/{folder}/")
    assert (ROOT / path).exists()


def test_numbers_are_as_short_as_they_are_read():
    assert [short(value) for value in ("02", 5, 7.96, 12.4)] == ["02", 5, 8.0, 12]


def test_students_a_core_are_those_of_the_last_class_without_a_late_one():
    quiet = dict.fromkeys(COLUMNS, 1)
    rows = [quiet | {"students": count, "95 % below, ms": ms, "memory, MB": 600, "a second chapter, MB": 400}
            for count, ms in [(1, 50), (5, 100), (10, 199), (10, 200), (20, 90)]]
    assert advice(rows, 2) == (640, 1280, 2.5)  # 600 and 640 + 600, rounded up to 64; five on two cores


def test_a_message_comes_back_as_it_was_sent():
    sent = ["shell", {"msg_type": "comm_msg"}, {"msg_id": "1"}, {}, {"data": "卷积"}]
    assert unpacked(packed(sent)) == (sent[1], sent[2], sent[4])

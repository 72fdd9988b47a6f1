"""The table of whole numbers as a control of explore, its messages those of a front end."""
import json
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from decoded import send, shown
from test_explore import choose, picture, says, scene

import helpers.live.rows
import helpers.live.still
from helpers import Refused, explore, rows

LAYERS = dict(kernel=(1, 7), stride=(1, 3))
PRESETS = {"two": {"layers": ((3, 1), (3, 2))}, "one": {"layers": ((7, 3),)}}


SCRIPT = Path(helpers.live.rows.__file__).with_suffix(".js")


@pytest.fixture(autouse=True)
def _no_display(monkeypatch):
    monkeypatch.setattr(helpers.live.still, "display", lambda *_, **__: None)


def tabled(presets=None, start=((3, 1), (2, 2))):
    @explore(presets, layers=rows(**LAYERS))
    def stack(layers=start):
        if sum(kernel for kernel, _ in layers) > 20:
            raise Refused("Lower kernel.")
        return picture(f"layers {layers}")
    return stack


def test_the_default_is_where_the_table_starts():
    demo = tabled().demo
    control = demo.controls["layers"]
    assert control.value == ((3, 1), (2, 2))
    assert (control.description, control.most) == ("layers", 200)
    assert control.columns == {"kernel": [1, 7], "stride": [1, 3]}
    assert says(demo) == ("layers ((3, 1), (2, 2)), step 0", "")


def test_a_front_end_s_lists_change_the_picture_and_become_tuples():
    demo = tabled().demo
    before = shown(demo.view).marks
    send(demo.controls["layers"], value=[[5, 1], [2, 3], [1, 1]])
    assert demo.settings == {"layers": ((5, 1), (2, 3), (1, 1))}
    assert says(demo) == ("layers ((5, 1), (2, 3), (1, 1)), step 0", "")
    assert shown(demo.view).marks == scene(picture("layers ((5, 1), (2, 3), (1, 1))")) != before


def test_a_start_of_lists_becomes_tuples_too():
    assert tabled(start=[[3, 1]]).demo.settings == {"layers": ((3, 1),)}


def test_a_preset_fills_the_table_and_is_recognised():
    demo = tabled(PRESETS).demo
    names = [demo.preset.value]
    choose(demo.preset, "one")
    assert demo.controls["layers"].value == ((7, 3),)
    assert says(demo) == ("layers ((7, 3),), step 0", "")
    for value in ([[7, 3], [7, 3]], [[3, 1], [3, 2]]):
        names.append(demo.preset.value)
        send(demo.controls["layers"], value=value)
    assert [*names, demo.preset.value] == ["own settings", "one", "own settings", "two"]


def test_a_refused_table_keeps_the_picture_until_one_works_again():
    demo = tabled().demo
    before = demo.view.scene
    send(demo.controls["layers"], value=[[7, 1]] * 3)
    assert (demo.view.scene, *says(demo)) == (before, "Lower kernel.", "refused")
    send(demo.controls["layers"], value=[[7, 1]] * 2)
    assert says(demo) == ("layers ((7, 1), (7, 1)), step 0", "")


def test_two_tables_do_not_disturb_each_other():
    one, two = tabled().demo, tabled().demo
    send(one.controls["layers"], value=[[1, 1]])
    assert two.settings == {"layers": ((3, 1), (2, 2))}


@pytest.mark.parametrize("layers", [((1, 1),), ((7, 3), (1, 1)), [[2, 1]], 20 * ((1, 3),)], ids=str)
def test_by_hand_what_a_table_can_hold_is_drawn_and_moves_no_control(layers):
    stack = tabled()
    assert stack(layers).says() == f"layers {layers}, step 0"
    assert stack.demo.settings == {"layers": ((3, 1), (2, 2))}


@pytest.mark.parametrize(("layers", "message"), [
    ((), "layers must be 1 to 200 rows, not 0."),
    (201 * ((1, 1),), "layers must be 1 to 200 rows, not 201."),
    (3, "layers must be 1 to 200 rows, not 3."),
    ("31", "layers must be 1 to 200 rows, not '31'."),
    ((3, 1), "Row 1 of layers must be 2 numbers, for kernel, stride, not 3."),
    (((3, 1), (3,)), "Row 2 of layers must be 2 numbers, for kernel, stride, not (3,)."),
    (((3, 1, 0),), "Row 1 of layers must be 2 numbers, for kernel, stride, not (3, 1, 0)."),
    (((3, 1), (8, 1)), "kernel of row 2 must be at most 7, not 8: lower kernel."),
    (((3, 0),), "stride of row 1 must be at least 1, not 0: raise stride of row 1."),
    (((2.5, 1),), "kernel of row 1 must be a whole number, not 2.5."),
    (((True, 1),), "kernel of row 1 must be a whole number, not True."),
    (((3, "1"),), "stride of row 1 must be a whole number, not '1'."),
    ((((1, 7), 1),), "kernel of row 1 must be a whole number, not (1, 7)."),
], ids=str)
def test_by_hand_wrong_rows_are_refused_in_one_sentence(layers, message):
    with pytest.raises(Refused) as refusal:
        tabled()(layers)
    assert str(refusal.value) == message


def test_200_rows_are_allowed():
    @explore(layers=rows(**LAYERS))
    def stack(layers=((1, 1),)):
        return picture(f"{len(layers)} rows")

    assert stack(200 * ((7, 3),)).says() == "200 rows, step 0"


# What is typed, judged by the script of the table

def field(text, is_bad=False):
    """A number field as the browser has it, with this in it."""
    try:
        number = float(text)
    except ValueError:
        number = None
    return {"value": text, "valueAsNumber": number, "validity": {"badInput": is_bad}}


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here to run the script")
def test_what_the_table_cannot_take_is_told_with_its_limits_and_what_was_typed():
    typed = {"12": field("12"), "1": field("1"), "31": field("31"), "half typed": field(""), "99": field("99"),
             "0": field("0"), "2.5": field("2.5"), "-": field("", is_bad=True)}
    script = f"data:text/javascript;base64,{b64encode(SCRIPT.read_bytes()).decode()}"
    code = (f"const {{ fault }} = await import({json.dumps(script)});"
            f"const said = Object.entries({json.dumps(typed)}).map(([name, field]) => [name, fault(field, 1, 31)]);"
            "console.log(JSON.stringify(Object.fromEntries(said)))")
    ran = subprocess.run(["node", "--input-type=module", "-e", code], capture_output=True, text=True, check=True)
    said = json.loads(ran.stdout)
    limits = "must be a whole number from 1 to 31"
    assert said == {"12": "", "1": "", "31": "", "half typed": "", "99": f"{limits}, not 99", "0": f"{limits}, not 0",
                    "2.5": f"{limits}, not 2.5", "-": limits}

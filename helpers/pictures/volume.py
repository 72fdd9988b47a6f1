"""A window walks through a volume: a block among cubes, or the same as slices side by side."""
from helpers.arithmetic import whole
from helpers.canvas import Picture
from helpers.pictures.blocks import Walk, draw_blocks, draw_slices
from helpers.pictures.plane import planes


def volume(x, y, window, weight, cut=None, arguments="x, w"):
    """A block walks through a volume of cubes, one step per cell of `y`, and the cubes of the output appear.

    x: (slices, rows, columns), or 1s before them    y: what torch made of it, likewise    weight: (k_d, k_h, k_w)
    cut: the slice of the input whose numbers are seen, the last unless given; those in front of it are taken away,
        which are none where `cut` is the last or past it
    arguments: how the tensors are written in the torch call
    Raises Refused where no window fits, ValueError for shapes that do not belong together.
    """
    walk = Walk(planes(x, "x", 3), planes(y, "y", 3), window, planes(weight, "weight", 3), arguments)
    last = len(walk.x) - 1
    wanted = last if cut is None else whole("cut", cut, 0)
    cut, missing = min(wanted, last), f", which has no slice {wanted}" * (wanted > last)
    left = f"slices 0 to {cut}" if cut else "slice 0"
    seen = f"{left}, those in front are taken away" if cut < last else f"the whole input{missing}"
    return Picture(walk.y.size, lambda step: draw_blocks(walk, step, cut),
                   lambda step: f"view: {seen}\n{walk.tell(step)}")


def slices(x, y, window, weight, arguments="x, w"):
    """The same walk with all slices of input, weight and output side by side; arguments and errors as above."""
    walk = Walk(planes(x, "x", 3), planes(y, "y", 3), window, planes(weight, "weight", 3), arguments)
    return Picture(walk.y.size, lambda step: draw_slices(walk, step), walk.tell)

"""What a layer learns, and how often it multiplies."""
from math import gcd, prod

from helpers.arithmetic.given import Refused, axes_named, numbers, per_axis, true_or_false, whole


def parameters(c_in, c_out, kernel, bias=True, groups=1):
    """Numbers that a convolution learns: C_out · C_in / groups · Π kernel, and C_out more for the bias.

    A transposed convolution learns as many.
    kernel: (k_h, k_w), or a number for a square
    Raises Refused unless `groups` divides both channel counts, and for what is no such number.
    """
    true_or_false("bias", bias)
    groups = dividing(groups, whole("c_in", c_in, 1), whole("c_out", c_out, 1))
    return c_out * (c_in // groups) * prod(per_axis(numbers("kernel", kernel, 1), 2)) + c_out * bias


def macs(c_in, c_out, kernel, outputs, groups=1):
    """Multiply-accumulates of one convolution on one image, bias not counted.

    kernel: (k_h, k_w)    outputs: (h_out, w_out)    A number stands for all axes, for two where both are numbers.
    Each of the C_out · h_out · w_out sums has C_in / groups · k_h · k_w terms, also where they are zeros of padding.
    Raises Refused unless `groups` divides both channel counts, and for what is no such number.
    """
    kernel, outputs = numbers("kernel", kernel, 1), numbers("outputs", outputs, 1)
    count = axes_named(dict(kernel=kernel, outputs=outputs)) or 2
    return prod(per_axis(outputs, count)) * parameters(c_in, c_out, per_axis(kernel, count), False, groups)


def dividing(groups, *channels):
    """`groups`, once it is known to divide every one of these channel counts; Refused otherwise."""
    for count in channels:
        if count % whole("groups", groups, 1):
            common = gcd(*channels)
            *some, last = [str(g) for g in range(1, common + 1) if common % g == 0]
            choice = f"{', '.join(some)} or {last}" if some else last
            raise Refused(f"groups {groups} does not divide {count} channels: choose {choice}.")
    return groups

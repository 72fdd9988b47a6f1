"""Sizes, costs and fields of the layers, in plain Python: one formula, one line, one source.

Every value is a number, which stands for all axes, or a tuple or a list with one number per axis. What is asked with
plain numbers is answered with plain numbers, and what is asked per axis with a tuple.
What torch refuses raises Refused, in a sentence that names what to change.
"""
from helpers.arithmetic.channels import Grouped, Shuffled
from helpers.arithmetic.costs import macs, parameters
from helpers.arithmetic.fields import Field, receptive_field, receptive_fields, sizes
from helpers.arithmetic.given import Refused, matrix, whole
from helpers.arithmetic.windows import Transposed, Window

__all__ = ["Field", "Grouped", "Refused", "Shuffled", "Transposed", "Window", "macs", "matrix", "parameters",
           "receptive_field", "receptive_fields", "sizes", "whole"]

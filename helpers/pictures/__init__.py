"""One function per kind of picture. Arrays are torch tensors or whatever numpy reads; each returns a Picture."""
from helpers.pictures.channels import channels
from helpers.pictures.cone import cone
from helpers.pictures.costs import costs
from helpers.pictures.shuffle import shuffle
from helpers.pictures.side_by_side import side_by_side
from helpers.pictures.sliding_window import sliding_window
from helpers.pictures.transposed import stamping, transposed_matrix
from helpers.pictures.wiring import grouped, wiring

__all__ = ["channels", "cone", "costs", "grouped", "shuffle", "side_by_side", "sliding_window", "stamping",
           "transposed_matrix", "wiring"]

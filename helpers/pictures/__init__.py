"""One function per kind of picture. Arrays are torch tensors or whatever numpy reads; each returns a Picture."""
from helpers.pictures.block import block
from helpers.pictures.channels import channels, pooled_channels
from helpers.pictures.chart import chart
from helpers.pictures.cone import cone
from helpers.pictures.costs import costs
from helpers.pictures.field import field
from helpers.pictures.grouped_channels import grouped_channels
from helpers.pictures.padded import padded
from helpers.pictures.passes import passes
from helpers.pictures.separable import separable
from helpers.pictures.shuffle import shuffle
from helpers.pictures.side_by_side import side_by_side
from helpers.pictures.sliding_window import pooling, sliding_window
from helpers.pictures.terms import terms
from helpers.pictures.tiles import tiles
from helpers.pictures.training import training
from helpers.pictures.transposed import stamping, transposed_matrix, zeros_between
from helpers.pictures.two_passes import two_passes
from helpers.pictures.volume import slices, volume
from helpers.pictures.wiring import grouped, wiring

__all__ = ["block", "channels", "chart", "cone", "costs", "field", "grouped", "grouped_channels", "padded", "passes",
           "pooled_channels", "pooling", "separable", "shuffle", "side_by_side", "slices", "sliding_window", "stamping",
           "terms", "tiles", "training", "transposed_matrix", "two_passes", "volume", "wiring", "zeros_between"]

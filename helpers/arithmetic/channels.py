"""Which input channels go into an output channel."""
from dataclasses import dataclass

from helpers.arithmetic.costs import dividing
from helpers.arithmetic.given import whole


@dataclass(frozen=True)
class Grouped:
    """The channels of a grouped convolution: `groups` blocks of inputs, and as many of outputs, in their order.

    Raises Refused unless `groups` divides both channel counts.
    """

    c_in: int
    c_out: int
    groups: int = 1

    def __post_init__(self):
        dividing(self.groups, whole("c_in", self.c_in, 1), whole("c_out", self.c_out, 1))

    def reads(self, output):
        """Input channels that go into one output channel: the block of its own group."""
        block = self.c_in // self.groups
        group = output // (self.c_out // self.groups)
        return list(range(group * block, (group + 1) * block))


@dataclass(frozen=True)
class Shuffled:
    """A channel shuffle: written row by row into a table of `groups` rows, and read column by column.

    Raises Refused unless `groups` divides the channel count.

    Formula: Zhang and others, ShuffleNet, 2018, section 3.1.
    """

    channels: int
    groups: int

    def __post_init__(self):
        dividing(self.groups, whole("channels", self.channels, 1))

    @property
    def c_in(self):
        return self.channels

    c_out = c_in

    def reads(self, output):
        """The one input channel that arrives at a place: row i mod g of the table, column ⌊i / g⌋."""
        return [output % self.groups * (self.channels // self.groups) + output // self.groups]

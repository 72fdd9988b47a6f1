"""Sizes and costs of the layers, in plain Python: one formula, one line, one source."""
from dataclasses import dataclass
from math import gcd, prod
from numbers import Integral


class Refused(ValueError):
    """A setting that torch refuses too. The message names the control to move."""


def whole(name, value, least):
    """`value`, once it is known to be a whole number of at least `least`; Refused otherwise."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise Refused(f"{name} must be a whole number, not {' '.join(repr(value).split())}.")
    if value < least:
        raise Refused(f"{name} must be at least {least}, not {value}: raise {name}.")
    return value


@dataclass(frozen=True)
class Window:
    """The window that a convolution or a pooling layer slides over its input.

    Each value is a whole number, the same for every axis, or a tuple with one number per axis.
    Sizes and positions are counted in cells; `pooling` adds torch's limit on padding, and
    `ceil_mode` (pooling only) keeps a last window that hangs over the edge.
    Raises Refused for values that torch refuses.

    Formulas: Dumoulin & Visin, A guide to convolution arithmetic, 2016, relationships 6 and 15.
    """

    kernel: int | tuple[int, ...]
    stride: int | tuple[int, ...] = 1
    padding: int | tuple[int, ...] = 0
    dilation: int | tuple[int, ...] = 1
    ceil_mode: bool = False
    pooling: bool = False

    def __post_init__(self):
        for name, least in dict(kernel=1, stride=1, padding=0, dilation=1).items():
            for value in _per_axis(getattr(self, name)):
                whole(name, value, least)
        if not isinstance(self.ceil_mode, bool):
            raise Refused(f"ceil_mode must be True or False, not {self.ceil_mode!r}.")
        if 0 in self._named():
            raise Refused("kernel, stride, padding and dilation must name at least one axis.")
        if len(self._named()) > 1:
            raise Refused("kernel, stride, padding and dilation must name the same number of axes.")
        if self.ceil_mode and not self.pooling:
            raise Refused("ceil_mode belongs to pooling: a convolution always rounds down.")
        for kernel, _, padding, _ in zip(*self._columns(), strict=True):
            if self.pooling and padding > kernel // 2:
                raise Refused(f"padding {padding} is more than half of kernel {kernel}: "
                              f"lower padding to {kernel // 2}, or raise kernel.")

    def _values(self):
        return self.kernel, self.stride, self.padding, self.dilation

    def _named(self):
        return {len(value) for value in self._values() if isinstance(value, tuple)}

    def _columns(self, count=None):
        count = count or max(self._named(), default=1)
        return [_per_axis(value, count) for value in self._values()]

    def axes(self, count=None):
        """One Window of plain numbers for each of `count` axes (as many as the values name, at least 1)."""
        if count and self._named() - {count}:
            raise Refused(f"The input has {count} axes to slide along, but the window names {max(self._named())}.")
        if not self._named():
            return (count or 1) * (self,)
        return tuple(Window(*numbers, self.ceil_mode, self.pooling)
                     for numbers in zip(*self._columns(count), strict=True))

    @property
    def span(self):
        """Cells from the first to the last that one window touches: d(k − 1) + 1."""
        if self._named():
            return tuple(axis.span for axis in self.axes())
        return self.dilation * (self.kernel - 1) + 1

    def outputs(self, size):
        """Output cells for an input of `size` cells: ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1.

        size: one number for one axis, or a tuple with one per axis; the answer has the same form.
        Raises Refused where no window fits.
        """
        if size == ():
            raise Refused("size must name at least one axis, as in 6 or (6, 8).")
        if isinstance(size, tuple):
            return tuple(axis.outputs(n) for axis, n in zip(self.axes(len(size)), size, strict=True))
        axis, = self.axes(1)
        count = axis._rounded(whole("size", size, 1) + 2 * axis.padding - axis.span) + 1
        if count < 1:
            lower = "kernel or dilation" if axis.dilation > 1 else "kernel"
            raise Refused(f"The window spans {axis.span} cells but the padded input has only "
                          f"{size + 2 * axis.padding}: lower {lower}, or raise padding.")
        return count - axis._starts_past_input(count - 1, size)

    def in_words(self, size):
        """The formula of `outputs` for one axis, with its numbers in it."""
        axis, = self.axes(1)
        count, (k, s, p, d) = axis.outputs(size), axis._values()
        left, right = "⌈⌉" if self.ceil_mode else "⌊⌋"
        less = " − 1" if axis._starts_past_input(axis._rounded(size + 2 * p - axis.span), size) else ""
        return f"{left}({size} + 2·{p} − {d}·({k} − 1) − 1) / {s}{right} + 1{less} = {count}"

    def _rounded(self, room):
        return -(-room // self.stride) if self.ceil_mode else room // self.stride

    def _starts_past_input(self, index, size):
        # torch drops a window of ceil_mode that would lie wholly in the padding on the right
        return self.ceil_mode and index * self.stride >= size + self.padding

    def cells(self, index):
        """Input cells under window `index` of one axis, −1 and below or n and above in the padding: i·s − p + j·d."""
        axis, = self.axes(1)
        first = index * axis.stride - axis.padding
        return [first + tap * axis.dilation for tap in range(axis.kernel)]

    def dropped(self, size):
        """Cells at the end of the padded input that no window of one axis reaches, since stride does not fit."""
        axis, = self.axes(1)
        end = axis.cells(axis.outputs(size) - 1)[-1] + 1
        return max(0, size + axis.padding - end)

    def unread(self, size):
        """Cells of the padded input that no window of one axis reads, numbered as by `cells`.

        Those are the dropped ones, and any that stride or dilation steps over.
        """
        axis, = self.axes(1)
        read = {cell for index in range(axis.outputs(size)) for cell in axis.cells(index)}
        return [cell for cell in range(-axis.padding, size + axis.padding) if cell not in read]


def _per_axis(value, count=1):
    return value if isinstance(value, tuple) else (value,) * count


def parameters(c_in, c_out, kernel, bias=True, groups=1):
    """Numbers that a convolution learns: C_out · C_in / groups · Π kernel, and C_out more for the bias.

    kernel: one number per axis, as in (k_h, k_w)
    Raises Refused unless `groups` divides both channel counts.
    """
    return c_out * (c_in // _dividing(groups, c_in, c_out)) * prod(kernel) + c_out * bias


def macs(c_in, c_out, kernel, outputs, groups=1):
    """Multiply-accumulates of one convolution on one image, bias not counted.

    kernel: (k_h, k_w)    outputs: (h_out, w_out)
    Each of the C_out · h_out · w_out sums has C_in / groups · k_h · k_w terms.
    Raises Refused unless `groups` divides both channel counts.
    """
    return prod(outputs) * parameters(c_in, c_out, kernel, bias=False, groups=groups)


def _dividing(groups, *channels):
    """`groups`, once it is known to divide every one of these channel counts; Refused otherwise."""
    for count in channels:
        if count % whole("groups", groups, 1):
            common = gcd(*channels)
            *some, last = [str(g) for g in range(1, common + 1) if common % g == 0]
            choice = f"{', '.join(some)} or {last}" if some else last
            raise Refused(f"groups {groups} does not divide {count} channels: choose {choice}.")
    return groups


def matrix(text, name="weight"):
    """Rows of numbers out of what a student typed, as in "1 0 −1; 2 0 −2": a list of lists.

    Raises Refused unless every row has as many numbers as the first, all between −1000 and 1000.
    """
    try:
        rows = [[float(number) for number in row.replace("−", "-").split()] for row in text.strip(" ;").split(";")]
    except ValueError:
        raise Refused(f"{name} must be numbers with spaces between them and ; between rows, not {text!r}.") from None
    if not rows[0] or len({len(row) for row in rows}) > 1:
        raise Refused(f"{name} needs as many numbers in every row, with ; between rows, as in 1 0 −1; 2 0 −2.")
    if not all(abs(number) <= 1000 for row in rows for number in row):
        raise Refused(f"{name} must have numbers between −1000 and 1000.")
    return rows


@dataclass(frozen=True)
class Field:
    """What one unit sees: `size` input cells; neighbouring units stand `jump` apart, the first centred on `centre`."""

    size: int = 1
    jump: int = 1
    centre: float = 0.0


def sizes(layers, size):
    """Cells of one axis, in the input and after each of `layers`, square Windows; Refused where one does not fit."""
    counts = [size]
    for number, layer in enumerate(layers, 1):
        try:
            counts.append(layer.outputs(counts[-1]))
        except Refused as refusal:
            raise Refused(f"Layer {number}: {refusal}") from None
    return counts


def receptive_field(layers):
    """The Field of a unit on top of `layers`, square Windows from the input up, counted in input cells.

    size = 1 + Σ (span_l − 1) · Π_{i<l} s_i: Araujo, Norris & Sim, Computing receptive fields of convolutional neural
    networks, Distill 2019, equation 2. Padding moves the centre and never the size.
    """
    field = Field()
    for layer in layers:
        field = Field(field.size + (layer.span - 1) * field.jump, field.jump * layer.stride,
                      field.centre + ((layer.span - 1) / 2 - layer.padding) * field.jump)
    return field


@dataclass(frozen=True)
class Transposed:
    """The window of a transposed convolution, where it paints and what is cut off; the same for every axis.

    Raises Refused for values that torch refuses.

    Formulas: Dumoulin & Visin, A guide to convolution arithmetic, 2016, relationship 14, with torch's output_padding.
    """

    kernel: int
    stride: int = 1
    padding: int = 0
    output_padding: int = 0

    def __post_init__(self):
        for name, least in dict(kernel=1, stride=1, padding=0, output_padding=0).items():
            whole(name, getattr(self, name), least)
        if self.output_padding >= self.stride:
            raise Refused(f"output_padding {self.output_padding} must be smaller than stride {self.stride}: "
                          "lower output_padding, or raise stride.")

    def outputs(self, size):
        """Output cells of one axis: (n − 1)s − 2p + k + output_padding. Refused where none is left."""
        count = (whole("size", size, 1) - 1) * self.stride - 2 * self.padding + self.kernel + self.output_padding
        if count < 1:
            raise Refused(f"padding {self.padding} cuts away the whole output: lower padding, or raise kernel.")
        return count

    def cells(self, index):
        """Output cells that input cell `index` paints, outside the output where padding cuts: i·s − p + j."""
        first = index * self.stride - self.padding
        return list(range(first, first + self.kernel))

    def in_words(self, size):
        """The formula of `outputs` with its numbers in it."""
        numbers = f"({size} − 1)·{self.stride} − 2·{self.padding} + {self.kernel} + {self.output_padding}"
        return f"{numbers} = {self.outputs(size)}"


@dataclass(frozen=True)
class Grouped:
    """The channels of a grouped convolution: `groups` blocks of inputs, and as many of outputs, in their order.

    Raises Refused unless `groups` divides both channel counts.
    """

    c_in: int
    c_out: int
    groups: int = 1

    def __post_init__(self):
        _dividing(self.groups, whole("c_in", self.c_in, 1), whole("c_out", self.c_out, 1))

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
        _dividing(self.groups, whole("channels", self.channels, 1))

    @property
    def c_in(self):
        return self.channels

    c_out = c_in

    def reads(self, output):
        """The one input channel that arrives at a place: row i mod g of the table, column ⌊i / g⌋."""
        return [output % self.groups * (self.channels // self.groups) + output // self.groups]

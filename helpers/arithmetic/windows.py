"""Where the window of a layer stands: a convolution or pooling layer, and the transposed convolution."""
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from math import inf

from helpers.arithmetic.costs import macs
from helpers.arithmetic.given import Refused, as_tuple, axes_named, numbers, per_axis, true_or_false, whole


def _per_axis(ask):
    """What is asked about one axis becomes a question that takes, and gives, a number or a tuple with one per axis."""
    @wraps(ask)
    def asked(layer, *given):
        if not (layer.named or any(isinstance(each, tuple | list) for each in given)):
            return ask(layer, *given)
        given = [as_tuple("size or index", each) for each in given]
        axes = layer.axes(axes_named(dict(enumerate(given))))
        return tuple(map(ask, axes, *(per_axis(each, len(axes)) for each in given)))
    return asked


class _Layer:
    """A kernel and its settings, each a whole number for all axes or a tuple with one per axis."""

    def _settle(self, **least):
        """Make lists tuples; Refused unless every value named is whole and at least so large, and fits the others."""
        for name, lowest in least.items():
            object.__setattr__(self, name, numbers(name, getattr(self, name), lowest))
        if self.named:
            self.axes()  # each of which is checked on its own
        else:
            self._check()

    @cached_property
    def named(self):
        """{setting: tuple}, of those that have a number per axis."""
        return {name: value for name, value in vars(self).items() if isinstance(value, tuple)}

    def axes(self, count=None):
        """One layer of plain numbers for each of `count` axes (as many as the settings name, at least 1).

        Raises Refused where the settings name another number of axes.
        """
        named = self.named
        own = axes_named(named)
        if not named:
            return (count or 1) * (self,)
        if count not in (None, own):
            plural = "axis" if count == 1 else "axes"
            raise Refused(f"The input has {count} {plural} to slide along, but the window names {own}.")
        return tuple(replace(self, **dict(zip(named, row, strict=True))) for row in zip(*named.values(), strict=True))

    @property
    @_per_axis
    def span(self):
        """Cells from the first to the last that one window touches: d(k − 1) + 1."""
        return self.dilation * (self.kernel - 1) + 1


@dataclass(frozen=True)
class Window(_Layer):
    """The window that a convolution or a pooling layer slides over its input.

    Each value is a whole number, the same for every axis, or a tuple with one number per axis.
    Sizes and positions are counted in cells. padding: also "same" (as many outputs as inputs, the odd cell after the
    last; stride 1 only) or "valid" (none), for a convolution
    pooling: torch's limit on padding, and a stride that is not given is the kernel
    ceil_mode: (pooling only) keeps a last window that hangs over the edge
    Raises Refused for values that torch refuses.

    Formulas: Dumoulin & Visin, A guide to convolution arithmetic, 2016, relationships 6 and 15.
    """

    kernel: int | tuple[int, ...]
    stride: int | tuple[int, ...] | None = None
    padding: int | tuple[int, ...] | str = 0
    dilation: int | tuple[int, ...] = 1
    ceil_mode: bool = False
    pooling: bool = False

    def __post_init__(self):
        true_or_false("ceil_mode", self.ceil_mode)
        true_or_false("pooling", self.pooling)
        if self.stride is None:
            object.__setattr__(self, "stride", self.kernel if self.pooling else 1)
        least = dict(kernel=1, stride=1, padding=0, dilation=1)
        if isinstance(self.padding, str):
            del least["padding"]
        self._settle(**least)

    def _check(self):
        if self.ceil_mode and not self.pooling:
            raise Refused("ceil_mode belongs to pooling: a convolution always rounds down.")
        if isinstance(self.padding, str):
            self._check_word()
        elif self.pooling and self.padding > self.kernel // 2:
            raise Refused(f"padding {self.padding} is more than half of kernel {self.kernel}: "
                          f"lower padding to {self.kernel // 2}, or raise kernel.")

    def _check_word(self):
        if self.padding not in ("same", "valid"):
            raise Refused(f'padding must be a whole number, "same" or "valid", not {self.padding!r}.')
        if self.pooling:
            raise Refused(f'padding "{self.padding}" belongs to convolutions: give pooling a number.')
        if self.padding == "same" and self.stride > 1:
            raise Refused(f'padding "same" goes with stride 1, not {self.stride}: '
                          "lower stride, or give padding a number.")

    @property
    @_per_axis
    def before(self):
        """Cells of padding before the first cell: p, or for "same" half of d(k − 1), rounded down."""
        return {"same": (self.span - 1) // 2, "valid": 0}.get(self.padding, self.padding)

    @property
    @_per_axis
    def after(self):
        """Cells of padding after the last cell: p, or for "same" the other half."""
        return {"same": self.span // 2, "valid": 0}.get(self.padding, self.padding)

    @_per_axis
    def outputs(self, size):
        """Output cells for an input of `size` cells: ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1.

        Raises Refused where no window fits.
        """
        padded = whole("size", size, 1) + self.before + self.after
        count = self._rounded(padded - self.span) + 1
        if count < 1:
            lower = "kernel or dilation" if self.dilation > 1 else "kernel"
            raise Refused(f"The window spans {self.span} cells but the padded input has only {padded}: "
                          f"lower {lower}, or raise padding.")
        return count - self._starts_past_input(count - 1, size)

    @_per_axis
    def in_words(self, size):
        """The formula of `outputs` with its numbers in it."""
        count, k, s, d = self.outputs(size), self.kernel, self.stride, self.dilation
        padding = f"2·{self.before}" if self.before == self.after else f"{self.before} + {self.after}"
        left, right = "⌈⌉" if self.ceil_mode else "⌊⌋"
        more = self._rounded(size + self.before + self.after - self.span)
        less = " − 1" if self._starts_past_input(more, size) else ""
        return f"{left}({size} + {padding} − {d}·({k} − 1) − 1) / {s}{right} + 1{less} = {count}"

    def _rounded(self, room):
        return -(-room // self.stride) if self.ceil_mode else room // self.stride

    def _starts_past_input(self, index, size):
        # torch drops a window of ceil_mode that would lie wholly in the padding on the right
        return self.ceil_mode and index * self.stride >= size + self.before

    @_per_axis
    def cells(self, index):
        """Input cells under window `index`, −1 and below or n and above in the padding: i·s − p + j·d."""
        first = whole("index", index, -inf) * self.stride - self.before
        return [first + tap * self.dilation for tap in range(self.kernel)]

    reads = cells  # as Transposed calls it

    @_per_axis
    def dropped(self, size):
        """Cells at the end of the padded input that no window reaches, since stride does not fit."""
        end = self.cells(self.outputs(size) - 1)[-1] + 1
        return max(0, size + self.after - end)

    @_per_axis
    def unread(self, size):
        """Cells of the padded input that no window reads, numbered as by `cells`.

        Those are the dropped ones, and any that stride or dilation steps over.
        """
        read = {cell for index in range(self.outputs(size)) for cell in self.cells(index)}
        return [cell for cell in range(-self.before, size + self.after) if cell not in read]


@dataclass(frozen=True)
class Transposed(_Layer):
    """The window of a transposed convolution, where it paints and what is cut off.

    Each value is a whole number, the same for every axis, or a tuple with one number per axis. Padding cuts so many
    cells off both ends of the output; output_padding moves the far end on, by less than stride or less than dilation.
    Raises Refused for values that torch refuses.

    Formulas: Dumoulin & Visin, A guide to convolution arithmetic, 2016, relationship 14, with torch's output_padding
    and its dilation.
    """

    kernel: int | tuple[int, ...]
    stride: int | tuple[int, ...] = 1
    padding: int | tuple[int, ...] = 0
    output_padding: int | tuple[int, ...] = 0
    dilation: int | tuple[int, ...] = 1

    def __post_init__(self):
        self._settle(kernel=1, stride=1, padding=0, output_padding=0, dilation=1)

    def _check(self):
        if self.output_padding >= max(self.stride, self.dilation):
            raise Refused(f"output_padding {self.output_padding} must be below stride {self.stride} or dilation "
                          f"{self.dilation}: lower output_padding, or raise stride.")

    @_per_axis
    def outputs(self, size):
        """Output cells for an input of `size` cells: (n − 1)s − 2p + d(k − 1) + 1 + output_padding.

        Raises Refused where none is left.
        """
        count = (whole("size", size, 1) - 1) * self.stride - 2 * self.padding + self.span + self.output_padding
        if count < 1:
            raise Refused(f"padding {self.padding} cuts away the whole output: lower padding, or raise kernel.")
        return count

    @_per_axis
    def in_words(self, size):
        """The formula of `outputs` with its numbers in it."""
        span = self.kernel if self.dilation == 1 else f"{self.dilation}·({self.kernel} − 1) + 1"
        numbers = f"({size} − 1)·{self.stride} − 2·{self.padding} + {span} + {self.output_padding}"
        return f"{numbers} = {self.outputs(size)}"

    @_per_axis
    def cells(self, index):
        """Output cells that input cell `index` paints, outside the output where padding cuts: i·s − p + j·d."""
        first = whole("index", index, -inf) * self.stride - self.padding
        return [first + tap * self.dilation for tap in range(self.kernel)]

    @_per_axis
    def reads(self, index):
        """Input cells that paint output cell `index`, some perhaps beyond the ends of the input; none for a gap."""
        first = whole("index", index, -inf) + self.padding - self.span + 1
        return [place // self.stride for place in range(first, first + self.span, self.dilation)
                if place % self.stride == 0]

    def macs(self, c_in, c_out, size, groups=1):
        """Multiply-accumulates on one input of `size` cells, no bias: C_in · C_out / groups · Π size · Π kernel.

        Every input cell is multiplied by every weight of its print, also where padding then cuts that off; so the sums
        are not counted per output cell. A number stands for all axes, for two where kernel and size are numbers.
        Raises Refused where `groups` does not divide both channel counts, or no output is left.
        """
        self.outputs(size)
        return macs(c_in, c_out, self.kernel, size, groups)

"""The notebook's own tensors in a demo: dealt anew, and typed into, cell by cell."""
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil, floor

from helpers.arithmetic import Refused
from helpers.live.controls import Slip
from helpers.samples import whole_numbers

FIRST_SEED = 100  # past those that lessons start with


@dataclass
class Numbers:
    """Tensors that the cells above a demo define, by name: what its function reads whenever it is called.

    namespace: of the notebook    names: {noun of the cells in the picture: name of the tensor that they show}
    deals: how often they have been dealt anew
    Every change is a new tensor under the old name, so that what the notebook made of the old one stays as it is.
    """

    namespace: dict
    names: dict
    _ranges: dict = field(init=False)
    deals: int = 0

    def __post_init__(self):
        __tracebackhide__ = True
        tensors = {name: self._tensor(name) for name in self.names.values()}
        self._ranges = {name: (floor(each.min().item()), ceil(each.max().item())) for name, each in tensors.items()}
        for name, (low, high) in self._ranges.items():
            if low == high:
                raise Slip(f"All numbers of {name} are {low}, which is no range to deal new ones from.")

    def _tensor(self, name):
        __tracebackhide__ = True
        tensor = self.namespace.get(name)
        if not hasattr(tensor, "clone"):
            raise Slip(f"The cells of this picture show a tensor {name}, but "
                       f"{'there is none' if tensor is None else f'{name} is of type {type(tensor).__name__} now'}.")
        return tensor

    def deal(self):
        """Whole numbers by chance in all of them, each in the range that it had at the start."""
        tensors = {name: self._tensor(name) for name in self._ranges}  # all of them are there, or none is changed
        self.deals += 1
        for number, (name, (low, high)) in enumerate(self._ranges.items()):
            seed = FIRST_SEED + self.deals * len(self._ranges) + number
            dealt = whole_numbers(*tensors[name].shape, low=low, high=high, seed=seed).reshape(tensors[name].shape)
            self._replace(name, dealt.to(tensors[name].dtype))

    def _replace(self, name, tensor):
        """Put a new tensor in the place of another, whose gradients are wanted or not as before."""
        self.namespace[name] = tensor.requires_grad_(self._tensor(name).requires_grad)

    @contextmanager
    def kept(self):
        """What changes in here is taken back at the end."""
        before = self._state()
        try:
            yield
        finally:
            self._return_to(before)

    @contextmanager
    def safe(self):
        """What changes in here is taken back if it breaks something; a refusal may be the setting's fault alone."""
        before = self._state()
        try:
            yield
        except Refused:
            raise
        except BaseException:
            self._return_to(before)
            raise

    def _state(self):
        names = {name for name in self.names.values() if name in self.namespace}
        return self.deals, {name: self.namespace[name] for name in names}

    def _return_to(self, state):
        self.deals, tensors = state
        self.namespace.update(tensors)

    def put(self, noun, index, value):
        """A number into the cell that has these last indices; the axes before them have only their first."""
        changed = self._tensor(self.names[noun]).detach().clone()
        if value != int(value) and not changed.is_floating_point():
            changed = changed.float()
        changed[(0,) * (changed.ndim - len(index)) + tuple(index)] = value
        self._replace(self.names[noun], changed)

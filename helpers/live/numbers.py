"""The notebook's own tensors in a demo: dealt anew, and typed into, cell by cell."""
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil, floor

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
        self._ranges = {name: (floor(tensor.min()), ceil(tensor.max())) for name, tensor in tensors.items()}
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
        shapes = {name: self._tensor(name).shape for name in self._ranges}  # all of them are there, or none is changed
        self.deals += 1
        for number, (name, (low, high)) in enumerate(self._ranges.items()):
            seed = FIRST_SEED + self.deals * len(self._ranges) + number
            self.namespace[name] = whole_numbers(*shapes[name], low=low, high=high, seed=seed).reshape(shapes[name])

    @contextmanager
    def kept(self):
        """What changes in here is taken back at the end."""
        deals, tensors = self.deals, {name: self.namespace[name] for name in self.names.values()}
        try:
            yield
        finally:
            self.deals = deals
            self.namespace.update(tensors)

    def put(self, noun, index, value):
        """A number into the cell that has these last indices; the axes before them have only their first."""
        changed = self._tensor(self.names[noun]).detach().clone()
        changed = changed if changed.is_floating_point() else changed.float()
        changed[(0,) * (changed.ndim - len(index)) + tuple(index)] = value
        self.namespace[self.names[noun]] = changed

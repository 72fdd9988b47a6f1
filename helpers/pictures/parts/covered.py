"""What a question covers where that is no target, so that nobody points at it."""
from helpers.drawing.picture import Picture

STEP = "step"  # what answers is what only the step shows: while it is asked for, that is left out


class Covered(Picture):
    """A picture with more that can be covered. places: {name: corners}, of STEP none"""

    def __init__(self, places, *walk, **more):
        super().__init__(*walk, **more)
        self._places = {STEP: (), **places}

    def covered(self, what):
        return self._places[what] if what in self._places else super().covered(what)

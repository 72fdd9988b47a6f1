"""Draws and explains pooling and convolution layers. Importing it brings in neither torch nor pyplot."""
from helpers import arithmetic, pictures, practice, samples
from helpers.arithmetic import Refused, Transposed, Window
from helpers.explore import explore
from helpers.live.rows import rows

__all__ = ["Refused", "Transposed", "Window", "arithmetic", "explore", "pictures", "practice", "rows", "samples"]

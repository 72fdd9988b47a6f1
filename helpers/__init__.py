"""Draws and explains pooling and convolution layers. Importing it brings in neither torch nor pyplot."""
from helpers import arithmetic, pictures, practice, samples
from helpers.arithmetic import Refused, Window
from helpers.explore import explore

__all__ = ["Refused", "Window", "arithmetic", "explore", "pictures", "practice", "samples"]

"""Data for the lessons: seeded numbers, and a photo that matplotlib ships. Nothing is downloaded."""


def whole_numbers(*shape, low=0, high=9, seed=0):
    """Whole numbers from low to high, both included, as a float32 tensor; the same seed gives the same numbers.

    shape: whole_numbers(6, 6) is one image with one channel, (1, 1, 6, 6); more than two sizes are taken as they are
    """
    import torch

    shape = (1, 1, *shape) if len(shape) == 2 else shape
    return torch.randint(low, high + 1, shape, generator=torch.Generator().manual_seed(seed)).float()


def photo(rows=200):
    """A portrait of Grace Hopper as a float32 tensor (1, 3, rows, columns) between 0 and 1.

    From matplotlib's sample data; the photo is in the public domain (US Navy, 1984).
    """
    import numpy as np
    import torch
    from matplotlib.cbook import get_sample_data
    from PIL import Image

    with get_sample_data("grace_hopper.jpg") as file, Image.open(file) as image:
        small = image.resize((round(image.width * rows / image.height), rows), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.asarray(small) / 255).float().permute(2, 0, 1)[None]

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


def video(frames=9):
    """Three bright dots: in row 1 one goes right, in row 4 one stands, in row 7 one goes left.

    A float32 tensor (1, 1, frames, 9, frames + 2) of 0 and 1. In every single frame the three look the same.
    """
    import torch

    pixels = torch.zeros(1, 1, frames, 9, frames + 2)
    for t in range(frames):
        for row, column in ((1, t + 1), (4, (frames + 1) // 2), (7, frames - t)):
            pixels[0, 0, t, row, column] = 1
    return pixels


# Brightness to add, half axes and centre (slices, rows, columns) of ellipsoids in a cube from −1 to 1
PHANTOM = [(0.9, (0.9, 0.92, 0.72), (0, 0, 0)), (-0.6, (0.82, 0.84, 0.64), (0, 0, 0)),
           (-0.2, (0.5, 0.36, 0.14), (0, -0.1, -0.24)), (-0.2, (0.5, 0.36, 0.14), (0, -0.1, 0.24)),
           (0.4, (0.16, 0.16, 0.16), (0.3, 0.5, 0)), (0.3, (0.1, 0.24, 0.24), (-0.45, -0.35, 0))]


def volume(size=48):
    """A head made of ellipsoids, in the manner of Shepp and Logan, 1974: skull, brain, ventricles, a ball and a disc.

    A float32 tensor (1, 1, size, size, size) between 0 and 0.9; the axes are slices, rows, columns.
    """
    import torch

    axis = torch.linspace(-1, 1, size)
    grid = torch.meshgrid(axis, axis, axis, indexing="ij")
    head = torch.zeros(size, size, size)
    for brightness, halves, centre in PHANTOM:
        inside = sum(((at - c) / half) ** 2 for at, c, half in zip(grid, centre, halves, strict=True)) <= 1
        head += brightness * inside
    return head[None, None]

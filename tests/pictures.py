"""Pictures for tests: drawn ones of any size, and where the photographs are."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from tests.processes import REPOSITORY

PICTURES = REPOSITORY / "tests/data/pictures"


def scene(height: int, width: int) -> Image.Image:
    """A landscape with smooth parts, edges, noise and all colours; the same each time."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    sky = np.stack([120 + 100 * x, 160 + 60 * y, 250 - 120 * y], axis=-1)
    pixels = np.clip(sky + random.normal(0, 12, sky.shape), 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 3 // 5, width, height), fill=(40, 120, 30))
    draw.ellipse((width // 8, height // 8, width // 2, height // 2), fill=(255, 220, 0))
    for stripe in range(0, width, 6):
        draw.line((stripe, height * 3 // 5, width // 2, height), fill=(200, stripe % 256, 180))
    return image


def encoded(image: Image.Image, format_: str, **options: Any) -> bytes:
    """The bytes of a file."""
    file = BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()

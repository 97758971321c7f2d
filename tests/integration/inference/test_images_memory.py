"""What decoding costs: memory in proportion to the pixels, and only the modules that it needs."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from inference.inputs.pictures import MOST_PIXELS, MOST_WEBP_PIXELS
from tests.pictures import encoded
from tests.processes import REPOSITORY

# A process of its own, because the peak of this one is of other tests.
_PROGRAM = """
import resource, sys
import numpy as np
from inference.inputs.images import ImageInput

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

assert not [name for name in sys.modules if name.startswith("PIL")], "imported too early"
content = open(sys.argv[1], "rb").read()
declared = ImageInput(height=224, width=224, resize=sys.argv[2])
before = peak()
declared.read(content, np.dtype(np.float32))
print(peak() - before)
print(*sorted(name for name in sys.modules if name.endswith("ImagePlugin")))
"""
_PLUGINS = {
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "GIF": "PIL.GifImagePlugin",
}


def run(file: Path, resize: str) -> tuple[int, str]:
    """Bytes at the peak, and the decoders that were imported."""
    result = subprocess.run(
        [sys.executable, "-c", _PROGRAM, file, resize],
        cwd=REPOSITORY / "layers",
        capture_output=True,
        text=True,
        check=True,
    )
    peak, plugins = result.stdout.splitlines()
    return int(peak), plugins


@pytest.mark.parametrize("resize", ["bilinear", "tf-bilinear"])
@pytest.mark.parametrize(
    ("format_", "mode", "side", "most"),
    [
        ("JPEG", "RGB", 7141, 700_000_000),
        ("JPEG", "CMYK", 7141, 700_000_000),
        ("PNG", "RGBA", 7141, 700_000_000),
        ("WEBP", "RGB", 5000, 500_000_000),
    ],
)
def test_the_largest_picture_that_is_allowed(
    tmp_path: Path, format_: str, mode: str, side: int, most: int, resize: str
) -> None:
    assert side**2 == pytest.approx(MOST_WEBP_PIXELS if format_ == "WEBP" else MOST_PIXELS, 0.001)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned, which takes a second copy
    options = {"progressive": True, "subsampling": 0} if format_ == "JPEG" else {}
    file = tmp_path / "picture"
    file.write_bytes(encoded(Image.new(mode, (side, side)), format_, exif=exif, **options))
    peak, _ = run(file, resize)
    assert peak < most


@pytest.mark.parametrize("format_", _PLUGINS)
def test_only_the_decoder_of_the_picture_is_imported(tmp_path: Path, format_: str) -> None:
    file = tmp_path / "picture"
    file.write_bytes(encoded(Image.new("L", (9, 9)), format_))
    peak, plugins = run(file, "bilinear")
    assert plugins == _PLUGINS[format_]
    assert peak < 40_000_000

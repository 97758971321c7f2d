"""Pictures that are made to hurt, cut off, damaged, or something else: told, never decoded."""

import random
import struct
import tracemalloc
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageFile

from inference.errors import InvalidInputError, TooLargeError
from inference.inputs import pictures
from inference.inputs.images import ImageInput
from inference.inputs.picture_structure import read_structure
from tests.pictures import encoded, scene

DECLARED = ImageInput(height=8, width=8)
FORMATS = ["JPEG", "PNG", "WEBP", "GIF"]
PICTURE = scene(40, 60)
JPEG, PNG, WEBP, GIF = (encoded(PICTURE, format_) for format_ in FORMATS)


def decode(content: bytes) -> np.ndarray:
    return DECLARED.read(content, np.dtype(np.float32))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    end = (chunk(b"IDAT", zlib.compress(b"\0" * 100)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join([chunk(b"IHDR", header), *chunks, *end])


def before_data(*chunks: bytes) -> bytes:
    """The PNG with chunks behind its header."""
    return PNG[:33] + b"".join(chunks) + PNG[33:]


def segments(*data: bytes, marker: int = 0xE1) -> bytes:
    return b"".join(struct.pack(">BBH", 0xFF, marker, len(part) + 2) + part for part in data)


def in_jpeg(added: bytes) -> bytes:
    """The JPEG with segments behind its beginning."""
    return JPEG[:2] + added + JPEG[2:]


def jpeg_of(width: int, height: int) -> bytes:
    place = JPEG.index(b"\xff\xc0")
    return JPEG[: place + 5] + struct.pack(">HH", height, width) + JPEG[place + 9 :]


def webp_of(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + size + WEBP[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif_of(width: int, height: int, left: int = 0) -> bytes:
    """The screen's size, and the place of the picture on it."""
    place = GIF.index(b",", 13 + 768)
    screen = struct.pack("<HH", width, height)
    return GIF[:6] + screen + GIF[10 : place + 1] + struct.pack("<H", left) + GIF[place + 3 :]


@pytest.mark.parametrize(
    ("content", "width", "height"),
    [
        (png_of(60_000, 60_000), 60_000, 60_000),
        (png_of(2**31 - 1, 2**31 - 1), 2**31 - 1, 2**31 - 1),
        (png_of(51_000_001, 1), 51_000_001, 1),
        (jpeg_of(65_500, 65_500), 65_500, 65_500),
        (webp_of(16_384, 16_384), 16_384, 16_384),
        (webp_of(2**24, 2**24), 2**24, 2**24),
        (webp_of(5001, 5000), 5001, 5000),
        (gif_of(65_535, 65_535), 65_535, 65_535),
        (gif_of(60, 65_535, left=65_000), 65_060, 65_535),
    ],
)
def test_too_many_pixels_are_refused_before_decoding(
    monkeypatch: pytest.MonkeyPatch, content: bytes, width: int, height: int
) -> None:
    monkeypatch.setattr(pictures, "import_module", lambda _: pytest.fail("it was decoded"))
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError, match=rf"{width} x {height} pixels, .*; make it smaller"):
            decode(content)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [jpeg_of(0, 40), jpeg_of(40, 0), png_of(0, 1), png_of(1, 0)])
def test_no_pixels(content: bytes) -> None:
    with pytest.raises(InvalidInputError, match="the picture has no pixels; send a JPEG, PNG"):
        decode(content)


BOMB = zlib.compress(b"\0" * 50_000_000)
HARMLESS: dict[str, tuple[bytes, bytes]] = {
    "compressed text": (before_data(chunk(b"zTXt", b"key\0\0" + BOMB)), PNG),
    "many compressed texts": (
        before_data(*[chunk(b"zTXt", b"key\0\0" + zlib.compress(b"a" * 1_000_000))] * 200),
        PNG,
    ),
    "compressed international text": (before_data(chunk(b"iTXt", b"key\0\1\0\0\0" + BOMB)), PNG),
    "a compressed profile": (before_data(chunk(b"iCCP", b"name\0\0" + BOMB)), PNG),
    "a million frames announced": (
        before_data(chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))),
        PNG,
    ),
    "EXIF with entries that point to all of it": (
        before_data(
            chunk(
                b"eXIf",
                b"II*\0\x08\0\0\0\xff\xff"
                + struct.pack("<HHII", 0x9286, 7, 1_000_000, 0) * 65_535
                + bytes(300_000),
            )
        ),
        PNG,
    ),
    "EXIF in pieces of one byte": (in_jpeg(segments(*[b"Exif\0\0x"] * 40_000)), JPEG),
    "EXIF that is no EXIF": (in_jpeg(segments(b"Exif\0\0MM\0*\xff\xff\xff\xff")), JPEG),
    "a profile in pieces": (
        in_jpeg(segments(*[b"ICC_PROFILE\0\1\1" + bytes(60_000)] * 50, marker=0xE2)),
        JPEG,
    ),
    "long comments": (in_jpeg(segments(*[bytes(65_000)] * 100, marker=0xFE)), JPEG),
    "a damaged index of pictures": (in_jpeg(segments(b"MPF\0II*\0\xff", marker=0xE2)), JPEG),
    "an archive behind a JPEG": (JPEG + b"PK\x03\x04" + bytes(1000), JPEG),
    "a page behind a PNG": (PNG + b"<script>alert(1)</script>", PNG),
    "a page behind a WebP": (WEBP + b"<script>alert(1)</script>", WEBP),
    "a page behind a GIF": (GIF + b"<script>alert(1)</script>", GIF),
    "a comment of a million blocks": (
        GIF[:781] + b"!\xfe" + b"\1x" * 1_000_000 + b"\0" + GIF[781:],
        GIF,
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_stands_beside_the_pixels_never_reaches_the_decoder(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    content, plain = HARMLESS[name]
    reached: list[int] = []

    class Recorder(BytesIO):
        def __init__(self, given: bytes) -> None:
            reached.append(len(given))
            super().__init__(given)

    monkeypatch.setattr(pictures, "BytesIO", Recorder)
    assert decode(content).tolist() == decode(plain).tolist()
    assert reached[0] == reached[1] <= len(plain)


def test_only_the_first_of_many_frames_is_decoded() -> None:
    frame = Image.new("L", (200, 200), 9)
    frames = [Image.new("L", (200, 200), shade % 250) for shade in range(300)]
    animated = encoded(frame, "WEBP", save_all=True, append_images=frames)
    tracemalloc.start()
    assert decode(animated).max() == pytest.approx(9, abs=2)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000  # a frame has 160,000 bytes
    tracemalloc.stop()
    animated = encoded(frame, "GIF", save_all=True, append_images=frames)
    assert decode(animated).max() == 9
    # What follows the first frame is not even read.
    damaged = animated[: len(animated) // 2] + bytes(1000)
    assert decode(damaged).max() == 9


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (in_jpeg(segments(*[b"x"] * 50_001)), "has more than 50,000 segments"),
        (before_data(*[chunk(b"tEXt", b"")] * 50_001), "has more than 50,000 chunks"),
        (before_data(*[chunk(b"IDAT", b"")] * 50_001), "has more than 50,000 chunks"),
        (in_jpeg(JPEG[JPEG.index(b"\xff\xc0") :][:19]), "has two headers"),
        (before_data(PNG[8:33]), "has not exactly one header"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "has not exactly one header"),
        (JPEG[:2] + b"\xff\xd9", "has no pixels"),
        (GIF[:13] + bytes(768) + b";", "has no pixels"),
        (WEBP[:12] + b"ABCD" + WEBP[16:], "has no pixels"),
        (webp_of(61, 40), "is damaged"),
    ],
)
def test_structures_that_are_refused(content: bytes, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=f"the picture {problem}"):
        decode(content)


def test_a_progressive_picture_has_few_scans() -> None:
    content = encoded(PICTURE, "JPEG", progressive=True)
    decode(content)
    place = content.rindex(b"\xff\xda")
    bomb = content[:place] + content[place:-2] * 100 + content[-2:]
    with pytest.raises(InvalidInputError, match="has more than 64 scans"):
        decode(bomb)


@pytest.mark.parametrize("content", [JPEG, PNG, WEBP, GIF], ids=FORMATS)
def test_a_file_that_is_cut_off(content: bytes) -> None:
    for length in [*range(12, 64), *np.linspace(64, len(content) - 4, 40, dtype=int)]:
        with pytest.raises(InvalidInputError, match=r"^the picture (is|has) [a-z ]+; send a JPEG"):
            decode(content[:length])


@pytest.mark.parametrize("content", [JPEG, PNG, WEBP, GIF], ids=FORMATS)
def test_any_damage_gives_numbers_or_one_sentence(content: bytes) -> None:
    generator = random.Random(0)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(generator.choice([1, 3, 10])):
            within = generator.choice([40, 700, len(damaged)])
            damaged[generator.randrange(min(within, len(damaged)))] = generator.randrange(256)
        try:
            assert decode(bytes(damaged)).shape == (8, 8, 3)
        except (InvalidInputError, TooLargeError) as error:
            assert str(error).count(";") == 1  # noqa: PT017 - either outcome is right
            assert "PIL" not in str(error)  # noqa: PT017


def heic(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic"


@pytest.mark.parametrize(
    ("content", "found", "advice"),
    [
        (b"", "no bytes", "send the file's content"),
        (heic(b"heic"), "a HEIC picture", "export it as JPEG (on an iPhone: Settings, Camera,"),
        (heic(b"mif1"), "a HEIC picture", "export it as JPEG"),
        (heic(b"avif"), "an AVIF picture", "save it as JPEG or PNG"),
        (heic(b"isom"), "a video", "send one of its frames"),
        (b"%PDF-1.7\n", "a PDF file", "save its page as PNG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', "an SVG drawing", "save it as PNG"),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<svg/>', "an SVG drawing", "save it as PNG"),
        (b"\xef\xbb\xbf <!DOCTYPE html><html>", "an HTML or XML page", "the picture's own file"),
        (b"<!---->" * 200, "an HTML or XML page", "send"),
        (b"PK\x03\x04rest", "an archive", "send the pictures in it"),
        (b"/9j/4AAQSkZJRg", "base64 text", "send the file's bytes, or"),
        (b"data:image/png;base64,iVBO", "base64 text", "send the file's bytes, or"),
        (b"hello, world", "text", "save it as JPEG or PNG"),
        (bytes(range(128, 200)), "a file of unknown kind", "save it as JPEG or PNG"),
        (encoded(PICTURE, "BMP"), "a BMP picture", "save it as JPEG or PNG"),
        (encoded(PICTURE, "TIFF"), "a TIFF or raw picture", "save it as JPEG or PNG"),
        (encoded(PICTURE, "ICO"), "an icon", "save it as JPEG or PNG"),
        (encoded(PICTURE, "AVIF"), "an AVIF picture", "save it as JPEG or PNG"),
        (encoded(PICTURE, "JPEG2000"), "a JPEG 2000 picture", "save it as JPEG or PNG"),
        (b"\xff\xd8", "a file of unknown kind", "save it as JPEG or PNG"),
    ],
)
def test_what_is_no_picture_is_told_with_what_to_do(
    content: bytes, found: str, advice: str
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        decode(content)
    message = str(raised.value)
    assert message.startswith(f"found {found}, expected a JPEG, PNG, WebP or GIF picture; ")
    assert advice in message


def test_pillows_settings_stay_and_are_not_relied_on(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    for content in (JPEG, PNG, WEBP, GIF):
        decode(content)
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with pytest.raises(TooLargeError):
        decode(png_of(60_000, 60_000))


def test_a_decoder_that_finds_another_size_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    structure = read_structure(PNG)
    assert structure is not None
    smaller = structure._replace(height=1)
    monkeypatch.setattr(pictures, "read_structure", lambda _: smaller)
    with pytest.raises(InvalidInputError, match="the picture has contradicting sizes"):
        decode(PNG)

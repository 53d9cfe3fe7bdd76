import re
import struct
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from data.images.errors import ImageReadError
from data.images.image_io import read_color, read_grayscale, to_uint8, write_image


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def gray(rng):
    return rng.integers(0, 256, (40, 50), dtype=np.uint8)


@pytest.fixture
def rgb(rng):
    return rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)


def encode(suffix, image):
    return cv2.imencode(suffix, image)[1].tobytes()


def smooth(size=200):
    y, x = np.mgrid[0:size, 0:size]
    return np.round(127 + 100 * np.sin(x / 20) * np.cos(y / 15)).astype(np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_lossless_gray_comes_back(tmp_path, gray, suffix):
    path = tmp_path / f"image{suffix}"
    Image.fromarray(gray).save(path)
    np.testing.assert_array_equal(read_grayscale(path), gray)
    np.testing.assert_array_equal(read_color(path), np.stack([gray] * 3, axis=2))


def test_write_then_read(tmp_path, gray, rgb):
    write_image(tmp_path / "new" / "gray.png", gray)
    write_image(tmp_path / "rgb.png", rgb)
    np.testing.assert_array_equal(read_grayscale(tmp_path / "new" / "gray.png"), gray)
    np.testing.assert_array_equal(read_color(tmp_path / "rgb.png"), rgb)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "rgb.png")), rgb)


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("a.jpg", np.zeros((4, 4), np.uint8)),
        ("a.png", np.zeros((4, 4), np.float32)),
        ("a.png", np.zeros((4, 4, 4), np.uint8)),
        ("a.png", np.zeros((0, 4), np.uint8)),
    ],
)
def test_write_refuses_other_kinds(tmp_path, name, image):
    with pytest.raises(ValueError, match=re.escape(name)):
        write_image(tmp_path / name, image)
    assert not list(tmp_path.iterdir())


def test_color_becomes_luma_and_alpha_is_dropped(tmp_path, rgb, rng):
    alpha = rng.integers(0, 256, (40, 50, 1), dtype=np.uint8)
    Image.fromarray(np.concatenate([rgb, alpha], axis=2)).save(tmp_path / "a.png")
    luma = rgb @ np.array([0.299, 0.587, 0.114])
    assert np.abs(read_grayscale(tmp_path / "a.png") - luma).max() <= 1.01
    np.testing.assert_array_equal(read_color(tmp_path / "a.png"), rgb)


def test_exif_orientation_is_applied(tmp_path):
    image = Image.fromarray(smooth()[:, :100])
    exif = image.getexif()
    exif[274] = 6  # turn right to show
    image.save(tmp_path / "a.jpg", exif=exif, quality=98)
    turned = np.rot90(smooth()[:, :100], -1)
    read = read_grayscale(tmp_path / "a.jpg")
    assert read.shape == (100, 200)
    assert np.abs(read.astype(int) - turned).mean() < 2


@pytest.mark.parametrize(
    ("maximum", "full"),
    [(200, 255), (256, 1023), (1023, 1023), (1024, 4095), (4095, 4095), (9000, 16383), (16384, 65535), (65535, 65535)],
)
def test_16_bits_are_scaled_by_the_smallest_depth_that_holds_them(tmp_path, maximum, full):
    pixels = np.array([[0, maximum // 2, maximum]], np.uint16)
    (tmp_path / "a.png").write_bytes(encode(".png", pixels))
    expected = np.round(pixels / full * 255)
    np.testing.assert_array_equal(read_grayscale(tmp_path / "a.png"), expected)
    np.testing.assert_array_equal(read_color(tmp_path / "a.png")[..., 1], expected)


def test_float_tiff(tmp_path):
    pixels = np.array([[0.0, 0.5, 1.0]], np.float32)
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    assert read_grayscale(tmp_path / "a.tif").tolist() == [[0, 128, 255]]


@pytest.mark.parametrize("pixels", [[[0.0, 300.0]], [[-0.1, 1.0]], [[np.nan, 1.0]]])
def test_floats_out_of_range_are_refused(pixels):
    with pytest.raises(ImageReadError, match="scale them to"):
        to_uint8(np.array(pixels, np.float32), "scan.tif")


@pytest.mark.parametrize("pixels", [np.array([[-1, 5]], np.int16), np.array([[0, 70000]], np.int32)])
def test_integers_out_of_range_are_refused(pixels):
    with pytest.raises(ImageReadError, match="scan.tif"):
        to_uint8(pixels, "scan.tif")


@pytest.mark.parametrize("bits", [8, 16])
def test_white_is_zero_tiff_is_inverted(tmp_path, bits):
    """A baseline TIFF by hand: little endian, one strip, PhotometricInterpretation 0."""
    pixels = np.array([[0, 2**bits // 2, 2**bits - 1]], f"<u{bits // 8}")
    tags = [(256, 3), (257, 1), (258, bits), (259, 1), (262, 0), (273, 8), (277, 1), (278, 1), (279, pixels.nbytes)]
    offset = 8 + pixels.nbytes + pixels.nbytes % 2
    content = b"II*\0" + struct.pack("<I", offset) + pixels.tobytes().ljust(offset - 8, b"\0")
    content += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", t, 4, 1, value) for t, value in tags)
    (tmp_path / "a.tif").write_bytes(content + b"\0\0\0\0")
    assert read_grayscale(tmp_path / "a.tif").tolist() == [[255, 127, 0]]


@pytest.mark.parametrize("chunk", [b"sRGB\0", b"gAMA" + struct.pack(">I", 45455), b"gAMA" + struct.pack(">I", 100000)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "RGB16"])
def test_what_a_png_says_of_gamma_does_not_change_its_gray(tmp_path, chunk, mode):
    colors = np.zeros((8, 24, 3), np.uint8)
    colors[:, :8, 0], colors[:, 8:16, 1], colors[:, 16:, 2] = 255, 200, 90
    if mode == "RGB16":
        content = encode(".png", colors[..., ::-1].astype(np.uint16) * 257)
    else:
        Image.fromarray(colors).convert(mode).save(tmp_path / "plain.png")
        content = (tmp_path / "plain.png").read_bytes()
    body = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "plain.png").write_bytes(content)
    (tmp_path / "a.png").write_bytes(content[:33] + body + content[33:])  # behind the header
    gray = read_grayscale(tmp_path / "a.png")
    np.testing.assert_array_equal(gray, read_grayscale(tmp_path / "plain.png"))
    expected = cv2.cvtColor(read_color(tmp_path / "a.png"), cv2.COLOR_RGB2GRAY)
    np.testing.assert_allclose(gray, expected, atol=1)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_alpha_of_a_tiff_is_dropped_and_not_multiplied(tmp_path, rng, compression):
    pixels = rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.tif", compression=compression)
    np.testing.assert_array_equal(read_color(tmp_path / "a.tif"), pixels[..., :3])
    gray = cv2.cvtColor(pixels[..., :3].copy(), cv2.COLOR_RGB2GRAY)
    np.testing.assert_array_equal(read_grayscale(tmp_path / "a.tif"), gray)


@pytest.mark.parametrize("order", ["<", ">"])
def test_deep_colors_in_separate_planes_are_refused_and_others_read(tmp_path, rng, order):
    pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    deep, planes = (pixels.astype("u2") * 257), dict(photometric="rgb", planarconfig="separate", byteorder=order)
    tifffile.imwrite(tmp_path / "a.tif", deep.transpose(2, 0, 1), **planes)
    with pytest.raises(ImageReadError, match="deep colors in separate planes"):
        read_color(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "b.tif", pixels.transpose(2, 0, 1), **planes)
    np.testing.assert_array_equal(read_color(tmp_path / "b.tif"), pixels)
    tifffile.imwrite(tmp_path / "c.tif", deep, photometric="rgb", byteorder=order)
    np.testing.assert_array_equal(read_color(tmp_path / "c.tif"), pixels)


def test_tiff_of_two_pages_is_refused(tmp_path, gray):
    Image.fromarray(gray).save(tmp_path / "a.tif", save_all=True, append_images=[Image.fromarray(gray)])
    with pytest.raises(ImageReadError, match="a TIFF of 2 frames or pages; save each as a file of its own"):
        read_grayscale(tmp_path / "a.tif")


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 3}])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.999])
def test_truncated_jpeg_is_refused(tmp_path, options, kept):
    Image.fromarray(smooth()).save(tmp_path / "a.jpg", **options)
    assert read_grayscale(tmp_path / "a.jpg").shape == (200, 200)
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(content[: int(kept * len(content))])
    for read in (read_grayscale, read_color):
        with pytest.raises(ImageReadError, match="truncated"):
            read(tmp_path / "a.jpg")


def test_an_exif_thumbnail_does_not_hide_a_truncation(tmp_path):
    thumbnail = encode(".jpg", smooth(16))
    content = encode(".jpg", smooth())
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    whole = content[:2] + segment + content[2:]
    (tmp_path / "whole.jpg").write_bytes(whole)
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    assert b"\xff\xd9" in whole[: len(whole) // 2]
    assert read_grayscale(tmp_path / "whole.jpg").shape == (200, 200)
    with pytest.raises(ImageReadError, match="truncated"):
        read_grayscale(tmp_path / "half.jpg")


def test_truncated_or_damaged_png_is_refused(tmp_path, gray):
    content = encode(".png", gray)
    damaged = bytearray(content)
    damaged[len(content) // 2] ^= 1
    for name, bad in (("cut.png", content[:-30]), ("tail.png", content[:-4]), ("flip.png", bytes(damaged))):
        (tmp_path / name).write_bytes(bad)
        with pytest.raises(ImageReadError, match=f"{name}.*truncated or damaged"):
            read_grayscale(tmp_path / name)


def test_png_with_a_second_chunk_of_text_is_read(tmp_path, gray):
    content = encode(".png", gray)
    body = b"tEXtComment\0hello"
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "a.png").write_bytes(content[:-12] + chunk + content[-12:])
    np.testing.assert_array_equal(read_grayscale(tmp_path / "a.png"), gray)


def test_truncated_tiff_is_refused(tmp_path, rng):
    Image.fromarray(rng.integers(0, 256, (200, 200), dtype=np.uint8)).save(tmp_path / "a.tif")
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageReadError, match="a.tif: it is damaged"):
        read_grayscale(tmp_path / "a.tif")


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", png_that_claims(100_000, 60_000)),
        ("a.png", png_that_claims(9_460, 9_460)),
        ("a.bmp", encode(".bmp", smooth()).replace(struct.pack("<II", 200, 200), struct.pack("<II", 30000, 30000), 1)),
        ("a.jpg", encode(".jpg", smooth()).replace(struct.pack(">HH", 200, 200), struct.pack(">HH", 40000, 40000), 1)),
    ],
)  # fmt: skip
def test_bombs_are_refused_by_their_header(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    tracemalloc.start()
    for read in (read_grayscale, read_color):
        with pytest.raises(ImageReadError, match="pixels"):
            read(tmp_path / name)
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


def test_a_file_of_more_than_a_gigabyte_is_refused_unread(tmp_path):
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(2**30 + 1)
    with pytest.raises(ImageReadError, match="larger than 1073741824 bytes; save a smaller image"):
        read_grayscale(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_animations_are_refused(tmp_path, gray, kind):
    frames = [Image.fromarray(255 - gray)]
    Image.fromarray(gray).save(tmp_path / "a.png", kind, save_all=True, append_images=frames, lossless=True)
    with pytest.raises(ImageReadError, match=f"a {kind} of 2 frames"):
        read_grayscale(tmp_path / "a.png")


def test_a_photograph_with_a_second_picture_for_screens_is_read(tmp_path):
    Image.fromarray(smooth()).save(
        tmp_path / "a.jpg", "MPO", save_all=True, append_images=[Image.fromarray(smooth(64))]
    )
    assert read_grayscale(tmp_path / "a.jpg").shape == (200, 200)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("text.png", b"hello", "not an image"),
        ("text.dcm", b"hello " * 100, "not a DICOM file"),
        ("odd.tif", b"II*\0" + bytes(60), "a kind of TIFF that Pillow does not know"),
        ("empty.png", b"", "empty"),
        ("empty.dcm", b"", "DICOM"),
    ],
)
def test_other_content_is_refused_by_name(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImageReadError, match=f"{name}.*{reason}") as caught:
        read_grayscale(tmp_path / name)
    assert caught.value.reason in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_missing_file(tmp_path):
    with pytest.raises(ImageReadError, match=r"none\.png.*No such file"):
        read_color(tmp_path / "none.png")


def test_many_threads_read_alike(tmp_path, rng):
    images = [rng.integers(0, 256, (60, 60), dtype=np.uint8) for _ in range(16)]
    for i, image in enumerate(images):
        write_image(tmp_path / f"{i}.png", image)
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(read_grayscale, [tmp_path / f"{i % 16}.png" for i in range(64)]))
    assert all((image == images[i % 16]).all() for i, image in enumerate(read))

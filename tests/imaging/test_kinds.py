"""Files that are not read, each refused in a sentence that says what to do."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from imaging.specimens import RGB, codes, tiff

from mattekit.core.errors import BadImage
from mattekit.imaging.files import encode_image, open_picture
from mattekit.imaging.formats.encode import FORMATS, Format

FTYP = b"\0\0\0\x18ftyp"
OTHERS = {
    "a.gif": (b"GIF89a" + bytes(20), "it is a GIF; save it as PNG"),
    "a.pdf": (b"%PDF-1.7\n", "it is a PDF document; export the page as PNG"),
    "a.psd": (b"8BPS\0\1", "it is a Photoshop document; export it as PNG or TIFF"),
    "a.svg": (b'<svg xmlns="x">', "it is an SVG drawing; export it as PNG"),
    "b.svg": (b'<?xml version="1.0"?>\n<!-- made -->\n<svg>', "it is an SVG drawing"),
    "a.mp4": (FTYP + b"isom\0\0\2\0", "it is a video; save one frame of it as PNG"),
    "a.webm": (b"\x1aE\xdf\xa3\x01", "it is a video"),
    "a.jxl": (b"\xff\x0a\x01", "it is a JPEG XL or JPEG 2000 file; save it as PNG"),
    "a.html": (b"<!DOCTYPE html><html>", "it is a web page; download the picture itself"),
    "a.cr3": (FTYP + b"crx \0\0", "it is a camera raw file; export it as TIFF or JPEG"),
    "a.raf": (b"FUJIFILMCCD-RAW 0201", "it is a camera raw file"),
    "a.txt": (b"hello", "not a picture of a kind that is read; expected JPEG, PNG"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_read_says_what_to_do_and_names_the_file_once(
    name: str, tmp_path: Path
) -> None:
    data, sentence = OTHERS[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadImage) as refusal:
        open_picture(path)
    text = str(refusal.value)
    assert sentence in text
    assert text.startswith(f"{path}: ")
    assert text.count(str(path)) == 1


@pytest.mark.parametrize("address", ["https://example.org/a.jpg", "HTTP://example.org/a.jpg"])
def test_a_web_address_says_to_download_it(address: str) -> None:
    for source in (address, Path(address)):
        with pytest.raises(BadImage, match="is a web address; download it"):
            open_picture(source)


def raw_files() -> dict[str, bytes]:
    small = codes(RGB, 8)
    mosaic = codes(RGB, 16)[..., 0]
    thumbnail: dict[str, Any] = {"photometric": "rgb", "subfiletype": 1}
    version = (50706, "B", 4, b"\1\4\0\0", True)
    with_mosaic = io.BytesIO()
    with tifffile.TiffWriter(with_mosaic) as file:
        file.write(small, photometric="rgb", subifds=1)
        file.write(mosaic, photometric="cfa")
    canon = bytearray(tiff(small, photometric="rgb"))
    start = struct.unpack_from("<I", canon, 4)[0]
    length = 2 + 12 * struct.unpack_from("<H", canon, start)[0] + 4
    end = len(canon)
    canon += canon[start : start + length]
    struct.pack_into("<I", canon, 4, end)
    canon[8:10] = b"CR"
    return {
        "thumbnail first": tiff(small, **thumbnail),
        "DNG": tiff(small, photometric="rgb", extratags=[version]),
        "mosaic in a sub-directory": with_mosaic.getvalue(),
        "mosaic first": tiff(mosaic, photometric="cfa"),
        "CR2": bytes(canon),
    }


@pytest.mark.parametrize("kind", raw_files())
def test_camera_raw_in_a_tiff_coat_is_not_read_as_its_thumbnail(kind: str) -> None:
    with pytest.raises(BadImage, match="camera raw file; export it as TIFF or JPEG from your raw"):
        open_picture(raw_files()[kind])


def test_smaller_copies_in_sub_directories_are_no_raw() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as pyramid:
        pyramid.write(codes(RGB, 8), photometric="rgb", subifds=1)
        pyramid.write(codes(RGB, 8)[::2, ::2], photometric="rgb", subfiletype=1)
    assert np.array_equal(open_picture(file.getvalue()).colours, codes(RGB, 8))


def test_a_format_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Format(name="tga", title="Targa", suffixes=(".tga",), alpha=True)
    monkeypatch.setitem(FORMATS, "tga", entry)
    data = encode_image(codes(RGB, 8), format="tga")
    assert data.endswith(b"TRUEVISION-XFILE.\0")

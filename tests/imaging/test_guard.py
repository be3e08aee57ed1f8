"""Reading leaves the process as it was and does not hide what is wrong in mattekit itself."""

import io
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
from imaging.specimens import RGB, SPECIMENS, chunk, codes, png

from mattekit.core.errors import BadImage, TooLarge
from mattekit.imaging.files import open_picture
from mattekit.imaging.formats import metadata, tiff
from mattekit.imaging.formats.guard import decoding, named

READ = [specimen for specimen in SPECIMENS if specimen.colours is not None]
FILES = [specimen.data for specimen in READ]
TESTS = Path(__file__).parents[1]


def settings() -> tuple[object, ...]:
    """What is common to all threads of a process."""
    streams = (sys.stdout, sys.stderr, os.fstat(1).st_ino, os.fstat(2).st_ino)
    log = cv2.utils.logging.getLogLevel()
    return (PIL.Image.MAX_IMAGE_PIXELS, list(warnings.filters), log, *streams)


def test_reading_and_failing_change_nothing_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings()
    during = []

    def watch(name: str) -> Callable[[], None]:
        during.append(settings())
        return original(name)

    original = tiff.tifffile.TiffFile
    monkeypatch.setattr(tiff.tifffile, "TiffFile", watch)
    for data in FILES:
        open_picture(data)
        with pytest.raises(BadImage):
            open_picture(data[:20])
        assert settings() == before
    assert during
    assert all(found == before for found in during)


@pytest.mark.slow
def test_several_threads_read_what_one_reads() -> None:
    serial = [open_picture(data).colours for data in FILES]
    with ThreadPoolExecutor(8) as pool:
        parallel = list(pool.map(lambda data: open_picture(data).colours, FILES * 4))
    for number, colours in enumerate(parallel):
        assert np.array_equal(colours, serial[number % len(FILES)])


WITHOUT_STDERR = """
import os, sys
{change}
from imaging.specimens import SPECIMENS
from mattekit.imaging.files import open_picture
for specimen in SPECIMENS:
    if specimen.colours is not None:
        assert open_picture(specimen.data).size == specimen.colours.shape[:2], specimen.name
print("all read")
"""


@pytest.mark.slow
@pytest.mark.parametrize("change", ["os.close(2)", "sys.stderr = None", "sys.stdout.flush()"])
def test_every_format_is_read_without_a_stderr(change: str) -> None:
    child = subprocess.run(
        [sys.executable, "-c", WITHOUT_STDERR.format(change=change)],
        cwd=TESTS,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdout == "all read\n"


@pytest.mark.parametrize("mistake", [TypeError, KeyError, ValueError, AttributeError])
@pytest.mark.parametrize("kind", ["PNG 8-bit RGB", "TIFF 16-bit RGB", "PNG 16-bit RGB"])
def test_a_mistake_of_our_own_is_not_called_damage(
    mistake: type[Exception], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise mistake("our own")

    data = next(specimen.data for specimen in READ if specimen.name == kind)
    monkeypatch.setattr(metadata, "apply_orientation", fail)
    with pytest.raises(mistake, match="our own"):
        open_picture(data)


def test_a_png_of_16_bits_is_decoded_once_and_its_damage_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded = []
    original = cv2.imdecode
    monkeypatch.setattr(
        cv2, "imdecode", lambda *arguments: decoded.append(1) or original(*arguments)
    )
    monkeypatch.setattr(PIL.PngImagePlugin.PngImageFile, "load", lambda image: decoded.append(2))
    data = png(codes(RGB, 16), 16, 2, chunk(b"teXt", b"note"))
    assert open_picture(data).bits == 16
    assert decoded == [1]
    middle = len(data) - 40  # among the compressed pixels
    with pytest.raises(BadImage, match="damaged"):
        open_picture(data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :])
    assert decoded == [1]


def test_a_strip_that_is_too_short_is_damage() -> None:
    for kind in ("TIFF 16-bit RGB", "TIFF 8-bit RGB, deflate", "TIFF 16-bit RGB, LZW"):
        data = next(specimen.data for specimen in READ if specimen.name == kind)
        count = tiff.tifffile.TiffFile(io.BytesIO(data)).pages[0].tags["StripByteCounts"]
        size = {3: 2, 4: 4}[int(count.dtype)]
        shorter = (int(np.atleast_1d(count.value)[0]) // 2).to_bytes(size, "little")
        start = count.valueoffset
        with pytest.raises(BadImage, match="damaged"):
            open_picture(data[:start] + shorter + data[start + size :])


def test_too_little_memory_is_not_called_damage() -> None:
    with pytest.raises(TooLarge, match="photo: there is not enough memory"), named("photo"):
        raise MemoryError


def test_a_refusal_inside_a_decoder_stays_what_it_is() -> None:
    with pytest.raises(TooLarge, match=r"^photo: the"), named("photo"), decoding():
        raise TooLarge("the")

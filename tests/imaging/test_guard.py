"""Reading leaves the process as it was, prints nothing, and works from several threads."""

import os
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import cv2
import PIL.Image
import pytest
from imaging.specimens import SPECIMENS

from mattekit.core.errors import BadImage, TooLarge
from mattekit.imaging.files import open_picture
from mattekit.imaging.formats.guard import reading

FILES = [specimen.data for specimen in SPECIMENS if specimen.colours is not None]


def settings() -> tuple[object, ...]:
    """What reading puts aside."""
    return (
        PIL.Image.MAX_IMAGE_PIXELS,
        list(warnings.filters),
        cv2.utils.logging.getLogLevel(),
        sys.stdout,
        os.fstat(2).st_ino,
    )


def test_everything_put_aside_is_put_back_after_reading_and_after_failing() -> None:
    before = settings()
    for data in FILES:
        open_picture(data)
        with pytest.raises(BadImage):
            open_picture(data[:20])
        assert settings() == before


def test_threads_that_come_and_go_leave_no_trace() -> None:
    before = settings()
    with ThreadPoolExecutor(8) as pool:
        sizes = list(pool.map(lambda data: open_picture(data).size, FILES * 4))
    assert len(sizes) == 4 * len(FILES)
    assert settings() == before


def test_damaged_files_print_nothing_of_the_libraries(
    capfd: pytest.CaptureFixture[str],
) -> None:
    for data in FILES:
        for share in (0.3, 0.6, 0.9):
            place = int(len(data) * share)
            with suppress(BadImage):
                open_picture(data[:place] + b"###" + data[place + 3 :])
            with suppress(BadImage):
                open_picture(data[:place])
    assert capfd.readouterr() == ("", "")


def test_too_little_memory_is_not_called_damage() -> None:
    with pytest.raises(TooLarge, match="photo: there is not enough memory"), reading("photo"):
        raise MemoryError


def test_our_own_mistakes_pass_through() -> None:
    with pytest.raises(AssertionError), reading("photo"):
        raise AssertionError

"""From planes to the bytes of a file; an entry of `FORMATS` describes each format completely.

Values are rounded. PNG and TIFF are tagged as sRGB; WebP is lossless and keeps the colours of
transparent pixels.
"""

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import PIL.Image

from mattekit.core.errors import BadArgument
from mattekit.core.types import Plane, size_text
from mattekit.imaging.formats.openexr import open_exr
from mattekit.imaging.formats.png import write_png
from mattekit.imaging.formats.tiff import write_tiff

Writer = Callable[[Plane, bytes], bytes]
"""From whole numbers h w, h w 3 or h w 4, and EXIF data, to a file."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """What a format can hold and how it is written."""

    name: str
    """As an argument; also Pillow's name, where Pillow writes it."""
    title: str
    suffixes: tuple[str, ...]
    depths: tuple[int, ...] = (8,)
    """Bits per sample; for floats, the bits up to which half floats are written, then 32."""
    alpha: bool = False
    exif: bool = False
    lossless: bool = True
    floats: bool = False
    """Colours are stored as floats in linear light."""
    longest_side: int = 1 << 30
    longest_exif: int = 1 << 30
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of Pillow's writer."""
    writer: Writer | None = None
    """The encoder, where it is not Pillow."""

    def check(self, *, bits: int, alpha: bool, exif: bytes, size: tuple[int, ...]) -> None:
        """Refuse, before any work, what the format cannot hold, or what is not installed for it."""
        if self.floats:
            open_exr()
        if bits not in self.depths:
            offered = " or ".join(map(str, self.depths))
            raise BadArgument(
                f"{self.title} holds {offered} bits, not {bits}; 16 bits fit in PNG and TIFF"
            )
        if alpha and not self.alpha:
            raise BadArgument(
                f"{self.title} cannot hold transparency; write {_those_with('alpha')}, or put the "
                "subject on a background"
            )
        if exif and not self.exif:
            raise BadArgument(f"{self.title} cannot hold EXIF data; write {_those_with('exif')}")
        if len(exif) > self.longest_exif:
            raise BadArgument(
                f"the EXIF data is {len(exif)} bytes; {self.title} allows at most "
                f"{self.longest_exif}; write PNG, WebP or TIFF, or leave it out"
            )
        if max(size) > self.longest_side:
            raise BadArgument(
                f"{self.title} holds at most {self.longest_side} pixels per side, the picture is "
                f"{size_text(size)}; write PNG or TIFF"
            )

    def encode(self, planes: Plane, exif: bytes) -> bytes:
        """Whole numbers h w, h w 3 or h w 4 as a file."""
        if self.writer is not None:
            return self.writer(planes, exif)
        file = io.BytesIO()
        options = {**self.options, "exif": exif} if exif else self.options
        PIL.Image.fromarray(planes).save(file, self.name, **options)
        return file.getvalue()


_ENTRIES = (
    Format(
        name="png", title="PNG", suffixes=(".png",), depths=(8, 16), alpha=True, exif=True,
        writer=write_png,
    ),
    Format(
        name="jpeg", title="JPEG", suffixes=(".jpg", ".jpeg"), exif=True, lossless=False,
        longest_side=65500, longest_exif=65533, options={"quality": 95, "subsampling": 0},
    ),
    Format(
        name="webp", title="WebP", suffixes=(".webp",), alpha=True, exif=True, longest_side=16383,
        options={"lossless": True, "exact": True},
    ),
    Format(
        name="tiff", title="TIFF", suffixes=(".tif", ".tiff"), depths=(8, 16), alpha=True,
        exif=True, writer=write_tiff,
    ),
    Format(name="bmp", title="BMP", suffixes=(".bmp",)),
    Format(
        name="avif", title="AVIF", suffixes=(".avif",), alpha=True, exif=True, lossless=False,
        longest_side=65535, options={"quality": 90, "subsampling": "4:4:4"},
    ),
    Format(
        name="exr", title="OpenEXR", suffixes=(".exr",), depths=(8, 16, 32), alpha=True,
        floats=True,
    ),
)  # fmt: skip
FORMATS = {format.name: format for format in _ENTRIES}
"""All formats that are written, by name."""
WRITABLE = tuple(suffix for format in _ENTRIES for suffix in format.suffixes)
"""Suffixes of files that are written."""


def format_named(name: str) -> Format:
    """The format of a name such as `png`."""
    if name not in FORMATS:
        raise BadArgument(f"pictures are written as {', '.join(FORMATS)}, not '{name}'")
    return FORMATS[name]


def format_of(path: str | os.PathLike[str]) -> Format:
    """The format of a file, by its suffix."""
    suffix = Path(path).suffix.lower()
    by_suffix = {suffix: format for format in FORMATS.values() for suffix in format.suffixes}
    if suffix not in by_suffix:
        raise BadArgument(f"{path}: pictures are written as {', '.join(by_suffix)}, not '{suffix}'")
    return by_suffix[suffix]


def _those_with(what: str) -> str:
    titles = [format.title for format in FORMATS.values() if getattr(format, what)]
    return f"{', '.join(titles[:-1])} or {titles[-1]}"

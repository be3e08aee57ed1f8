"""Writes docs/formats.md from what the reader and the writer really do.

Run `python -m imaging.format_tables` in the folder tests after a change of either;
`test_format_tables.py` fails until then.
"""

from pathlib import Path

import numpy as np
from imaging.specimens import SPECIMENS, Specimen

from mattekit.core.errors import BadArgument, BadImage
from mattekit.imaging.files import encode_image, open_picture
from mattekit.imaging.formats.encode import FORMATS, Format

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
READ_AS = {8: "8 bits", 16: "16 bits", 32: "floats, linear light kept"}
TEXT = """\
# Picture formats

What a file holds is told by its first bytes, not by its name. Colours come out upright and in sRGB,
in the depth of the file; floats and OpenEXR are linear light, kept unclipped beside the sRGB-coded
colours that the methods work on. What cannot be read right is refused with a sentence. Both tables
are written by the tests from what the reader and the writer do.

## Read

| format | stored as | read as | alpha | remark |
|---|---|---|---|---|
{read}

Besides:

- EXIF orientation is applied in JPEG, PNG, WebP, AVIF and TIFF, to photos, alphas and trimaps
  alike. A HEIC file is turned as its own header says, as phones write it; what its EXIF data say
  besides counts for nothing there, by that standard.
- ICC profiles are converted to sRGB: at 8 bits by LittleCMS, grey and CMYK included; at 16 bits
  where the profile is made of curves and a matrix, as those of cameras and monitors are. A 16-bit
  file with a profile of tables is refused, or read at 8 bits where that is allowed. Alphas and
  trimaps are not colours, so no profile touches them.
- OpenEXR is taken as premultiplied, as the format has it, unless the header says
  `mattekit:alpha = straight`; other primaries than sRGB's are converted; the display window is the
  picture. It needs the extra `exr`.
- TIFF is read uncompressed, deflated, or packed by LZW or PackBits in all of these depths, with
  JPEG inside at 8 bits.
- A picture may have 150 megapixels (`--max-pixels`), which its header must say before anything is
  decoded.
- Kinds that are not in the table, such as GIF, PDF or SVG, are refused with a sentence that says
  what to do. So is camera raw, also in a TIFF coat (DNG, NEF, CR2), whose first picture is a
  thumbnail: export it as TIFF or JPEG from a raw converter.
- Reading changes nothing of the process, so the C library behind a TIFF or OpenEXR file may print a
  line of its own about a damaged one.

## Written

| format | suffix | bits | alpha | EXIF on request | colours |
|---|---|---|---|---|---|
{written}

Values are rounded. PNG carries an sRGB chunk and TIFF an sRGB profile; alphas and trimaps carry
neither. WebP keeps the colours under transparent pixels. OpenEXR is written in linear light with
colours multiplied by alpha, as compositing programs expect, so colours under transparent pixels are
lost there; `write_image(..., straight=True)` keeps them, with a header that says so. 8 and 16 bits
mean half floats there. Trimaps are written as 0, 128 and 255, and only to lossless formats of whole
numbers. A file appears whole or not at all.
"""


def read_row(specimen: Specimen) -> str:
    """What becomes of one kind of file."""
    try:
        picture = open_picture(specimen.data)
    except BadImage as refusal:
        outcome = ("refused", "", str(refusal).removeprefix("the picture: "))
    else:
        alpha = "yes" if picture.alpha is not None else ""
        outcome = (READ_AS[picture.bits], alpha, "; ".join(picture.warnings))
    return "| " + " | ".join((specimen.format, specimen.stored, *outcome)) + " |"


def written_row(format: Format) -> str:
    """What one format can hold, found by trying."""
    image = np.random.default_rng(0).random((8, 8, 3), dtype=np.float32)
    depths = [bits for bits in (8, 16, 32) if holds(format, bits=bits)]
    words = "half, float" if format.floats else ", ".join(map(str, depths))
    back = open_picture(encode_image(image, format=format.name, bits=depths[-1])).image()
    exact = np.abs(back - image).max() <= 0.51 / 255
    alpha = "yes" if holds(format, alpha=image[..., 0]) else ""
    exif = "yes" if holds(format, exif=b"Exif\0\0II*\0\10\0\0\0\0\0\0\0\0\0") else ""
    colours = "lossless" if exact else f"lossy, quality {format.options['quality']}"
    suffixes = " ".join(format.suffixes)
    return f"| {format.title} | {suffixes} | {words} | {alpha} | {exif} | {colours} |"


def holds(format: Format, **options: object) -> bool:
    try:
        encode_image(np.zeros((8, 8, 3), np.float32), format=format.name, **options)
    except BadArgument:
        return False
    return True


def page() -> str:
    """The whole text of docs/formats.md."""
    read = "\n".join(read_row(specimen) for specimen in SPECIMENS)
    written = "\n".join(written_row(format) for format in FORMATS.values())
    return TEXT.format(read=read, written=written)


if __name__ == "__main__":
    PAGE.write_text(page())

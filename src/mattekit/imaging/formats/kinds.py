"""Detection of file formats by their first bytes, and advice for formats that are not read."""

import re

from mattekit.core.errors import BadImage
from mattekit.imaging.formats.guard import Stream
from mattekit.imaging.formats.png import SIGNATURE as PNG
from mattekit.imaging.formats.tiff import CAMERA_RAW

READABLE = "JPEG, PNG, TIFF, WebP, BMP, AVIF, HEIC or OpenEXR"

READ = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": re.escape(PNG),
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "BMP": rb"BM",
    "EXR": rb"v/1\x01",
    "WEBP": rb"RIFF....WEBP",
    "AVIF": rb"....ftyp.{0,48}avi[fs]",
    "HEIF": rb"....ftyp(hei[cxms]|hevc|hevx|mif1|msf1)",
}
"""Patterns of the first bytes; the first match counts."""

SAVE = "save it as PNG"
REFUSED = {
    rb"FUJIFILMCCD-RAW|II(U\0|RO|RS)|MMOR|\0MRM|....ftypcrx": CAMERA_RAW,
    rb"GIF8": f"it is a GIF; {SAVE}",
    rb"%PDF": "it is a PDF document; export the page as PNG",
    rb"8BPS|8BPB": "it is a Photoshop document; export it as PNG or TIFF",
    rb"\xff\x0a|\0\0\0\x0cJXL |\0\0\0\x0cjP  ": f"it is a JPEG XL or JPEG 2000 file; {SAVE}",
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg|<svg)": (
        "it is an SVG drawing; export it as PNG in the size that you need"
    ),
    rb"\s*<(!doctype )?html": "it is a web page; download the picture itself",
    rb"....ftyp|\x1aE\xdf\xa3|RIFF....AVI ": "it is a video; save one frame of it as PNG",
}
"""Formats that are not read, and what to do."""

LONGEST_HEAD = 512


def kind_of(stream: Stream) -> str:
    """The name of the format, a key of `READ`; other files are refused."""
    stream.seek(0)
    head = stream.read(LONGEST_HEAD)
    stream.seek(0)
    if not head:
        raise BadImage("the file is empty; expected a picture")
    for kind, pattern in READ.items():
        if re.match(pattern, head, re.DOTALL):
            return kind
    for pattern, sentence in REFUSED.items():
        if re.match(pattern, head, re.DOTALL | re.IGNORECASE):
            raise BadImage(sentence)
    raise BadImage(
        f"the file is not a picture of a kind that is read; expected {READABLE}; open it in an "
        "image editor and save it as PNG"
    )

"""ICC profiles made by hand: curves with a matrix, grey, and tables (ICC.1:2010)."""

import struct
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Colorants in XYZ, white D50, of published profiles
DISPLAY_P3 = [
    [0.51512, 0.29198, 0.15710],
    [0.24120, 0.69225, 0.06657],
    [-0.00105, 0.04189, 0.78407],
]
PROPHOTO = [[0.79767, 0.13519, 0.03135], [0.28804, 0.71187, 0.00009], [0.0, 0.0, 0.82511]]
SRGB = [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]


def fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def table_curve(values: Array) -> bytes:
    codes = np.rint(values * 65535).astype(">u2").tobytes()
    return b"curv\0\0\0\0" + struct.pack(">I", len(values)) + codes


def parametric_curve(kind: int, *values: float) -> bytes:
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + fixed(*values)


SRGB_CURVE = parametric_curve(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def profile(space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    tags = {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249), **tags}
    start = 128 + 4 + 12 * len(tags)
    index, data = b"", b""
    for name, content in tags.items():
        index += name + struct.pack(">II", start + len(data), len(content))
        data += content + b"\0" * (-len(content) % 4)
    header = bytearray(128)
    header[0:4] = struct.pack(">I", start + len(data))
    header[8:24] = b"\2\x40\0\0" + kind + space + connection
    header[36:40] = b"acsp"
    header[68:80] = fixed(0.9642, 1, 0.8249)
    return bytes(header) + struct.pack(">I", len(tags)) + index + data


def matrix_profile(colorants: list[list[float]], curve: bytes) -> bytes:
    tags = {}
    for name, column in zip(b"rgb", np.transpose(colorants), strict=True):
        tags[bytes([name]) + b"XYZ"] = b"XYZ \0\0\0\0" + fixed(*column)
        tags[bytes([name]) + b"TRC"] = curve
    return profile(b"RGB ", b"XYZ ", tags)


def grey_profile(curve: bytes) -> bytes:
    return profile(b"GRAY", b"XYZ ", {b"kTRC": curve})


def table_profile(space: bytes, channels: int) -> bytes:
    """A profile by which the sum of all channels gives the CIE lightness, and nothing a hue."""
    ramp = bytes(range(256))
    shares = (sum(corner) / channels for corner in product((0, 1), repeat=channels))
    if space == b"CMYK":  # more ink, less light
        shares = (1 - share for share in shares)
    corners = b"".join(bytes([round(share * 255), 128, 128]) for share in shares)
    table = struct.pack(">4sIBBBB", b"mft1", 0, channels, 3, 2, 0)
    table += fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + ramp * channels + corners + ramp * 3
    return profile(space, b"Lab ", {b"A2B0": table, b"A2B1": table})

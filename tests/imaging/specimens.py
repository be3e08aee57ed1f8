"""One small file of every format, depth and arrangement of channels, with what must be read of it.

The tests of the reader, the fuzz test and the table in docs/formats.md go through this list.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import OpenEXR
import PIL.Image
import pillow_heif
import tifffile
from imaging import icc
from PIL.ExifTags import IFD, Base

Array = npt.NDArray[Any]

HEIGHT, WIDTH = 12, 17
SMOOTH = np.stack(np.meshgrid(np.linspace(0.1, 0.9, WIDTH), np.linspace(0, 1, HEIGHT)), axis=-1)
RGB = np.dstack([SMOOTH, SMOOTH[..., 0] * (1 - SMOOTH[..., 1])])  # h w 3 in [0, 1]
GREY = SMOOTH[..., 1]
ALPHA = np.linspace(1, 0.2, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """A file, how the table calls it, and what the reader must make of it."""

    format: str
    stored: str
    """Depth and channels, in words."""
    data: bytes
    colours: Array | None = None
    """h w 3; None when the file must be refused."""
    alpha: Array | None = None
    bits: int = 8
    tolerance: float = 0.5 / 255 + 1e-6
    remark: str = ""
    """Part of the warning, or of the refusal."""

    @property
    def name(self) -> str:
        return f"{self.format} {self.stored}"


def codes(plane: Array, bits: int) -> Array:
    """Values in [0, 1] as whole numbers of so many bits."""
    kind = np.uint8 if bits <= 8 else np.uint16
    return np.rint(plane * (2**bits - 1)).astype(kind)


def steps(plane: Array, bits: int) -> Array:
    """Values in [0, 1] as they come out after storing them with so many bits."""
    return codes(plane, bits) / (2**bits - 1)


def grey3(plane: Array) -> Array:
    return np.repeat(plane[..., None], 3, axis=2)


# PNG, written here since no library writes all of its kinds


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(samples: Array, bits: int, kind: int, *chunks: bytes) -> bytes:
    """A PNG of whole numbers h w or h w c; kind 0 grey, 2 RGB, 3 palette, 4 grey alpha, 6 RGBA."""
    height, width = samples.shape[:2]
    rows = samples.reshape(height, -1)
    if bits == 16:
        lines = rows.astype(">u2").view(np.uint8).reshape(height, -1)
    else:
        spread = (rows[..., None] >> np.arange(bits - 1, -1, -1)) & 1
        lines = np.packbits(spread.reshape(height, -1).astype(np.uint8), axis=1)
    pixels = b"".join(b"\0" + line.tobytes() for line in lines)
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            *chunks,
            chunk(b"IDAT", zlib.compress(pixels)),
            chunk(b"IEND", b""),
        ]
    )


def big_endian(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


def png_specimens() -> list[Specimen]:
    made = []

    def add(stored: str, data: bytes, colours: Array, **more: Any) -> None:
        made.append(Specimen(format="PNG", stored=stored, data=data, colours=colours, **more))

    for bits in (1, 2, 4, 8, 16):
        tolerance = 1e-6
        deep = 16 if bits == 16 else 8
        common = {"bits": deep, "tolerance": tolerance}
        grey = codes(GREY, bits)
        add(f"{bits}-bit grey", png(grey, bits, 0), grey3(steps(GREY, bits)), **common)
        key = int(grey[HEIGHT // 2, 0])
        add(
            f"{bits}-bit grey, one value transparent",
            png(grey, bits, 0, chunk(b"tRNS", big_endian(key))),
            grey3(steps(GREY, bits)),
            alpha=np.where(grey == key, 0.0, 1.0),
            **common,
        )
        if bits <= 8:
            palette = np.random.default_rng(bits).integers(0, 256, (2**bits, 3), dtype=np.uint8)
            index = codes(GREY, bits)
            table = chunk(b"PLTE", palette.tobytes())
            add(f"{bits}-bit palette", png(index, bits, 3, table), palette[index] / 255, **common)
            opacity = np.linspace(0, 255, 2**bits).astype(np.uint8)
            add(
                f"{bits}-bit palette with alphas",
                png(index, bits, 3, table, chunk(b"tRNS", opacity.tobytes())),
                palette[index] / 255,
                alpha=opacity[index] / 255,
                **common,
            )
    for bits in (8, 16):
        common = {"bits": bits, "tolerance": 1e-6}
        rgb, alpha = codes(RGB, bits), codes(ALPHA, bits)
        key = rgb[2, 3].tolist()
        add(f"{bits}-bit RGB", png(rgb, bits, 2), steps(RGB, bits), **common)
        add(
            f"{bits}-bit RGB, one colour transparent",
            png(rgb, bits, 2, chunk(b"tRNS", big_endian(*key))),
            steps(RGB, bits),
            alpha=np.where((rgb == key).all(axis=-1), 0.0, 1.0),
            **common,
        )
        add(
            f"{bits}-bit grey and alpha",
            png(np.dstack([codes(GREY, bits), alpha]), bits, 4),
            grey3(steps(GREY, bits)),
            alpha=steps(ALPHA, bits),
            **common,
        )
        add(
            f"{bits}-bit RGBA",
            png(np.dstack([rgb, alpha]), bits, 6),
            steps(RGB, bits),
            alpha=steps(ALPHA, bits),
            **common,
        )
    frames = [PIL.Image.fromarray(codes(plane, 8)) for plane in (RGB, RGB[::-1])]
    add(
        "animation",
        saved(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        steps(RGB, 8),
        remark="more than one picture",
    )
    return made


def saved(image: PIL.Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def pillow_specimens() -> list[Specimen]:
    """JPEG, WebP, BMP, AVIF and HEIC."""
    rgb, grey, alpha = codes(RGB, 8), codes(GREY, 8), codes(ALPHA, 8)
    colour, mono = PIL.Image.fromarray(rgb), PIL.Image.fromarray(grey)
    rgba = PIL.Image.fromarray(np.dstack([rgb, alpha]))
    bilevel = mono.convert("1", dither=PIL.Image.Dither.NONE)
    few = colour.quantize(16)
    lossy = {"colours": steps(RGB, 8), "tolerance": 12 / 255}
    coarse = {**lossy, "tolerance": 25 / 255}
    exact = {"colours": steps(RGB, 8), "tolerance": 1e-6}
    mono_lossy = {"colours": grey3(steps(GREY, 8)), "tolerance": 12 / 255}
    opacity = {"alpha": steps(ALPHA, 8)}
    best = {"quality": 95, "subsampling": 0}
    ink = PIL.Image.fromarray(np.dstack([255 - rgb, 0 * grey]), "CMYK")
    two = {"save_all": True, "append_images": [colour.transpose(PIL.Image.Transpose.ROTATE_180)]}
    rows: list[tuple[str, str, bytes, dict[str, Any]]] = [
        ("JPEG", "8-bit grey", saved(mono, "JPEG", **best), mono_lossy),
        ("JPEG", "8-bit RGB", saved(colour, "JPEG", **best), lossy),
        ("JPEG", "8-bit RGB, progressive", saved(colour, "JPEG", progressive=True, **best), lossy),
        (
            "JPEG",
            "8-bit CMYK, inverted as Adobe does",
            saved(ink, "JPEG", **best),
            {**lossy, "remark": "CMYK without a usable colour profile"},
        ),
        ("WebP", "8-bit RGB, lossy", saved(colour, "WEBP", quality=100), coarse),
        ("WebP", "8-bit RGB, lossless", saved(colour, "WEBP", lossless=True), exact),
        (
            "WebP",
            "8-bit RGBA, lossless",
            saved(rgba, "WEBP", lossless=True, exact=True),
            {**exact, **opacity},
        ),
        (
            "WebP",
            "animation",
            saved(colour, "WEBP", lossless=True, **two),
            {**exact, "remark": "more than one picture"},
        ),
        ("BMP", "1-bit", saved(bilevel, "BMP"), {"colours": grey3(np.asarray(bilevel) * 1.0)}),
        ("BMP", "8-bit grey", saved(mono, "BMP"), {"colours": grey3(steps(GREY, 8))}),
        (
            "BMP",
            "8-bit palette",
            saved(few, "BMP"),
            {"colours": np.asarray(few.convert("RGB")) / 255},
        ),
        ("BMP", "8-bit RGB", saved(colour, "BMP"), exact),
        ("BMP", "8-bit RGBA", bmp_with_alpha(np.asarray(rgba)), {**exact, **opacity}),
        ("AVIF", "8-bit RGB", saved(colour, "AVIF", quality=100, subsampling="4:4:4"), lossy),
        (
            "AVIF",
            "8-bit RGBA",
            saved(rgba, "AVIF", quality=100, subsampling="4:4:4"),
            {**lossy, **opacity},
        ),
        ("HEIC", "8-bit RGB", heif(colour), lossy),
        ("HEIC", "8-bit RGBA", heif(rgba), {**lossy, **opacity}),
    ]
    return [Specimen(format=f, stored=s, data=d, **more) for f, s, d, more in rows]


def bmp_with_alpha(rgba: Array) -> bytes:
    """A BMP whose header (version 4) names the bits of alpha; Pillow writes none."""
    height, width = rgba.shape[:2]
    pixels = rgba[::-1, :, [2, 1, 0, 3]].tobytes()
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    info = struct.pack("<IiiHHIIiiII", 108, width, height, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    head = struct.pack("<2sIHHI", b"BM", 122 + len(pixels), 0, 0, 122)
    return head + (info + masks).ljust(108, b"\0") + pixels


def heif(image: PIL.Image.Image) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, quality=100, chroma=444)
    return file.getvalue()


# TIFF


def tiff(samples: Array, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def tiff_specimens() -> list[Specimen]:
    made = []

    def add(stored: str, data: bytes, colours: Array | None, **more: Any) -> None:
        made.append(Specimen(format="TIFF", stored=stored, data=data, colours=colours, **more))

    for bits in (8, 16):
        common: dict[str, Any] = {"bits": bits, "tolerance": 1e-6}
        rgb, grey, alpha = codes(RGB, bits), codes(GREY, bits), codes(ALPHA, bits)
        rgba = np.dstack([rgb, alpha])
        colours, greys, opacity = steps(RGB, bits), grey3(steps(GREY, bits)), steps(ALPHA, bits)
        add(f"{bits}-bit grey", tiff(grey), greys, **common)
        white = tiff(2**bits - 1 - grey, photometric="miniswhite")
        add(f"{bits}-bit grey, 0 is white", white, greys, **common)
        add(f"{bits}-bit RGB", tiff(rgb, photometric="rgb"), colours, **common)
        add(
            f"{bits}-bit RGBA, straight",
            tiff(rgba, photometric="rgb", extrasamples=["unassalpha"]),
            colours,
            alpha=opacity,
            **common,
        )
        multiplied = codes(steps(RGB, bits) * opacity[..., None], bits)
        add(
            f"{bits}-bit RGBA, premultiplied",
            tiff(np.dstack([multiplied, alpha]), photometric="rgb", extrasamples=["assocalpha"]),
            colours,
            alpha=opacity,
            bits=bits,
            tolerance=4 / 2**bits,
        )
        add(
            f"{bits}-bit RGB and an unspecified channel",
            tiff(rgba, photometric="rgb", extrasamples=["unspecified"]),
            colours,
            **common,
        )
        add(
            f"{bits}-bit RGB, big-endian",
            tiff(rgb, photometric="rgb", byteorder=">"),
            colours,
            **common,
        )
        add(
            f"{bits}-bit RGB, BigTIFF",
            tiff(rgb, photometric="rgb", bigtiff=True),
            colours,
            **common,
        )
        add(
            f"{bits}-bit RGB, deflated with predictor",
            tiff(rgb, photometric="rgb", compression="zlib", predictor=True),
            colours,
            **common,
        )
        add(
            f"{bits}-bit RGB, tiled", tiff(rgb, photometric="rgb", tile=(16, 16)), colours, **common
        )
        add(
            f"{bits}-bit RGB, two pages",
            tiff(np.stack([rgb, rgb[::-1]]), photometric="rgb"),
            colours,
            remark="more than one picture",
            **common,
        )
    return made


def other_tiff_specimens() -> list[Specimen]:
    """Kinds that come in one depth, floats, and kinds that are refused."""
    rgb, grey, alpha = codes(RGB, 8), codes(GREY, 8), codes(ALPHA, 8)
    colour, mono = PIL.Image.fromarray(rgb), PIL.Image.fromarray(grey)
    bilevel = mono.convert("1", dither=PIL.Image.Dither.NONE)
    few = colour.quantize(16)
    colours, greys = steps(RGB, 8), grey3(steps(GREY, 8))
    straight = {"photometric": "rgb", "extrasamples": ["unassalpha"]}
    deep, light = codes(RGB, 16), decoded(RGB).astype(np.float32)
    floats: dict[str, Any] = {"bits": 32, "tolerance": 1e-6}
    whole: dict[str, Any] = {"bits": 16, "tolerance": 1e-6}
    planes = {"photometric": "rgb", "planarconfig": "separate"}
    grey_alpha = np.dstack([codes(GREY, 16), codes(ALPHA, 16)])
    half_multiplied = np.dstack([light * ALPHA[..., None], ALPHA]).astype("f2")
    rows: list[tuple[str, bytes, dict[str, Any]]] = [
        ("1-bit", saved(bilevel, "TIFF"), {"colours": grey3(np.asarray(bilevel) * 1.0)}),
        ("8-bit palette", saved(few, "TIFF"), {"colours": np.asarray(few.convert("RGB")) / 255}),
        (
            "8-bit grey and alpha",
            saved(PIL.Image.fromarray(np.dstack([grey, alpha])), "TIFF"),
            {"colours": greys, "alpha": steps(ALPHA, 8)},
        ),
        (
            "8-bit RGB, in planes",
            tiff(rgb.transpose(2, 0, 1), **planes),
            {"colours": colours},
        ),
        (
            "8-bit RGB, JPEG inside",
            saved(colour, "TIFF", compression="jpeg", quality=95),
            {"colours": colours, "tolerance": 25 / 255},
        ),
        (
            "8-bit CMYK",
            tiff(np.dstack([255 - rgb, 0 * grey]), photometric="separated"),
            {"colours": colours, "remark": "CMYK without a usable colour profile"},
        ),
        ("32-bit float grey", tiff(decoded(GREY).astype("f4")), {"colours": grey3(GREY), **floats}),
        ("32-bit float RGB", tiff(light, photometric="rgb"), {"colours": RGB, **floats}),
        (
            "32-bit float RGBA, straight",
            tiff(np.dstack([light, ALPHA.astype("f4")]), **straight),
            {"colours": RGB, "alpha": ALPHA, **floats},
        ),
        (
            "16-bit RGB, in planes",
            tiff(deep.transpose(2, 0, 1), **planes),
            {"colours": steps(RGB, 16), **whole},
        ),
        (
            "16-bit RGB, in planes of tiles",
            tiff(deep.transpose(2, 0, 1), tile=(16, 16), **planes),
            {"colours": steps(RGB, 16), **whole},
        ),
        (
            "16-bit grey and alpha",
            tiff(grey_alpha, photometric="minisblack", extrasamples=["unassalpha"]),
            {"colours": grey3(steps(GREY, 16)), "alpha": steps(ALPHA, 16), **whole},
        ),
        (
            "16-bit grey and an unspecified channel",
            tiff(grey_alpha, photometric="minisblack", planarconfig="contig"),
            {"colours": grey3(steps(GREY, 16)), **whole},
        ),
        (
            "16-bit float RGB",
            tiff(light.astype("f2"), photometric="rgb"),
            {"colours": RGB, "bits": 32, "tolerance": 1e-3},
        ),
        (
            "16-bit float RGBA, premultiplied",
            tiff(half_multiplied, photometric="rgb", extrasamples=["assocalpha"]),
            {"colours": RGB, "alpha": ALPHA, "bits": 32, "tolerance": 2e-3},
        ),
        ("64-bit float grey", tiff(decoded(GREY)), {"colours": grey3(GREY), **floats}),
        ("16-bit CMYK", tiff(np.dstack([deep, deep[..., 0]]), photometric="separated"), REFUSED),
        ("16-bit grey, signed", tiff((GREY * 32767).astype("i2")), REFUSED),
        ("32-bit grey", tiff((GREY * 2**31).astype("u4")), REFUSED),
    ]
    return [Specimen(format="TIFF", stored=s, data=d, **more) for s, d, more in rows]


REFUSED = {"remark": "save it as grey, RGB or RGBA of 8 or 16 bits"}


def compressed_tiff_specimens() -> list[Specimen]:
    """Every compression in every depth, as OpenCV writes them, in strips of five rows."""
    made = []
    light = decoded(RGB).astype(np.float32)
    depths = [
        ("8-bit RGB", codes(RGB, 8), steps(RGB, 8), 8, 2),
        ("16-bit RGB", codes(RGB, 16), steps(RGB, 16), 16, 2),
        ("32-bit float RGB", light, RGB, 32, 3),
    ]
    codecs = [("LZW", 5), ("deflate", 8), ("PackBits", 32773)]
    for stored, samples, colours, bits, predictor in depths:
        for codec, number in codecs:
            for words, value in (("", 1), (" and a predictor", predictor)):
                if codec == "PackBits" and words:
                    continue  # which has none
                options = [cv2.IMWRITE_TIFF_COMPRESSION, number]
                options += [cv2.IMWRITE_TIFF_PREDICTOR, value, cv2.IMWRITE_TIFF_ROWSPERSTRIP, 5]
                _, data = cv2.imencode(".tif", np.ascontiguousarray(samples[..., ::-1]), options)
                specimen = Specimen(
                    format="TIFF",
                    stored=f"{stored}, {codec}{words}",
                    data=data.tobytes(),
                    colours=colours,
                    bits=bits,
                    tolerance=1e-6,
                )
                made.append(specimen)
    return made


# OpenEXR


def exr(channels: dict[str, Array], **header: Any) -> bytes:
    file = io.BytesIO()
    plain = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File({**plain, **header}, channels).write(file)
    return file.getvalue()


def exr_specimens() -> list[Specimen]:
    made = []

    def add(stored: str, data: bytes, colours: Array | None, **more: Any) -> None:
        more = {"bits": 32, "tolerance": 1e-3, **more}
        made.append(Specimen(format="OpenEXR", stored=stored, data=data, colours=colours, **more))

    window = (np.array([2, 3], dtype="i4"), np.array([WIDTH + 1, HEIGHT + 2], dtype="i4"))
    display = (np.array([0, 0], dtype="i4"), np.array([WIDTH + 3, HEIGHT + 4], dtype="i4"))
    framed = np.pad(RGB, ((3, 2), (2, 2), (0, 0)))
    for kind, words in ((np.float16, "half"), (np.float32, "float")):
        light, alpha = decoded(RGB).astype(kind), ALPHA.astype(kind)
        grey = decoded(GREY).astype(kind)
        multiplied = (decoded(RGB) * ALPHA[..., None]).astype(kind)
        straight = {"mattekit:alpha": "straight"}
        add(f"{words} RGB", exr({"RGB": light}), RGB)
        add(f"{words} RGBA, premultiplied", exr({"RGB": multiplied, "A": alpha}), RGB, alpha=ALPHA)
        add(
            f"{words} RGBA, straight by its header",
            exr({"RGB": light, "A": alpha}, **straight),
            RGB,
            alpha=ALPHA,
        )
        add(f"{words} Y", exr({"Y": grey}), grey3(GREY))
        add(f"{words} A alone", exr({"A": grey}), grey3(GREY))
        add(
            f"{words} RGB, data window inside the display window",
            exr({"RGB": light}, dataWindow=window, displayWindow=display),
            framed,
        )
    tiles = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()}
    add("float RGB, tiled", exr({"RGB": decoded(RGB).astype("f4")}, **tiles), RGB)
    depth = exr({"Z": GREY.astype("f4")})
    add("float Z alone", depth, None, remark="expected R, G, B (and A), or Y")
    whole = exr({name: codes(GREY, 16).astype("u4") for name in "RGB"})
    add("32-bit whole numbers", whole, None, remark="expected R, G, B (and A), or Y")
    return made


def decoded(plane: Array) -> Array:
    """Linear light of sRGB codes, in doubles (IEC 61966-2-1)."""
    return np.where(plane <= 0.04045, plane / 12.92, ((plane + 0.055) / 1.055) ** 2.4)


def profile_specimens() -> list[Specimen]:
    """Colours of another profile, and a picture with everything a camera notes."""
    profile = icc.matrix_profile(icc.DISPLAY_P3, icc.gamma_curve(2.2))
    light = RGB**2.2 @ np.linalg.solve(icc.SRGB, icc.DISPLAY_P3).T
    light = light.clip(0, 1)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    exif = PIL.Image.Exif()
    exif[Base.Model] = "Box camera"
    exif[Base.Orientation] = 3
    exif.get_ifd(IFD.Exif)[Base.ISOSpeedRatings] = 400
    turned = PIL.Image.fromarray(codes(RGB, 8)[::-1, ::-1].copy())
    noted = saved(turned, "JPEG", exif=exif, icc_profile=profile, quality=95, subsampling=0)
    words = "RGB with a profile of curves and a matrix"
    table = tiff(codes(RGB, 16), photometric="rgb", iccprofile=icc.table_profile(b"RGB ", 3))
    made = [("JPEG", f"8-bit {words}, turned", noted, {"colours": srgb, "tolerance": 16 / 255})]
    for bits, tolerance in ((8, 6 / 255), (16, 1 / 255)):  # rounded codes of darks are far apart
        data = tiff(codes(RGB, bits), photometric="rgb", iccprofile=profile)
        more = {"colours": srgb, "bits": bits, "tolerance": tolerance}
        made.append(("TIFF", f"{bits}-bit {words}", data, more))
    made.append(("TIFF", "16-bit RGB with a profile of tables", table, {"remark": "to sRGB first"}))
    return [Specimen(format=f, stored=s, data=d, **more) for f, s, d, more in made]


SPECIMENS = [
    *png_specimens(),
    *pillow_specimens(),
    *tiff_specimens(),
    *other_tiff_specimens(),
    *compressed_tiff_specimens(),
    *profile_specimens(),
    *exr_specimens(),
]

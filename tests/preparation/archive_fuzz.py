"""Unpacks damaged archives in one process: `python -m preparation.archive_fuzz COUNT`.

COUNT mutants of each kind must unpack into their folder, or give a `MattekitError`; any other
exception ends the process with a traceback, and so do a file outside, a link, memory or time
beyond the limits. `test_archives.py` is the parent.
"""

import io
import random
import resource
import shutil
import signal
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from mattekit.core.errors import MattekitError
from mattekit.preparation.archives import unpack_archives

MEMORY = 3 << 30
SECONDS_AN_ARCHIVE = 10
MAX_BYTES = 10_000_000
NAMES = ("a.png", "set/b c.png", "set/" + "long" * 40 + "/d.png", "set\\e.png", "f", "g/h/i")
OUTSIDE = ("../up.png", "/top.png", "set/../../up.png")


def chosen(names: Sequence[str], rng: random.Random) -> list[str]:
    """Some names, at times with one that leads outside."""
    outside = [rng.choice(OUTSIDE)] if rng.random() < 0.1 else []
    return rng.sample(names, 3) + outside


def zip_bytes(rng: random.Random) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as z:
        for name in chosen(NAMES, rng):
            info = zipfile.ZipInfo(name)
            if rng.random() < 0.1:
                info.create_system, info.external_attr = 3, 0o120777 << 16
            z.writestr(info, rng.randbytes(rng.choice([0, 10, 5000])))
    return stream.getvalue()


def tar_bytes(rng: random.Random, mode: str) -> bytes:
    stream = io.BytesIO()
    format = rng.choice([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    names = [name for name in NAMES if len(name) < 100 or format != tarfile.USTAR_FORMAT]
    with tarfile.open(fileobj=stream, mode=mode, format=format) as tar:
        for name in chosen(names, rng):
            entry = tarfile.TarInfo(name)
            data = rng.randbytes(rng.choice([0, 10, 5000]))
            entry.size = len(data)
            if rng.random() < 0.15:
                entry.type = rng.choice([tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
                entry.linkname, entry.size = rng.choice(["/etc/passwd", "..", name]), 0
            tar.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def mutant(data: bytes, rng: random.Random) -> bytes:
    """The archive with up to eight changed bytes, or cut, or a part of it twice."""
    damaged = bytearray(data)
    for _ in range(rng.choice((0, 1, 1, 2, 8))):
        place = rng.randrange(len(damaged))
        damaged[place] = rng.choice((0, 0x80, 0xFF, rng.randrange(256)))
    if rng.random() < 0.2:
        del damaged[rng.randrange(len(damaged)) :]
    if rng.random() < 0.1:
        start = rng.randrange(len(damaged) + 1)
        damaged[start:start] = damaged[start : start + 600]
    return bytes(damaged)


def repaired(data: bytes, rng: random.Random) -> bytes:
    """An uncompressed tar whose headers have a right checksum again, so that they are believed."""
    damaged = bytearray(mutant(data, rng))
    for start in range(0, len(damaged) - 511, 512):
        if damaged[start + 257 : start + 262] == b"ustar":
            header = bytes(damaged[start : start + 512])
            total = sum(header[:148]) + 8 * 32 + sum(header[156:])
            damaged[start + 148 : start + 156] = b"%06o\0 " % total
    return bytes(damaged)


def main(count: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    outcomes = {"whole": 0, "refused": 0}
    kinds = {
        "zip": lambda rng: mutant(zip_bytes(rng), rng),
        "tar": lambda rng: mutant(tar_bytes(rng, "w"), rng),
        "believed tar": lambda rng: repaired(tar_bytes(rng, "w"), rng),
        "tar.gz": lambda rng: mutant(tar_bytes(rng, "w:gz"), rng),
        "tar.bz2": lambda rng: mutant(tar_bytes(rng, "w:bz2"), rng),
    }
    with tempfile.TemporaryDirectory() as text:
        place = Path(text)
        for kind, make in kinds.items():
            for number in range(count):
                print(kind, number, flush=True)
                archive, folder = place / "archive", place / "deep" / "out"
                archive.write_bytes(make(random.Random(f"{kind} {number}")))
                signal.alarm(SECONDS_AN_ARCHIVE)
                try:
                    unpack_archives(archive, folder, max_bytes=MAX_BYTES, max_files=100)
                    outcomes["whole"] += 1
                except MattekitError:
                    outcomes["refused"] += 1
                signal.alarm(0)
                check(place, folder)
    print(outcomes["whole"], outcomes["refused"])


def check(place: Path, folder: Path) -> None:
    """Nothing outside of the folder, no link in it, and nothing half-written."""
    outside = [path for path in place.rglob("*") if path.is_file() and folder not in path.parents]
    assert outside == [place / "archive"], outside
    for path in folder.rglob("*"):
        assert not path.is_symlink(), path
    shutil.rmtree(place / "deep", ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))

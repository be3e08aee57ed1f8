"""Reads damaged files of every kind in one process: `python -m imaging.fuzz COUNT SEED`.

Each file must give a picture or a `MattekitError`; any other exception ends the process with a
traceback, a crash in a decoder with a signal. Nothing is printed through Python; C libraries print
what they like. Before each file its name is written to stdout, so that the last line tells which
one it was. `test_fuzz.py` is the parent.
"""

import io
import random
import resource
import signal
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout

from imaging.specimens import SPECIMENS

from mattekit.core.errors import BadImage, TooLarge
from mattekit.imaging.files import open_picture

MEMORY = 6 << 30  # address space, which OpenCV and NumPy take in large pieces
SECONDS_A_FILE = 10
MAX_PIXELS = 1_000_000


def mutant(data: bytes, rng: random.Random) -> bytes:
    """The file with up to four kinds of damage."""
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        length = len(damaged)
        reach = rng.choice((64, 512, length))  # headers are where the harm is
        start = rng.randrange(max(1, min(reach, length)))
        end = min(length, start + rng.choice((1, 1, 2, 4, 4, 16, 64)))
        kind = rng.randrange(6)
        if kind == 0:
            damaged[start:end] = rng.randbytes(end - start)
        elif kind == 1:
            damaged[start:end] = bytes([rng.choice((0, 1, 127, 128, 255))]) * (end - start)
        elif kind == 2:
            del damaged[start:end]
        elif kind == 3:
            damaged[start:start] = damaged[start:end]
        elif kind == 4 and start < length:
            damaged[start] ^= 1 << rng.randrange(8)
        elif kind == 5 and rng.random() < 0.3:
            del damaged[rng.randrange(length + 1) :]
        if not damaged:
            break
    return bytes(damaged)


def main(count: int, seed: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.filterwarnings("ignore", module=r"PIL\b")  # Pillow warns of damaged tags
    outcomes = {"read": 0, "refused": 0}
    formats: dict[str, list[bytes]] = {}
    for specimen in SPECIMENS:
        formats.setdefault(specimen.format, []).append(specimen.data)
    for format, files in formats.items():
        for number in range(count):
            rng = random.Random(f"{format} {seed} {number}")
            data = mutant(rng.choice(files), rng)
            print(format, number, flush=True)
            signal.alarm(SECONDS_A_FILE)
            printed = io.StringIO()
            try:
                with redirect_stdout(printed), redirect_stderr(printed):
                    picture = open_picture(data, max_pixels=MAX_PIXELS)
                assert picture.image().shape == (*picture.size, 3)
                outcomes["read"] += 1
            except (BadImage, TooLarge):
                outcomes["refused"] += 1
            signal.alarm(0)
            assert printed.getvalue() == "", printed.getvalue()
    print(outcomes["read"], outcomes["refused"])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

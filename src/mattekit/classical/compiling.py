"""pymatting's compiled functions: whether they are still to be compiled, where they are kept, and
in how many threads they run.

pymatting compiles on first import (about 40 s) and keeps the result beside itself or in the user's
cache folder.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

NOTICE = "compiling once, about 40 s"


def first_use() -> bool:
    """True while nothing compiled is found, so that the next classical method will take longer."""
    package = _package()
    stems = (f"{package.name}_", "laplacian_")  # how the numba cache names its folders
    kept = [*package.rglob("*.nbi")]
    for cache in _user_caches():
        kept += [path for stem in stems for path in cache.glob(f"{stem}*/*.nbi")]
    return not kept


def set_up() -> None:
    """What has to stand before the compiler is imported: where it keeps its results, where it could
    not do so otherwise, and how many threads it takes.

    Left to itself it starts one a core, and PyTorch in the same process then does so too, whatever
    OMP_NUM_THREADS says.
    """
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdecimal() and int(threads) > 0 and "numba" not in sys.modules:
        os.environ.setdefault("NUMBA_NUM_THREADS", threads)
    places = [_package() / "__pycache__", *_user_caches()]
    if not any(_writable(place) for place in places):
        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="mattekit-compiled-")


@contextmanager
def one_thread() -> Iterator[None]:
    """Compiled loops in the calling thread alone.

    The multilevel method resizes at every level of its pyramid, in parallel; on a busy machine the
    threads wait for each other longer (13 s) than the work takes (0.3 s).
    """
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _package() -> Path:
    spec = find_spec("pymatting")  # finds the folder, imports nothing
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pymatting is not installed; run: pip install mattekit")
    return Path(spec.origin).parent


def _user_caches() -> list[Path]:
    named = os.environ.get("NUMBA_CACHE_DIR")
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return [Path(named)] if named else [Path(home).expanduser() / "numba"]


def _writable(folder: Path) -> bool:
    """Whether the folder, or the first of its parents that exists, takes new files."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return os.access(existing, os.W_OK)

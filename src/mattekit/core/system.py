"""The operating system; tests patch the constants."""

import ctypes
import sys
from contextlib import suppress

WINDOWS = sys.platform == "win32"
MACOS = sys.platform == "darwin"

M_MMAP_THRESHOLD, LARGE_BLOCK = -3, 32 * 2**10  # of glibc's malloc.h; bytes


def return_memory() -> None:
    """Let every large block of this process go back to the system when it is freed.

    By itself glibc raises the size from which it does so, and the heap of a process that lives long
    grows in pieces that are never used again. Other allocators need no such word.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)

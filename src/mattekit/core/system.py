"""Which operating system this is: the one place that asks, and that tests patch."""

import sys

WINDOWS = sys.platform == "win32"
MACOS = sys.platform == "darwin"

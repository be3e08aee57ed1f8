"""The operating system; tests patch these constants."""

import sys

WINDOWS = sys.platform == "win32"
MACOS = sys.platform == "darwin"

"""The operating system; tests patch the constants."""

import sys

WINDOWS = sys.platform == "win32"
MACOS = sys.platform == "darwin"

"""Run `mattekit` in a process of its own and measure the most memory that it held."""

import subprocess
import sys
from pathlib import Path

CHILD = """
import sys
from mattekit.cli.main import main
try:
    main()
finally:
    lines = open("/proc/self/status").read().splitlines()
    print(next(line for line in lines if line.startswith("VmHWM")))
"""
"""`resource.getrusage` would say no less than what this process holds: Linux hands that on."""


def peak_of_command(*words: str, folder: Path) -> int:
    """The most bytes that the command held; it has to succeed."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *words], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1].split()[1]) * 1024

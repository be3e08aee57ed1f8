"""Data sets: `unpack`, `labels`, `composite`, `fgbg`, `denoise`, `shards` and `check`."""

from mattekit.cli.preparing.check import check
from mattekit.cli.preparing.composite import composite
from mattekit.cli.preparing.labels import labels
from mattekit.cli.preparing.photographs import denoise, fgbg
from mattekit.cli.preparing.shards import shards
from mattekit.cli.preparing.unpack import unpack

run = {
    "unpack": unpack,
    "labels": labels,
    "composite": composite,
    "fgbg": fgbg,
    "denoise": denoise,
    "shards": shards,
    "check": check,
}

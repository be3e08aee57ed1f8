"""Versions, devices, memory, a short self-test, and what is missing."""

import platform
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import typer

from mattekit.batch.failures import Failure
from mattekit.classical.foreground import estimate_foreground
from mattekit.cli.options import Json
from mattekit.cli.output import FAILED, attempt, print_json
from mattekit.core.errors import BadData
from mattekit.core.extras import DISTRIBUTIONS, EXTRAS
from mattekit.imaging.compose import over
from mattekit.imaging.files import encode_image, read_alpha
from mattekit.imaging.trimap import make_trimap
from mattekit.inference.matting import build_matting
from mattekit.models.files import DEFAULT_MODEL
from mattekit.models.registry import registry

BASE = ("numpy", "Pillow", "opencv-python-headless", "scipy", "onnxruntime")
LARGEST_ERROR = 0.15  # of the alpha of the self-test
BFLOAT16 = {True: ", bfloat16 in hardware", False: ", bfloat16 only imitated", None: ""}


def run(json: Json = False) -> None:
    """Print what is installed, what works, what is missing and how to install it."""
    outcome = attempt(self_test)
    healthy = not isinstance(outcome, Failure)
    report: dict[str, Any] = {
        "mattekit": _version("mattekit") or "not installed",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": psutil.cpu_count() or 1,
        "memory_gb": round(memory() / 2**30, 1),
        "bfloat16": has_bfloat16(),
        "default_model": DEFAULT_MODEL,
        "public_models": [entry.id for entry in registry().values() if entry.installed],
        "versions": installed(),
        "missing": missing(),
        "devices": devices(),
        "self_test": outcome.sentence if isinstance(outcome, Failure) else outcome,
        "healthy": healthy,
    }
    if json:
        print_json(report)
    else:
        typer.echo(_text(report))
    if not healthy:
        raise typer.Exit(FAILED)


def self_test() -> str:
    """Cut out a disc of known alpha, and read a picture back; raises if that fails."""
    start = time.perf_counter()
    rows, columns = np.indices((96, 96))
    true = np.clip((30 - np.hypot(rows - 48, columns - 48)) / 4, 0, 1).astype(np.float32)
    colours = np.array([[0.9, 0.4, 0.1], [0.1, 0.3, 0.6]], np.float32)
    image = over(colours[0], true[..., None], colours[1])
    alpha = build_matting().matte(image, make_trimap(true, 3, 3)).alpha
    error = float(np.abs(alpha - true).max())
    if error > LARGEST_ERROR:
        raise BadData(
            f"the self-test's alpha is off by up to {error:.3f}, expected at most "
            f"{LARGEST_ERROR}; reinstall mattekit and what it needs"
        )
    clean = estimate_foreground(image, alpha)
    written = encode_image(clean, format="png", alpha=alpha, bits=16)
    if np.abs(read_alpha(written) - alpha).max() > 1e-4:
        raise BadData("a PNG does not read back as it was written; reinstall Pillow and OpenCV")
    return f"cut a disc out, off by at most {error:.4f}, in {time.perf_counter() - start:.1f} s"


def packages() -> dict[str, list[str]]:
    """Extra -> the packages that it installs."""
    return {
        extra: [DISTRIBUTIONS.get(module, module) for module in modules]
        for extra, modules in EXTRAS.items()
    }


def installed() -> dict[str, str]:
    """Package -> version, for installed packages that mattekit uses."""
    names = (*BASE, *chain(*packages().values()))
    found = {name: _version(name) for name in names}
    return {name: number for name, number in found.items() if number}


def missing() -> dict[str, str]:
    """Extra with its missing packages -> the command that installs it."""
    return {
        f"{extra} ({', '.join(absent)})": f'pip install "mattekit[{extra}]"'
        for extra, names in packages().items()
        if (absent := [name for name in names if not _version(name)])
    }


def devices() -> list[str]:
    """Devices that torch can use."""
    if find_spec("torch") is None:
        return []
    import torch

    found = ["cpu"]
    for index in range(torch.cuda.device_count()):
        found.append(f"cuda:{index} ({torch.cuda.get_device_name(index)})")
    return found + (["mps"] if torch.backends.mps.is_available() else [])


def memory() -> int:
    """Memory limit of this process in bytes: the machine's, or a container's."""
    total: int = psutil.virtual_memory().total
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text("utf-8").strip() if limit.is_file() else "max"
    return min(total, int(text)) if text.isdigit() else total


def has_bfloat16() -> bool | None:
    """Whether the processor computes with it in hardware; None where the system does not say."""
    information = Path("/proc/cpuinfo")
    if not information.is_file():
        return None
    lines = information.read_text("utf-8").splitlines()
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(flags.split())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _text(report: Mapping[str, Any]) -> str:
    public = ", ".join(report["public_models"]) or "none; see: mattekit models list"
    lines = [
        f"mattekit {report['mattekit']}, Python {report['python']}, {report['system']}",
        f"{report['cores']} cores, {report['memory_gb']} GB{BFLOAT16[report['bfloat16']]}",
        f"devices for networks: {', '.join(report['devices']) or 'none without the extra torch'}",
        f"default model: {report['default_model']}",
        f"public models: {public}",
        "",
        *(f"  {name:24}{number}" for name, number in report["versions"].items()),
        "",
        *(f"missing: {what}: {command}" for what, command in report["missing"].items()),
        f"self-test: {'ok, ' if report['healthy'] else 'FAILED, '}{report['self_test']}",
    ]
    return "\n".join(lines)

"""Which device computes: the one that was asked for or an error; `auto` takes the best one."""

import torch

from mattekit.core.errors import BadArgument


def find_device(wanted: str = "auto") -> torch.device:
    """The device named `auto`, `cpu`, `cuda`, `cuda:N` or `mps`."""
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind, _, number = wanted.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (number and not (kind == "cuda" and number.isdigit())):
        raise BadArgument(
            f"there is no device called {wanted!r}; choose auto, cpu, cuda, cuda:N or mps"
        )
    found = {
        "cpu": 1,
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
    }[kind]
    if int(number or 0) >= found:
        raise BadArgument(
            f"the device {wanted} was asked for, but this machine has {found} of the kind {kind}; "
            "use --device auto or --device cpu"
        )
    return torch.device(wanted)

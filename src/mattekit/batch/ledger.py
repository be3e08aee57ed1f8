"""The ledger of a batch: a JSON line for each item, kept over shards, machines and restarts."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mattekit.batch.files import Shard
from mattekit.batch.runner import ItemResult
from mattekit.core.atomic import make_folder, replacing
from mattekit.core.errors import BadArgument, BadData, BadOutput

Line = dict[str, Any]
NEEDED = {"input", "status", "seconds", "command"}


class Ledger:
    """A file to which each result is added as soon as it is there."""

    def __init__(self, path: Path, *, command: str, shard: Shard) -> None:
        """Open or begin the file.

        Args:
            command: whatever decides the results; two commands may not share a ledger.
        """
        self.path = path
        self.fixed = {
            "version": version("mattekit"),
            "shard": str(shard),
            "command": hashlib.sha256(command.encode()).hexdigest()[:16],
        }
        make_folder(path.parent)
        self._append("")  # also the ledger of a shard without items is there
        if any(line["command"] != self.fixed["command"] for line in read_ledger(path)):
            raise BadArgument(
                f"{path} is the ledger of a command with other options; give another file"
            )
        if path.read_bytes()[-1:] not in (b"", b"\n"):  # the machine stopped midway
            self._append("\n")

    def add(self, result: ItemResult) -> None:
        """Write one line and have it on the disk."""
        sums = {output: sha256(Path(output)) for output in result.outputs if os.path.isfile(output)}
        line = {
            **asdict(result),
            "confidence": result.extra.get("confidence"),
            "sha256": sums,
            **self.fixed,
        }
        self._append(f"{json.dumps(line)}\n")

    def _append(self, text: str) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BadOutput(f"cannot write {self.path}: {(error.strerror or '').lower()}") from None


def read_ledger(path: Path) -> list[Line]:
    """The lines of a ledger; one that was cut off by a crash is left out."""
    try:
        texts = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise BadData(f"{path} cannot be read as a ledger: {error}") from error
    lines = []
    for text in texts:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if not isinstance(line, dict) or not line.keys() >= NEEDED:
            raise BadData(f"{path} is not a ledger; expected lines that --ledger wrote")
        lines.append(line)
    if texts and not lines:
        raise BadData(f"{path} is not a ledger; expected lines that --ledger wrote")
    return lines


def merge(ledgers: Iterable[Sequence[Line]]) -> list[Line]:
    """One line for each input, by name; a later line takes the place of an earlier one.

    A result that was skipped, being there already, does not hide how it was made.
    """
    latest: dict[str, Line] = {}
    for line in (line for lines in ledgers for line in lines):
        if line["status"] != "skipped" or line["input"] not in latest:
            latest[line["input"]] = line
    if len({line["command"] for line in latest.values()}) > 1:
        raise BadArgument("the ledgers are of commands with different options; merge like ones")
    return [latest[name] for name in sorted(latest)]


def write_ledger(path: Path, lines: Sequence[Line]) -> None:
    """Write a merged ledger, whole or not at all."""
    with replacing(path) as aside:
        aside.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")


@dataclass(frozen=True, kw_only=True)
class LedgerSummary:
    """What a ledger adds up to."""

    items: int
    statuses: dict[str, int]
    shards: list[str]
    seconds: float
    """Of work, summed over items."""
    seconds_per_item: float
    unsure_share: float
    """Of what was made."""
    mean_confidence: float | None
    errors: list[tuple[str, int]]
    """The most frequent sentences and how often each came."""


def summarise(lines: Sequence[Line]) -> LedgerSummary:
    """Count the lines of a ledger, each input once."""
    statuses = Counter(line["status"] for line in lines)
    seconds = sum(line["seconds"] for line in lines)
    made = statuses["done"] + statuses["unsure"]
    sure = [line["confidence"] for line in lines if line.get("confidence") is not None]
    errors = Counter(
        line["error"].replace(line["input"], "FILE") for line in lines if line.get("error")
    )
    return LedgerSummary(
        items=len(lines),
        statuses=dict(statuses),
        shards=sorted({line["shard"] for line in lines}),
        seconds=round(seconds, 3),
        seconds_per_item=round(seconds / max(made, 1), 3),
        unsure_share=statuses["unsure"] / max(made, 1),
        mean_confidence=sum(sure) / len(sure) if sure else None,
        errors=errors.most_common(5),
    )


def sha256(path: Path) -> str:
    """The file's fingerprint."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

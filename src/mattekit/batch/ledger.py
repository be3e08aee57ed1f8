"""The ledger of a batch: a JSON line for each item, kept over shards, machines and restarts."""

import hashlib
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from mattekit.batch.files import Shard
from mattekit.batch.runner import ItemResult
from mattekit.batch.tars import tar_of
from mattekit.core.atomic import make_folder, write_text
from mattekit.core.errors import BadArgument, BadData, BadOutput
from mattekit.core.storage import Url, store, streamed

Line = dict[str, Any]
NEEDED = {"input", "status", "seconds", "command"}
SEND_EVERY = 30.0
"""Seconds, at least, between two copies to object storage, which cannot add to a file."""
SHARE = 20
"""Sending may take one second in so many."""


class Ledger:
    """A file to which each result is added as soon as it is there; closed by `with`."""

    def __init__(self, path: Path, *, command: str, shard: Shard) -> None:
        """Open or begin the file.

        Args:
            path: a `Url` is kept in a local file that is sent now and then, and at the end.
            command: whatever decides the results; two commands may not share a ledger.
        """
        self.path = self.file = path
        self.sums: dict[str, str] = {}
        """Of the outputs, as the ledger has them from before."""
        self.fixed = {
            "version": version("mattekit"),
            "shard": str(shard),
            "command": hashlib.sha256(command.encode()).hexdigest()[:16],
        }
        with ExitStack() as stack:
            if isinstance(path, Url):
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mattekit-"))
                self.file = Path(folder) / path.name
                if path.exists():
                    self.file.write_bytes(path.read_bytes())
            make_folder(self.file.parent)
            self._append("")  # also the ledger of a shard without items is there
            for line in read_ledger(self.file, shown=path):
                self._check(line)
                self.sums |= line.get("sha256", {})
            if _last_byte(self.file) not in (b"", b"\n"):
                self._append("\n")  # the machine stopped midway
            self._send()
            self.cleanup = stack.pop_all()

    def add(self, result: ItemResult) -> ItemResult:
        """Write one line and have it on the disk; gives the result as the line has it.

        A result that is there already, but with another content than before, has failed.
        """
        other = [o for o, found in result.sha256.items() if self.sums.get(o, found) != found]
        if result.status == "skipped" and other:
            error = f"{other[0]} exists with another content than in the ledger; add --overwrite"
            result = replace(result, status="failed", error=error)
        confidence = result.extra.get("confidence")
        line = {**asdict(result), "confidence": confidence, **self.fixed}
        self._append(f"{json.dumps(line)}\n")
        if time.monotonic() - self.sent > max(SEND_EVERY, SHARE * self.took):
            self._send()
        return result

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        with self.cleanup:
            self._send()

    def _check(self, line: Line) -> None:
        if line["command"] != self.fixed["command"]:
            raise BadArgument(
                f"{self.path} is the ledger of a command with other options; give another file"
            )
        if isinstance(self.path, Url) and line["shard"] != self.fixed["shard"]:
            raise BadArgument(
                f"{self.path} is the ledger of shard {line['shard']}; in object storage each shard "
                "needs its own, which `mattekit ledger merge` joins"
            )

    def _append(self, text: str) -> None:
        try:
            with self.file.open("a", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BadOutput(f"cannot write {self.path}: {(error.strerror or '').lower()}") from None

    def _send(self) -> None:
        start = time.monotonic()
        if isinstance(self.path, Url):
            try:
                store(self.file, self.path)
            except OSError as error:
                raise BadOutput(f"cannot write {self.path}: {error.strerror}") from error
        self.sent = time.monotonic()
        self.took = self.sent - start


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1))
        return file.read(1)


def read_ledger(path: Path, *, shown: Path | None = None) -> Iterator[Line]:
    """The lines of a ledger; one that was cut off by a crash is left out.

    Args:
        shown: what the file is called in errors.
    """
    name, whole, broken = shown or path, 0, 0
    try:
        with streamed(path) as file:
            for text in file:
                try:
                    line = json.loads(text)
                except ValueError:
                    broken += 1
                    continue
                if not isinstance(line, dict) or not line.keys() >= NEEDED:
                    raise BadData(f"{name} is not a ledger; expected lines that --ledger wrote")
                whole += 1
                yield line
    except OSError as error:
        raise BadData(f"{name} cannot be read as a ledger: {error}") from error
    if broken and not whole:
        raise BadData(f"{name} is not a ledger; expected lines that --ledger wrote")


def merge(ledgers: Iterable[Iterable[Line]]) -> list[Line]:
    """One line for each input, by name; a later line takes the place of an earlier one.

    A result that was skipped, being there already, does not hide how it was made, but hides that it
    once failed; what is said of a tar as a whole counts until its photos have lines.
    """
    latest: dict[str, Line] = {}
    known: set[str] = set()
    for line in chain.from_iterable(ledgers):
        name, tar = line["input"], tar_of(line["input"])
        if tar is not None:
            latest.pop(tar, None)
            known.add(tar)
        made = name in known and latest.get(name, line)["status"] != "failed"
        if line["status"] != "skipped" or not made:
            latest[name] = line
        known.add(name)
    if len({line["command"] for line in latest.values()}) > 1:
        raise BadArgument("the ledgers are of commands with different options; merge like ones")
    return [latest[name] for name in sorted(latest)]


def write_ledger(path: Path, lines: Sequence[Line]) -> None:
    """Write a merged ledger, whole or not at all."""
    write_text(path, "".join(f"{json.dumps(line)}\n" for line in lines))


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

"""Downloads from a server that breaks off, ignores ranges, lies about sizes and changes bytes."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from mattekit.core.errors import BadOutput, BadWeights
from mattekit.models import installed as fetching
from mattekit.models.installed import fetch
from mattekit.models.registry import (
    InputConfig,
    ModelFile,
    OutputConfig,
    RegisteredModel,
    Terms,
)

CONTENT = np.random.default_rng(0).bytes(300_000)


@dataclass
class Server:
    """What the server does, and what it was asked."""

    content: bytes = CONTENT
    ranges: bool = True
    break_after: list[int] = field(default_factory=list)
    """Bytes after which the next answers break off."""
    pretended: int | None = None
    """Content-Length in place of the right one."""
    answers: list[int] = field(default_factory=list)
    """Status codes to answer with first."""
    asked: list[str | None] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers["Range"]
            state.asked.append(wanted)
            if state.answers:
                self.send_error(state.answers.pop(0))
                return
            start = 0
            if wanted and state.ranges:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                if start >= len(state.content):
                    self.send_error(416)
                    return
            body = state.content[start:]
            self.send_response(206 if start else 200)
            length = len(body) if state.pretended is None else state.pretended
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body[: state.break_after.pop(0)] if state.break_after else body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.address = f"http://127.0.0.1:{http.server_port}/net.onnx"
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield state
        http.shutdown()


@pytest.fixture
def model(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RegisteredModel:
    for name in ("MATTEKIT_MODELS", "MATTEKIT_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "models"))
    return entry(server, size=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest())


def entry(server: Server, **known: object) -> RegisteredModel:
    file = ModelFile(name="net.onnx", url=server.address, **known)  # type: ignore[arg-type]
    return RegisteredModel(
        id="net",
        kind="segmenter",
        about="a test",
        source="https://example.org",
        files=(file,),
        input=InputConfig(),
        output=OutputConfig(),
        licence=Terms(code="MIT", weights="MIT", data="none", commercial="yes"),
    )


def left(model: RegisteredModel) -> list[str]:
    return sorted(path.name for path in model.folder.iterdir())


def test_a_model_is_fetched_with_progress_and_not_again(
    server: Server, model: RegisteredModel
) -> None:
    seen: list[tuple[str, int, int | None]] = []
    fetch(model, progress=lambda *step: seen.append(step))
    assert model.installed
    assert model.paths[0].read_bytes() == CONTENT
    assert left(model) == ["net.onnx"]
    assert seen[-1] == ("net.onnx", len(CONTENT), len(CONTENT))
    fetch(model)
    assert len(server.asked) == 1


def test_a_broken_download_goes_on_where_it_broke_off(
    server: Server, model: RegisteredModel
) -> None:
    server.break_after = [100_000, 50_000]
    fetch(model)
    assert model.paths[0].read_bytes() == CONTENT
    assert server.asked == [None, "bytes=100000-", "bytes=150000-"]


def test_a_download_that_stays_broken_is_resumed_by_the_next_call(
    server: Server, model: RegisteredModel
) -> None:
    server.break_after = [100_000, 0, 0]
    with pytest.raises(BadWeights, match=r"stopped early .*run the command again to resume"):
        fetch(model)
    assert not model.installed
    asked = len(server.asked)
    server.break_after = []
    fetch(model)
    assert server.asked[asked] == "bytes=100000-"
    assert model.paths[0].read_bytes() == CONTENT


def test_a_server_without_ranges_sends_all_again(server: Server, model: RegisteredModel) -> None:
    server.ranges, server.break_after = False, [100_000]
    fetch(model)
    assert model.paths[0].read_bytes() == CONTENT


def test_changed_bytes_are_thrown_away(server: Server, model: RegisteredModel) -> None:
    server.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(BadWeights, match=r"is not the file on record .*nothing was kept"):
        fetch(model)
    assert left(model) == []


def test_bytes_changed_between_two_parts_are_thrown_away(
    server: Server, model: RegisteredModel
) -> None:
    model.folder.mkdir(parents=True)
    (model.folder / "net.onnx.part").write_bytes(b"x" * 1000)
    with pytest.raises(BadWeights, match="is not the file on record"):
        fetch(model)
    fetch(model)
    assert model.paths[0].read_bytes() == CONTENT


@pytest.mark.parametrize("known", ["sha256", "md5"])
def test_more_bytes_than_promised_are_refused(
    server: Server, model: RegisteredModel, known: str
) -> None:
    server.content = CONTENT + b"more"
    digest = hashlib.new(known, CONTENT).hexdigest()
    sizes = {"size": len(CONTENT)} if known == "sha256" else {}
    with pytest.raises(BadWeights, match=r"sends more than|is not the file on record"):
        fetch(entry(server, **sizes, **{known: digest}))
    assert left(model) == []


def test_a_length_that_is_too_small_ends_in_a_sentence(
    server: Server, model: RegisteredModel
) -> None:
    server.pretended = 10
    with pytest.raises(BadWeights, match="is not the file on record"):
        fetch(model)
    assert not model.installed


def test_a_length_that_is_too_large_does_no_harm(server: Server, model: RegisteredModel) -> None:
    server.pretended = 900_000
    fetch(model)
    assert model.paths[0].read_bytes() == CONTENT


def test_a_length_beyond_the_disk_is_refused_before_anything_is_written(
    server: Server, model: RegisteredModel
) -> None:
    server.pretended = 10**15
    with pytest.raises(BadOutput, match="MB free, but 1000000000 MB are needed"):
        fetch(model)


def test_a_refusal_of_the_server_is_said_and_a_failure_tried_again(
    server: Server, model: RegisteredModel
) -> None:
    server.answers = [404]
    with pytest.raises(BadWeights, match="answers 404"):
        fetch(model)
    server.answers = [503]
    fetch(model)
    assert model.installed


def test_a_server_that_is_not_there_is_said(
    server: Server, model: RegisteredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT", 1)
    gone = entry(server, md5="0" * 32)
    gone = RegisteredModel(
        **{name: getattr(gone, name) for name in gone.__slots__ if name != "files"},
        files=(ModelFile(name="net.onnx", url="http://127.0.0.1:9/net.onnx", md5="0" * 32),),
    )
    with pytest.raises(BadWeights, match=r"stopped early .*refused"):
        fetch(gone)


def test_the_proxy_of_the_environment_is_used(
    server: Server, model: RegisteredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = server.address.rsplit("/", 1)[0]
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    behind = ModelFile(
        name="net.onnx",
        url="http://models.invalid/net.onnx",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )
    fetch(
        RegisteredModel(
            **{name: getattr(model, name) for name in model.__slots__ if name != "files"},
            files=(behind,),
        )
    )
    assert model.paths[0].read_bytes() == CONTENT


def test_a_file_without_address_or_checksum_can_only_be_imported(
    server: Server, model: RegisteredModel
) -> None:
    with pytest.raises(BadWeights, match=r"run: mattekit models import net net\.onnx"):
        fetch(entry(server))

"""What strangers may take of a server: connections, time for headers, memory for uploads."""

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn

from mattekit.server.app import Settings, create_app
from mattekit.server.limits import Limits
from mattekit.server.listening import bounds
from mattekit.server.worker_process import limit_memory

LIMITS = Limits(body=800_000, bodies=1_000_000, connections=5, head=1.0)
HEAD = (
    b"POST /v1/trimap HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n"
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server that listens, without its workers."""
    app = create_app(Settings(limits=LIMITS))
    config = uvicorn.Config(app, lifespan="off", log_level="critical", **bounds(LIMITS))
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def connect(port: int, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(sent)
    return connection


def read(connection: socket.socket) -> bytes:
    """All until the server hangs up."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@pytest.mark.slow
@pytest.mark.parametrize("sent", [b"", HEAD])
def test_a_head_that_does_not_come_ends_its_connection(port: int, sent: bytes) -> None:
    start = time.monotonic()
    with closing(connect(port, sent)) as connection:
        assert read(connection) == b""
    assert time.monotonic() - start > LIMITS.head / 2


@pytest.mark.slow
def test_a_request_that_is_under_way_is_left_alone(port: int) -> None:
    with closing(connect(port, HEAD + b"Content-Length: 100\r\nConnection: close\r\n\r\n")) as one:
        time.sleep(1.5 * LIMITS.head)
        one.sendall(b"x" * 100)
        assert read(one).startswith(b"HTTP/1.1 422")


@pytest.mark.slow
def test_a_connection_too_many_is_told_so(port: int) -> None:
    opened = [connect(port) for _ in range(LIMITS.connections)]
    time.sleep(0.2)
    with closing(connect(port)) as more:
        answer = read(more)
    for connection in opened:
        connection.close()
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"application/problem+json" in answer
    assert b"too many connections" in answer
    time.sleep(0.2)
    assert httpx.get(f"http://127.0.0.1:{port}/v1/models").status_code == 200


@pytest.mark.slow
def test_unfinished_uploads_are_counted_together_and_given_back(port: int) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="alpha"; filename="a"\r\n\r\n'
    upload = HEAD + b"Content-Length: 700000\r\n\r\n" + part + bytes(600_000)
    with closing(connect(port, upload)):
        time.sleep(0.3)
        with closing(connect(port, upload)) as other:
            answer = other.recv(65536)
    assert answer.startswith(b"HTTP/1.1 429")
    assert b"retry-after: 5" in answer.lower()
    time.sleep(0.3)
    whole = httpx.post(f"http://127.0.0.1:{port}/v1/trimap", files={"face": bytes(600_000)})
    assert "no file part" in whole.json()["detail"]


def refused(*_: Any) -> None:
    raise ValueError("current limit exceeds maximum limit")


@pytest.mark.parametrize("resource", [None, SimpleNamespace(RLIMIT_AS=5, setrlimit=refused)])
def test_a_worker_starts_where_windows_has_no_limit_and_macos_refuses_it(
    resource: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resource", resource)
    limit_memory(6 * 2**30)


@pytest.mark.slow
@pytest.mark.parametrize("rest", [b"x" * 500, b""])
def test_a_request_is_refused_once_its_body_was_heard_or_does_not_come(
    port: int, rest: bytes
) -> None:
    """A proxy that still sends when the connection ends tells 502 and not the refusal."""
    head = HEAD.replace(b"127.0.0.1", b"elsewhere.org") + b"Content-Length: 1000\r\n\r\n"
    with closing(connect(port, head + b"x" * 500)) as connection:
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(30)
        connection.sendall(rest)
        assert b" 400 Bad Request" in connection.recv(65536)

"""How uvicorn listens: connections are counted, and a head that does not come ends its connection.

uvicorn itself refuses a request too many, but lets a connection that asks for nothing stay.
"""

import asyncio
import errno
import socket
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from mattekit.core.errors import BadArgument
from mattekit.server.limits import Limits
from mattekit.server.responses import problem

LARGEST_HEAD = 64 * 2**10  # bytes
KEPT_ALIVE = 10  # seconds between two requests


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen at every address of a host."""
    sockets = []
    try:
        for family, _, _, _, address in socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            try:
                sockets.append(socket.create_server(address[:2], family=family))
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:  # such as ::1 where there is no IPv6
                    raise
    except OSError as error:
        raise BadArgument(
            f"cannot listen on {host}:{port} ({error.strerror}); give another address or port"
        ) from error
    return sockets


def bounds(limits: Limits) -> dict[str, Any]:
    """Options of uvicorn with which a server stays within its limits."""

    class Bounded(H11Protocol):
        waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                transport.write(too_many())
                transport.close()
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._unwatch()
            super().connection_lost(exc)

        def _watch(self) -> None:
            """Give a head that has not come its time, which begins once."""
            if self.cycle is not None and not self.cycle.response_complete:
                self._unwatch()
            elif self.waiting is None:
                self.waiting = self.loop.call_later(limits.head, self._give_up)

        def _unwatch(self) -> None:
            if self.waiting is not None:
                self.waiting.cancel()
                self.waiting = None

        def _give_up(self) -> None:
            self.waiting = None
            if self.cycle is None or self.cycle.response_complete:
                self.transport.close()

    return {
        "http": Bounded,
        "ws": "none",
        "access_log": False,
        "timeout_keep_alive": KEPT_ALIVE,
        "h11_max_incomplete_event_size": LARGEST_HEAD,
    }


def too_many() -> bytes:
    """The answer to a connection too many."""
    response = problem(503, "the server has too many connections; try again in a few seconds")
    head = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\n"
    lines = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
    return f"{head}{lines}\r\n".encode() + bytes(response.body)

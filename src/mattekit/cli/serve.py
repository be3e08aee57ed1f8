"""Serve cut-outs over HTTP, with a page to paint on."""

import ipaddress
import socket
from contextlib import suppress
from typing import Annotated
from urllib.parse import urlsplit

import typer
from typer import Option

from mattekit.cli.options import to_bytes, to_pixels
from mattekit.core.errors import BadArgument


def is_loopback(host: str) -> bool:
    """Whether all addresses of a host are of this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0"), is_loopback("")
    (True, True, False, False)
    """
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host or None, None)} if host else set()
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(address).is_loopback for address in found)


def to_address(text: str) -> tuple[str, int]:
    """Host and port.

    >>> to_address("127.0.0.1:9100"), to_address("[::1]:9100")
    (('127.0.0.1', 9100), ('::1', 9100))
    """
    parts = urlsplit(f"//{text}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise BadArgument(f"'{text}' is not an address; write HOST:PORT, like 127.0.0.1:9100")
    return host, port


def check_open(host: str, token: str | None, option: str) -> None:
    """Refuse an address that others reach without a token."""
    if token is None and not is_loopback(host):
        raise BadArgument(
            f"listening on {host or 'every address'} lets others on the network use this machine; "
            f"add --token SECRET, or leave {option} out"
        )


def run(
    host: Annotated[str, Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, Option(min=1, max=65535, metavar="N", help="Port to listen on.")] = 8000,
    token: Annotated[
        str | None, Option(envvar="MATTEKIT_TOKEN", help="Secret that /v1 asks for.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, Option(metavar="NAME", help="Name the server is reached by.")
    ] = None,
    origin: Annotated[
        list[str] | None, Option(metavar="URL", help="Other site whose pages may use it.")
    ] = None,
    metrics: Annotated[
        str | None, Option(metavar="HOST:PORT", help="Address of the counts alone.")
    ] = None,
    workers: Annotated[int, Option(min=1, metavar="N", help="Processes that work.")] = 2,
    queue: Annotated[int, Option(min=1, metavar="N", help="Requests that may wait.")] = 16,
    seconds: Annotated[float, Option(min=1, metavar="N", help="Time for one request.")] = 120.0,
    max_body: Annotated[str, Option(metavar="64MB", help="Largest request.")] = "64MB",
    max_pixels: Annotated[str, Option(metavar="40MP", help="Largest photo.")] = "40MP",
) -> None:
    """Serve cut-outs over HTTP, with a page at / to paint on. Stop it with Ctrl-C."""
    if token is not None and not token.strip():
        raise BadArgument("the token is empty, so nobody could log in; give a secret word")
    check_open(host, token, "--host")
    addresses = [(host, port)]
    if metrics is not None:
        addresses.append(to_address(metrics))
        check_open(addresses[1][0], token, "--metrics")
        if addresses[1][1] == port:
            raise BadArgument(f"--port and --metrics are both {port}; give two ports")
    import logging

    import uvicorn

    from mattekit.server.app import Settings, create_app
    from mattekit.server.limits import Limits
    from mattekit.server.listening import bounds, listen

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    limits = Limits.for_body(
        to_bytes(max_body),
        pixels=to_pixels(max_pixels),
        seconds=seconds,
        queue=queue,
        workers=workers,
    )
    settings = Settings(
        limits=limits,
        token=token,
        hosts=(*(name for name, _ in addresses), *(allow_host or ())),
        origins=tuple(origin or ()),
        metrics=addresses[1][1] if metrics else None,
    )
    sockets = [one for address in addresses for one in listen(*address)]
    fragment = f"#token={token}" if token else ""
    name = f"[{host}]" if ":" in host else host
    typer.echo(f"mattekit serves http://{name}:{port}/{fragment}")
    config = uvicorn.Config(
        create_app(settings),
        log_level="warning",
        timeout_graceful_shutdown=int(seconds),
        **bounds(limits),
    )
    with suppress(KeyboardInterrupt):  # the server has ended in order
        uvicorn.Server(config).run(sockets=sockets)

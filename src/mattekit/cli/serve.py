"""Serve cut-outs over HTTP, with a page to paint on."""

import ipaddress
import socket
from typing import Annotated

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


def run(
    host: Annotated[str, Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, Option(metavar="N", help="Port to listen on.")] = 8000,
    token: Annotated[
        str | None,
        Option(metavar="SECRET", envvar="MATTEKIT_TOKEN", help="Secret word that /v1 asks for."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        Option(metavar="NAME", help="Another name of this server; may be repeated."),
    ] = None,
    origin: Annotated[
        list[str] | None,
        Option(metavar="URL", help="Another site whose pages may use it; may be repeated."),
    ] = None,
    workers: Annotated[int, Option(metavar="N", min=1, help="Processes that work.")] = 2,
    queue: Annotated[int, Option(metavar="N", min=1, help="Requests that may wait.")] = 16,
    seconds: Annotated[float, Option(metavar="N", min=1, help="Time for one request.")] = 120.0,
    max_body: Annotated[
        int,
        Option(
            metavar="64MB",
            parser=to_bytes,
            show_default=False,
            help="Largest request; default: 64MB.",
        ),
    ] = 64 * 2**20,
    max_pixels: Annotated[
        int,
        Option(
            metavar="N|40MP",
            parser=to_pixels,
            show_default=False,
            help="Largest photo; default: 40MP.",
        ),
    ] = 40_000_000,
) -> None:
    """Serve cut-outs over HTTP, with a page at / to paint on. Stop it with Ctrl-C."""
    if token is not None and not token.strip():
        raise BadArgument("the token is empty, so nobody could log in; give a secret word")
    if token is None and not is_loopback(host):
        raise BadArgument(
            f"listening on {host or 'every address'} lets others on the network use this machine; "
            "add --token SECRET, or leave --host out"
        )
    import logging

    import uvicorn

    from mattekit.server.app import Settings, create_app
    from mattekit.server.limits import Limits
    from mattekit.server.listening import bounds

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
        hosts=(host, *(allow_host or ())),
        origins=tuple(origin or ()),
    )
    fragment = f"#token={token}" if token else ""
    typer.echo(f"mattekit serves http://{host}:{port}/{fragment}")
    uvicorn.run(
        create_app(settings),
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=int(seconds),
        **bounds(limits),
    )

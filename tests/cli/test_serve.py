"""Who may listen where."""

import socket

import pytest
from typer.testing import CliRunner

from mattekit.cli.main import app


@pytest.mark.parametrize("host", ["0.0.0.0", "0", "", "::"])
def test_an_address_for_others_needs_a_token(host: str) -> None:
    result = CliRunner().invoke(app, ["serve", "--host", host])
    assert result.exit_code == 2
    assert "--token SECRET" in result.stderr


def test_an_empty_token_is_refused() -> None:
    result = CliRunner().invoke(app, ["serve", "--token", ""])
    assert result.exit_code == 2
    assert "the token is empty" in result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--metrics", "0.0.0.0:9100"], "leave --metrics out"),
        (["--metrics", "9100"], "write HOST:PORT"),
        (["--metrics", "127.0.0.1:http"], "write HOST:PORT"),
        (["--metrics", "127.0.0.1:8000"], "give two ports"),
        (["--port", "80800"], "less than or equal to 65535"),
    ],
)
def test_an_address_that_cannot_be_is_refused(words: list[str], says: str) -> None:
    result = CliRunner().invoke(app, ["serve", *words])
    assert result.exit_code == 2
    assert says in result.stderr


def test_an_address_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["serve", "--port", str(port)])
    assert result.exit_code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in result.stderr

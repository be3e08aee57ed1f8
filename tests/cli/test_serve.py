"""Who may listen where."""

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

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from tuili.cli.app import app
from tuili.errors import UsageError

pytest.importorskip("fastapi")


@pytest.mark.parametrize("rate", ["nan", "inf", "-inf", "0", "-1"])
def test_a_rate_that_can_not_be_is_refused(rate):
    done = CliRunner().invoke(app, ["serve", "--rate", rate])
    assert isinstance(done.exception, UsageError), done.output
    assert "rate" in str(done.exception)


def test_strictness_about_characters_reaches_the_server(monkeypatch):
    """P3"""
    started = []
    monkeypatch.setattr("tuili.serving.start.serve", started.append)
    for arguments in ([], ["--strict-unicode"]):
        assert CliRunner().invoke(app, ["serve", *arguments]).exit_code == 0
    assert [settings.strict_unicode for settings in started] == [False, True]

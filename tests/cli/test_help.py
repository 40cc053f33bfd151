from __future__ import annotations

from typer.testing import CliRunner

from tuili.cli.app import _LISTED, app
from tuili.cli.judge import Runner


def test_every_command_is_listed_on_one_line_and_in_order():
    done = CliRunner().invoke(app, ["--help"], terminal_width=80)
    assert done.exit_code == 0
    listed = [line.split(maxsplit=1) for line in done.stdout.partition("Commands:\n")[2].splitlines() if line.strip()]
    assert listed == [list(item) for item in _LISTED.items()]


def test_the_runner_of_the_contract_is_there():
    assert Runner("local") is Runner.LOCAL
    done = CliRunner().invoke(app, ["judge", "A", "B", "--runner", "nowhere"])
    assert done.exit_code == 2

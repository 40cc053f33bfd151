"""Fixtures for all: a hermetic environment, the tiny bundle, and the flags of the test tiers."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
import tiny

from tuili.engine.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from tuili.engine.engine import Engine

TIERS = ("slow", "network", "gpu")


def pytest_addoption(parser: pytest.Parser) -> None:
    for tier in TIERS:
        parser.addoption(f"--{tier}", action="store_true", help=f"run the tests marked {tier} too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for tier in TIERS:
            if tier in item.keywords and not config.getoption(f"--{tier}"):
                item.add_marker(pytest.mark.skip(reason=f"needs --{tier}"))


@pytest.fixture(autouse=True)
def _offline(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches beyond this machine unless it is marked `network`."""
    if "network" in request.keywords:
        return
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(("127.", "::1")):  # type: ignore[index]
            raise AssertionError(f"a test tried to connect to {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="session")
def tiny_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("bundles") / "tiny"
    tiny.write(directory)
    return directory


@pytest.fixture(scope="session")
def tiny_engine(tiny_directory: Path) -> Engine:
    return load(str(tiny_directory), threads=1)

"""What all tests share: other people's fixtures, and a network that is shut."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# a port where nobody listens: what is not Python's own socket (GDAL, child processes) goes nowhere either
_NOWHERE = "http://127.0.0.1:9"


class NetworkIsShut(RuntimeError):
    """A test tried to leave this machine."""


def _refuse_outside(address: Any) -> None:
    if not isinstance(address, tuple):
        return  # a unix socket
    host = str(address[0])
    if host in {"", "localhost"}:
        return
    try:
        local = ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        local = False
    if not local:
        raise NetworkIsShut(f"tests do not leave this machine, and this one asked for {host}")


@pytest.fixture(autouse=True, scope="session")
def shut_network() -> Iterator[None]:
    """Let sockets reach this machine only."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, _original: Any = original) -> Any:
            _refuse_outside(address)
            return _original(self, address)

        patch.setattr(socket.socket, name, guarded)
    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_outside((host.decode() if isinstance(host, bytes) else host or "", 0))
        return look_up(host, *args, **kwargs)

    patch.setattr(socket, "getaddrinfo", guarded_look_up)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "GDAL_HTTP_PROXY"):
        patch.setenv(name, _NOWHERE)
    patch.setenv("no_proxy", "localhost,127.0.0.1,::1")
    patch.setenv("PROJ_NETWORK", "OFF")
    yield
    patch.undo()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def peer_data() -> Path:
    """Real data and other people's fixtures, where ``RECLAIM_DATA`` says."""
    folder = os.environ.get("RECLAIM_DATA")
    if not folder:
        pytest.skip("needs other people's fixtures: set RECLAIM_DATA to the folder that holds them")
    path = Path(folder).resolve()
    assert path.is_dir(), f"RECLAIM_DATA names {path}, which is no folder"
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for the tests of one module."""
    from tests.map_pages import chromium

    with chromium() as opened:
        yield opened


@pytest.fixture
def open_page(browser: Any) -> Iterator[Any]:
    """Opens files in it without a network, and closes them after the test."""
    from tests.map_pages import opener

    with opener(browser) as open_at:
        yield open_at

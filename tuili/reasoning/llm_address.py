"""`openai:URL#model`: where a language model is, and what it is called there."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tuili.errors import UsageError

SCHEME = "openai:"
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?")
_PATH = re.compile(r"[A-Za-z0-9._~/-]*")
_MODEL = re.compile(r"[!-~]([ -~]{0,198}[!-~])?")


@dataclass(frozen=True, slots=True)
class Address:
    """One model of one server. `host` is a name, or an IP address without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    model: str

    @property
    def name(self) -> str:
        """What verdicts carry as `model`."""
        return f"{SCHEME}{self.model}@{self.host}:{self.port}"


def parse_address(address: str) -> Address:
    """The parts of `openai:URL#model`.

    Only plain spellings are taken: no user or password, query, escape or backslash, a host name in ASCII, an IP
    address in its one usual form. So there is one reading of an address.

    Raises:
        UsageError: It is none. What stands before an `@` is not repeated.
    """
    rest = address.removeprefix(SCHEME)
    url, _, model = rest.partition("#")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused(address, "the host or port can't be read") from None
    if not address.startswith(SCHEME) or parts.scheme not in ("http", "https") or not parts.hostname:
        raise _refused(address, "no http:// or https:// with a host")
    if re.search(r"[\s\\%@?]|[^ -~]", url) or not _PATH.fullmatch(parts.path) or ".." in parts.path:
        raise _refused(address, "user names, queries, escapes, spaces and letters beyond ASCII have no place in it")
    if not _MODEL.fullmatch(model):
        raise _refused(address, "after # comes the name of the model, as the server knows it")
    if port == 0:
        raise _refused(address, "a port is from 1 to 65535")
    host = _checked_host(parts.hostname, address)
    return Address(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), parts.path.rstrip("/"), model)


def _checked_host(host: str, address: str) -> str:
    if ":" in host or _NUMERIC.fullmatch(host):
        try:
            found = ipaddress.ip_address(host)
        except ValueError:
            raise _refused(address, "an IP address is written in its usual form") from None
        if str(found) != host or getattr(found, "ipv4_mapped", None) is not None:
            raise _refused(address, f"an IP address is written in its usual form, which is {found}")
        return host
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise _refused(address, "the host is no name")
    return host


def _refused(address: str, why: str) -> UsageError:
    shown = address.rpartition("@")[2][:200]
    return UsageError(
        f"{shown!r} is not the address of a language model: {why}; write openai:http://host:port/v1#model"
    )

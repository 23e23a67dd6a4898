"""One request after the other over HTTP to one server, on kept connections.

What fails below the answer is a typed `ServerError` here; what a status means is the client's affair. All of it runs on
one event loop.
"""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from agentgym.errors import AgentGymError, ServerTimeoutError, ServerUnreachableError, UsageError

__all__ = ["Response", "Transport", "proxy_of"]

_IDLE = 4.0
"""Seconds that an idle connection is kept: uvicorn, behind vLLM and others, closes its own after 5."""
_ADDRESS = re.compile(r" \('[^)]*\)|, url=\S+|\b[a-z][a-z0-9+.-]*://\S*", re.IGNORECASE)
"""An address as asyncio and aiohttp write it."""


class Response(NamedTuple):
    """What a server answered, whatever its status. `headers` are found in any spelling."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Posts JSON to addresses below one base URL. Proxies are those of the environment, or of the system.

    Args:
        base: such as `http://localhost:8000/v1`.
        headers: sent with every request; where the server sends one to another host, without `Authorization`.
        timeout: seconds for one request, to the last byte of its answer.

    Raises:
        AgentGymError: the aiohttp package is missing.
        UsageError: that is no base URL, or its proxy is none that can be used.
    """

    def __init__(self, base: str, headers: Mapping[str, str], timeout: float) -> None:
        self._aiohttp = _aiohttp()
        self._base, self._headers, self._timeout = _checked(base).rstrip("/"), dict(headers), timeout
        self._proxy = proxy_of(self._base)
        self._session: Any = None

    async def post(self, path: str, body: bytes) -> Response:
        """The answer to a body of JSON.

        Raises:
            ServerTimeoutError: there was none in time.
            ServerUnreachableError: there was no connection, or it was cut.
        """
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._opened().post(f"{self._base}{path}", data=body, proxy=self._proxy) as response,
            ):
                return Response(response.status, response.headers, await response.read())
        except TimeoutError:
            raise ServerTimeoutError(f"no answer within {self._timeout:g} s") from None
        except (self._aiohttp.ClientError, OSError, ValueError) as trouble:  # ValueError: an address to go on to
            raise ServerUnreachableError(f"no connection: {_cause(trouble)}") from None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> Any:
        """The session, which belongs to the loop that runs."""
        if self._session is None:
            aiohttp = self._aiohttp
            self._session = aiohttp.ClientSession(
                headers={"Content-Type": "application/json", **self._headers},
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def proxy_of(url: str) -> str | None:
    """The proxy by which an address is reached (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, or the system's).

    Raises UsageError where it is not a proxy of HTTP.
    """
    parts = urlsplit(url)
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found or proxy_bypass(parts.netloc):
        return None
    proxy = found if "://" in found else f"http://{found}"
    scheme = urlsplit(proxy).scheme
    if scheme not in ("http", "https"):
        raise UsageError(f"a proxy of the kind {scheme} cannot be used; for a server near by, set NO_PROXY to its host")
    return proxy


def _cause(trouble: Exception) -> str:
    """What went wrong with a connection, in a line without addresses: traces keep it."""
    cause = getattr(trouble, "certificate_error", None) or getattr(trouble, "os_error", trouble)
    return _ADDRESS.sub("", " ".join(str(cause).split()))[:200] or type(cause).__name__


def _checked(base: str) -> str:
    try:
        parts = urlsplit(base)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        whole = False
    else:
        if parts.username or parts.password:
            raise UsageError("the base URL holds a user or password; servers of models take a key instead")
    if not whole:
        raise UsageError(f"cannot use the base URL {base}: expected a form such as http://localhost:8000/v1")
    return base


def _aiohttp() -> Any:
    try:
        return importlib.import_module("aiohttp")
    except ImportError:
        raise AgentGymError("language models need the aiohttp package: pip install 'agentgym-tooluse[llm]'") from None

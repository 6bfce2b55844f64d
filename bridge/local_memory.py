"""Finds the memory service that serves this machine's data folder, and starts one where none does."""

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import structlog

from bridge.errors import UpstreamUnavailable
from bridge.upstream import Place

logger = structlog.stdlib.get_logger(__name__)

_ADDRESS = "memory_api.json"
_LOG = "memory_api.log"
_MAX_LOG_BYTES = 256 * 1024
_LOOK_EVERY_SECONDS = 0.05
_TRY_AGAIN_AFTER_SECONDS = 0.5
_PROBE_SECONDS = 5.0
_IDLE_SECONDS = 600
_ENDS_WITHIN_SECONDS = 15.0
_TAKEN = "is in use by"
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}


class LocalMemory:
    """A locator. The service that it starts outlives this process: every client of the machine shares it.

    `environment` is what such a service gets, besides what makes it local; `patience` is how long it may take to start.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], *, patience: float = 60.0) -> None:
        self._folder = folder
        self._environment = environment
        self._patience = patience
        self._place: Place | None = None
        self._lock = asyncio.Lock()

    async def find(self, lost: Place | None) -> Place:
        """The place of the service that runs now. Raises UpstreamUnavailable where none can be started either."""
        async with self._lock:
            if self._place is None or self._place == lost:
                self._place = await asyncio.to_thread(self._find_or_start)
            return self._place

    def _find_or_start(self) -> Place:
        deadline = time.monotonic() + self._patience
        starting: subprocess.Popen[bytes] | None = None
        written = 0
        while time.monotonic() < deadline:
            place = _announced(self._folder)
            if place is not None and answers(place.url):
                return place
            if starting is None:
                starting, written = self._start()
            elif starting.poll() is not None:
                problem = self._last_words(written)
                if _TAKEN not in problem:
                    logger.error("memory_api did not start", problem=problem, log=str(self._folder / _LOG))
                    break
                # Another one owns the folder: it is about to answer, or about to end.
                starting = None
                time.sleep(_TRY_AGAIN_AFTER_SECONDS)
            time.sleep(_LOOK_EVERY_SECONDS)
        reason = f"it could not be started on this machine; {_LOG} in its data folder says why"
        raise UpstreamUnavailable(1, reason=reason, may_be_done=False)

    def _start(self) -> "tuple[subprocess.Popen[bytes], int]":
        """A service of its own session, bound to nothing of this process; and how long its log was before."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(self._folder / _LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
                if log.tell() > _MAX_LOG_BYTES:
                    log.truncate(0)
                written = log.tell()
                child = subprocess.Popen(
                    [sys.executable, "-m", "memory_api"],
                    cwd=self._folder,
                    env={**self._environment, **self._local_settings()},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError as error:
            logger.error("memory_api cannot be started", folder=str(self._folder), error=str(error))  # noqa: TRY400
            reason = "it cannot be started on this machine"
            raise UpstreamUnavailable(1, reason=reason, may_be_done=False) from error
        # It may live longer than this process; where it does not, somebody has to take note of its end.
        Thread(target=child.wait, name="memory_api", daemon=True).start()
        logger.info("started memory_api", pid=child.pid, folder=str(self._folder))
        return child, written

    def _local_settings(self) -> dict[str, str]:
        return {
            "HOST": "127.0.0.1",
            "PORT": "0",
            "MEMORY_API_DATA_DIR": str(self._folder),
            "MEMORY_API_LOCAL_TOKEN": "true",
            "MEMORY_API_IDLE_SECONDS": str(_IDLE_SECONDS),
            "MEMORY_API_EXIT_ON_EOF": "false",
            "LOG_LEVEL": "warning",
            "LOG_FORMAT": "json",
        }

    def _last_words(self, written: int) -> str:
        with (self._folder / _LOG).open("rb") as log:
            log.seek(written)
            return log.read().decode("utf-8", "replace").strip()


def make_room(folder: Path) -> None:
    """Ends the service that a stdio client started on this folder, if one runs; its clients find the next themselves.

    A service that was started on purpose is left alone.
    """
    try:
        word = json.loads((folder / _ADDRESS).read_text(encoding="utf-8"))
        pid, passing = word["pid"], word.get("passing")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return
    place = _announced(folder)
    # Only one that answers: the process number of one that died may be another program's by now.
    if passing is not True or not isinstance(pid, int) or place is None or not answers(place.url):
        return
    with suppress(OSError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _ENDS_WITHIN_SECONDS
    while (folder / _ADDRESS).exists() and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_SECONDS)


def _announced(folder: Path) -> Place | None:
    """What a running service, or one that died, left word of."""
    try:
        word = json.loads((folder / _ADDRESS).read_text(encoding="utf-8"))
        url, token = word["url"], word.get("token")
        parts = urlsplit(url)
        host = _WILDCARDS.get(parts.hostname or "", parts.netloc.rpartition(":")[0])
        place = Place(f"{parts.scheme}://{host}:{parts.port}", token)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    is_sane = parts.scheme == "http" and bool(host) and (token is None or isinstance(token, str))
    return place if is_sane else None


def answers(url: str) -> bool:
    """Whether a memory service answers there: somebody else may have the port by now."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        health = json.loads(response.read(65_536)) if response.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return isinstance(health, dict) and "status" in health

"""The folder that holds the memories: claimed by one process, which leaves word there of how to reach it."""

import json
import os
from pathlib import Path

from filelock import FileLock, Timeout

from memory_api.errors import StartupError

_ADDRESS = "memory_api.json"


class DataFolder:
    """A claimed folder; the claim ends with `release` or with the process, however that ends."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def claim(cls, path: Path) -> "DataFolder":
        """Makes the folder where there is none. Raises StartupError when it is another's or cannot be written."""
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(path / "lock", timeout=0, mode=0o600)
            lock.acquire()
        except Timeout:
            raise StartupError(
                f"The data folder {path} is in use by {_holder(path)}. Stop it, or set MEMORY_API_DATA_DIR."
            ) from None
        except OSError as error:
            raise StartupError(
                f"The data folder {path} cannot be written ({error.strerror or error}). "
                "Set MEMORY_API_DATA_DIR to a folder of yours."
            ) from None
        return cls(path, lock)

    def announce(self, url: str, *, token: str | None, passing: bool = False) -> None:
        """Writes the file that local clients find this process by; only its owner can read it.

        Where no key is configured it holds a random token, so that every local client has a key to send. `passing`
        says that this process was started for want of another and may be asked to make room.
        """
        word = {"url": url, "pid": os.getpid(), "passing": passing}
        if token is not None:
            word["token"] = token
        fresh = self.path / f"{_ADDRESS}.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(word, file)
        fresh.replace(self.path / _ADDRESS)

    def release(self) -> None:
        """Takes the word back and gives the folder up."""
        (self.path / _ADDRESS).unlink(missing_ok=True)
        self._lock.release()


def _holder(path: Path) -> str:
    try:
        word = json.loads((path / _ADDRESS).read_text(encoding="utf-8"))
        return f"the memory_api at {word['url']} (process {word['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another memory_api"

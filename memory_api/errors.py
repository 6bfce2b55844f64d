"""Everything memory_api raises on purpose.

MemoryApiError
├── InvalidRequest          400  a field is missing, malformed or out of range
├── Unauthorized            401  no key, or one that is not known
├── Forbidden               403  a key that may not do this, or a page that may not ask
├── MemoryNotFound          404  no memory has this id
├── RequestTooSlow          408  the body did not arrive in time
├── Conflict                409  the id belongs to a memory with other content
├── RequestTooLarge         413  the body is larger than the service reads
├── ForeignHost             421  a Host that no local user would name
├── TooManyRequests         429  the caller is to wait before the next
├── Overloaded              503  a bounded queue is full; the caller may retry
│   └── EmbedderBusy        503  too many texts wait for the embedder
├── StorageUnavailable      503  the database cannot be written or read now
└── StartupError            the process cannot start; the message is for the operator
    ├── ModelMissing        the local model has not been built
    └── StoreMismatch       the database belongs to a newer version or to another embedding model
"""

import math


class MemoryApiError(Exception):
    """Base of all errors below; `status` is the HTTP status they become, `retry_after` the seconds to wait, if any."""

    status = 500
    retry_after: float | None = None


class InvalidRequest(MemoryApiError):
    """The message names the field, the problem and what is allowed."""

    status = 400


class Unauthorized(MemoryApiError):
    """A missing and a wrong key read the same."""

    status = 401

    def __init__(self, message: str = "Unauthorized") -> None:
        super().__init__(message)


class Forbidden(MemoryApiError):
    """Known or not, this caller may not do that."""

    status = 403


class MemoryNotFound(MemoryApiError):
    """Also what a memory of another tenant looks like."""

    status = 404

    def __init__(self, message: str = "Memory not found") -> None:
        super().__init__(message)


class RequestTooSlow(MemoryApiError):
    """The body did not arrive in time."""

    status = 408

    def __init__(self) -> None:
        super().__init__("The request did not arrive in time")


class Conflict(MemoryApiError):
    """The client chose an id that is taken."""

    status = 409


class RequestTooLarge(MemoryApiError):
    """The message says what is allowed."""

    status = 413


class ForeignHost(MemoryApiError):
    """A web page may have had its own name point here."""

    status = 421


class TooManyRequests(MemoryApiError):
    """Too many in too short a time. `retry_after` is in seconds, above 0."""

    status = 429

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(f"{message}; try again in {math.ceil(retry_after)} s")
        self.retry_after = retry_after


class Overloaded(MemoryApiError):
    """A bounded queue is full. `retry_after` is in seconds."""

    status = 503
    retry_after = 1


class EmbedderBusy(Overloaded):
    """Too many texts wait for the embedder."""


class StorageUnavailable(MemoryApiError):
    """The disk is full, the file is gone, or the writer has stopped."""

    status = 503


class StartupError(MemoryApiError):
    """Printed as one line; the process ends with status 1."""


class ModelMissing(StartupError):
    """The local embedding model has not been built."""


class StoreMismatch(StartupError):
    """The database was written by a newer version or with another embedding model."""

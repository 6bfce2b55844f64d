"""Everything the bridge raises on purpose.

BridgeError
├── StartupError               the process cannot start; the message is for the operator
├── InvalidArguments           a tool call breaks the tool's schema
├── NotFromAlexa               a request to the skill failed a check; the message is for the log alone
├── ReadOnlyKey                a tool that writes was called with a key that may only read
├── Overloaded                 more is running and waiting than the bridge can serve
├── Stopping                   the bridge stops and could not wait for the call
└── UpstreamError              the memory service did not do what was asked
    ├── UpstreamUnauthorized   it does not know the key
    ├── UpstreamNotFound       it has no such memory
    ├── UpstreamRejected       it refused the request and said why
    ├── UpstreamTimeout        it did not answer in time
    ├── UpstreamUnavailable    it could not be reached, or is busy or restarting
    ├── UpstreamBroken         it answered something that makes no sense
    └── SupersedeHalfDone      it stored a memory but neither finished nor undid what belongs to it

The text of each is one sentence or two that a model can act on: no URL, no key, no stack.
"""


class BridgeError(Exception):
    """Base of all errors below."""


class StartupError(BridgeError):
    """Printed as one line before the process ends; `status` is its exit status."""

    def __init__(self, message: str, *, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


class InvalidArguments(BridgeError):
    """The message names each argument, what was wrong and what is allowed."""


class NotFromAlexa(BridgeError):
    """Answered with 400, whatever the check; the message names it and holds nothing of the request."""


class ReadOnlyKey(BridgeError):
    """The call was not begun."""

    def __init__(self) -> None:
        super().__init__("This key may only read. Ask the operator for one that may write.")


class Overloaded(BridgeError):
    """The call was not begun."""

    def __init__(self) -> None:
        super().__init__("The bridge is busy and has not begun this call. Try again in a moment.")


class Stopping(BridgeError):
    """The call was given up, whatever the memory service makes of it."""

    def __init__(self) -> None:
        super().__init__(
            "The bridge is being stopped and the memory service has not answered yet. The call may have been carried "
            "out all the same: recall before trying again."
        )


class UpstreamError(BridgeError):
    """Base of everything that can go wrong between the bridge and the memory service."""


class UpstreamUnauthorized(UpstreamError):
    """The memory service answered 401 or 403."""

    def __init__(self, *, with_key: bool) -> None:
        problem = "refused this key" if with_key else "needs a key and this call carries none"
        super().__init__(f"The memory service {problem}. Ask the operator to check AUTOMEM_API_TOKEN and MCP_API_KEYS.")


class UpstreamNotFound(UpstreamError):
    """The memory service answered 404."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message.rstrip('.')}. Recall the memory to find its current id.")


class UpstreamRejected(UpstreamError):
    """The memory service answered another 4xx; its own message says why."""


class UpstreamTimeout(UpstreamError):
    """No attempt was answered in time."""

    def __init__(self, attempts: int, *, may_be_done: bool) -> None:
        doubt = " It may have been carried out all the same: recall before trying again." if may_be_done else ""
        super().__init__(
            f"The memory service did not answer in time ({_tries(attempts)}).{doubt or ' Try again later.'}"
        )


class UpstreamUnavailable(UpstreamError):
    """The memory service could not be reached, or said that it cannot work now."""

    def __init__(self, attempts: int, *, reason: str, may_be_done: bool) -> None:
        doubt = " It may have been carried out all the same: recall before trying again." if may_be_done else ""
        sentence = f"The memory service is unavailable: {reason} ({_tries(attempts)})."
        super().__init__(f"{sentence}{doubt or ' Try again later.'}")


class UpstreamBroken(UpstreamError):
    """The memory service failed inside, or its answer was not JSON, of the wrong shape or too large."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The memory service {problem}. Ask the operator to look at its log.")


class SupersedeHalfDone(UpstreamError):
    """The new memory is there, the old one may be marked as outdated, and undoing this failed as well."""

    def __init__(self, old_id: str, new_id: str, cause: UpstreamError) -> None:
        super().__init__(
            f"Memory {new_id} is stored, but it could not be finished that it supersedes {old_id}: {cause} "
            f"Recall both; then delete {new_id} and try again, or associate them."
        )


def _tries(attempts: int) -> str:
    return "tried once" if attempts == 1 else f"tried {attempts} times"

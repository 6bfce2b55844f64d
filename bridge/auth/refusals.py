"""How OAuth says no: the error codes of its endpoints, in JSON and never in HTML."""

from starlette.responses import JSONResponse

from bridge.errors import BridgeError

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Refusal(BridgeError):
    """An error code of RFC 6749, 7591, 8707 or 9207, its HTTP status, and a sentence for whoever builds the client."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code = code
        self.status = status

    def response(self) -> JSONResponse:
        """The refusal as the token, registration and revocation endpoints answer it."""
        headers = {**NO_STORE, **retry_after(self.status)}
        return JSONResponse({"error": self.code, "error_description": str(self)}, self.status, headers=headers)


class StateUnavailable(BridgeError):
    """What connections there are cannot be looked up or written down now."""

    status = 503

    def __init__(self) -> None:
        super().__init__("The bridge cannot reach its record of connections. Try again in a moment.")

    def response(self) -> JSONResponse:
        """503, which asks a client to come again; 401 would make it throw its tokens away."""
        return Refusal("temporarily_unavailable", str(self), self.status).response()


def retry_after(status: int) -> dict[str, str]:
    """The header that says when to come again, where the status is one that passes."""
    seconds = {429: "60", 503: "1"}.get(status)
    return {"Retry-After": seconds} if seconds else {}

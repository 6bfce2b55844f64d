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
        headers = dict(NO_STORE)
        if self.status in (429, 503):
            headers["Retry-After"] = "60" if self.status == 429 else "1"
        return JSONResponse({"error": self.code, "error_description": str(self)}, self.status, headers=headers)


class StateUnavailable(BridgeError):
    """What connections there are cannot be looked up or written down now."""

    def __init__(self) -> None:
        super().__init__("The bridge cannot reach its record of connections. Try again in a moment.")

    def response(self) -> JSONResponse:
        """503, which asks a client to come again; 401 would make it throw its tokens away."""
        return Refusal("temporarily_unavailable", str(self), 503).response()

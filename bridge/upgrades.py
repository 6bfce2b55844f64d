"""HTTP/1.1 for clients that offer to go on in another protocol, such as HTTP/2: the offer is passed over."""

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_OFFER = frozenset({b"connection", b"upgrade", b"http2-settings"})


class DecliningProtocol(HttpToolsProtocol):
    """RFC 9110 §7.8: who does not want to upgrade ignores the offer.

    httptools reads nothing behind such a head, not even its body: uvicorn would answer a request that is empty. Here
    the head is read a second time, without the offer.
    """

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        while data and not self.transport.is_closing():
            data = self._read(data)

    def on_headers_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _read(self, data: bytes) -> bytes:
        """What is to be read again, and what stands behind it."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self.parser.get_method() != b"CONNECT":
                return self._head_without_the_offer() + data[offer.args[0] :]
            self._refuse_what_is_no_http()
        except httptools.HttpParserError:
            self._refuse_what_is_no_http()
        return b""

    def _head_without_the_offer(self) -> bytes:
        method = self.parser.get_method()
        head = [method, b" ", self.url, b" HTTP/", self.parser.get_http_version().encode(), b"\r\n"]
        for name, value in self.headers:
            if name not in _OFFER:
                head += [name, b": ", value, b"\r\n"]
            elif name == b"connection" and b"close" in value.lower():
                head += [b"connection: close\r\n"]
        self.parser = _new_parser(self)
        return b"".join([*head, b"\r\n"])

    def _refuse_what_is_no_http(self) -> None:
        message = "Invalid HTTP request received."
        self.logger.warning(message)
        self.send_400_response(message)


def _new_parser(protocol: Any) -> httptools.HttpRequestParser:
    parser = httptools.HttpRequestParser(protocol)
    # As uvicorn has it, to answer what came before the end of a connection.
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser

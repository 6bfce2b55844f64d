"""The public addresses of the bridge: who issues tokens, what they are for, and where everything about it is."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, ConfigDict, TypeAdapter, ValidationError

_RESOURCE_PATHS = ("/mcp", "/mcp/", "/mcp/sse")
_PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource"
# As the SDK's models spell them, since clients compare what stands in the documents with what stands elsewhere.
_URL: TypeAdapter[AnyHttpUrl] = TypeAdapter(AnyHttpUrl, config=ConfigDict(url_preserve_empty_path=True))


class PublicAddress:
    """Made from PUBLIC_URL, which has no slash at its end.

    A client takes the address that its user typed for the name of the resource, with or without a slash. The bridge
    answers under each of them, and says so under each.
    """

    def __init__(self, url: str) -> None:
        url = str(_URL.validate_python(url))
        parts = urlsplit(url)
        self.issuer = url
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.path = parts.path
        self.resource = url + "/mcp"
        self._resources = {path: url + path for path in _RESOURCE_PATHS}
        self.resources = frozenset(self._resources.values())

    def url(self, path: str) -> str:
        """Where this path of the bridge is from outside."""
        return self.issuer + path

    def own_resource(self, named: str) -> str | None:
        """The resource of the bridge that this names, whichever way scheme, host and port are spelt."""
        try:
            spelt = str(_URL.validate_python(named))
        except ValidationError:
            return None
        return spelt if spelt in self.resources else None

    def resource_metadata(self, path: str) -> str:
        """Where a client that was refused at this path reads on (RFC 9728 §3.1)."""
        resource = path if path in self._resources else "/mcp"
        return f"{self.origin}{_PROTECTED_RESOURCE}{self.path}{resource}"

    @property
    def resource_documents(self) -> Mapping[str, str]:
        """Path of each document about a resource, and the resource that it is about."""
        named = {f"{_PROTECTED_RESOURCE}{self.path}{path}": url for path, url in self._resources.items()}
        # Where a proxy strips the path of PUBLIC_URL, it may strip it here too.
        bare = {_PROTECTED_RESOURCE + path: url for path, url in self._resources.items()}
        return {_PROTECTED_RESOURCE: self.resource, f"{_PROTECTED_RESOURCE}{self.path}": self.resource, **bare, **named}

    @property
    def server_documents(self) -> tuple[str, ...]:
        """Paths of the document about the authorization server (RFC 8414 §3.1 and §5)."""
        names = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
        suffixed = [name + self.path for name in names] if self.path else []
        return (*names, *suffixed)

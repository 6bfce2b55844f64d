"""Who a client is: one of those known by name, one with a document of its own, or one that registered."""

from dataclasses import dataclass
from typing import Protocol

from bridge.auth.refusals import Refusal
from bridge.auth.store import Store


@dataclass(frozen=True, slots=True)
class Client:
    """A public client. `proof` says in a few words how far its name can be trusted, for the person who is asked."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    proof: str


# Their own documents, copied: their hosts answer datacentres with 403.
PINNED = {
    client.client_id: client
    for client in (
        Client(
            "https://claude.ai/oauth/mcp-oauth-client-metadata",
            "Claude",
            ("https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"),
            "claude.ai",
        ),
        Client(
            "https://claude.ai/oauth/claude-code-client-metadata",
            "Claude Code",
            ("http://localhost/callback", "http://127.0.0.1/callback"),
            "claude.ai",
        ),
        Client(
            "https://chatgpt.com/oauth/client.json",
            "ChatGPT",
            ("https://chatgpt.com/connector_platform_oauth_redirect", "https://chatgpt.com/connector/oauth/{id}"),
            "chatgpt.com",
        ),
        Client(
            "https://cursor.com/oauth/mcp-client.json",
            "Cursor",
            (
                "http://localhost:8787/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "cursor://anysphere.cursor-mcp/oauth/callback",
            ),
            "cursor.com",
        ),
    )
}


class Documents(Protocol):
    """Where the client metadata documents come from."""

    async def client(self, client_id: str) -> Client:
        """The client that the document at this address describes. Raises Refusal where there is none."""
        ...


class Clients:
    """Finds a client by its id, whichever of the three kinds it is."""

    def __init__(self, store: Store, documents: Documents) -> None:
        self._store = store
        self._documents = documents

    async def client(self, client_id: str) -> Client:
        """The client with this id. Raises Refusal `invalid_client` where there is none."""
        if client_id in PINNED:
            return PINNED[client_id]
        if is_document(client_id):
            return await self._documents.client(client_id)
        registration = await self._store.registration(client_id)
        if registration is None:
            raise Refusal("invalid_client", "This client is not registered, or no longer: register it again", 401)
        return Client(client_id, registration.client_name, registration.redirect_uris, "")

    async def is_known(self, client_id: str) -> bool:
        """Whether it may come with a token at all: without asking anybody else."""
        return is_document(client_id) or await self._store.registration(client_id) is not None


def is_document(client_id: str) -> bool:
    """Whether the id is the address of a client metadata document."""
    return client_id.startswith("https://")


def plain(text: str, most: int = 80) -> str:
    """A name as it can be shown: one line, no characters that hide or reorder others."""
    kept = "".join(char if char.isprintable() else " " for char in text)
    words = " ".join(kept.split())
    return words if len(words) <= most else f"{words[: most - 1]}…"

"""New keys for callers, and where to put them."""

import secrets

_KEY_BYTES = 32


def new_key() -> str:
    """256 random bits as 43 characters that fit a header and a URL."""
    return secrets.token_urlsafe(_KEY_BYTES)


def instructions(name: str, key: str, *, read_only: bool) -> str:
    """What to do with a key, for a person."""
    entry = f"{name}:{key}{':read' if read_only else ''}"
    return (
        f"{key}\n\n"
        f"The key of {name}{', which may only read' if read_only else ''}. It is shown once and kept nowhere.\n"
        f"Add it to the settings of both services, after a comma where others are there already:\n\n"
        f"  bridge      MCP_API_KEYS={entry}\n"
        f"  memory_api  MEMORY_API_KEYS={entry}\n\n"
        f"Restart both. To replace a key, let the name have both keys until every client has the new one.\n"
    )

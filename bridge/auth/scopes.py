"""What a connection may do: the two scopes, and which of them a request gets."""

from bridge.auth.rights import READ, WRITE

ALL_SCOPES = (READ, WRITE)


def requested_scopes(text: str) -> tuple[str, ...]:
    """The known scopes among those asked for; all of them where nothing is asked.

    Scopes of others, such as offline_access, are passed over: clients add them on their own. Empty where only such were
    asked for.
    """
    names = text.split()
    if not names or set(names) == {"offline_access"}:
        return ALL_SCOPES
    return tuple(scope for scope in ALL_SCOPES if scope in names)

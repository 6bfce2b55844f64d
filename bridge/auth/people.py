"""The people who have a memory here: a name, and the key that opens it."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.auth.gate import CallerKey
from bridge.auth.presented import digest_of


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a key of their own. `digest` tells two keys of one name apart, without being the key."""

    name: str
    key: str = field(repr=False)
    may_write: bool
    digest: str = field(repr=False)


class People:
    """Everybody who may sign in, by names and keys."""

    def __init__(self, keys: Iterable[CallerKey]) -> None:
        self._people = [Person(each.name, each.key, each.may_write, digest_of(each.key).hex()) for each in keys]

    def __repr__(self) -> str:
        return f"People({len(self._people)})"

    def with_key(self, key: str) -> Person | None:
        """Whose key it is. Every key is compared, whichever matches: the time taken tells nothing."""
        digest = digest_of(key).hex()
        matches = [person for person in self._people if hmac.compare_digest(person.digest, digest)]
        return matches[0] if matches else None

    def known(self, name: str, digest: str) -> Person | None:
        """The person of this name, as long as the key that they signed in with is still theirs."""
        return next((person for person in self._people if (person.name, person.digest) == (name, digest)), None)

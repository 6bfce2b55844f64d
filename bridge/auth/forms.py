"""What a request to the OAuth endpoints says: its parameters, and where it comes from."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import parse_qsl

from starlette.requests import Request

from bridge.auth.refusals import Refusal

_MAX_FIELDS = 50
_FORM = "application/x-www-form-urlencoded"


async def form(request: Request) -> dict[str, str]:
    """The fields of a form. Raises Refusal `invalid_request` for another type, and for a field that is repeated."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Refusal("invalid_request", f"The body must be {_FORM}")
    return parameters((await request.body()).decode("utf-8", "replace"))


def parameters(encoded: str) -> dict[str, str]:
    """The parameters of a query or form; those without a value count as absent (RFC 6749 §3.1).

    Raises Refusal `invalid_request` for one that is repeated.
    """
    try:
        pairs = parse_qsl(encoded, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise Refusal("invalid_request", f"There may be {_MAX_FIELDS} parameters at most") from None
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refusal("invalid_request", "No parameter may be given twice")
    return found


def required(fields: Mapping[str, str], name: str) -> str:
    """This parameter. Raises Refusal `invalid_request` where it is missing."""
    if name not in fields:
        raise Refusal("invalid_request", f"{name} is missing")
    return fields[name]


def address_of(request: Request) -> str:
    """Where the request comes from; of IPv6 the network, since one machine has all its addresses."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return "unknown"
    return str(ip_network(f"{host}/64", strict=False)) if isinstance(address, IPv6Address) else str(address)


def from_own_page(request: Request) -> bool:
    """Whether a browser sent this from one of the bridge's own pages. Older browsers do not say, and count as such."""
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")

"""What a request is, in words of which there are only so many: fit for a log, a metric and a rule."""

from aiohttp import hdrs, web

UNKNOWN = "(unknown)"


def pattern_of(request: web.Request) -> str:
    """The route the request was resolved to, such as /memory/{memory_id}; UNKNOWN where path or method have none.

    Unlike the path it holds nothing that a caller has written.
    """
    resource = request.match_info.route.resource
    return UNKNOWN if resource is None else resource.canonical


def method_of(request: web.Request) -> str:
    """The method; UNKNOWN for one that HTTP does not have."""
    return request.method if request.method in hdrs.METH_ALL else UNKNOWN

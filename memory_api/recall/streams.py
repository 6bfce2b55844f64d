"""What the turns around a memory say for it: the session it was said in, and the turn before and after."""

from collections.abc import Mapping, Sequence

_SAID_MOST = 3


def session_scores(base: Mapping[int, float], stream_of: Mapping[int, str]) -> dict[int, float]:
    """For each memory in a stream with another candidate: the mean of the stream's three best scores."""
    streams: dict[str, list[float]] = {}
    for key, stream in stream_of.items():
        streams.setdefault(stream, []).append(base[key])
    means = {
        stream: sum(sorted(scores, reverse=True)[:_SAID_MOST]) / _SAID_MOST
        for stream, scores in streams.items()
        if len(scores) > 1
    }
    return {key: means[stream] for key, stream in stream_of.items() if stream in means}


def neighbour_scores(scores: Mapping[int, float], beside: Sequence[tuple[int, int]]) -> dict[int, float]:
    """For each memory that stands beside a scored one: the better score of the two it may stand between."""
    best: dict[int, float] = {}
    for key, neighbour in beside:
        best[neighbour] = max(best.get(neighbour, 0.0), scores[key])
    return best

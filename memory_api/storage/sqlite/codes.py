"""The vector index in RAM: one bit per dimension of every memory, scanned by Hamming distance.

The codes only choose candidates; the vectors in the file decide. So an index that is a moment behind costs nothing but
a candidate, and nothing can diverge: the codes are rebuilt from the file at every start.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rids = NDArray[np.int64]
Planes = NDArray[np.uint64]

_BLOCK = 131_072
_PLANES_IN_A_BYTE = 3
_FURTHEST = 65_535
# Vectors have length 1: what lies further along the mean is nearer in other directions. Half of it is right for
# sentences as for clusters at random (docs/decisions.md).
_OFFSET_TAKEN = 0.5
# What bounds the distances beforehand: so many times the geometric mean of what is wanted and what there is.
_SAMPLE = 2


@dataclass(slots=True)
class _Table:
    """Codes in planes of 64 bits, column = rid; one object, so that a reader has planes and mean of one time."""

    planes: Planes
    alive: NDArray[np.bool_]
    mean: NDArray[np.float32]
    used: int = 0


class CodeIndex:
    """Written by one thread, read by others without a lock: a reader keeps the table it began with."""

    def __init__(self, dimension: int, mean: NDArray[np.float32] | None = None) -> None:
        self.dimension = dimension
        self.centred = mean is not None
        self._width = -(-dimension // 64)
        self._table = self._empty(1_024, np.zeros(dimension, np.float32) if mean is None else mean)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def _empty(self, capacity: int, mean: NDArray[np.float32]) -> _Table:
        return _Table(np.zeros((self._width, capacity), np.uint64), np.zeros(capacity, np.bool_), mean)

    def encode(self, vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Bits of shape (n, 8 * planes): where a component lies above its mean. Zero bits fill the last plane."""
        return encode(vectors, self._table.mean)

    def reserve(self, rid: int) -> None:
        """Makes room for every rid up to this one, so that putting them in copies nothing."""
        self._grow(rid + 1)

    def put(self, rids: Rids, bits: NDArray[np.uint8]) -> None:
        """Adds or replaces codes, as `encode` made them."""
        self._grow(int(rids.max()) + 1)
        table = self._table
        table.planes[:, rids] = np.ascontiguousarray(bits).view(np.uint64).T
        self._count += int(len(rids) - table.alive[rids].sum())
        table.alive[rids] = True
        table.used = max(table.used, int(rids.max()) + 1)

    def drop(self, rid: int) -> None:
        """Forgets one memory."""
        if rid < len(self._table.alive) and self._table.alive[rid]:
            self._table.alive[rid] = False
            self._count -= 1

    def recode(self, mean: NDArray[np.float32], rids: Rids, bits: NDArray[np.uint8]) -> None:
        """Replaces every code at once, after the mean has changed."""
        table = self._empty(max(int(rids.max()) + 1, self._table.planes.shape[1]), mean)
        table.planes[:, rids] = np.ascontiguousarray(bits).view(np.uint64).T
        table.alive[rids] = True
        table.used = int(rids.max()) + 1
        self._table = table
        self._count = len(rids)
        self.centred = True

    def _grow(self, needed: int) -> None:
        old = self._table
        capacity = old.planes.shape[1]
        if needed <= capacity:
            return
        grown = self._empty(max(needed, capacity * 3 // 2), old.mean)
        grown.planes[:, :capacity] = old.planes
        grown.alive[:capacity] = old.alive
        grown.used = old.used
        self._table = grown

    def closest(self, vector: NDArray[np.float32], limit: int) -> Rids:
        """Up to `limit` rids by Hamming distance, in no order."""
        table = self._table
        used = table.used
        distances = _distances(table.planes[:, :used], _code(vector, table.mean))
        step = max(1, used // (_SAMPLE * math.isqrt(1 + limit * used)))
        bound = _bound(distances[::step][table.alive[:used:step]], limit)
        candidates = _living(table, np.flatnonzero(distances <= bound))
        return _smallest(candidates, distances[candidates], limit)

    def closest_among(self, vector: NDArray[np.float32], rids: Rids, limit: int) -> Rids:
        """Up to `limit` of these rids by Hamming distance, in no order."""
        table = self._table
        rids = _living(table, rids)
        if len(rids) <= limit:
            return rids
        return _smallest(rids, _distances(table.planes[:, rids], _code(vector, table.mean)), limit)

    def likeliest(self, vector: NDArray[np.float32], rids: Rids, limit: int) -> Rids:
        """Up to `limit` of these rids by the vector's product with their codes, in no order.

        A vector that is not rounded to bits itself tells its product with another better than Hamming distance does.
        """
        table = self._table
        rids = _living(table, rids)
        if len(rids) <= limit:
            return rids
        bits = np.unpackbits(np.ascontiguousarray(table.planes[:, rids].T).view(np.uint8), axis=1, count=self.dimension)
        return _smallest(rids, -(bits.astype(np.float32) @ (vector - _OFFSET_TAKEN * table.mean)), limit)


def _living(table: _Table, rids: Rids) -> Rids:
    rids = rids[rids < len(table.alive)]
    return rids[table.alive[rids]]


def _code(vector: NDArray[np.float32], mean: NDArray[np.float32]) -> Planes:
    code: Planes = encode(vector[np.newaxis], mean).view(np.uint64)[0]
    return code


def encode(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Bits of shape (n, bytes), where bytes is a multiple of 8; see CodeIndex.encode."""
    packed = np.packbits(vectors > mean, axis=1)
    count, width = packed.shape
    bits = np.zeros((count, -(-width // 8) * 8), np.uint8)
    bits[:, :width] = packed
    return bits


def _distances(planes: Planes, code: Planes) -> NDArray[np.uint16]:
    width, count = planes.shape
    total = np.zeros(count, np.uint16)
    # Blocks that fit the processor's cache make the scan faster than whole planes do; smaller ones would, too, but at
    # every step the interpreter's lock changes hands. Sums of bytes, as far as they cannot overflow, are a quarter
    # faster than sums of wider numbers.
    for begin in range(0, count, _BLOCK):
        differing = np.bitwise_count(planes[:, begin : begin + _BLOCK] ^ code[:, np.newaxis])
        for first in range(0, width, _PLANES_IN_A_BYTE):
            total[begin : begin + _BLOCK] += differing[first : first + _PLANES_IN_A_BYTE].sum(axis=0, dtype=np.uint8)
    return total


def _bound(sample: NDArray[np.uint16], limit: int) -> int:
    """A distance within which at least `limit` codes lie, or all: the limit-th of a few is the limit-th of all or more.

    The more the few, the fewer are left to choose from.
    """
    return int(np.partition(sample, limit)[limit]) if limit < len(sample) else _FURTHEST


def _smallest(rids: Rids, values: NDArray[Any], limit: int) -> Rids:
    if len(rids) <= limit:
        return rids
    return rids[np.argpartition(values, limit)[:limit]]

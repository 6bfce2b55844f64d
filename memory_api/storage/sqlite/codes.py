"""The vector index in RAM: one bit per dimension of every memory, scanned by Hamming distance.

The codes only choose candidates; the vectors in the file decide. So an index that is a moment behind costs nothing but
a candidate, and nothing can diverge: the codes are rebuilt from the file at every start.
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rids = NDArray[np.int64]
Planes = NDArray[np.uint64]

_BLOCK = 131_072
_PLANES_IN_A_BYTE = 3
# Further than any code can be.
_DEAD = 65_535


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
        code = encode(vector[np.newaxis], table.mean).view(np.uint64)[0]
        distances = _distances(table.planes[:, :used], code)
        distances[~table.alive[:used]] = _DEAD
        candidates = np.flatnonzero(distances <= _threshold(distances, 64 * self._width, limit))
        return _smallest(candidates, distances[candidates], limit)

    def closest_among(self, vector: NDArray[np.float32], rids: Rids, limit: int) -> Rids:
        """Up to `limit` of these rids by Hamming distance, in no order."""
        table = self._table
        rids = rids[rids < len(table.alive)]
        rids = rids[table.alive[rids]]
        if len(rids) <= limit:
            return rids
        code = encode(vector[np.newaxis], table.mean).view(np.uint64)[0]
        return _smallest(rids, _distances(table.planes[:, rids], code), limit)


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
        block = total[begin : begin + _BLOCK]
        differing = np.empty(len(block), np.uint64)
        for first in range(0, width, _PLANES_IN_A_BYTE):
            among = range(first, min(first + _PLANES_IN_A_BYTE, width))
            block += _bits(planes[:, begin : begin + _BLOCK], code, among, differing)
    return total


def _bits(planes: Planes, code: Planes, among: range, differing: Planes) -> NDArray[np.uint8]:
    """In how many bits of a few planes each column differs from the code."""
    total = np.zeros(planes.shape[1], np.uint8)
    for place in among:
        np.bitwise_xor(planes[place], code[place], out=differing)
        total += np.bitwise_count(differing)
    return total


def _threshold(distances: NDArray[np.uint16], most: int, limit: int) -> int:
    """The smallest distance within which at least `limit` codes lie, or `most`, the greatest that there can be."""
    # Counting nine or ten times is faster than one histogram, which would widen every distance first.
    return bisect_left(range(most), limit, key=lambda distance: int(np.count_nonzero(distances <= distance)))


def _smallest(rids: Rids, distances: NDArray[np.uint16], limit: int) -> Rids:
    if len(rids) <= limit:
        return rids
    return rids[np.argpartition(distances, limit)[:limit]]

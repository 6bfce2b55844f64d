"""The code index chooses the right candidates, in every dimension, while it grows, forgets and is recoded."""

import numpy as np
import pytest

from memory_api.storage.sqlite.codes import CodeIndex, Rids, encode
from tests.memory_api.builders import Vector, axis, brute_force, clustered, recall, unit


def filled(vectors: Vector, mean: Vector | None = None) -> CodeIndex:
    """An index of all rows, the rid of each being its number."""
    index = CodeIndex(vectors.shape[1], mean)
    index.put(np.arange(len(vectors)), index.encode(vectors))
    return index


def chosen(index: CodeIndex, query: Vector, limit: int) -> list[int]:
    rids: Rids = index.closest(query, limit)
    return sorted(int(rid) for rid in rids)


def exact(vectors: Vector, query: Vector) -> list[int]:
    """Hamming distances of every row, bit by bit."""
    distances: list[int] = ((vectors > 0) != (query > 0)).sum(axis=1).tolist()
    return distances


@pytest.mark.parametrize("dimension", [1, 7, 63, 64, 65, 100, 384])
def test_the_chosen_are_the_closest_by_hamming_distance_in_every_dimension(dimension: int) -> None:
    vectors = clustered(500, dimension, seed=dimension)
    index = filled(vectors)
    distances = exact(vectors, vectors[3])
    found = chosen(index, vectors[3], 20)
    assert len(set(found)) == 20
    assert sorted(distances[rid] for rid in found) == sorted(distances)[:20]


def test_candidates_hold_the_true_nearest_of_clustered_vectors() -> None:
    vectors = clustered(5_000, 384, seed=1)
    index = filled(vectors, vectors[:2_000].mean(axis=0))
    queries = unit(vectors[::100] + 0.02 * np.random.default_rng(2).standard_normal((50, 384)))
    candidates = [chosen(index, query, 300) for query in queries]
    assert recall(candidates, [brute_force(vectors, query, 10) for query in queries]) >= 0.98


def test_the_likeliest_of_many_hold_more_of_the_true_nearest_than_the_closest_few() -> None:
    vectors = clustered(5_000, 384, seed=9)
    index = filled(vectors, vectors[:2_000].mean(axis=0))
    queries, expected = vectors[::100], [brute_force(vectors, query, 10) for query in vectors[::100]]
    likeliest = [sorted(index.likeliest(query, index.closest(query, 300), 60).tolist()) for query in queries]
    assert recall(likeliest, expected) > recall([chosen(index, query, 60) for query in queries], expected) + 0.05


def test_a_mean_makes_the_candidates_better() -> None:
    vectors = clustered(3_000, 384, seed=3, centres=300)
    queries, expected = vectors[::100], [brute_force(vectors, query, 10) for query in vectors[::100]]
    plain, centred = filled(vectors), filled(vectors, vectors.mean(axis=0))
    assert recall([chosen(centred, q, 60) for q in queries], expected) > recall(
        [chosen(plain, q, 60) for q in queries], expected
    )


@pytest.mark.parametrize("limit", [1, 2, 9, 10, 11, 1_000])
def test_never_more_than_asked_for_and_never_fewer_than_there_are(limit: int) -> None:
    index = filled(np.tile(axis(0), (10, 1)))
    assert len(chosen(index, axis(0), limit)) == min(limit, 10)


def test_an_empty_index_has_nothing_to_choose() -> None:
    assert chosen(CodeIndex(64), axis(0), 5) == []
    assert len(CodeIndex(64)) == 0


def test_it_grows_beyond_its_first_room_and_over_gaps() -> None:
    vectors = clustered(300, 100, seed=4)
    index = CodeIndex(100)
    rids = np.arange(300) * 41 + 5
    for row, rid in enumerate(rids):
        index.put(np.array([rid]), index.encode(vectors[row : row + 1]))
    assert len(index) == 300
    assert chosen(index, vectors[7], 300) == rids.tolist()
    assert 7 * 41 + 5 in chosen(index, vectors[7], 1)


def test_a_code_put_again_replaces_the_former() -> None:
    index = filled(np.stack([axis(0), axis(1), axis(2)]))
    index.put(np.array([1]), index.encode(-axis(1)[np.newaxis]))
    assert len(index) == 3
    assert chosen(index, -axis(1), 1) == [1]


def test_a_dropped_memory_is_not_chosen_and_dropping_it_again_does_nothing() -> None:
    index = filled(clustered(10, 64, seed=5))
    index.drop(4)
    index.drop(4)
    index.drop(10_000)
    assert len(index) == 9
    assert chosen(index, axis(0), 100) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    index.put(np.array([4]), index.encode(axis(0)[np.newaxis]))
    assert len(index) == 10
    assert 4 in chosen(index, axis(0), 100)


def test_when_nearly_all_are_dropped_the_chosen_are_the_closest_of_the_others() -> None:
    vectors = clustered(3_000, 64, seed=10)
    index = filled(vectors)
    for rid in set(range(3_000)) - set(range(0, 3_000, 100)):
        index.drop(rid)
    distances = exact(vectors, vectors[7])
    found = chosen(index, vectors[7], 10)
    assert sorted(distances[rid] for rid in found) == sorted(distances[::100])[:10]
    assert set(found) <= set(range(0, 3_000, 100))


def test_when_all_are_dropped_nothing_is_chosen() -> None:
    index = filled(clustered(3, 64, seed=6))
    for rid in range(3):
        index.drop(rid)
    assert chosen(index, axis(0), 2) == []
    assert len(index) == 0


def test_recoding_replaces_codes_mean_and_membership_at_once() -> None:
    vectors = clustered(100, 100, seed=7)
    index = filled(vectors)
    mean = vectors.mean(axis=0)
    kept = np.arange(0, 100, 2)
    index.recode(mean, kept, encode(vectors[kept], mean))
    assert index.centred
    assert len(index) == 50
    assert chosen(index, vectors[0], 100) == kept.tolist()
    assert np.array_equal(index.encode(vectors), encode(vectors, mean))
    assert 42 in chosen(index, vectors[42], 3)


def test_among_given_memories_only_the_living_ones_are_chosen() -> None:
    vectors = clustered(200, 64, seed=8)
    index = filled(vectors)
    index.drop(6)
    among = np.array([2, 6, 50, 199, 100_000])
    assert sorted(index.closest_among(vectors[2], among, 10).tolist()) == [2, 50, 199]
    assert index.closest_among(vectors[2], among, 1).tolist() == [2]
    assert index.closest_among(vectors[2], np.array([], np.int64), 5).tolist() == []
    assert sorted(index.likeliest(vectors[2], among, 10).tolist()) == [2, 50, 199]
    assert index.likeliest(vectors[2], among, 1).tolist() == [2]


def test_a_code_has_a_bit_for_each_component_above_the_mean_and_zeros_to_the_end() -> None:
    mean = np.array([0.0, 0.5, -1.0], np.float32)
    bits = encode(np.array([[1.0, 0.4, -0.5], [0.0, 0.6, -2.0]], np.float32), mean)
    assert bits.tolist() == [[0b10100000] + [0] * 7, [0b01000000] + [0] * 7]

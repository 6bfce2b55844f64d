"""Owners take turns, none runs or queues more than its share, and no job is lost."""

import random

import pytest

from memory_api.errors import Overloaded
from memory_api.storage.sqlite.turns import Turns


def order(turns: Turns[str]) -> list[str]:
    """The jobs in the order in which a single thread would run them."""
    jobs = []
    while (turn := turns.take()) is not None:
        owner, job = turn
        jobs.append(job)
        turns.done(owner)
    return jobs


def test_whoever_has_few_jobs_does_not_wait_for_all_of_the_others() -> None:
    turns: Turns[str] = Turns(running=2, waiting=10)
    for job in ("a1", "a2", "a3", "a4"):
        turns.put("a", job)
    turns.put("b", "b1")
    turns.put("c", "c1")
    assert order(turns) == ["a1", "b1", "c1", "a2", "a3", "a4"]


def test_an_owner_runs_only_so_many_at_a_time() -> None:
    turns: Turns[str] = Turns(running=2, waiting=10)
    for job in ("a1", "a2", "a3"):
        turns.put("a", job)
    assert [turns.take(), turns.take(), turns.take()] == [("a", "a1"), ("a", "a2"), None]
    turns.put("b", "b1")
    assert turns.take() == ("b", "b1")
    turns.done("a")
    assert turns.take() == ("a", "a3")


def test_an_owner_queues_only_so_many_and_refuses_none_of_the_others() -> None:
    turns: Turns[str] = Turns(running=1, waiting=2)
    for job in ("a1", "a2", "a3"):
        turns.put("a", job)
    with pytest.raises(Overloaded):
        turns.put("a", "a4")
    turns.put("b", "b1")
    assert turns.take() == ("a", "a1")
    with pytest.raises(Overloaded):
        turns.put("a", "a4")
    turns.done("a")
    turns.put("a", "a4")
    assert turns.waiting("a") == 3
    assert turns.waiting("nobody") == 0


def test_what_is_dropped_never_runs() -> None:
    turns: Turns[str] = Turns(running=1, waiting=5)
    for job in ("a1", "a2"):
        turns.put("a", job)
    assert turns.take() == ("a", "a1")
    turns.put("b", "b1")
    assert sorted(turns.drop()) == ["a2", "b1"]
    assert turns.take() is None
    turns.done("a")


@pytest.mark.parametrize("seed", range(5))
def test_every_job_runs_once_and_in_its_owners_order(seed: int) -> None:
    chance = random.Random(seed)
    turns: Turns[int] = Turns(running=2, waiting=1_000)
    put: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    ran: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    under_way: list[str] = []
    for job in range(500):
        owner = chance.choice("aaabc")
        put[owner].append(job)
        turns.put(owner, job)
        if len(under_way) < 3 and chance.random() < 0.9 and (turn := turns.take()):
            name = str(turn[0])
            ran[name].append(turn[1])
            under_way.append(name)
            assert under_way.count(name) <= 2
        if under_way and chance.random() < 0.5:
            turns.done(under_way.pop(chance.randrange(len(under_way))))
    for name in under_way:
        turns.done(name)
    while (turn := turns.take()) is not None:
        ran[str(turn[0])].append(turn[1])
        turns.done(turn[0])
    assert ran == put

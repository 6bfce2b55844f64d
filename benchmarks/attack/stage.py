"""One stage: honest clients at their pace, beside them an attacker or none, and what the services did meanwhile."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Awaitable
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.attack.attacker import Outcome, Plan
from benchmarks.attack.honest import RECALL, STORE, Account
from benchmarks.attack.processes import used
from benchmarks.attack.shots import BRIDGE, MEMORY_API
from benchmarks.attack.world import HONEST, World
from benchmarks.figures import cpu_seconds

_STAGE_SECONDS = 900.0
# Asked by anybody, or by this program, and no work for anyone's memory.
_OPEN_ROUTES = frozenset({"/health", "/openapi.json", "/metrics", "/admin/stats"})
_CALLS, _STORED, _RECALLED, _OTHER = "tool calls", "stores let in", "recalls let in", "other requests let in"
_EMBEDDED, _HONEST_MEMORIES, _OTHER_MEMORIES = "texts embedded", "memories of honest people", "memories of others"


@dataclass(slots=True)
class Stage:
    """What a stage has shown: calls of honest clients, the attacker's account, work the services did meanwhile."""

    name: str
    plan: Plan | None = None
    account: Account = field(default_factory=Account)
    outcome: Outcome | None = None
    did: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    """Seconds of processor time that each service has used."""
    others: float = 0.0
    """Share of the processors that other programs have used meanwhile."""

    def times(self, call: str) -> list[float]:
        """Seconds of the honest calls of this name while the attacker kept its pace; of all where there was none."""
        if self.outcome is None:
            return self.account.times(call, 0.0, float("inf"))
        return self.account.times(call, self.outcome.began, self.outcome.paced_until)

    def undue(self) -> list[str]:
        """Work for which no honest call was made; a tenant's own calls are its right, but for the honest memories."""
        stores, recalls = self.account.count(STORE), self.account.count(RECALL)
        due = {
            _CALLS: self.account.count(BRIDGE),
            _STORED: stores,
            _RECALLED: recalls,
            _OTHER: 0,
            _EMBEDDED: stores + recalls,
            _HONEST_MEMORIES: stores,
            _OTHER_MEMORIES: 0,
        }
        if self.plan and self.plan.keys:
            due = {_HONEST_MEMORIES: stores}
        return [
            f"{name}: {self.did[name]}, and {count} were due" for name, count in due.items() if self.did[name] != count
        ]


async def quiet(there: World, name: str, seconds: float) -> Stage:
    """Honest clients alone."""
    return await _staged(there, Stage(name), asyncio.sleep(seconds, None))


async def attacked(there: World, name: str, plan: Plan) -> Stage:
    """Honest clients, and an attacker until all that it has sent has come to an end."""
    return await _staged(there, Stage(name, plan), _attack(plan))


async def _staged(there: World, stage: Stage, meanwhile: Awaitable[Outcome | None]) -> Stage:
    before, cpu, began = await _work(there), _cpu(there), time.monotonic()
    busy, own = used(there.services())
    over = asyncio.Event()
    living = [asyncio.create_task(client.live(stage.account, there.pace, over)) for client in there.clients]
    try:
        async with asyncio.timeout(_STAGE_SECONDS):
            stage.outcome = await meanwhile
    finally:
        over.set()
        await asyncio.gather(*living)
    stage.seconds = time.monotonic() - began
    stage.cpu = {name: seconds - cpu[name] for name, seconds in _cpu(there).items()}
    busy_after, own_after = used(there.services())
    stage.others = (busy_after - busy - own_after + own) / stage.seconds / (os.cpu_count() or 1)
    after = await _work(there)
    stage.did = Counter({name: after[name] - before[name] for name in after})
    return stage


def _cpu(there: World) -> dict[str, float]:
    return {name: cpu_seconds(service.pid) for name, service in there.services().items()}


async def _attack(plan: Plan) -> Outcome:
    command = (sys.executable, "-m", "benchmarks.attack.attacker")
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        out, _ = await process.communicate(json.dumps(asdict(plan)).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"the attacker has ended with {process.returncode}")
    told: dict[str, Any] = json.loads(out)
    seen = {kind: Counter(counts) for kind, counts in told.pop("seen").items()}
    return Outcome(seen=seen, faults=Counter(told.pop("faults")), **told)


async def _work(there: World) -> Counter[str]:
    """All that the services have done so far, by what it was."""
    bridge, memory = await there.stats(BRIDGE), await there.stats(MEMORY_API)
    did: Counter[str] = Counter({_EMBEDDED: memory["embedding"]["texts"]})
    did[_CALLS] = sum(sum(outcomes.values()) for outcomes in bridge["calls"].values())
    for row in memory["requests"]:
        let_in = sum(count for status, count in row["statuses"].items() if int(status) < 300)
        if row["route"] not in _OPEN_ROUTES:
            name = {"/memory": _STORED, "/recall": _RECALLED}.get(row["route"], _OTHER)
            did[name] += let_in
    for tenant in memory["tenants"]:
        name = _HONEST_MEMORIES if tenant["tenant"] in HONEST else _OTHER_MEMORIES
        did[name] += tenant["memories"] or 0
    return did

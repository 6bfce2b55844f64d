"""Attacks both services with 10,000 hostile requests and sees what honest clients, memory and secrets notice of it.

Method: the bridge as it ships, with keys of three names, sign-in, Alexa and the operator's pages, and behind it the
memory service with the same keys; all over sockets of the loopback interface. Two honest people, each at the bridge
(MCP: store_memory, recall_memory, in turns) and at the memory service (REST), call at an even pace, first alone, then
beside the attacker, then alone again: the better of the two quiet times counts. The attacker is a process of its own
and fires at an even pace as well; two processors have to do for both services, the honest clients and the attacker, so
that what the attacker itself needs is part of what honest clients notice. A call counts from the moment in which it was
due, whether or not the one before it had ended, and only while the attacker keeps its pace. Shots are drawn from a
seed, half at each service, each on a connection of its own from one of 200 addresses: first of strangers without a key,
then of a tenant with keys of its own, at last of strangers again, faster, which is not judged by its times. Before,
some of each kind are fired to warm up: what a process keeps once it has done a thing for the first time is no growth.

It fails on: a 5xx but 503 with Retry-After; any success without a key but for what is open to everybody; an answer that
holds a key, a trace, a path of this machine or the text of another; an answer to a request hidden in another, or its
log line; a connection that is not ended; work without an honest call (tool calls, requests let in, texts embedded,
memories, each counted exactly); a call to a port that only hostile addresses name; an error in a log; honest calls that
fail, or whose p95 is more than twice that of the quiet time; resident memory more than 10 % and 8 MB above that before,
or more open files or threads.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from benchmarks.attack.processes import Holding, peaks, settled
from benchmarks.attack.stage import Stage, attacked, quiet
from benchmarks.attack.verdict import Run, faults, print_run
from benchmarks.attack.world import World, services, world
from benchmarks.services import end_on_sigterm

_TENANTS_SHARE = 0.25
_WARM_UP_SHOTS, _WARM_UP_RATE = 2_500, 500.0
_WARM_UP_SECONDS = 5.0


async def run(there: World, arguments: argparse.Namespace) -> Run:
    """Everything."""
    rate, seed = arguments.rate, arguments.seed
    of_tenant = round(arguments.shots * _TENANTS_SHARE)
    warm = [await quiet(there, "warm-up", _WARM_UP_SECONDS)]
    for group in ("strangers", "tenant"):
        warm.append(
            await attacked(there, "warm-up", there.plan(group, _WARM_UP_SHOTS, _WARM_UP_RATE, seed + 1, slow=False))
        )
    alone = [await quiet(there, "quiet, before", arguments.quiet / 2)]
    before = {name: Holding.of(service) for name, service in there.services().items()}
    highest: dict[str, int] = {}
    watching = asyncio.create_task(peaks(there.services(), highest))
    try:
        stages = [
            await attacked(there, "strangers", there.plan("strangers", arguments.shots - of_tenant, rate, seed)),
            await attacked(there, "a tenant", there.plan("tenant", of_tenant, rate, seed)),
        ]
        fast = await _faster(there, arguments)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    alone.append(await quiet(there, "quiet, after", arguments.quiet / 2))
    after = await settled(there.services(), before)
    return Run(alone, stages, fast, warm, before, after, highest, there.canary.calls)


async def _faster(there: World, arguments: argparse.Namespace) -> Stage:
    plan = there.plan("strangers", arguments.fast_shots, arguments.fast_rate, arguments.seed + 2, slow=False)
    return await attacked(there, "strangers, faster", plan)


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.attack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shots", type=int, default=10_000, help="hostile connections at the rate that is judged")
    parser.add_argument("--rate", type=float, default=200, help="of them a second, both services together")
    parser.add_argument("--fast-shots", type=int, default=4_000, help="further ones at a higher rate")
    parser.add_argument("--fast-rate", type=float, default=800, help="that rate")
    parser.add_argument("--quiet", type=float, default=40, help="seconds of honest calls alone")
    parser.add_argument("--pace", type=float, default=5, help="honest calls a second, of each of four clients")
    parser.add_argument("--only", default="", help="kinds with this in their name, to look closer")
    parser.add_argument("--seed", type=int, default=1, help="what the shots are drawn from")
    return parser.parse_args(argv)


async def _attack(arguments: argparse.Namespace) -> int:
    with services() as (front, memory, folder):
        async with world(front, memory, folder, arguments.pace, arguments.only) as there:
            found = await run(there, arguments)
        wrong = faults(found, there)
    print_run(found, arguments)
    for line in wrong:
        print(f"  FAULT {line}")
    return 1 if wrong else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says; 1 where the attack has achieved anything."""
    arguments = arguments_of(argv)
    end_on_sigterm()
    return asyncio.run(_attack(arguments))


if __name__ == "__main__":
    sys.exit(main())

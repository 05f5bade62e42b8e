#!/usr/bin/env python3
"""Whether limits of calls hold while everybody hammers: an organization of each tier, fifty clients
at each node for each of them.

    redis    two nodes that share PostgreSQL and Redis
    memory   one node that counts for itself
    stopped  two nodes whose Redis is stopped after a third of the time

Of all answers it is looked at when they were asked for and when they came. Never more than the
limit may have been admitted within a minute; and who was refused was refused because the limit, or
one call less, had been admitted within the minute before. Where Redis was stopped, the first is
asked of the time since a minute after, and the second not at all: each node has its share.
"""
import argparse
import asyncio
import bisect
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from installation import served
from node import PROJECT
from staging import Stack

LIMITS = {"free": 60, "starter": 120, "professional": 300, "enterprise": 1000}
CLIENTS, WINDOW = 50, 60.0


class Client:
    """One connection that asks again and again."""

    def __init__(self, url, organization, pause, answers):
        place = urllib.parse.urlsplit(url)
        self.host, self.port = place.hostname, place.port
        self.pause, self.answers = pause, answers
        self.request = (
            f"GET /api/v1/organizations/{organization.id} HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"Authorization: Bearer {organization.people['owner'].key}\r\n\r\n").encode()

    async def run(self, end):
        reader, writer = await asyncio.open_connection(self.host, self.port)
        while time.monotonic() < end:
            asked = time.monotonic()
            writer.write(self.request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                          if line.lower().startswith(b"content-length"))
            await reader.readexactly(length)
            self.answers.append((asked, time.monotonic(), int(head[9:12])))
            await asyncio.sleep(self.pause)
        writer.close()


async def hammer(nodes, organizations, options, during):
    """The answers by tier."""
    end = time.monotonic() + options.seconds
    answers = {tier: [] for tier in organizations}
    clients = [
        Client(node.url, organization, options.pause, answers[tier])
        for tier, organization in organizations.items() for node in nodes for _ in range(CLIENTS)]
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.run(end))
        group.create_task(during())
    return answers


def most(admitted):
    """How many were surely admitted within one minute, at most."""
    return max((sum(1 for asked, came, _ in admitted
                    if asked >= begin and came <= begin + WINDOW)
                for begin, _, _ in admitted), default=0)


def fewest(admitted, refused):
    """How many, at most, can have been admitted within the minute before a refusal; the least of
    all refusals."""
    asked, came = sorted(each[0] for each in admitted), sorted(each[1] for each in admitted)
    least = None
    for question, answer, _ in refused:
        # Without those that came before the minute, and those that were asked for after.
        count = (len(asked) - bisect.bisect_left(came, question - WINDOW)
                 - (len(asked) - bisect.bisect_right(asked, answer)))
        least = count if least is None else min(least, count)
    return least


def judge(tier, answers, since, is_whole):
    """Whether the limit held; says how near it was."""
    limit = LIMITS[tier]
    statuses = {status for _, _, status in answers}
    if not statuses <= {200, 429}:
        sys.exit(f"{tier}: answers of {sorted(statuses)}")
    admitted = [each for each in answers if each[2] == 200 and each[0] >= since]
    refused = [each for each in answers if each[2] == 429 and each[0] >= since]
    highest, lowest = most(admitted), fewest(admitted, refused) if is_whole else None
    said = f"{tier:14}{len(answers):8} calls {len(admitted):6} admitted {len(refused):7} refused;"
    said += f" at most {highest} of {limit} within a minute"
    if is_whole:
        said += f", at least {lowest} before a refusal"
    print(said)
    return highest <= limit and bool(refused) and (lowest is None or lowest >= limit - 1)


def measured(nodes, organizations, options, during):
    print(f"{len(nodes)} nodes, {CLIENTS} clients of each tier at each of them, "
          f"{options.seconds} s", flush=True)
    return asyncio.run(hammer(nodes, organizations, options, during))


def alone(options):
    with served(options.binary, [], LIMITS) as (node, organizations):
        organizations = dict(zip(LIMITS, organizations.values()))
        answers = measured([node], organizations, options, lambda: asyncio.sleep(0))
    return [judge(tier, each, 0, True) for tier, each in answers.items()]


def together(options, folder):
    stack = Stack(argparse.Namespace(
        binary=options.binary, folder=folder, port=0, decision_port=0))
    try:
        stack.start()
        organizations = dict(zip(LIMITS, stack.organizations))
        for tier, organization in organizations.items():
            stack.database.sql(
                f"UPDATE organizations SET tier = '{tier}' WHERE id = '{organization.id}'",
                "ostiary_system")
        stops = options.store == "stopped"
        since = 0

        async def during():
            nonlocal since
            if stops:
                await asyncio.sleep(options.seconds / 3)
                stack.redis.stop()
                since = time.monotonic() + WINDOW

        answers = measured(stack.running[2:], organizations, options, during)
        return [judge(tier, each, since, not stops) for tier, each in answers.items()]
    finally:
        stack.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", choices=["redis", "memory", "stopped"], default="redis",
                        nargs="?")
    parser.add_argument("--binary", type=Path, default=PROJECT / ".build/release/ostiary")
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--pause", type=float, default=0.4,
                        help="seconds between the calls of a client")
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    with tempfile.TemporaryDirectory(prefix="ostiary-") as folder:
        Path(folder).chmod(0o755)
        found = alone(options) if options.store == "memory" else together(options, Path(folder))
    if not all(found):
        sys.exit("a limit did not hold")


if __name__ == "__main__":
    main()

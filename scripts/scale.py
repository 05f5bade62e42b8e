#!/usr/bin/env python3
"""What it costs that there are many: 10,000 organizations and 100,000 memberships, of which one
organization has a tenth.

A tenant is told from the host of a request: on the hosts of organizations drawn at random,
`/livez`, which asks nothing else, must take less than a millisecond longer than it takes on the
issuer's. Pages of a hundred members of
the large organization, one after the other to the last, must come in less than 50. 95 of 100
answers count, on SQLite and on PostgreSQL, asked for by one client over loopback.
"""
import argparse
import http.client
import json
import random
import statistics
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from installation import served
from node import PROJECT
from seed import Seed, identifier
from staging import Stack

ORGANIZATIONS, MEMBERSHIPS, LARGE = 10_000, 100_000, 10_000
ACCOUNTS = 20_000
BASE = "example.test"
FLAGS = ["--no-call-limits", "--base-domain", BASE]
REQUESTS = 5_000
RESOLUTION_MAX, PAGE_MAX = 1.0, 50.0


def slug(number):
    return f"tenant-{number}"


class Crowd:
    """The rows, and who lists the members of the large organization."""

    def __init__(self):
        self.large = None

    def fill(self, seed):
        accounts = [self.account(seed, number) for number in range(ACCOUNTS)]
        each = (MEMBERSHIPS - LARGE) // (ORGANIZATIONS - 1)
        self.large = self.organization(seed, 0, accounts[:LARGE])
        for number in range(1, ORGANIZATIONS):
            first = number * each % (ACCOUNTS - each)
            self.organization(seed, number, accounts[first:first + each])

    def account(self, seed, number):
        account = identifier("usr")
        seed.insert("principals", id=account, realm_id="default", kind="account",
                    created_at=seed.now)
        seed.insert("accounts", id=account, display_name=f"Person {number}", status="active",
                    **seed.versioned())
        return account

    def organization(self, seed, number, accounts):
        made = seed.organization(slug(number), ["owner"] if number == 0 else [])
        role = identifier("rol")
        seed.insert("roles", id=role, organization_id=made.id, name="guest", rank=10,
                    is_system=False, permissions="[]", **seed.versioned())
        for account in accounts:
            membership = identifier("mem")
            seed.insert("memberships", id=membership, organization_id=made.id,
                        principal_id=account, status="active", source="manual", profile="{}",
                        **seed.versioned())
            seed.insert("membership_roles", organization_id=made.id, membership_id=membership,
                        role_id=role, granted_at=seed.now)
        return made


class Large(Stack):
    """The staging stack with a crowd in it."""

    flags = FLAGS

    def __init__(self, options, crowd):
        super().__init__(options)
        self.crowd = crowd

    def seed(self):
        seed = Seed("postgresql")
        made = seed.installation([])
        self.crowd.fill(seed)
        self.database.sql(seed.script, "ostiary_system")
        self.database.sql("ANALYZE")
        return made


class Asking:
    """Requests over one connection, and how long each took."""

    def __init__(self, node):
        self.place = urllib.parse.urlsplit(node.url)
        self.connection = http.client.HTTPConnection(self.place.netloc)

    def get(self, path, host=None, key=None):
        """Milliseconds, and the answer."""
        fields = {"Host": f"{host or self.place.hostname}:{self.place.port}"}
        if key:
            fields["Authorization"] = f"Bearer {key}"
        begin = time.perf_counter()
        self.connection.request("GET", path, headers=fields)
        reply = self.connection.getresponse()
        body = reply.read()
        taken = (time.perf_counter() - begin) * 1000
        if reply.status != 200:
            sys.exit(f"{path} on {host}: {reply.status} {body[:300]}")
        return taken, body


def of_95(times):
    return statistics.quantiles(times, n=20)[-1]


def resolution(node):
    """Hosts of organizations beside the issuer's own, in turn."""
    asking, drawn = Asking(node), random.Random(1)
    own, tenants = [], []
    for _ in range(REQUESTS):
        own.append(asking.get("/livez")[0])
        tenants.append(asking.get("/livez", f"{slug(drawn.randrange(ORGANIZATIONS))}.{BASE}")[0])
    # The first half has filled the caches.
    own, tenants = own[REQUESTS // 2:], tenants[REQUESTS // 2:]
    print(f"  host of a tenant    {of_95(tenants):7.2f} ms (median {statistics.median(tenants):.2f};"
          f" the issuer's {of_95(own):.2f}, {statistics.median(own):.2f})")
    return of_95(tenants) - statistics.median(own) < RESOLUTION_MAX


def pages(node, large):
    asking, times, count, cursor = Asking(node), [], 0, None
    key = large.people["owner"].key
    while True:
        path = f"/api/v1/organizations/{large.id}/members?limit=100"
        taken, body = asking.get(path + (f"&cursor={cursor}" if cursor else ""), key=key)
        page = json.loads(body)
        times.append(taken)
        count += len(page["data"])
        cursor = page["page"]["next_cursor"]
        if cursor is None:
            break
    print(f"  page of members     {of_95(times):7.2f} ms (median {statistics.median(times):.2f};"
          f" {count} members on {len(times)} pages)")
    return of_95(times) < PAGE_MAX and count == LARGE + 1


def measured(name, node, crowd):
    print(name, flush=True)
    return resolution(node) & pages(node, crowd.large)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, default=PROJECT / ".build/release/ostiary")
    options = parser.parse_args()
    binary = options.binary.resolve()
    crowd = Crowd()
    with served(binary, FLAGS, fill=crowd.fill) as (node, _):
        is_good = measured("SQLite", node, crowd)
    with tempfile.TemporaryDirectory(prefix="ostiary-") as folder:
        Path(folder).chmod(0o755)
        crowd = Crowd()
        stack = Large(argparse.Namespace(
            binary=binary, folder=folder, port=0, decision_port=0), crowd)
        try:
            stack.start()
            is_good &= measured("PostgreSQL", stack.running[2], crowd)
        finally:
            stack.stop()
    if not is_good:
        sys.exit("it costs more than it may")


if __name__ == "__main__":
    main()

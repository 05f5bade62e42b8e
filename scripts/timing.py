#!/usr/bin/env python3
"""Whether the time of an answer tells what becomes of an address: six kinds of it are asked about
in turn, in an order that is drawn anew each time, by one client over loopback.

    known       an account, and a wrong password
    unknown     an address that is nobody's
    pending     a registration that was not verified
    suspended   an account that an operator has suspended
    locked      an account at which strangers have guessed a hundred times
    mail-only   an account without a password

`POST /auth/sign-in` and `POST /auth/password/forgotten` must answer all with the same bytes, and in
the same time: medians of two kinds differ by less than 5 % or 1 ms, and a Mann-Whitney test finds
no difference (p > 0.01, by Holm's method for the fifteen pairs). With --finds it is the other way
around: the sitting fails unless it finds that the named kind differs from `known`.
"""
import argparse
import contextlib
import itertools
import json
import math
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from node import PROJECT, Node
from people import Caller

KINDS = ["known", "unknown", "pending", "suspended", "locked", "mail-only"]
# So many of each kind: the count of failures that closes a sign-in is reached by none.
PEOPLE = 6
GUESSES = 100
MILLISECONDS_MAX, RATIO_MAX, PROBABILITY_MIN = 1.0, 0.05, 0.01


def address(kind, number):
    return f"{kind}-{number}@example.com"


def addresses(*kinds):
    return [address(kind, number) for kind in kinds for number in range(PEOPLE)]


def make_people(node):
    """All that the API can make."""
    caller = Caller(node)
    by_password = addresses("known", "suspended", "locked")
    begun = [(each, caller.begin_sign_up(each)) for each in by_password]
    mailed = [(each, caller.begin_by_mail(each)) for each in addresses("mail-only")]
    for each in addresses("pending"):
        caller.begin_sign_up(each)
    for each, attempt in begun:
        caller.verify(each, attempt)
    for each, attempt in mailed:
        caller.redeem(each, attempt)
    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(lambda each: lock(node, each), addresses("locked")))


def lock(node, each):
    caller = Caller(node)
    for number in range(GUESSES):
        status, answer = caller.sign_in(each, f"a guess of number {number}")
        if status != 401:
            sys.exit(f"a guess: {status} {answer}")


def suspend(folder):
    """As `platform:suspend_account` does for an operator; this installation has none."""
    with contextlib.closing(sqlite3.connect(folder / "ostiary.sqlite")) as database:
        for each in addresses("suspended"):
            count = database.execute(
                "UPDATE accounts SET status = 'suspended' WHERE id = (SELECT account_id"
                " FROM account_addresses WHERE address_key = ?)", [each]).rowcount
            assert count == 1, each
        locked = database.execute(
            "SELECT COUNT(*) FROM sign_in_lanes WHERE failures >= ?", [GUESSES]).fetchone()[0]
        assert locked == PEOPLE, locked
        database.commit()


class Sitting:
    """Answers of one route, by kind: how long each took, and what it said."""

    def __init__(self, node, route, rounds, draw):
        self.milliseconds = {kind: [] for kind in KINDS}
        self.said = set()
        caller = Caller(node)
        warm = max(10, rounds // 20)
        for turn in range(-warm, rounds):
            for kind in draw.sample(KINDS, len(KINDS)):
                each = address(kind, turn % PEOPLE)
                before = time.perf_counter_ns()
                status, answer = route(caller, each, turn)
                took = (time.perf_counter_ns() - before) / 1e6
                self.said.add(self.comparable(status, answer))
                if turn >= 0:
                    self.milliseconds[kind].append(took)

    @staticmethod
    def comparable(status, answer):
        return status, json.dumps({**answer, "request_id": None, "decision_id": None})

    @staticmethod
    def sign_in(caller, each, turn):
        return caller.sign_in(each, f"a wrong one of turn {turn}")

    @staticmethod
    def forgotten(caller, each, _):
        return caller.ask("/api/v1/auth/password/forgotten", {"email": each})

    def medians(self):
        return {kind: statistics.median(took) for kind, took in self.milliseconds.items()}

    def pairs(self):
        """Of two kinds each: the difference of medians, whether it is too much, and p."""
        medians = self.medians()
        found = []
        for one, other in itertools.combinations(KINDS, 2):
            difference = abs(medians[one] - medians[other])
            is_apart = difference > max(
                MILLISECONDS_MAX, RATIO_MAX * min(medians[one], medians[other]))
            p = mann_whitney(self.milliseconds[one], self.milliseconds[other])
            found.append([one, other, difference, is_apart, p])
        return holm(found)


def mann_whitney(first, second):
    """Two-sided p by the normal approximation, corrected for ties and continuity."""
    ordered = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks, ties, start = 0.0, 0, 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end][0] == ordered[start][0]:
            end += 1
        count = end - start
        ties += count ** 3 - count
        ranks += (start + end + 1) / 2 * sum(1 for _, side in ordered[start:end] if side == 0)
        start = end
    m, n, total = len(first), len(second), len(ordered)
    u = ranks - m * (m + 1) / 2
    deviation = math.sqrt(m * n / 12 * (total + 1 - ties / (total * (total - 1))))
    z = max(0.0, abs(u - m * n / 2) - 0.5) / deviation
    return math.erfc(z / math.sqrt(2))


def holm(pairs):
    """Adds to each pair p as it counts where the least of so many is looked at."""
    least = 0.0
    for place, pair in enumerate(sorted(pairs, key=lambda pair: pair[4])):
        least = max(least, min(1.0, (len(pairs) - place) * pair[4]))
        pair.append(least)
    return pairs


def report(name, sitting, pairs):
    print(f"\n{name}: {len(sitting.milliseconds['known'])} of each kind, "
          f"{len(sitting.said)} different answer{'s'[:len(sitting.said) != 1]}")
    for kind, took in sitting.milliseconds.items():
        low, middle, high = statistics.quantiles(took, n=4)
        print(f"  {kind:12}{middle:9.3f} ms   quartiles {low:.3f} to {high:.3f}")
    print(f"  {'pair':26}{'medians apart':>14}{'p':>11}{'Holm':>11}")
    for one, other, difference, is_apart, p, adjusted in pairs:
        mark = "  differs" if is_apart or adjusted <= PROBABILITY_MIN else ""
        print(f"  {one + ', ' + other:26}{difference:11.3f} ms{p:11.3g}{adjusted:11.3g}{mark}")


def faults(name, sitting, pairs):
    found = [f"{name}: {one} and {other} differ" for one, other, _, is_apart, _, adjusted in pairs
             if is_apart or adjusted <= PROBABILITY_MIN]
    return found + [f"{name}: {each}" for each in list(sitting.said)[:8] if len(sitting.said) > 1]


def sit(options, binary):
    """All sittings: by name, with what was found."""
    with tempfile.TemporaryDirectory(prefix="ostiary-") as temporary:
        folder, log = Path(temporary) / "data", Path(temporary) / "log"

        @contextlib.contextmanager
        def serving():
            node = Node("the node", binary, folder, log, flags=["--no-call-limits"])
            try:
                yield node
            finally:
                node.stop()

        with serving() as node:
            make_people(node)
        suspend(folder)
        draw = random.Random(options.seed)
        with serving() as node:
            for name in ["sign-in", "forgotten"]:
                route = Sitting.sign_in if name == "sign-in" else Sitting.forgotten
                yield name, Sitting(node, route, options.rounds, draw)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=PROJECT / ".build/release/ostiary")
    parser.add_argument("--rounds", type=int, default=500, help="answers of each kind")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2 ** 32)
    parser.add_argument("--finds", choices=KINDS[1:], metavar="kind",
                        help="the one that must differ from `known` at sign-in")
    options = parser.parse_args()
    if not 0 < options.rounds <= 90 * PEOPLE:
        parser.error(f"--rounds: 1 to {90 * PEOPLE}, or the guesses lock everybody out")
    print(f"{options.rounds} rounds, seed {options.seed}", flush=True)
    found, apart = [], set()
    for name, sitting in sit(options, options.binary.resolve()):
        pairs = sitting.pairs()
        report(name, sitting, pairs)
        found += faults(name, sitting, pairs)
        apart |= {(name, pair[0], pair[1]) for pair in pairs
                  if pair[3] and pair[5] <= PROBABILITY_MIN}
    if options.finds:
        if ("sign-in", "known", options.finds) not in apart:
            sys.exit(f"\nnot found: {options.finds} differs from known")
        print(f"\nfound, as it should be: {options.finds} differs from known")
    elif found:
        sys.exit("\n" + "\n".join(found))
    else:
        print("\nno time tells anything")


if __name__ == "__main__":
    main()

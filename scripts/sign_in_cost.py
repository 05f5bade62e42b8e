#!/usr/bin/env python3
"""What signing in and refreshing cost beside what neither can do without, in one sitting on SQLite
or on PostgreSQL.

Sign-ins with a password stand beside bare Argon2id hashes of the same cost, by the same library, on
as many threads as there are processors: what a sign-in does beside its hash may cost a tenth.
Refreshes of tokens stand beside an UPDATE of one row with its commit, which reaches the disk as
theirs do, one after the other by one connection: they must give a third of that. On SQLite, which
has one writer, there can be no more of them; on PostgreSQL many connections at once give more.
`wrk` asks; each pair is measured in turn, several times, and the medians count.
"""
import argparse
import contextlib
import ctypes
import re
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
import os
from pathlib import Path

from node import PROJECT, Node, run
from people import PASSWORD, Caller
from staging import PostgreSQL, Stack

SIGN_IN_MIN, REFRESH_MIN = 0.9, 1 / 3
# Of `PasswordCost.standard`.
MEMORY_KIBIBYTES, PASSES = 19_456, 2
# Clients at once, as many as keep the processors busy, and threads of wrk that ask for them.
SIGN_IN_CLIENTS, REFRESH_CLIENTS = 8, 64
THREADS = 4
PEOPLE = REFRESH_CLIENTS + THREADS
FLAGS = ["--no-call-limits"]

SIGN_IN = """
local people, turn = {%s}, 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
    turn = turn %% #people + 1
    return wrk.format(nil, nil, nil, people[turn])
end
"""

# A connection takes the token that its thread has had for longest, and leaves its successor. There
# is one more than connections: wrk makes a request that it does not send.
REFRESH = """
local families, threads = {%s}, 0
function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end
function init(arguments)
    tokens, first, last = {}, 1, 0
    for place = number + 1, #families, THREADS do
        last = last + 1
        tokens[last] = families[place]
    end
end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
request = function()
    local token = tokens[first]
    tokens[first] = nil
    first = first + 1
    return wrk.format(nil, nil, nil, "grant_type=refresh_token&refresh_token=" .. token)
end
response = function(status, headers, body)
    if status ~= 200 then
        print(status, body)
        os.exit(1)
    end
    last = last + 1
    tokens[last] = body:match('"refresh_token":"([^"]+)"')
end
""".replace("THREADS", str(THREADS))


def load(url, script, threads, clients, seconds):
    """Requests a second by wrk."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        said = run(["wrk", f"-t{threads}", f"-c{clients}", f"-d{seconds}s", "-s", file.name,
                    url])
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{url} did not succeed: {said}")
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", said)[1])


def hashes(seconds):
    """Bare hashes a second; the library computes outside of the interpreter's lock."""
    library = ctypes.CDLL("libargon2.so.1")
    counts, end = [], time.monotonic() + seconds

    def work():
        out, count = ctypes.create_string_buffer(32), 0
        password, salt = PASSWORD.encode(), os.urandom(16)
        while time.monotonic() < end:
            status = library.argon2id_hash_raw(
                PASSES, MEMORY_KIBIBYTES, 1, password, ctypes.c_size_t(len(password)), salt,
                ctypes.c_size_t(len(salt)), out, ctypes.c_size_t(32))
            if status != 0:
                sys.exit(f"the hash failed: {status}")
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=work) for _ in range(os.cpu_count())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


class Embedded:
    """A node on SQLite, and plain updates in a file beside its own."""

    def __init__(self, binary, folder):
        self.path = folder / "plain.sqlite"
        self.node = Node("the node", binary, folder / "data", folder / "log", flags=FLAGS)
        self.stop = self.node.stop

    def updates(self, seconds):
        """A second, each with its commit on the disk."""
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, value INTEGER)")
            database.execute("INSERT OR IGNORE INTO counter VALUES (1, 0)")
            count, end = 0, time.monotonic() + seconds
            while time.monotonic() < end:
                database.execute("BEGIN IMMEDIATE")
                database.execute("UPDATE counter SET value = value + 1 WHERE id = 1")
                database.execute("COMMIT")
                count += 1
            return count / seconds


class Beside(Stack):
    """A node on PostgreSQL and Redis, and plain updates in the same server."""

    flags = FLAGS

    def __init__(self, binary, folder):
        folder.chmod(0o755)
        super().__init__(argparse.Namespace(
            binary=binary, folder=folder / "stack", port=0, decision_port=0))
        self.script = folder / "update.sql"
        # One statement is a transaction, with its commit.
        self.script.write_text("UPDATE counter SET value = value + 1 WHERE id = 1;\n")
        self.start()
        # It would print mails to a log that nobody reads.
        self.running.pop().stop()
        self.node = self.running[-1]
        self.database.sql(
            "CREATE TABLE counter (id BIGINT PRIMARY KEY, value BIGINT);"
            "INSERT INTO counter VALUES (1, 0)", database="postgres")

    def updates(self, seconds):
        said = run(
            [PostgreSQL.installed() / "pgbench", "-n", "-T", seconds, "-f", self.script,
             self.database.address("postgres", "postgres")], PostgreSQL.USER)
        return float(re.search(r"tps = ([0-9.]+)", said)[1])


class People:
    """Accounts with a password, a device that is known and a family of tokens each."""

    def __init__(self, node):
        caller = Caller(node)
        addresses = [f"person-{number}@example.com" for number in range(PEOPLE)]
        begun = [(each, caller.begin_sign_up(each)) for each in addresses]
        self.answers = [(each, caller.verify(each, attempt)) for each, attempt in begun]
        self.caller = caller

    def sign_in(self):
        bodies = [
            f"""'{{"email":"{each}","password":"{PASSWORD}","device_token":"{answer["device_token"]}"}}'"""
            for each, answer in self.answers]
        return SIGN_IN % ", ".join(bodies)

    def refresh(self):
        """A new family each time: a load ends between an answer and its use."""
        tokens = []
        for each, answer in self.answers:
            session = self.caller.must(
                "/api/v1/auth/sign-in",
                {"email": each, "password": PASSWORD, "device_token": answer["device_token"]})
            tokens.append(f'"{session["refresh_token"]}"')
        return REFRESH % ", ".join(tokens)


def report(what, beside, measured, least):
    """The medians of both, and whether they are what they should be."""
    bare, whole = (statistics.median(each) for each in zip(*measured))
    print(f"{beside:24}{bare:10.0f} a second")
    print(f"{what:24}{whole:10.0f} a second, {whole / bare:.2f} of them (at least {least:.2f})")
    return whole / bare >= least


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, default=PROJECT / ".build/release/ostiary")
    parser.add_argument("--seconds", type=int, default=6, help="of each load")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--postgresql", action="store_true", help="with Redis, not on SQLite")
    options = parser.parse_args()
    seconds, rounds = options.seconds, range(options.rounds)
    with tempfile.TemporaryDirectory(prefix="ostiary-") as temporary:
        stores = (Beside if options.postgresql else Embedded)(
            options.binary.resolve(), Path(temporary))
        try:
            people = People(stores.node)
            sign_in = f"{stores.node.url}/api/v1/auth/sign-in"
            token = f"{stores.node.url}/oauth2/token"
            load(sign_in, people.sign_in(), 1, SIGN_IN_CLIENTS, 2)
            signed = [(hashes(seconds),
                       load(sign_in, people.sign_in(), 1, SIGN_IN_CLIENTS, seconds))
                      for _ in rounds]
            renewed = [(stores.updates(seconds),
                        load(token, people.refresh(), THREADS, REFRESH_CLIENTS, seconds))
                       for _ in rounds]
        finally:
            stores.stop()
    results = [report("sign-ins", "bare hashes", signed, SIGN_IN_MIN),
               report("refreshes", "plain updates", renewed, REFRESH_MIN)]
    if not all(results):
        sys.exit("signing in or refreshing costs more than it may")


if __name__ == "__main__":
    main()

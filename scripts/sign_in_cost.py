#!/usr/bin/env python3
"""What signing in and refreshing cost beside what neither can do without, in one sitting on SQLite
or on PostgreSQL.

Sign-ins with a password stand beside bare Argon2id hashes of the same cost, by the same library, on
as many threads as there are processors: what a sign-in does beside its hash may cost a tenth. The
time of a number of them counts, from the first to the last: they are too slow to leave out those
that are under way when a time is up.
Refreshes of tokens stand beside an UPDATE of one row with its commit, which reaches the disk as
theirs do, one after the other by one connection: they must give a third of that. On SQLite, which
has one writer, there can be no more of them; on PostgreSQL many connections at once give more.
`wrk` asks for them.

Each pair is measured many times in turn, and the median of the quotients counts: a machine that
others share is another one half a minute later.
"""
import argparse
import contextlib
import ctypes
import json
import re
import selectors
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
import urllib.parse
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from node import PROJECT, Node, run
from people import PASSWORD, Caller
from staging import PostgreSQL, Stack

SIGN_IN_MIN, REFRESH_MIN = 0.9, 1 / 3
# Of `PasswordCost.standard`.
MEMORY_KIBIBYTES, PASSES = 19_456, 2
# In a round, for each processor.
HASHES = 32
# Clients at once, as many as keep the processors busy, and threads of wrk that ask for them.
SIGN_IN_CLIENTS, REFRESH_CLIENTS = 8, 64
THREADS = 4
FAMILIES = REFRESH_CLIENTS + THREADS
# Of an account: with twenty of them, a sign-in has an old one to end.
SESSIONS_MAX = 16
FLAGS = ["--no-call-limits"]
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)

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


def load(url, script, seconds):
    """Refreshes a second, by wrk."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        said = run(["wrk", f"-t{THREADS}", f"-c{REFRESH_CLIENTS}", f"-d{seconds}s", "-s",
                    file.name, url])
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{url} did not succeed: {said}")
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", said)[1])


def hashes(count):
    """Bare hashes a second; the library computes outside of the interpreter's lock."""
    library = ctypes.CDLL("libargon2.so.1")
    password = PASSWORD.encode()

    def work(_):
        out, salt = ctypes.create_string_buffer(32), os.urandom(16)
        status = library.argon2id_hash_raw(
            PASSES, MEMORY_KIBIBYTES, 1, password, ctypes.c_size_t(len(password)), salt,
            ctypes.c_size_t(len(salt)), out, ctypes.c_size_t(32))
        if status != 0:
            sys.exit(f"the hash failed: {status}")

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        begin = time.monotonic()
        for _ in threads.map(work, range(count)):
            pass
        return count / (time.monotonic() - begin)


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


class Line:
    """A connection to one path. It leaves the processors to the node: of an answer it reads where
    it ends, and whether it is good."""

    def __init__(self, url):
        place = urllib.parse.urlsplit(url)
        self.head = (f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n"
                     "Content-Type: application/json\r\n").encode()
        self.socket = socket.create_connection((place.hostname, place.port), timeout=60)

    def send(self, body):
        self.answer = b""
        self.socket.sendall(b"%sContent-Length: %d\r\n\r\n%s" % (self.head, len(body), body))

    def receive(self):
        """Whether the answer is whole."""
        part = self.socket.recv(65_536)
        if not part:
            sys.exit("the node has closed a connection")
        self.answer += part
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found or len(body) < int(LENGTH.search(head)[1]):
            return False
        if not head.startswith(b"HTTP/1.1 200 "):
            sys.exit(f"a sign-in did not succeed: {self.answer.decode(errors='replace')}")
        return True


class People:
    """Accounts with a password, a device that is known and a family of tokens each."""

    def __init__(self, node, sign_ins):
        caller = Caller(node)
        count = max(FAMILIES, sign_ins // SESSIONS_MAX + 1)
        addresses = [f"person-{number}@example.com" for number in range(count)]
        begun = [(each, caller.begin_sign_up(each)) for each in addresses]
        self.answers = [(each, caller.verify(each, attempt)) for each, attempt in begun]
        self.caller, self.begun = caller, 0

    def typed(self, number):
        address, answer = self.answers[number]
        return {"email": address, "password": PASSWORD, "device_token": answer["device_token"]}

    def sign_ins(self, count):
        """A second, by clients that keep their connections."""
        url = f"{self.caller.node.url}/api/v1/auth/sign-in"
        bodies = [json.dumps(self.typed(each)).encode() for each in range(len(self.answers))]
        begun, self.begun = self.begun, self.begun + count
        waiting = (bodies[number % len(bodies)] for number in range(begun, self.begun))
        with selectors.DefaultSelector() as answers, contextlib.ExitStack() as sockets:
            lines = [Line(url) for _ in range(SIGN_IN_CLIENTS)]
            for line in lines:
                answers.register(sockets.enter_context(line.socket), selectors.EVENT_READ, line)
            begin = time.monotonic()
            for line, body in zip(lines, waiting):
                line.send(body)
            left = count
            while left > 0:
                for key, _ in answers.select():
                    if not key.data.receive():
                        continue
                    left -= 1
                    body = next(waiting, None)
                    if body is not None:
                        key.data.send(body)
            return count / (time.monotonic() - begin)

    def refresh(self):
        """A new family each time: a load ends between an answer and its use."""
        sessions = [self.caller.must("/api/v1/auth/sign-in", self.typed(number))
                    for number in range(FAMILIES)]
        return REFRESH % ", ".join(f'"{each["refresh_token"]}"' for each in sessions)


def report(what, beside, measured, least):
    """The medians of both and of their quotient, and whether that is what it should be."""
    bare, whole = (statistics.median(each) for each in zip(*measured))
    quotients = [whole / bare for bare, whole in measured]
    quotient = statistics.median(quotients)
    print(f"{beside:24}{bare:10.0f} a second")
    print(f"{what:24}{whole:10.0f} a second, {quotient:.2f} of them (at least {least:.2f}; "
          f"{min(quotients):.2f} to {max(quotients):.2f})")
    return quotient >= least


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, default=PROJECT / ".build/release/ostiary")
    parser.add_argument("--seconds", type=int, default=2, help="of each load of refreshes")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--postgresql", action="store_true", help="with Redis, not on SQLite")
    options = parser.parse_args()
    seconds, rounds = options.seconds, range(options.rounds)
    with tempfile.TemporaryDirectory(prefix="ostiary-") as temporary:
        stores = (Beside if options.postgresql else Embedded)(
            options.binary.resolve(), Path(temporary))
        try:
            count = HASHES * os.cpu_count()
            people = People(stores.node, count * (options.rounds + 1))
            token = f"{stores.node.url}/oauth2/token"
            people.sign_ins(count)
            signed = [(hashes(count), people.sign_ins(count)) for _ in rounds]
            renewed = [(stores.updates(seconds), load(token, people.refresh(), seconds))
                       for _ in rounds]
        finally:
            stores.stop()
    results = [report("sign-ins", "bare hashes", signed, SIGN_IN_MIN),
               report("refreshes", "plain updates", renewed, REFRESH_MIN)]
    if not all(results):
        sys.exit("signing in or refreshing costs more than it may")


if __name__ == "__main__":
    main()

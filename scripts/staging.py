#!/usr/bin/env python3
"""A staging stack on this machine: PostgreSQL, two nodes, and people to ask as.

What it makes lies in one folder and is there again at the next start; `--clean` removes it.
"""
import argparse
import dataclasses
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from node import PROJECT, Node, Program, command, run
from seed import Organization, Person, Seed

SOCKET_PATH_MAX = 90


class PostgreSQL(Program):
    """On a socket in a folder that only its owner enters, where anyone may connect as anyone."""

    USER = "postgres"

    def __init__(self, folder):
        self.folder, self.programs = folder, self.installed()
        data = folder / "data"
        self.own(folder)
        self.socket = folder
        if len(str(folder)) > SOCKET_PATH_MAX:
            self.socket = Path(tempfile.mkdtemp(prefix="ostiary-"))
            self.own(self.socket)
        if not data.exists():
            run([self.programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E",
                 "UTF8", "--locale=C"], self.USER)
        super().__init__(
            "PostgreSQL",
            [self.programs / "postgres", "-D", data, "-k", self.socket, "-c",
             "listen_addresses="], folder.parent / "postgres.log", self.USER)
        self.wait(lambda: subprocess.run(
            command([self.programs / "pg_isready", "-q", "-h", self.socket], self.USER)
        ).returncode == 0)

    @staticmethod
    def installed():
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        if not found:
            sys.exit("PostgreSQL is not installed: `make install-dependencies` does that")
        return found[-1].parent

    def own(self, folder):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        if os.getuid() != 0:
            return
        user = pwd.getpwnam(self.USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
        entering = subprocess.run(command(["test", "-w", folder], self.USER))
        if entering.returncode != 0:
            sys.exit(f"the user {self.USER} cannot enter {folder}: name another --folder")

    def address(self, role, database="ostiary"):
        return f"host={self.socket} dbname={database} user={role}"

    def sql(self, text, role="postgres", database="ostiary"):
        return run([self.programs / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1",
                    self.address(role, database)], self.USER, text)

    def make_database(self):
        """The database and the role that owns it; that one makes the others."""
        if self.sql("SELECT 1 FROM pg_roles WHERE rolname = 'ostiary_owner'", database="postgres"):
            return
        self.sql("CREATE ROLE ostiary_owner LOGIN CREATEROLE;", database="postgres")
        self.sql("CREATE DATABASE ostiary OWNER ostiary_owner", database="postgres")

    def stop(self, by=signal.SIGINT):
        super().stop(by)
        if self.socket != self.folder:
            shutil.rmtree(self.socket, ignore_errors=True)


class Redis(Program):
    """On a socket beside the database's: what it keeps may be lost."""

    USER = "redis"

    def __init__(self, folder):
        program = shutil.which("redis-server")
        if program is None:
            sys.exit("Redis is not installed: `make install-dependencies` does that")
        self.socket = Path(tempfile.mkdtemp(prefix="ostiary-redis-"))
        if os.getuid() == 0:
            user = pwd.getpwnam(self.USER)
            os.chown(self.socket, user.pw_uid, user.pw_gid)
        path = self.socket / "socket"
        super().__init__(
            "Redis",
            [program, "--port", "0", "--unixsocket", path, "--dir", self.socket, "--save", "",
             "--appendonly", "no", "--maxmemory-policy", "noeviction"],
            folder / "redis.log", self.USER)
        self.url = f"unix://{path}"
        self.wait(path.exists)

    def stop(self, by=signal.SIGTERM):
        super().stop(by)
        shutil.rmtree(self.socket, ignore_errors=True)


class Stack:
    """All of it, from the first start to the last stop."""

    flags = ["--watch", "examples/invoicing/policies"]

    def __init__(self, options):
        self.options = options
        self.folder = Path(options.folder).resolve()
        self.running = []

    def start(self):
        self.folder.mkdir(mode=0o755, exist_ok=True)
        self.database = PostgreSQL(self.folder / "postgres")
        self.running.append(self.database)
        self.database.make_database()
        self.redis = Redis(self.folder)
        self.running.append(self.redis)
        self.environment = {
            "OSTIARY_DATABASE": self.database.address("ostiary_application"),
            "OSTIARY_DATABASE_SYSTEM": self.database.address("ostiary_system"),
        }
        first = self.folder / "node-1"
        run([self.options.binary, "migrate", "--data-dir", first, "--database-owner",
             self.database.address("ostiary_owner")], environment=self.environment)
        self.organizations = self.seed()
        for number in (1, 2):
            self.running.append(self.node(number, first))

    def node(self, number, first):
        """Nodes share their keys: what one seals the others open."""
        folder = self.folder / f"node-{number}"
        if folder != first:
            folder.mkdir(mode=0o700, exist_ok=True)
            for name in ("sealing.keys", "audit.key"):
                shutil.copy2(first / name, folder / name)
        port, decision_port = (
            base and base + number - 1 for base in (self.options.port, self.options.decision_port))
        return Node(
            f"node {number}", self.options.binary, folder, self.folder / f"node-{number}.log",
            port, decision_port, ["--redis", self.redis.url, *self.flags], self.environment)

    def seed(self):
        """The people, made at the first start and kept in a file with their keys."""
        path = self.folder / "people.json"
        if not path.exists():
            seed = Seed("postgresql")
            made = seed.installation(["acme", "bolt", "cargo"])
            text = json.dumps([dataclasses.asdict(each) for each in made], indent=2)
            # Before the rows: a start that is cut short between them says so at the next one.
            path.touch(mode=0o600)
            path.write_text(text)
            try:
                self.database.sql(seed.script, "ostiary_system")
            except SystemExit:
                path.unlink()
                raise
        return [
            Organization(each["slug"], each["id"],
                         {role: Person(**person) for role, person in each["people"].items()})
            for each in json.loads(path.read_text())]

    def stop(self):
        for program in reversed(self.running):
            program.stop()

    def table(self):
        nodes = self.running[2:]
        administrator = self.organizations[0].people["owner"]
        acme = self.organizations[1]
        lines = [f"{node.name:14}{node.url:24}decisions {node.decision_url}" for node in nodes]
        lines += [f"{'PostgreSQL':14}psql '{self.database.address('ostiary_system')}'",
                  f"{'Redis':14}redis-cli -s {self.redis.socket}/socket",
                  f"{'logs':14}{self.folder}/*.log", ""]
        for organization in self.organizations:
            lines.append(f"{organization.slug}  {organization.id}")
            for role, person in organization.people.items():
                lines.append(f"  {role:12}{person.key}")
        bearer = "-H 'Authorization: Bearer"
        lines += [
            "", "The owner of `operations` administers the installation. People and keys were",
            "written with SQL (scripts/seed.py): the audit does not know of them.",
            "",
            f"curl -s {nodes[0].url}/healthz",
            f"curl -s {bearer} {administrator.key}' {nodes[1].url}/api/v1/organizations",
            f"curl -s {bearer} {acme.people['viewer'].key}' "
            f"{nodes[0].url}/api/v1/organizations/{acme.id}",
            "", "Ctrl-C stops it."]
        return "\n".join(lines)


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, default=PROJECT / ".build/release/ostiary")
    parser.add_argument("--folder", default=PROJECT / ".staging")
    parser.add_argument("--port", type=int, default=8080,
                        help="the first node's; the second has the next; 0: free ones")
    parser.add_argument("--decision-port", type=int, default=8181, help="the same")
    parser.add_argument("--clean", action="store_true", help="remove what was made, and end")
    return parser.parse_args()


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    chosen = options()
    if chosen.clean:
        shutil.rmtree(chosen.folder, ignore_errors=True)
        return
    # Whoever started this may have left signals blocked, and everything started here would too.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, interrupted)
    chosen.binary = chosen.binary.resolve()
    stack = Stack(chosen)
    try:
        stack.start()
        print(stack.table(), flush=True)
        while all(program.process.poll() is None for program in stack.running):
            time.sleep(0.5)
        sys.exit("a part of it ended: see the logs")
    except KeyboardInterrupt:
        print("stopping", flush=True)
    finally:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        stack.stop()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What an authorized read costs beside an answer that decides nothing, in one sitting on SQLite.

`wrk` asks one after the other for a static route (the style sheet of the pages), for an answer
before any route or decision (a CORS preflight), and for an organization with a key: credential,
subject and facts from the database, a decision, its record. Fails where the read gives less than a
quarter of what the static route gives.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from installation import served
from node import PROJECT, run

RATIO_MIN = 0.25
ORIGIN = "https://app.test"


def load(url, fields, seconds, method="GET"):
    """Requests a second by wrk."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        lines = [f'wrk.method = "{method}"']
        lines += [f'wrk.headers["{name}"] = "{value}"' for name, value in fields.items()]
        script.write("\n".join(lines))
        script.flush()
        said = run(["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", script.name, url])
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{url} did not succeed: {said}")
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", said)[1])


def processor_seconds(pid):
    """User and system time of all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def decision_microseconds(binary, node, person, organization):
    """Of one decision on the request's own input, as `ostiary bench` measures it."""
    bearer = f"Authorization: Bearer {person.key}"
    path = f"{node.url}/api/v1/organizations/{organization.id}"
    head = run(["curl", "-sD-", "-o", "/dev/null", "-H", bearer, path])
    decision = re.search(r"x-decision-id: (\S+)", head, re.IGNORECASE)[1]
    record = json.loads(
        run(["curl", "-s", "-H", bearer, f"{node.url}/api/v1/decisions/{decision}"]))
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(record["input"], file)
        file.flush()
        said = json.loads(run(
            [binary, "bench", "--format", "json", "-d", PROJECT / "Policies/ostiary", "-i",
             file.name, "data.ostiary.organization.decision"]))
    return said["ns_per_decision"] / 1000


def durable_writes(pid, url, fields):
    """How often all requests of a second made the disk write, and how many they were."""
    if not shutil.which("strace"):
        return None
    trace = subprocess.Popen(
        ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-p", str(pid)],
        stderr=subprocess.PIPE, text=True)
    rate = load(url, fields, 5)
    trace.send_signal(2)
    calls = sum(
        int(line.split()[3]) for line in trace.communicate()[1].splitlines()
        if line.rstrip().endswith("sync"))
    return calls, round(rate * 5)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, default=PROJECT / ".build/release/ostiary")
    parser.add_argument("--seconds", type=int, default=8, help="of each load")
    options = parser.parse_args()
    binary = options.binary.resolve()
    with served(binary, ["--no-call-limits", "--allowed-origin", ORIGIN]) as (node, organizations):
        acme = organizations["acme"]
        viewer = acme.people["viewer"]
        read = f"{node.url}/api/v1/organizations/{acme.id}"
        bearer = {"Authorization": f"Bearer {viewer.key}"}
        preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
        load(read, bearer, 2)
        bare = load(read, preflight, options.seconds, "OPTIONS")
        static = load(f"{node.url}/assets/pages.css", {}, options.seconds)
        before = processor_seconds(node.process.pid)
        authorized = load(read, bearer, options.seconds)
        used = processor_seconds(node.process.pid) - before
        per_request = used / (authorized * options.seconds) * 1e6
        decision = decision_microseconds(binary, node, viewer, acme)
        print(f"bare answer        {bare:10.0f} a second")
        print(f"static route       {static:10.0f} a second")
        print(f"authorized read    {authorized:10.0f} a second, {authorized / static:.2f} of the"
              f" static route, {authorized / bare:.2f} of the bare answer")
        print(f"processor time     {per_request:10.1f} µs of a read")
        print(f"decision           {decision:10.1f} µs of them, {decision / per_request:.0%}")
        writes = durable_writes(node.process.pid, read, bearer)
        if writes:
            print(f"durable writes     {writes[0]:10} of {writes[1]} reads, "
                  f"{writes[0] / writes[1]:.4f} each")
        else:
            print("durable writes     not counted: strace is not installed")
        if authorized < static * RATIO_MIN:
            sys.exit(f"an authorized read gives less than {RATIO_MIN} of a static route")


if __name__ == "__main__":
    main()

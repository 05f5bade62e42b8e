#!/usr/bin/env python3
"""The API against its own description: `openapi-spec-validator` reads /openapi.json, and
`schemathesis` asks for what it describes, as nobody, a member, an owner, an administrator, and as
somebody who has signed in with a password.

Fails at a 500, at an answer that is not as described, and where fewer than seven of ten operations
ever succeeded with a 2xx; forms of pages, which never do, are left out of the count. Both programs are PyPI's; `make schemathesis` installs them beside the build.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from installation import served
from node import PROJECT

REACHED_MIN = 0.7
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "negative_data_rejection",
    "missing_required_header", "unsupported_method", "allow_header_conformance",
]


def answer(url, key=None, body=None):
    request = urllib.request.Request(url)
    if body:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    with urllib.request.urlopen(request) as reply:
        return reply.headers, json.load(reply)


def settings(organization, machine, key, domain, decision):
    """Parameters that name something: nobody finds an id by trying."""
    known = {"organization": organization.id, "key": key, "service_account": machine,
             "member": organization.people["viewer"].membership, "decision": decision,
             "account": organization.people["viewer"].account, "domain": domain,
             "file": "pages.css"}
    lines = [f'"path.{name}" = "{value}"' for name, value in known.items()]
    return "\n".join(["[parameters]", *lines, ""])


class Sitting:
    """One node, asked as one after the other."""

    def __init__(self, options, node, organizations, folder):
        self.options, self.url, self.folder = options, node.url, Path(folder)
        acme = organizations["acme"]
        self.keys = {
            "anonymous": None, "member": acme.people["member"].key,
            "owner": acme.people["owner"].key,
            "administrator": organizations["operations"].people["owner"].key,
            "account": None,
        }
        path = f"{node.url}/api/v1/organizations/{acme.id}"
        headers, _ = answer(path, self.keys["owner"])
        machine = answer(f"{path}/service-accounts", self.keys["owner"],
                         {"name": "machine", "role": "viewer"})[1]["id"]
        key = answer(f"{path}/keys", self.keys["owner"],
                     {"name": "key", "scopes": ["*"], "service_account": machine})[1]["id"]
        domain = answer(f"{path}/domains", self.keys["owner"],
                        {"name": "login.acme.example"})[1]["id"]
        self.environment = {
            **os.environ, "PYTHONPATH": str(PROJECT / "scripts"),
            "SCHEMATHESIS_HOOKS": "api_hooks",
            "OSTIARY_PRINCIPAL": organizations["bolt"].people["member"].account,
            "OSTIARY_MACHINE": machine,
        }
        self.person = {"url": node.url, "log": str(node.log)}
        self.description = self.folder / "openapi.json"
        self.description.write_text(json.dumps(answer(f"{node.url}/openapi.json")[1]))
        self.settings = self.folder / "schemathesis.toml"
        self.settings.write_text(settings(acme, machine, key, domain, headers["x-decision-id"]))

    def program(self, name):
        return self.options.tools / name

    def validate(self):
        done = subprocess.run([self.program("openapi-spec-validator"), self.description])
        return done.returncode == 0

    def ask(self, name):
        """All phases as one of them.
        Returns whether all was as described, and status codes by operation."""
        report = self.folder / f"{name}.har"
        fields = ["-H", f"Authorization: Bearer {self.keys[name]}"] if self.keys[name] else []
        environment = dict(self.environment)
        if name == "account":
            environment["OSTIARY_PERSON"] = json.dumps(self.person)
        print(f"== as {name}", flush=True)
        done = subprocess.run(
            [self.program("st"), "--config-file", self.settings, "run", self.description, "--url",
             self.url, "--checks", ",".join(CHECKS), "--max-examples",
             str(self.options.examples), "--seed", str(self.options.seed), "--warnings", "off",
             "--continue-on-failure", "--report", "har", "--report-har-path", report, *fields],
            env=environment, cwd=self.folder)
        return done.returncode == 0, self.statuses(report)

    def statuses(self, report):
        """By operation, as the description names it."""
        paths = json.loads(self.description.read_text())["paths"]
        found = {}
        for entry in json.loads(report.read_text())["log"]["entries"]:
            path = re.sub(r"^https?://[^/]+", "", entry["request"]["url"]).split("?")[0]
            method = entry["request"]["method"].lower()
            for template, operations in paths.items():
                pattern = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(template))
                if method in operations and re.fullmatch(pattern, path):
                    statuses = found.setdefault(f"{method.upper()} {template}", {})
                    status = entry["response"]["status"]
                    statuses[status] = statuses.get(status, 0) + 1
        return found

    @property
    def operations(self):
        """Those that have a 2xx to give."""
        paths = json.loads(self.description.read_text())["paths"]
        return [f"{method.upper()} {path}" for path, each in paths.items()
                for method, operation in each.items()
                if any(status.startswith("2") for status in operation["responses"])]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, default=PROJECT / ".build/release/ostiary")
    parser.add_argument("--tools", type=Path, required=True, help="where both programs are")
    parser.add_argument("--examples", type=int, default=50, help="of each operation")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.tools = options.tools.resolve()
    with tempfile.TemporaryDirectory() as folder:
        # Of the tier that may have most.
        with served(options.binary.resolve(), tiers=["enterprise"] * 4) as (node, organizations):
            sitting = Sitting(options, node, organizations, folder)
            is_good = sitting.validate()
            reached, requests, server_errors = set(), 0, 0
            for name in sitting.keys:
                is_conforming, statuses = sitting.ask(name)
                is_good = is_good and is_conforming
                for operation, counts in statuses.items():
                    requests += sum(counts.values())
                    server_errors += sum(n for code, n in counts.items() if code >= 500)
                    if any(200 <= code < 300 for code in counts):
                        reached.add(operation)
            operations = sitting.operations
            share = len(reached) / len(operations)
            print(f"{requests} requests, {server_errors} with 5xx; {len(reached)} of "
                  f"{len(operations)} operations succeeded ({share:.0%})")
            missed = [each for each in operations if each not in reached]
            print("never:", ", ".join(missed) or "none")
            if not is_good or server_errors or share < REACHED_MIN:
                sys.exit(1)


if __name__ == "__main__":
    main()

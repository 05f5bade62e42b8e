"""For schemathesis: what a body must name to mean something, and what somebody can do who has
signed in."""
import json
import os
import re
import types
from pathlib import Path

import schemathesis

import people

ROLES = {"owner", "admin", "member", "viewer"}
# As the description has them: what is longer is sent as it is, to be refused.
PRINCIPAL_MAX, ROLE_MAX = 64, 100
MACHINE = re.compile("svc_[0-7][0-9a-hjkmnp-tv-z]{25}")


@schemathesis.hook
def map_body(context, body):
    """Of bodies that are as described, principals, service accounts and roles become ones that
    there are."""
    if not isinstance(body, dict):
        return body
    principal, role = body.get("principal"), body.get("role")
    machine = body.get("service_account")
    if isinstance(principal, str) and is_fit(principal, PRINCIPAL_MAX):
        body["principal"] = os.environ["OSTIARY_PRINCIPAL"]
    if isinstance(machine, str) and MACHINE.fullmatch(machine):
        body["service_account"] = os.environ["OSTIARY_MACHINE"]
    if isinstance(role, str) and is_fit(role, ROLE_MAX) and role not in ROLES:
        body["role"] = "viewer"
    return body


def is_fit(text, length_max):
    return 1 <= len(text) <= length_max and text.isprintable()


class Session:
    """Somebody with a password, as an application signs them in: OSTIARY_PERSON names the node.

    What ends sessions or accounts is asked as somebody who was made for it, and what a mail
    confirms is mailed first; both take a moment, so that only the first requests of an operation
    get it.
    """

    PREPARED_MAX = 3

    def __init__(self, url, log):
        self.caller = people.Caller(types.SimpleNamespace(url=url, log=Path(log)))
        self.count, self.prepared = 0, {}
        self.address = self.new_address()
        self.tokens = self.sign_up(self.address)

    def new_address(self):
        self.count += 1
        return f"hooked-{os.getpid()}-{self.count}@example.com"

    def sign_up(self, address):
        return self.caller.verify(address, self.caller.begin_sign_up(address))

    def sign_in(self):
        return self.caller.must(
            "/api/v1/auth/sign-in", {"email": self.address, "password": people.PASSWORD})

    def somebody_new(self):
        return self.sign_up(self.new_address())["access_token"]

    def of_mail(self, begin):
        address = self.new_address()
        attempt = begin(address)
        return {"code": self.caller.code(address), "attempt_token": attempt}

    def body(self, label):
        """One that succeeds, where the operation needs to be told what nobody can guess."""
        password = {"password": people.PASSWORD}
        match label:
            case "POST /api/v1/auth/sign-in":
                return {"email": self.address, **password}
            case "POST /api/v1/auth/step-up":
                return password
            case "POST /api/v1/auth/verify":
                return self.of_mail(self.caller.begin_sign_up)
            case "POST /api/v1/auth/magic-link/redeem":
                return self.of_mail(self.caller.begin_by_mail)
            case "PUT /api/v1/me/password":
                return {"current_password": people.PASSWORD,
                        "new_password": f"{people.PASSWORD}, another one"}
            case "POST /oauth2/token":
                return {"grant_type": "refresh_token",
                        "refresh_token": self.sign_in()["refresh_token"]}
        return None

    def token(self, label):
        """Whose it is to be."""
        match label:
            case "PUT /api/v1/me/password" | "DELETE /api/v1/me":
                return self.somebody_new()
            case "POST /api/v1/auth/sign-out" | "POST /api/v1/auth/step-up":
                return self.sign_in()["access_token"]
        return self.tokens["access_token"]

    def is_prepared(self, label):
        self.prepared[label] = self.prepared.get(label, 0) + 1
        return self.prepared[label] <= self.PREPARED_MAX


# By name, because modules of hooks are read once a process.
KNOWN = {}


def session():
    if "session" not in KNOWN:
        KNOWN["session"] = Session(**json.loads(os.environ["OSTIARY_PERSON"]))
    return KNOWN["session"]


@schemathesis.hook
def before_call(context, case, kwargs):
    """As somebody who has signed in, for the first requests of each operation that are as
    described: nothing that the session needs may be ended by the others."""
    # What is asked before all, to know the server, was not generated.
    if "OSTIARY_PERSON" not in os.environ or case.meta is None:
        return
    label, mode = case.operation.label, case.meta.generation.mode
    someone = session()
    body = None
    if mode.is_positive and someone.is_prepared(label):
        body = someone.body(label)
        case.headers["Authorization"] = f"Bearer {someone.token(label)}"
    elif label in ENDING:
        case.headers.pop("Authorization", None)
    else:
        case.headers["Authorization"] = f"Bearer {someone.tokens['access_token']}"
    if body is not None:
        case.body = body


# Asked with the session itself, they would leave the others without it.
ENDING = {
    "PUT /api/v1/me/password", "DELETE /api/v1/me", "POST /api/v1/auth/sign-out",
    "POST /api/v1/auth/step-up",
}

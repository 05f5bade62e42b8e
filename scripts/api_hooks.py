"""For schemathesis: what a body must name to mean something."""
import os
import re

import schemathesis

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

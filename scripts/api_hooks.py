"""For schemathesis: what a body must name to mean something."""
import os

import schemathesis

ROLES = {"owner", "admin", "member", "viewer"}
# As the description has them: what is longer is sent as it is, to be refused.
PRINCIPAL_MAX, ROLE_MAX = 64, 100


@schemathesis.hook
def map_body(context, body):
    """Of bodies that are as described, principals and roles become ones that there are."""
    if not isinstance(body, dict):
        return body
    principal, role = body.get("principal"), body.get("role")
    if isinstance(principal, str) and is_fit(principal, PRINCIPAL_MAX):
        body["principal"] = os.environ["OSTIARY_PRINCIPAL"]
    if isinstance(role, str) and is_fit(role, ROLE_MAX) and role not in ROLES:
        body["role"] = "viewer"
    return body


def is_fit(text, length_max):
    return 1 <= len(text) <= length_max and text.isprintable()

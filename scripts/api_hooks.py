"""For schemathesis: what a body must name to mean something."""
import os

import schemathesis

ROLES = {"owner", "admin", "member", "viewer"}


@schemathesis.hook
def map_body(context, body):
    """Of bodies that are as described, principals and roles become ones that there are."""
    if not isinstance(body, dict):
        return body
    if isinstance(body.get("principal"), str) and body["principal"]:
        body["principal"] = os.environ["OSTIARY_PRINCIPAL"]
    if isinstance(body.get("role"), str) and body["role"] and body["role"] not in ROLES:
        body["role"] = "viewer"
    return body

"""People of an installation as a client makes them: over HTTP, with the mails that a node prints
where it has no mail server."""
import http.client
import json
import re
import time
import urllib.parse

PASSWORD = "an unlikely sentence of ours"


class Caller:
    """One connection to a node, kept open."""

    def __init__(self, node):
        self.node = node
        self.connection = http.client.HTTPConnection(
            urllib.parse.urlsplit(node.url).netloc, timeout=60)

    def ask(self, path, body):
        """The status, and the answer as JSON."""
        self.connection.request("POST", path, json.dumps(body),
                                {"Content-Type": "application/json"})
        reply = self.connection.getresponse()
        return reply.status, json.loads(reply.read() or "{}")

    def must(self, path, body):
        status, answer = self.ask(path, body)
        if status >= 300:
            raise SystemExit(f"{path}: {status} {answer}")
        return answer

    # Sign-ups and sign-ins by mail, each in two steps: mails take a moment.

    def begin_sign_up(self, address, password=PASSWORD):
        typed = {"password": password} if password else {}
        return self.must("/api/v1/auth/sign-up",
                         {"email": address, "display_name": "Ada", **typed})["attempt_token"]

    def verify(self, address, attempt):
        return self.must("/api/v1/auth/verify",
                         {"code": self.code(address), "attempt_token": attempt})

    def begin_by_mail(self, address):
        return self.must("/api/v1/auth/magic-link", {"email": address})["attempt_token"]

    def redeem(self, address, attempt):
        return self.must("/api/v1/auth/magic-link/redeem",
                         {"code": self.code(address), "attempt_token": attempt})

    def sign_in(self, address, password):
        return self.ask("/api/v1/auth/sign-in", {"email": address, "password": password})

    def code(self, address):
        """The one of the last mail to an address; waits until there is one."""
        pattern = re.compile(
            rf"^To: {re.escape(address)}$.*?^\s*Code:?\s+(\d{{8}})$.*?^---$", re.M | re.S)
        for _ in range(600):
            found = pattern.findall(self.node.log.read_text(errors="replace"))
            if found:
                return found[-1]
            time.sleep(0.05)
        raise SystemExit(f"no mail to {address}: see {self.node.log}")

"""Programs that a script starts, waits for and ends by their ids."""
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# Whatever ends the script ends what it has started.
BOUND = ["setpriv", "--pdeathsig", "INT"]


def command(arguments, user=None):
    """The arguments, run by `user` where the script is run by root."""
    rights = []
    if user and os.getuid() == 0:
        rights = ["--reuid", user, "--regid", user, "--clear-groups"]
    return BOUND + rights + ["--"] + [str(argument) for argument in arguments]


def run(arguments, user=None, text=None, environment=None):
    """Runs a program to its end; what it says is the failure where it fails."""
    done = subprocess.run(command(arguments, user), input=text, text=True, cwd="/",
                          env={**os.environ, **(environment or {})},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{arguments[0]} {arguments[1] if len(arguments) > 1 else ''}: {done.stdout}")
    return done.stdout


class Program:
    """One that runs until it is stopped. A session of its own: Ctrl-C is the script's matter."""

    def __init__(self, name, arguments, log, user=None, environment=None):
        self.name, self.log = name, Path(log)
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                command(arguments, user), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, cwd=PROJECT, start_new_session=True,
                env={**os.environ, **(environment or {})})

    def wait(self, is_ready, seconds=60):
        """Asks again until it is ready, as long as it lives."""
        for _ in range(seconds * 20):
            if self.process.poll() is not None:
                sys.exit(f"{self.name} ended: {self.log.read_text(errors='replace')[-2000:]}")
            if is_ready():
                return
            time.sleep(0.05)
        sys.exit(f"{self.name} does not come: see {self.log}")

    def stop(self, by=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(by)
            self.process.wait()


class Node(Program):
    """`ostiary serve`, with both listeners on loopback."""

    def __init__(self, name, binary, folder, log, port=0, decision_port=0, flags=(),
                 environment=None):
        super().__init__(
            name,
            [binary, "serve", "--addr", f"127.0.0.1:{decision_port}", "--public-addr",
             f"127.0.0.1:{port}", "--data-dir", folder, *flags], log, environment=environment)
        found = {}

        def is_ready():
            text = self.log.read_text(errors="replace")
            found["decisions"] = re.search(r"serving on (http://\S+)", text)
            found["public"] = re.search(r"identity on (http://\S+)/docs", text)
            return "try: " in text

        self.wait(is_ready)
        self.url, self.decision_url = found["public"][1], found["decisions"][1]

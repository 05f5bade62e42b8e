"""An installation on SQLite for one run of a script: a node of the built binary and people to ask
as, gone afterwards."""
import contextlib
import sqlite3
import tempfile
from pathlib import Path

from node import Node, run
from seed import Seed


@contextlib.contextmanager
def served(binary, flags=("--no-call-limits",), tiers=(), fill=lambda seed: None):
    """A node, and its organizations: `operations`, whose owner administers it, acme, bolt, cargo;
    of these tiers, or of the first. `fill` adds rows of its own."""
    with tempfile.TemporaryDirectory(prefix="ostiary-") as temporary:
        folder = Path(temporary) / "data"
        run([binary, "migrate", "--data-dir", folder])
        seed = Seed("sqlite")
        organizations = seed.installation(["acme", "bolt", "cargo"])
        fill(seed)
        with contextlib.closing(sqlite3.connect(folder / "ostiary.sqlite")) as database:
            database.executescript(seed.script)
            for organization, tier in zip(organizations, tiers):
                database.execute("UPDATE organizations SET tier = ? WHERE id = ?",
                                 (tier, organization.id))
            database.commit()
        node = Node("the node", binary, folder, Path(temporary) / "log",
                    flags=flags)
        try:
            yield node, {each.slug: each for each in organizations}
        finally:
            node.stop()

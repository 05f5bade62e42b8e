"""Rows of an installation to try things out on: an administrator, and organizations with a member
of each role, every one with an API key.

No operation makes accounts or keys yet, so they are written as SQL, by the columns of
Sources/Identity/Schema. What is made like this is not in the audit.
"""
import hashlib
import os
import time
from dataclasses import dataclass, field

ROLES = {"owner": 100, "admin": 80, "member": 40, "viewer": 20}
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass
class Person:
    """Somebody with a place in an organization and a key that is good there."""

    name: str
    role: str
    account: str
    membership: str
    key: str


@dataclass
class Organization:
    slug: str
    id: str
    people: dict = field(default_factory=dict)


def identifier(prefix):
    """An id as the product makes it: a UUID of version 7 in base 32."""
    number = int(time.time() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return prefix + "_" + "".join(DIGITS[number >> shift & 31] for shift in range(125, -1, -5))


def api_key():
    """A key as text: id, secret and checksum."""
    body = f"osk_{identifier('key')[4:]}_{os.urandom(20).hex()}"
    return body + hashlib.sha256(f"checksum:{body}".encode()).hexdigest()[:8]


class Seed:
    """Collects the statements, and who they make."""

    def __init__(self, dialect):
        self.dialect = dialect
        self.now = time.time_ns() // 1000
        self.statements = []

    def installation(self, slugs):
        """An administrator, who owns the organization `operations`, and one organization a slug."""
        operations = self.organization("operations", ["owner"])
        administrator = operations.people["owner"].account
        self.insert("platform_roles", principal_id=administrator, role="administrator",
                    granted_at=self.now)
        return [operations] + [self.organization(slug, ROLES) for slug in slugs]

    def organization(self, slug, roles):
        made = Organization(slug, identifier("org"))
        self.insert("organizations", id=made.id, realm_id="default", slug=slug,
                    name=slug.capitalize(), tier="free", status="active", **self.versioned())
        ids = {}
        for role, rank in ROLES.items():
            ids[role] = identifier("rol")
            self.insert("roles", id=ids[role], organization_id=made.id, name=role, rank=rank,
                        is_system=True, permissions="[]", **self.versioned())
        for role in roles:
            made.people[role] = self.person(made, role, ids[role])
        return made

    def person(self, organization, role, role_id):
        person = Person(f"{role}@{organization.slug}.test", role, identifier("usr"),
                        identifier("mem"), api_key())
        self.account(person)
        self.insert("memberships", id=person.membership, organization_id=organization.id,
                    principal_id=person.account, status="active", source="manual", profile="{}",
                    **self.versioned())
        self.insert("membership_roles", organization_id=organization.id,
                    membership_id=person.membership, role_id=role_id, granted_at=self.now)
        self.insert("api_keys", id="key_" + person.key.split("_")[1], principal_id=person.account,
                    organization_id=organization.id, name="seed",
                    secret_digest=hashlib.sha256(person.key.encode()).digest(), scopes="* key:*",
                    created_at=self.now)
        return person

    def account(self, person):
        self.insert("principals", id=person.account, realm_id="default", kind="account",
                    created_at=self.now)
        self.insert("accounts", id=person.account, display_name=person.name, status="active",
                    **self.versioned())
        self.insert("account_addresses", id=identifier("adr"), realm_id="default",
                    account_id=person.account, address=person.name, address_key=person.name,
                    is_primary=True, verified_at=self.now, created_at=self.now)

    def versioned(self):
        return {"version": 1, "created_at": self.now, "updated_at": self.now}

    def insert(self, table, **columns):
        values = ", ".join(self.literal(value) for value in columns.values())
        self.statements.append(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values});")

    def literal(self, value):
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, bytes):
            return f"'\\x{value.hex()}'" if self.dialect == "postgresql" else f"X'{value.hex()}'"
        return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"

    @property
    def script(self):
        """All of it as one transaction."""
        return "\n".join(["BEGIN;", *self.statements, "COMMIT;", ""])

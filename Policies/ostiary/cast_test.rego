# The people, organizations and requests of the tests.
package ostiary.cast_test

acme := {
	"id": "org_acme",
	"slug": "acme",
	"status": "active",
	"tier": "free",
	"flags": {"maintenance": false},
}

roles := {
	"owner": system_role("owner", 100),
	"admin": system_role("admin", 80),
	"member": system_role("member", 40),
	"viewer": system_role("viewer", 20),
}

system_role(name, rank) := {
	"id": concat("_", ["rol", name]),
	"name": name,
	"rank": rank,
	"is_system": true,
	"permissions": [],
}

custom_role(rank, permissions) := {
	"id": "rol_custom",
	"name": "custom",
	"rank": rank,
	"is_system": false,
	"permissions": permissions,
}

anonymous := {"kind": "anonymous", "platform_roles": []}

# Belongs to no organization.
stranger := {
	"kind": "account",
	"id": "usr_stranger",
	"status": "active",
	"platform_roles": [],
	"credential": {
		"kind": "api_key",
		"id": "key_1",
		"scopes": ["*"],
		"expires_at": null,
		"superseded": false,
	},
}

administrator := object.union(stranger, {
	"id": "usr_administrator",
	"platform_roles": ["administrator"],
})

# Has signed in so many seconds ago.
signed_in(subject, age) := object.union(subject, {"credential": {
	"kind": "session",
	"session": {"id": "ses_1", "acr": "aal1", "auth_age_seconds": age},
}})

fresh(subject) := signed_in(subject, 0)

# Belongs to Acme, with the role.
having(role) := object.union(stranger, {
	"id": "usr_self",
	"membership": {
		"id": "mem_self",
		"organization": "org_acme",
		"status": "active",
		"roles": [role],
	},
})

owner := having(roles.owner)

admin := having(roles.admin)

member := having(roles.member)

viewer := having(roles.viewer)

scoped(subject, scopes) := object.union(subject, {"credential": {"scopes": scopes}})

request := {"id": "req_1", "method": "GET", "address": "203.0.113.7", "host": "acme.example"}

# What is asked outside of any organization.
bare(subject, action) := {
	"action": action,
	"request": request,
	"subject": subject,
	"resource": {"exists": true, "attributes": {}},
}

# What is asked of Acme, about something that Acme has.
asking(subject, action, attributes) := {
	"action": action,
	"request": request,
	"subject": subject,
	"tenant": acme,
	"resource": {
		"id": "res_1",
		"exists": true,
		"organization": "org_acme",
		"attributes": attributes,
	},
}

# The same of something that is not there.
missing(subject, action) := object.union(
	asking(subject, action, {}),
	{"resource": {"exists": false}},
)

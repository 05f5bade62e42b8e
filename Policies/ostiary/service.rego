# METADATA
# title: What the server tells of itself
# description: |
#   Its description, its health and the keys by which its tokens are verified are everybody's:
#   monitors and gateways have no account, and ask in every state of the organization whose host they
#   use. What the checks found in detail stays inside.
# scope: package
package ostiary.service

import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_everybody(area) if {
	input.action in {"service:describe", "service:health", "service:keys", "service:page"}
} else := verdict.of_platform(area)

area := {
	"actions": {
		"service:describe": "nothing",
		"service:health": "nothing",
		"service:keys": "nothing",
		"service:page": "nothing",
		"service:details": "an administrator of the installation, or a caller on this machine",
	},
	"lookups": set(),
	"permits": permits,
	"denials": set(),
	"reading": true,
	"obligations": set(),
}

# METADATA
# title: What the API is, whether it is well, and pages that are nobody's
permits contains {
	"rule": "everybody_sees_the_service",
	"reason": "everybody may see this",
} if input.action in {"service:describe", "service:health", "service:page"}

# METADATA
# title: The keys by which tokens are verified
permits contains {
	"rule": "everybody_sees_the_keys",
	"reason": "whoever is shown a token may verify it",
} if input.action == "service:keys"

# METADATA
# title: Administrators see details
permits contains {
	"rule": "administrator_sees_details",
	"reason": "the subject administers the installation",
} if {
	input.action == "service:details"
	subject.is_administrator
}

# METADATA
# title: Whoever is on this machine sees details
permits contains {
	"rule": "machine_sees_details",
	"reason": "the request comes from this machine",
} if {
	input.action == "service:details"
	is_loopback(input.request.address)
}

# What the server has written itself is an address, and needs no reading.
# METADATA
# title: The address is this machine's own
is_loopback(address) if startswith(address, "127.")

is_loopback(address) if address == "::1"

# METADATA
# title: Who may do what with domains
# description: |
#   Domains are decided by roles, as many as the organization's tier entitles to. One is served once
#   its record shows whose it is, which nobody does without. The loader's facts are
#
#       name       create: the name, where it is a host name
#       own_names  create: the hosts of the installation
#       count      create, verify: how many the organization has
#       proof      prove: {is_shown}: whether the record was there
# scope: package
package ostiary.domain

import data.ostiary.entitlements
import data.ostiary.rights
import data.ostiary.verdict

# METADATA
# title: The decision
# description: Of the proof, nothing decides but the record.
# entrypoint: true
decision := verdict.of_everybody(area) if {
	input.action == "domain:prove"
} else := verdict.of_tenant(area)

area := {
	"actions": {
		"domain:list": "a role that permits it",
		"domain:read": "a role that permits it",
		"domain:create": "a role that permits it, and a name that is not the installation's",
		"domain:verify": "a role that permits it",
		"domain:prove": "the record",
		"domain:delete": "a role that permits it",
	},
	"lookups": {"domain:read", "domain:verify", "domain:delete"},
	"permits": permits,
	"denials": denials,
	"reading": reading,
	"obligations": set(),
}

default reading := false

reading if rights.may("domain:read")

# METADATA
# title: Roles permit reading
permits contains {
	"rule": "role_reads_domains",
	"reason": "a role of the subject permits it",
} if {
	input.action in {"domain:list", "domain:read"}
	rights.may(input.action)
}

# METADATA
# title: Roles permit naming, verifying and removing domains
permits contains {
	"rule": "role_keeps_domains",
	"reason": "a role of the subject permits it",
} if {
	input.action in {"domain:create", "domain:verify", "domain:delete"}
	rights.may(input.action)
}

# METADATA
# title: The record shows whose the domain is
permits contains {
	"rule": "record_proves_domain",
	"reason": "the record holds the challenge",
} if {
	input.action == "domain:prove"
	facts.proof.is_shown == true
}

# METADATA
# title: Names that nobody outside of a house has
# description: RFC 6761, RFC 6762, RFC 7686, RFC 8375 and RFC 9476; of others, name servers know none.
special := {
	"alt", "arpa", "corp", "home", "internal", "invalid", "lan", "local", "localdomain",
	"localhost", "onion",
}

# METADATA
# title: Hosts of the installation are no organization's
denials contains {
	"rule": "name_reserved",
	"reason": "the name is the installation's, or nobody's",
	"hides": false,
} if {
	input.action == "domain:create"
	some reserved in (special | {name | some name in facts.own_names})
	is_within(facts.name, reserved)
}

# METADATA
# title: The organization's tier entitles to no more domains
denials contains {
	"rule": "tier_required",
	"reason": "the organization's tier does not entitle to another domain",
	"hides": false,
} if {
	input.action == "domain:create"
	not has_room
}

has_room if facts.count < entitlements.own.custom_domains

# METADATA
# title: The organization's tier entitles to fewer domains than it has
denials contains {
	"rule": "tier_required",
	"reason": "the organization's tier entitles to fewer domains",
	"hides": false,
} if {
	input.action == "domain:verify"
	input.resource.exists == true
	not is_entitled
}

is_entitled if facts.count <= entitlements.own.custom_domains

is_within(name, reserved) if name == reserved

is_within(name, reserved) if endswith(name, concat("", [".", reserved]))

facts := input.resource.attributes

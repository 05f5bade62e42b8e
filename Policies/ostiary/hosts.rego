# METADATA
# title: What is done at the issuer's host alone
# description: |
#   An organization's host may be somebody else's machine in front of this one. Nobody types a password
#   there or looks after an account; `input.request.host_organization` says that a request came by
#   one. Pages lead on to the issuer's host, others are told where it is.
# scope: package
package ostiary.hosts

import data.ostiary.pattern

# METADATA
# title: Passwords, proofs of addresses, and what is the account's in all organizations
# description: What one organization's host is shown, that organization may see.
issuer_only := {
	"account:*",
	"session:attempt",
	"session:hand_over",
	"session:list",
	"session:revoke",
	"session:revoke_all",
	"session:step_up",
	"setup:*",
}

# METADATA
# title: Not at an organization's host
denials contains {
	"rule": "issuer_only",
	"reason": "this is done at the issuer's host alone",
	"hides": false,
} if {
	input.request.host_organization
	some listed in issuer_only
	pattern.covers(listed, input.action)
}

# METADATA
# title: Nor the pages for it
denials contains {
	"rule": "issuer_only",
	"reason": "this page is at the issuer's host alone",
	"hides": false,
} if {
	input.request.host_organization
	input.action == "service:page"
	not input.request.route in pages
}

# METADATA
# title: Those that every host has
pages := {"/", "/.well-known/change-password", "/assets/{file}", "/sign-in"}

# METADATA
# title: A session comes to an organization's host from the issuer's, for that organization
denials contains {
	"rule": "issuer_only",
	"reason": "this is done at the issuer's host alone",
	"hides": false,
} if {
	input.request.host_organization
	input.action == "session:create"
	not is_handed_over
}

# METADATA
# title: The session was handed over to this organization
is_handed_over if {
	input.resource.attributes.handed_over
	input.resource.attributes.organization == input.request.host_organization
}

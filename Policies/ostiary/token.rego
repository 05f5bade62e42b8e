# METADATA
# title: Who gets tokens
# description: |
#   Whoever shows a refresh token: it stands for the sign-in from which it came. Each is good once;
#   the one before the last gets the last again while that is unused and the grace lasts, for
#   answers are lost on the way. Any other that comes twice was copied: its family ends.
# scope: package
package ostiary.token

import data.ostiary.rights
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_tenant(area) if {
	input.action == "token:introspect"
} else := object.union(verdict.of_everybody(area), {"obligations": obligations})

area := {
	"actions": {
		"token:introspect": "a role that permits it, or a service account",
		"token:refresh": "a refresh token that is good",
		"token:revoke": "nothing",
	},
	"lookups": set(),
	"permits": permits,
	"denials": denials,
	"reading": false,
	"obligations": set(),
}

refresh := input.resource.attributes.refresh

# METADATA
# title: A token that was not used yet gets its successor
permits contains {
	"rule": "unused_token_refreshes",
	"reason": "the refresh token was not used before",
} if {
	input.action == "token:refresh"
	refresh.used == false
}

# METADATA
# title: A client whose answer was lost gets it again
permits contains {
	"rule": "lost_answer_repeats",
	"reason": "the refresh token was used a moment ago, and what it gave is unused",
} if {
	input.action == "token:refresh"
	is_repeated
}

is_repeated if {
	refresh.used == true
	refresh.successor_used == false
	refresh.used_age_milliseconds < refresh.grace_milliseconds
}

# METADATA
# title: Whoever has a token may end what it stands for
permits contains {
	"rule": "everybody_revokes",
	"reason": "whoever has a token may end what it stands for",
} if input.action == "token:revoke"

# METADATA
# title: Roles permit looking into the organization's tokens
permits contains {
	"rule": "role_introspects",
	"reason": "a role of the subject permits it",
} if {
	input.action == "token:introspect"
	rights.may("token:introspect")
}

# METADATA
# title: The organization's services look into its tokens
permits contains {
	"rule": "service_introspects",
	"reason": "services may look into tokens of their organization",
} if {
	input.action == "token:introspect"
	input.subject.kind == "service"
	input.subject.organization == input.tenant.id
}

# METADATA
# title: The token was used before
# description: Only a copy explains that, and nobody knows which of the two the owner has.
denials contains {
	"rule": "refresh_replayed",
	"reason": "the refresh token was used before: its family ends",
	"hides": true,
} if {
	refresh.used == true
	not is_repeated
}

# METADATA
# title: The token is too old
denials contains {
	"rule": "refresh_expired",
	"reason": "the refresh token is too old",
	"hides": true,
} if refresh.expired == true

# METADATA
# title: The family has ended
denials contains {
	"rule": "family_ended",
	"reason": "the family of the refresh token has ended",
	"hides": true,
} if has_ended(refresh.family)

# METADATA
# title: The session has ended
denials contains {
	"rule": "session_ended",
	"reason": "the session behind the refresh token has ended",
	"hides": true,
} if has_ended(refresh.session)

has_ended(line) if line.revoked == true

has_ended(line) if line.expired == true

# METADATA
# title: The owner's account is not active
denials contains {
	"rule": "account_inactive",
	"reason": "the owner's account is not active",
	"hides": true,
} if {
	refresh.account
	not refresh.account.status == "active"
}

# METADATA
# title: The owner has no place any more in the organization that the token is good for
# description: One that is suspended may come back; until then nothing is lost.
denials contains {
	"rule": "not_a_member",
	"reason": "the owner is no active member of the refresh token's organization",
	"hides": true,
} if {
	refresh.organization
	not refresh.membership.status == "active"
}

# METADATA
# title: The organization that the token is good for is not active
denials contains {
	"rule": "organization_inactive",
	"reason": "the refresh token's organization is not active",
	"hides": true,
} if {
	refresh.organization
	not refresh.organization.status == "active"
}

# METADATA
# title: The host is another organization's than the token
denials contains {
	"rule": "tenant_mismatch",
	"reason": "the refresh token belongs to another organization",
	"hides": false,
} if {
	refresh.organization
	input.request.host_organization
	not refresh.organization.id == input.request.host_organization
}

# METADATA
# title: Another client asks than the one that the token was given to
denials contains {
	"rule": "other_client",
	"reason": "the refresh token was given to another client",
	"hides": true,
} if {
	is_string(named_client)
	not refresh.client == named_client
}

named_client := input.resource.attributes.named_client

# METADATA
# title: A replayed token ends its family
obligations contains {"type": "revoke_family"} if {
	input.action == "token:refresh"
	some denial in denials
	denial.rule == "refresh_replayed"
}

# METADATA
# title: Who may do what with API keys
# description: |
#   Whoever belongs to an organization has keys of their own there. Those of its service accounts are
#   decided by roles, within ranks, as is whose keys one sees or revokes; nobody learns the secret of
#   somebody else's. A key makes no keys unless a scope of it says so in words, and none is made
#   that does more than the credential by which it is made, or is good for longer than the key that
#   makes it. The loader's fact is
#
#       target  {principal, kind, scopes, roles: [names], rank, expires_at}: of the key as it is, or
#               as it will be made; kind, roles and rank are those of whom it belongs to, and
#               `expires_at` is `null` where it has no end. A key that is to be made for nobody does
#               not exist.
# scope: package
package ostiary.key

import data.ostiary.bypass
import data.ostiary.pattern
import data.ostiary.rights
import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_tenant({
	"actions": {
		"key:list": "a membership",
		"key:read": "a role that permits it, or a key of the subject's own",
		"key:create": "a membership, or a role that permits it of no lower rank than the owner's",
		"key:update": "a role that permits it, or a key of the subject's own",
		"key:rotate": "a role that permits it, or a key of the subject's own",
		"key:delete": "a role that permits it, or a key of the subject's own",
	},
	"lookups": {"key:read", "key:create", "key:update", "key:rotate", "key:delete"},
	"permits": permits,
	"denials": denials,
	"reading": reading,
	"obligations": obligations,
})

default reading := false

reading if rights.may("key:read")

# METADATA
# title: Whoever belongs to the organization lists keys
permits contains {
	"rule": "member_lists_keys",
	"reason": "members may see their keys",
} if {
	input.action == "key:list"
	rights.roles
}

# METADATA
# title: Their own, unless a role shows them all
obligations contains {"type": "restrict", "to": "own"} if {
	input.action == "key:list"
	not sees_all
}

# METADATA
# title: The subject sees all keys of the organization
sees_all if rights.may("key:list")

sees_all if count(bypass.permits) > 0

# METADATA
# title: Whoever belongs to the organization makes keys of their own
permits contains {
	"rule": "member_makes_own_key",
	"reason": "members may make keys of their own",
} if {
	input.action == "key:create"
	is_own
}

# METADATA
# title: Everybody looks after their own keys
permits contains {
	"rule": "member_keeps_own_key",
	"reason": "the key is the subject's own",
} if {
	input.action in {"key:read", "key:update", "key:rotate", "key:delete"}
	is_own
}

# METADATA
# title: Roles permit reading whose keys there are
permits contains {
	"rule": "role_reads_keys",
	"reason": "a role of the subject permits it",
} if {
	input.action == "key:read"
	rights.may(input.action)
}

# METADATA
# title: Roles permit new keys of service accounts, up to their own rank
permits contains {
	"rule": "role_makes_service_account_key",
	"reason": "a role of the subject permits it, and outranks the service account's",
} if {
	input.action == "key:create"
	is_service_account
	rights.may(input.action)
	rights.may_touch(facts.target)
}

# METADATA
# title: Roles permit changes of the keys of service accounts, up to their own rank
permits contains {
	"rule": "role_changes_service_account_key",
	"reason": "a role of the subject permits it, and outranks the service account's",
} if {
	input.action in {"key:update", "key:rotate"}
	is_service_account
	rights.may(input.action)
	rights.may_touch(facts.target)
}

# METADATA
# title: Roles permit the revocation of keys, up to their own rank
permits contains {
	"rule": "role_revokes_key",
	"reason": "a role of the subject permits it, and outranks those of whom the key belongs to",
} if {
	input.action == "key:delete"
	rights.may(input.action)
	rights.may_touch(facts.target)
}

# METADATA
# title: A key makes keys only where a scope of it says so
# description: That it may do everything does not say so.
denials contains {
	"rule": "scope_unnamed",
	"reason": sprintf("a key needs a scope that names `%v`", [input.action]),
} if {
	gives_secret
	is_by_key
	not is_named
}

# METADATA
# title: A scope of the key says so
is_named if {
	some scope in input.subject.credential.scopes
	pattern.covers(scope, input.action)
}

# METADATA
# title: A key does no more than the credential by which it was made
# description: Whoever asks, administrators of the installation included.
denials contains {
	"rule": "scopes_exceeded",
	"reason": "the key would do more than the credential that asks for it",
} if {
	gives_secret
	facts.target
	not is_within_scopes
}

# METADATA
# title: A secret that was replaced makes none
# description: |
#   It is good for the programs that do not have the other one yet, and not for whoever has copied
#   it and would stay.
denials contains {
	"rule": "secret_superseded",
	"reason": "the key has another secret by now",
} if {
	gives_secret
	is_by_key
	not input.subject.credential.superseded == false
}

# METADATA
# title: A key is good for no longer than the key by which it was made
# description: Whoever asks, administrators of the installation included.
denials contains {
	"rule": "expiry_exceeded",
	"reason": "the key would be good for longer than the key that asks for it",
} if {
	gives_secret
	is_by_key
	facts.target
	not is_within_expiry
}

# METADATA
# title: Only administrators of the installation make keys that speak for any organization
denials contains {
	"rule": "scope_reserved",
	"reason": "administrators of the installation alone give the scope `tenant:assert`",
} if {
	gives_secret
	"tenant:assert" in facts.target.scopes
	not subject.is_administrator
}

# METADATA
# title: All scopes are among those of the credential
is_within_scopes if {
	every scope in facts.target.scopes { is_covered(scope) }
}

# METADATA
# title: The scope is among those of the credential
is_covered(scope) if {
	some own in input.subject.credential.scopes
	pattern.covers(own, scope)
}

is_covered(scope) if {
	"*" in input.subject.credential.scopes
	not is_unlisted(scope)
}

# METADATA
# title: The scope is to make keys, which `*` of a key does not say
is_unlisted(scope) if {
	is_by_key
	scope in {"key:create", "key:rotate", "key:*"}
}

# METADATA
# title: The key ends no later than the one that asks
# description: Instants are texts of one form, whose order is that of time.
is_within_expiry if input.subject.credential.expires_at == null

is_within_expiry if {
	is_string(facts.target.expires_at)
	is_string(input.subject.credential.expires_at)
	facts.target.expires_at <= input.subject.credential.expires_at
}

# METADATA
# title: Nobody learns the secret of somebody else's key
# description: Whoever asks, administrators of the installation included.
denials contains {
	"rule": "secret_of_another",
	"reason": "nobody but its owner learns the secret of a key",
} if {
	gives_secret
	facts.target.principal != input.subject.id
	not is_service_account
}

# METADATA
# title: The answer holds a secret
gives_secret if input.action in {"key:create", "key:rotate"}

# METADATA
# title: An API key asks
is_by_key if input.subject.credential.kind == "api_key"

# METADATA
# title: The key is a service account's
is_service_account if facts.target.kind == "service"

# METADATA
# title: The key is the subject's own
is_own if {
	rights.roles
	facts.target.principal == input.subject.id
}

facts := input.resource.attributes

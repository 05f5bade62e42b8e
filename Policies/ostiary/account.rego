# METADATA
# title: Who may have an account, and what owners do with theirs
# description: |
#   What the loaders say in `resource.attributes`:
#
#       account                 of an address or of what a mail holds: whose it is
#       verified, primary       of an address
#       verified_count          how many addresses its owner has shown to be theirs
#       address_count, known    adding: how many there are, and whether this is one of them
#       other_administrators    deleting: administrators of the installation who stay
#       owned                   deleting: [{organization, slug, other_owners}]
#       has_password, lane      changing the password: whether there is one, and {known_device,
#                               failures} of where wrong ones are counted
# scope: package
package ostiary.account

import data.ostiary.session
import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_everybody(area) if {
	input.action in {
		"account:sign_up", "account:verify", "account:ask_reset", "account:reset_password",
		"account:undo_address",
	}
} else := verdict.of_platform(area)

area := {
	"actions": {
		"account:revoke_key": "a key of one's own",
		"account:ask_reset": "nothing",
		"account:change_password": "an account that is signed in",
		"account:reset_password": "nothing",
		"account:sign_up": "nothing",
		"account:verify": "nothing",
		"account:update": "an account",
		"account:list_addresses": "an account",
		"account:add_address": "an account",
		"account:verify_address": "an account, and what the mail to the address holds",
		"account:make_primary": "an address of one's own",
		"account:remove_address": "an address of one's own",
		"account:undo_address": "what the mail to the former address holds",
		"account:export": "an account",
		"account:delete": "an account",
	},
	"lookups": set(),
	"permits": permits,
	"denials": denials,
	"reading": false,
	"obligations": obligations,
}

# METADATA
# title: An account has so many addresses
addresses_max := 10

# METADATA
# title: What is done to the account itself wants a sign-in of the last so many seconds
# description: OWASP ASVS 5.0, V7.5.1.
fresh_seconds := 300

# METADATA
# title: Everybody may sign up
# description: Without this rule, accounts come from invitations and administrators alone.
permits contains {
	"rule": "everybody_signs_up",
	"reason": "everybody may sign up",
} if input.action == "account:sign_up"

# METADATA
# title: Everybody may show that an address is theirs
permits contains {
	"rule": "everybody_verifies",
	"reason": "everybody may show that an address is theirs",
} if input.action == "account:verify"

# METADATA
# title: Everybody may ask for a new password
# description: What comes of it goes to the address.
permits contains {
	"rule": "everybody_asks_for_reset",
	"reason": "everybody may ask for a mail to an address",
} if input.action == "account:ask_reset"

# METADATA
# title: Whoever brings what a mail holds chooses a new password
permits contains {
	"rule": "everybody_resets",
	"reason": "everybody may show what a mail holds",
} if input.action == "account:reset_password"

# METADATA
# title: Accounts choose another password
# description: In a session; a key does not, whatever its scopes.
permits contains {
	"rule": "account_changes_password",
	"reason": "accounts may change their password",
} if {
	input.action == "account:change_password"
	input.subject.kind == "account"
	input.subject.credential.session
}

# METADATA
# title: Accounts choose what they are called
permits contains {
	"rule": "account_changes_profile",
	"reason": "accounts may change their profile",
} if {
	input.action == "account:update"
	input.subject.kind == "account"
}

# METADATA
# title: Accounts see their addresses
permits contains {
	"rule": "account_lists_addresses",
	"reason": "accounts may see their addresses",
} if {
	input.action == "account:list_addresses"
	input.subject.kind == "account"
}

# METADATA
# title: Accounts name further addresses
# description: Which are theirs once the mail that goes there was answered.
permits contains {
	"rule": "account_adds_address",
	"reason": "accounts may name further addresses",
} if {
	input.action == "account:add_address"
	input.subject.kind == "account"
}

# METADATA
# title: Accounts show that an address is theirs
# description: |
#   Each what it has asked for itself, and nobody in another's place; in a session, for an address
#   lets in whoever reads its mails.
permits contains {
	"rule": "account_verifies_address",
	"reason": "the mail was the subject's",
} if {
	input.action == "account:verify_address"
	input.subject.kind == "account"
	input.subject.credential.session
	facts.account == input.subject.id
}

# METADATA
# title: Accounts choose their primary address
permits contains {
	"rule": "account_chooses_primary",
	"reason": "the address is the subject's",
} if {
	input.action == "account:make_primary"
	input.subject.kind == "account"
	facts.account == input.subject.id
}

# METADATA
# title: Accounts give addresses up
permits contains {
	"rule": "account_removes_address",
	"reason": "the address is the subject's",
} if {
	input.action == "account:remove_address"
	input.subject.kind == "account"
	facts.account == input.subject.id
}

# METADATA
# title: Accounts end their keys
permits contains {
	"rule": "account_revokes_key",
	"reason": "the key is the subject's",
} if {
	input.action == "account:revoke_key"
	input.subject.kind == "account"
	facts.account == input.subject.id
}

# METADATA
# title: Whoever gets the mail to the former address takes the change back
permits contains {
	"rule": "former_address_undoes",
	"reason": "the mail went to the former address",
} if {
	input.action == "account:undo_address"
	facts.account
}

# METADATA
# title: Accounts get all that is kept of them
permits contains {
	"rule": "account_exports_itself",
	"reason": "accounts may have what is kept of them",
} if {
	input.action == "account:export"
	input.subject.kind == "account"
}

# METADATA
# title: Accounts end themselves
# description: Where it is not known whom they would leave behind, they stay.
permits contains {
	"rule": "account_deletes_itself",
	"reason": "accounts may end",
} if {
	input.action == "account:delete"
	input.subject.kind == "account"
	is_array(facts.owned)
}

# METADATA
# title: Too many wrong passwords were typed in place of the present one
# description: Whoever has come by somebody's session does not find out their password.
denials contains {
	"rule": "lane_closed",
	"reason": "too many wrong passwords",
	"hides": false,
} if {
	input.action == "account:change_password"
	not facts.has_password == false
	not lane_open
}

lane_open if facts.lane.failures < session.failures_max

# METADATA
# title: There are enough addresses
denials contains {
	"rule": "too_many_addresses",
	"reason": sprintf("an account has at most %v addresses", [addresses_max]),
	"hides": false,
} if {
	input.action == "account:add_address"
	not facts.known == true
	not has_room
}

has_room if facts.address_count < addresses_max

# METADATA
# title: The primary address was shown to be the account's
denials contains {
	"rule": "address_unverified",
	"reason": "nobody has shown that the address is theirs",
	"hides": false,
} if {
	input.action == "account:make_primary"
	not facts.verified == true
}

# METADATA
# title: The primary address stays
denials contains {
	"rule": "address_primary",
	"reason": "the address is the primary one",
	"hides": false,
} if {
	input.action == "account:remove_address"
	not facts.primary == false
}

# METADATA
# title: The last address that is known to be the account's stays
denials contains {
	"rule": "address_last",
	"reason": "no other address is known to be the account's",
	"hides": false,
} if {
	input.action == "account:remove_address"
	not facts.verified == false
	not has_others
}

has_others if facts.verified_count > 1

# METADATA
# title: The installation keeps an administrator
denials contains {
	"rule": "last_owner",
	"reason": "the installation would have no administrator",
	"hides": false,
} if {
	input.action == "account:delete"
	subject.is_administrator
	not others_administer
}

others_administer if facts.other_administrators > 0

# METADATA
# title: Every organization keeps an owner
denials contains {
	"rule": "last_owner",
	"reason": sprintf("%v would have no owner", [concat(", ", ownerless)]),
	"hides": false,
} if {
	input.action == "account:delete"
	count(ownerless) > 0
}

ownerless contains sprintf("%v (%v)", [owned.slug, owned.organization]) if {
	some owned in facts.owned
	not others_own(owned)
}

others_own(owned) if owned.other_owners > 0

# METADATA
# title: What is done to the account itself wants a fresh sign-in
# description: A key shows none, whatever its scopes.
obligations contains {
	"type": "step_up",
	"acr": "aal1",
	"max_age_seconds": fresh_seconds,
} if {
	input.action in {
		"account:add_address", "account:make_primary", "account:remove_address",
		"account:export", "account:delete",
	}
	not subject.signed_in_within(fresh_seconds)
}

# METADATA
# title: A first password wants a fresh sign-in
# description: Whoever has one types it. A password lets in, so an old session does not choose one.
obligations contains {
	"type": "step_up",
	"acr": "aal1",
	"max_age_seconds": fresh_seconds,
} if {
	input.action == "account:change_password"
	not facts.has_password == true
	not subject.signed_in_within(fresh_seconds)
}

facts := input.resource.attributes

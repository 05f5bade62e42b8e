# METADATA
# title: Who may have an account, and what owners do with theirs
# scope: package
package ostiary.account

import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_platform(area) if {
	input.action in {"account:change_password"}
} else := verdict.of_everybody(area)

area := {
	"actions": {
		"account:ask_reset": "nothing",
		"account:change_password": "an account that is signed in",
		"account:reset_password": "nothing",
		"account:sign_up": "nothing",
		"account:verify": "nothing",
	},
	"lookups": set(),
	"permits": permits,
	"denials": set(),
	"reading": false,
	"obligations": set(),
}

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

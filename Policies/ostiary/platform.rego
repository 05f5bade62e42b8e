# METADATA
# title: Who may run the installation
# description: |
#   Its administrators, in two ways. What belongs to no organization, accounts and lists of what there
#   is, a rule of this module permits. What is done to one organization nothing here permits: that is
#   the bypass's alone, without which administrators have no say in any. The loaders' facts are
#
#       tier, wanted_tier       changing it: what the organization has, and what it is to have
#       status, platform_roles  of an account
#       other_administrators    suspending an account: active administrators who stay
# scope: package
package ostiary.platform

import data.ostiary.limits
import data.ostiary.subject
import data.ostiary.verdict

# METADATA
# title: The decision
# entrypoint: true
decision := verdict.of_tenant(area) if {
	input.action in in_organizations
} else := verdict.of_platform(area)

area := {
	"actions": {action: "an administrator of the installation" | some action in actions},
	"lookups": (in_organizations | on_accounts),
	"permits": permits,
	"denials": denials,
	"reading": reading,
	"obligations": obligations,
}

actions := union({
	{"platform:read", "platform:requeue_message", "platform:revoke_all_sessions"},
	lists, on_accounts, in_organizations,
})

# METADATA
# title: What there is
lists := {"platform:list_accounts", "platform:list_organizations"}

# METADATA
# title: What is done to an account
on_accounts := {
	"platform:read_account", "platform:suspend_account", "platform:reactivate_account",
	"platform:unlock_account", "platform:list_sessions", "platform:revoke_sessions",
}

# METADATA
# title: What is done to an organization
# description: By nobody but whom the bypass lets.
in_organizations := {
	"platform:read_organization", "platform:suspend_organization",
	"platform:reactivate_organization", "platform:change_tier", "platform:read_usage",
}

# METADATA
# title: What changes nothing
looks := {
	"platform:read", "platform:requeue_message", "platform:read_account",
	"platform:list_sessions", "platform:read_organization", "platform:read_usage",
} | lists

# METADATA
# title: Administrators run the installation
permits contains {
	"rule": "administrator_runs",
	"reason": "the subject administers the installation",
} if {
	input.action in (actions - in_organizations)
	subject.is_administrator
}

# METADATA
# title: The installation keeps an administrator
denials contains {
	"rule": "last_owner",
	"reason": "the installation would have no administrator",
	"hides": false,
} if {
	input.action == "platform:suspend_account"
	"administrator" in input.resource.attributes.platform_roles
	not others_administer
}

others_administer if {
	is_number(input.resource.attributes.other_administrators)
	input.resource.attributes.other_administrators > 0
}

# METADATA
# title: A tier is one of those that have limits
denials contains {
	"rule": "validation_failed",
	"reason": sprintf("there is no such tier; there are %v", [concat(", ", sort(tiers))]),
	"hides": false,
} if {
	input.action == "platform:change_tier"
	not is_tier
}

is_tier if input.resource.attributes.wanted_tier in tiers

tiers := object.keys(limits.tiers)

# METADATA
# title: What changes something wants a fresh sign-in
obligations contains subject.step_up if {
	input.action in (actions - looks)
	not subject.signed_in_within(subject.fresh_seconds)
}

# METADATA
# title: Of what is named, administrators alone learn whether it is there
default reading := false

reading if subject.is_administrator

reading if {
	input.action in (looks - (on_accounts | in_organizations))
	subject.is_somebody
}

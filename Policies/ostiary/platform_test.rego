package ostiary.platform_test

import data.ostiary.cast_test as cast
import data.ostiary.platform

decided(subject, action) := found if {
	found := platform.decision with input as cast.bare(subject, action)
}

about(subject, action, facts) := found if {
	request := object.union(cast.bare(subject, action), {"resource": {"attributes": facts}})
	found := platform.decision with input as request
}

in_acme(subject, action, facts) := found if {
	found := platform.decision with input as cast.asking(subject, action, facts)
}

administrator := cast.fresh(cast.administrator)

account := {"status": "active", "platform_roles": [], "other_administrators": 1}

others := [cast.anonymous, cast.fresh(cast.stranger), cast.fresh(cast.owner)]

test_administrators_run_the_installation[action] if {
	some action in (platform.actions - platform.in_organizations)
	about(administrator, action, account).rule == "administrator_runs"
	about(administrator, action, account).obligations == []
}

test_nobody_else_does[action] if {
	some action in platform.actions
	every subject in others { not about(subject, action, account).allow }
}

test_who_may_not_is_told_of_what_is_everybodys[action] if {
	some action in (platform.lists | {"platform:read", "platform:requeue_message"})
	decided(cast.owner, action).may_read
	not decided(cast.anonymous, action).may_read
}

test_who_may_not_is_not_told_of_others[action] if {
	some action in (platform.on_accounts | platform.in_organizations)
	every subject in others {
		not about(subject, action, account).may_read
		not in_acme(subject, action, {}).may_read
	}
}

test_the_bypass_alone_lets_into_organizations[action] if {
	some action in platform.in_organizations
	in_acme(administrator, action, {"wanted_tier": "free"}).rule == "admin_bypass"
	not decided(administrator, action).allow
	not in_acme(cast.fresh(cast.owner), action, {"wanted_tier": "free"}).allow
}

test_suspended_organizations_are_let_go_on if {
	request := object.union(
		cast.asking(administrator, "platform:reactivate_organization", {}),
		{"tenant": {"status": "suspended"}},
	)
	found := platform.decision with input as request
	found.allow
}

test_changes_want_a_fresh_sign_in[action] if {
	some action in (platform.actions - platform.looks)
	facts := object.union(account, {"wanted_tier": "free"})
	every subject in [cast.administrator, cast.signed_in(cast.administrator, 301)] {
		found := in_acme(subject, action, facts)
		found.obligations == [{"type": "step_up", "acr": "aal1", "max_age_seconds": 300}]
	}
}

test_looks_want_none[action] if {
	some action in platform.looks
	in_acme(cast.administrator, action, account).obligations == []
}

test_the_last_administrator_stays if {
	facts := object.union(account, {"platform_roles": ["administrator"]})
	about(administrator, "platform:suspend_account", facts).allow
	every change in [{"other_administrators": 0}, {"other_administrators": "unknown"}] {
		found := about(
			administrator, "platform:suspend_account",
			object.union(facts, change),
		)
		found.rule == "last_owner"
		found.may_read
	}
}

test_others_may_be_suspended_by_the_only_one if {
	facts := object.union(account, {"other_administrators": 0})
	about(administrator, "platform:suspend_account", facts).allow
}

test_each_tier_may_be_given[tier] if {
	some tier in ["free", "starter", "professional", "enterprise"]
	in_acme(administrator, "platform:change_tier", {"wanted_tier": tier}).allow
}

test_other_tiers_are_not_valid if {
	every facts in [{"wanted_tier": "gold"}, {"wanted_tier": ""}, {}] {
		found := in_acme(administrator, "platform:change_tier", facts)
		found.rule == "validation_failed"
		found.may_read
		found.reasons == [
			"there is no such tier; there are enterprise, free, professional, starter",
		]
	}
}

test_administrators_learn_that_there_is_nothing[action] if {
	some action in platform.on_accounts
	request := object.union(cast.bare(administrator, action), {"resource": {"exists": false}})
	found := platform.decision with input as request
	found.allow
}

test_unknown_actions_are_denied if {
	not decided(administrator, "platform:stop").allow
}

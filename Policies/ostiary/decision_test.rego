package ostiary.decision_test

import data.ostiary.cast_test as cast
import data.ostiary.decision

decided(request) := found if {
	found := decision.decision with input as request
}

reading(subject, whose) := cast.asking(subject, "decision:read", {"subject": whose})

listing(subject) := cast.asking(subject, "decision:list", {})

own := {"type": "restrict", "to": "own"}

bare := {"type": "redact", "fields": ["input", "reasons"]}

test_roles_read_the_organizations_decisions[name] if {
	some name in ["owner", "admin"]
	subject := cast.having(cast.roles[name])
	found := decided(reading(subject, "usr_other"))
	found.rule == "role_reads_decisions"
	found.obligations == []
}

test_roles_list_the_organizations_decisions[name] if {
	some name in ["owner", "admin"]
	found := decided(listing(cast.having(cast.roles[name])))
	found.rule == "role_reads_decisions"
	found.obligations == []
}

test_others_do_not_read_decisions_about_others[name] if {
	some name in ["member", "viewer"]
	found := decided(reading(cast.having(cast.roles[name]), "usr_other"))
	not found.allow
	not found.may_read
}

test_accounts_read_decisions_about_themselves if {
	found := decided(reading(cast.viewer, cast.viewer.id))
	found.rule == "account_reads_own_decision"
	found.obligations == []
}

test_accounts_list_decisions_about_themselves if {
	found := decided(listing(cast.viewer))
	found.rule == "account_lists_own_decisions"
	found.obligations == [own]
}

test_strangers_do_not_see_what_their_decisions_were_made_from if {
	decided(reading(cast.stranger, cast.stranger.id)).obligations == [bare]
	decided(listing(cast.stranger)).obligations == [bare, own]
}

test_only_accounts_have_decisions_of_their_own[kind] if {
	some kind in ["service", "client", "operator"]
	subject := object.union(cast.stranger, {"kind": kind})
	not decided(reading(subject, subject.id)).allow
	not decided(listing(subject)).allow
}

test_nobody_has_decisions_of_their_own if {
	not decided(reading(cast.anonymous, null)).allow
	not decided(cast.asking(cast.anonymous, "decision:read", {})).allow
	not decided(listing(cast.anonymous)).allow
}

test_administrators_see_all if {
	decided(listing(cast.administrator)).obligations == []
	decided(reading(cast.administrator, "usr_other")).rule == "admin_bypass"
}

test_decisions_that_are_not_there[name] if {
	some name, rule in {"admin": "role_reads_decisions", "member": "default"}
	found := decided(cast.missing(cast.having(cast.roles[name]), "decision:read"))
	found.rule == rule
}

outside(subject, action, about) := found if {
	request := object.union(
		cast.bare(subject, action),
		{"resource": {"exists": true, "attributes": {"subject": about}}},
	)
	found := decision.decision with input as request
}

test_administrators_see_decisions_of_no_organization if {
	found := outside(cast.administrator, "decision:list", null)
	found.allow
	found.obligations == []
	outside(cast.administrator, "decision:read", "usr_another").allow
}

test_others_see_their_own_whole if {
	found := outside(cast.stranger, "decision:list", null)
	found.obligations == [{"type": "restrict", "to": "own"}]
	read := outside(cast.stranger, "decision:read", cast.stranger.id)
	read.allow
	read.obligations == []
	not outside(cast.stranger, "decision:read", "usr_another").allow
}

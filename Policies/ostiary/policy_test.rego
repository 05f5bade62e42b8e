package ostiary.policy_test

import data.ostiary.cast_test as cast
import data.ostiary.policy

decided(subject, verb) := found if {
	found := policy.decision with input as cast.bare(subject, concat(":", ["policy", verb]))
}

test_whoever_is_known_asks_for_decisions[kind] if {
	some kind in ["account", "service", "client", "operator"]
	subject := object.union(cast.stranger, {"kind": kind})
	decided(subject, "evaluate").rule == "subject_evaluates"
}

test_nobody_asks_for_decisions if {
	found := decided(cast.anonymous, "evaluate")
	not found.allow
	not found.may_read
}

test_keys_ask_for_decisions_where_they_are_for_it if {
	decided(cast.scoped(cast.stranger, ["policy:evaluate"]), "evaluate").allow
	decided(cast.scoped(cast.stranger, ["policy:read"]), "evaluate").rule == "scope_missing"
}

test_the_rest_is_the_administrators[verb] if {
	some verb in ["read", "write", "query"]
	decided(cast.administrator, verb).rule == "administrator_rules"
	every subject in [cast.anonymous, cast.stranger, cast.owner] {
		not decided(subject, verb).allow
	}
}

test_who_may_not_is_told if {
	decided(cast.owner, "write").may_read
	decided(cast.owner, "write").reasons == [
		"`policy:write` needs an administrator of the installation",
	]
}

test_owners_rule_no_policies_in_their_organization if {
	found := policy.decision with input as cast.asking(cast.owner, "policy:write", {})
	not found.allow
}

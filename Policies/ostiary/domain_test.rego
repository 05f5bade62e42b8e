package ostiary.domain_test

import data.ostiary.cast_test as cast
import data.ostiary.domain
import data.ostiary.entitlements

tiered(request, tier) := object.union(request, {"tenant": {"tier": tier}})

decided(subject, verb, facts) := found if {
	action := concat(":", ["domain", verb])
	found := domain.decision with input as tiered(cast.asking(subject, action, facts), "starter")
}

fit := {"name": "login.acme.example", "count": 0, "own_names": ["id.example.com", "example.net"]}

verbs := ["list", "read", "create", "verify", "delete"]

allowed(subject) := {verb | some verb in verbs; decided(subject, verb, fit).allow}

test_owners_and_administrators_keep_domains[name] if {
	some name, found in {
		"owner": {verb | some verb in verbs},
		"admin": {verb | some verb in verbs},
		"member": set(),
		"viewer": set(),
	}
	allowed(cast.having(cast.roles[name])) == found
}

test_custom_roles_do_what_they_list if {
	allowed(cast.having(cast.custom_role(10, ["domain:read", "domain:verify"]))) == {"read", "verify"}
}

test_strangers_learn_of_no_domain[verb] if {
	some verb in verbs
	found := decided(cast.stranger, verb, fit)
	not found.allow
	not found.may_read
}

test_who_may_read_learns_that_there_is_none[verb] if {
	some verb in ["read", "verify", "delete"]
	found := domain.decision with input as tiered(
		cast.missing(cast.owner, concat(":", ["domain", verb])),
		"starter",
	)
	found.allow
}

test_names_of_the_installation_are_refused[name] if {
	some name in [
		"id.example.com", "a.id.example.com", "example.net", "acme.example.net", "printer.local",
		"a.localhost", "x.home.arpa", "hidden.onion",
	]
	some subject in [cast.owner, cast.administrator]
	found := decided(subject, "create", object.union(fit, {"name": name}))
	not found.allow
	found.rule == "name_reserved"
}

test_names_beside_those_are_not[name] if {
	some name in ["example.com", "myexample.net", "local.example", "id.example.com.example"]
	decided(cast.owner, "create", object.union(fit, {"name": name})).allow
}

test_tiers_entitle_to_so_many[note] if {
	some note, row in {
		"none": ["free", 0, false],
		"one": ["starter", 0, true],
		"no second": ["starter", 1, false],
		"the last of five": ["professional", 4, true],
		"no sixth": ["professional", 5, false],
		"the last of fifty": ["enterprise", 49, true],
		"unlisted": ["gold", 0, false],
	}
	request := cast.asking(cast.owner, "domain:create", object.union(fit, {"count": row[1]}))
	found := domain.decision with input as tiered(request, row[0])
	found.allow == row[2]
}

test_where_the_count_is_not_known_there_is_no_room if {
	found := decided(cast.owner, "create", object.remove(fit, ["count"]))
	found.rule == "tier_required"
	found.may_read
}

test_a_lower_tier_verifies_no_more[note] if {
	some note, row in {"as many": [1, true], "one too many": [2, false]}
	found := decided(cast.owner, "verify", {"count": row[0]})
	found.allow == row[1]
}

test_administrators_of_the_installation_are_bound_by_the_tier if {
	found := decided(cast.administrator, "create", object.union(fit, {"count": 1}))
	found.rule == "tier_required"
}

test_nothing_but_the_record_proves[name] if {
	some name, subject in {
		"owner": cast.owner,
		"administrator": cast.administrator,
		"nobody": cast.anonymous,
	}
	not decided(subject, "prove", {"proof": {"is_shown": false}}).allow
	not decided(subject, "prove", {}).allow
	decided(subject, "prove", {"proof": {"is_shown": true}}).rule == "record_proves_domain"
}

test_unlisted_tiers_have_what_the_least_has if {
	entitlements.own == entitlements.tiers.free with input as {"tenant": {"tier": "gold"}}
}

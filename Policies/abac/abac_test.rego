package authorization.abac_test

import data.authorization.abac

ada := {"id": "ada", "department": "law", "clearance": 2}

memo := {"owner": "ada", "department": "law", "classification": 1}

office := {"hour": 10, "network": "internal"}

request := {"subject": ada, "action": "read", "document": memo, "environment": office}

# What speaks against a request that differs in some members.
denials(changes) := found if {
	found := abac.denials with input as object.union(request, changes)
}

allowed(changes) if {
	abac.allow with input as object.union(request, changes)
}

test_an_empty_input_is_refused if {
	not abac.allow with input as {}
	count(abac.denials) > 0 with input as {}
}

test_unknown_actions_are_refused if {
	not allowed({"action": "burn"})
	denials({"action": "burn"}) == set()
}

test_missing_attributes_are_refused[name] if {
	some name in ["subject", "document"]
	not abac.allow with input as object.remove(request, [name])
}

test_low_clearance_is_refused if {
	reasons := denials({"document": {"classification": 3}})
	reasons == {"the clearance is below the document's classification"}
}

test_other_departments_are_refused if {
	reasons := denials({"document": {"owner": "bob", "department": "sales"}})
	reasons == {"the document belongs to another department"}
}

test_only_owners_write[action] if {
	some action in ["write", "share"]
	reasons := denials({"action": action, "document": {"owner": "bob"}})
	reasons == {"only the owner writes or shares"}
	allowed({"action": action})
}

test_secrets_stay_in_the_building if {
	outside := {
		"subject": {"clearance": 4}, "document": {"classification": 3},
		"environment": {"network": "vpn"},
	}
	denials(outside) == {"secret documents stay in the building"}
	allowed(object.union(outside, {"environment": {"network": "internal"}}))
}

test_others_may_leave_it if allowed({"environment": {"network": "vpn"}})

test_nights_are_for_reading[hour] if {
	some hour in [0, 7, 18, 23]
	denials({"action": "write", "environment": {"hour": hour}}) == {"outside of working hours"}
	allowed({"environment": {"hour": hour}})
}

test_owners_read_theirs_in_every_department if {
	allowed({"document": {"department": "sales"}})
}

test_colleagues_read if allowed({"document": {"owner": "bob"}})

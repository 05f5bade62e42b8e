package system.authz_test

import data.system.authz

access := {"subjects": {
	"gateway": {"roles": ["caller"], "decisions": [["shop"], ["billing", "limits"]]},
	"service": {"roles": ["caller"]},
	"clerk": {"roles": ["reader"], "decisions": [["shop"]]},
	"rita": {"roles": ["reader"]},
	"ada": {"roles": ["author"]},
	"otto": {"roles": ["operator"]},
	"root": {"roles": ["administrator"]},
	"nobody": {"roles": []},
}}

answer(identity, method, path) := found if {
	found := authz.allow with data.access as access
		with input as {"identity": identity, "method": method, "path": path}
}

allowed(identity, method, path) := answer(identity, method, path).allowed

reason(identity, method, path) := answer(identity, method, path).reason

test_strangers_are_refused if {
	reason("mallory", "GET", ["v1", "data"]) == "the subject is not known"
}

test_requests_without_identity_are_refused if {
	authz.allow.reason == "the subject is not known" with data.access as access
		with input as {"method": "GET", "path": ["health"]}
}

test_an_empty_input_is_refused if {
	not authz.allow.allowed with input as {}
}

test_unknown_requests_are_refused[request] if {
	some request in [
		["TRACE", ["v1", "data"]],
		["GET", [""]],
		["GET", ["v2", "data"]],
		["GET", ["v2", "data", "system"]],
		["GET", ["v1", "other"]],
		["GET", ["v1", "other", "system"]],
		["GET", ["v0", "status"]],
		["POST", ["health"]],
		["POST", ["v1", "status"]],
		["POST", ["v2", "query"]],
		["POST", ["v2", "data", "shop"]],
		["PUT", ["v0", "data", "shop"]],
		["PUT", ["v2", "data", "access"]],
		["PUT", ["v2", "policies", "shop"]],
		["PUT", ["v1", "config"]],
		["PUT", ["v1", "config", "access"]],
	]
	reason("root", request[0], request[1]) == "the request is no known action"
}

test_refusals_say_who_may_not_do_what if {
	reason("rita", "PUT", ["v1", "data", "a"]) == "rita may not write"
	reason("nobody", "GET", ["v1", "data"]) == "nobody may not read"
}

test_callers_ask_for_decisions_alone[note] if {
	some note, request in {
		"v1": ["POST", ["v1", "data", "shop", "allow"]],
		"v0": ["POST", ["v0", "data", "shop", "allow"]],
		"standard": ["POST", [""]],
	}
	allowed("service", request[0], request[1])
	not allowed("service", "GET", ["v1", "data", "shop"])
	not allowed("service", "PUT", ["v1", "data", "shop"])
	not allowed("service", "GET", ["health"])
}

test_callers_stay_within_their_packages if {
	allowed("gateway", "POST", ["v1", "data", "shop", "allow"])
	allowed("gateway", "POST", ["v1", "data", "billing", "limits"])
	not allowed("gateway", "POST", ["v1", "data", "billing"])
	not allowed("gateway", "POST", ["v1", "data", "payroll", "shop"])
	not allowed("gateway", "POST", ["v1", "data"])
	not allowed("gateway", "POST", [""])
}

test_bounds_are_for_decisions_alone if {
	allowed("clerk", "GET", ["v1", "data", "billing"])
	allowed("clerk", "POST", ["v1", "data", "shop"])
	not allowed("clerk", "POST", ["v1", "data", "billing"])
}

test_readers_read if {
	allowed("rita", "GET", ["v1", "data", "access"])
	allowed("rita", "GET", ["v1", "data", "shop"])
	allowed("rita", "GET", ["v1", "policies"])
	allowed("rita", "POST", ["v1", "data", "shop"])
	not allowed("rita", "DELETE", ["v1", "policies", "shop"])
}

test_authors_write[method] if {
	some method in ["PUT", "PATCH", "DELETE"]
	allowed("ada", method, ["v1", "data", "shop"])
}

test_authors_write_nothing_that_reaches_everything[path] if {
	some path in [
		["v1", "data"], ["v1", "data", "access"], ["v1", "data", "system", "authz"],
		["v1", "data", "", "access"], ["v1", "data", ""], ["v1", "policies", "shop"],
	]
	reason("ada", "PUT", path) == "ada may not administer"
	allowed("root", "PUT", path)
}

test_queries_of_ones_own_are_the_administrators[path] if {
	some path in [["v1", "query"], ["v1", "compile"], ["v1", "compile", "shop", "allow"]]
	not allowed("ada", "POST", path)
	allowed("root", "POST", path)
}

test_documents_of_the_system_are_the_administrators[method] if {
	some method in ["GET", "PUT", "POST", "DELETE"]
	not allowed("ada", method, ["v1", "policies", "system", "authz"])
	not allowed("service", method, ["v1", "data", "system", "authz", "allow"])
	not allowed("service", method, ["v0", "data", "system"])
	allowed("root", method, ["v1", "policies", "system", "authz"])
}

test_operators_observe_and_no_more if {
	allowed("otto", "GET", ["health"])
	allowed("otto", "GET", ["health", "live"])
	allowed("otto", "GET", ["metrics"])
	allowed("otto", "GET", ["v1", "status"])
	allowed("otto", "GET", ["v1", "config"])
	not allowed("otto", "GET", ["v1", "data"])
	not allowed("otto", "POST", ["v1", "data", "shop"])
}

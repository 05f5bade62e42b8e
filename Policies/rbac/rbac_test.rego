package authorization.rbac_test

import data.authorization.rbac

model := {
	"subjects": {
		"vera": ["viewer"],
		"ada": ["editor"],
		"olga": ["owner"],
		"root": ["administrator"],
		"gil": ["ghost"],
	},
	"roles": {
		"viewer": {"grants": [{"action": "read", "resource": "report"}]},
		"editor": {"inherits": ["viewer"], "grants": [{"action": "write", "resource": "report"}]},
		"owner": {"inherits": ["editor"], "grants": [{"action": "*", "resource": "team"}]},
		"administrator": {"grants": [{"action": "*", "resource": "*"}]},
		"loop": {"inherits": ["loop"], "grants": []},
	},
}

allowed(subject, action, resource) if {
	rbac.allow with data.rbac as model
		with input as {"subject": subject, "action": action, "resource": resource}
}

test_strangers_are_refused if not allowed("mallory", "read", "report")

test_an_empty_input_is_refused if {
	not rbac.allow with data.rbac as model with input as {}
}

test_without_a_model_all_is_refused if {
	not rbac.allow with input as {"subject": "ada", "action": "read", "resource": "report"}
}

test_roles_that_do_not_exist_grant_nothing if not allowed("gil", "read", "report")

test_a_role_grants_what_it_says if {
	allowed("vera", "read", "report")
	not allowed("vera", "write", "report")
	not allowed("vera", "read", "team")
}

test_roles_inherit_however_far if {
	allowed("ada", "read", "report")
	allowed("olga", "read", "report")
	allowed("olga", "write", "report")
	not allowed("ada", "read", "team")
}

test_stars_stand_for_everything if {
	allowed("olga", "dissolve", "team")
	allowed("root", "read", "report")
	allowed("root", "anything", "whatever")
}

test_roles_that_inherit_from_themselves_end if {
	rbac.roles == {"loop"} with data.rbac as model with data.rbac.subjects as {"lea": ["loop"]}
		with input as {"subject": "lea"}
}

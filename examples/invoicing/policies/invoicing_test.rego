package invoicing_test

import data.invoicing

request(subject, method, path) := {"subject": subject, "method": method, "path": path}

approval(subject, author, amount) := object.union(
	request(subject, "POST", ["tenants", "acme", "invoices", "17", "approval"]),
	{"invoice": {"author": author, "amount": amount}},
)

test_a_clerk_reads_invoices_of_the_tenant if {
	invoicing.allow with input as request("ada", "GET", ["tenants", "acme", "invoices"])
}

test_a_clerk_does_not_void if {
	decision := invoicing.decision with input as request("ada", "DELETE", ["tenants", "acme", "invoices", "17"])
	decision == {"allow": false, "reasons": {"no role of the subject grants invoice:void"}}
}

test_a_controller_elsewhere_is_a_stranger_here if {
	reasons := invoicing.reasons with input as request("grace", "GET", ["tenants", "initech", "invoices"])
	reasons == {"the subject is not a member of this tenant"}
}

test_nobody_approves_their_own_invoice if {
	reasons := invoicing.reasons with input as approval("bob", "bob", 100)
	reasons == {"an invoice is approved by somebody else than its author"}
}

test_an_approver_is_bound_by_the_limit if {
	invoicing.allow with input as approval("bob", "ada", 5000)
	not invoicing.allow with input as approval("bob", "ada", 5001)
}

test_a_controller_is_not_bound_by_the_limit if {
	invoicing.allow with input as approval("grace", "ada", 90000)
}

test_a_suspended_tenant_is_read_only if {
	invoicing.allow with input as request("peter", "GET", ["tenants", "initech", "invoices"])
	reasons := invoicing.reasons with input as request("peter", "POST", ["tenants", "initech", "invoices"])
	reasons == {"the tenant is suspended and may only be read"}
}

test_an_unknown_request_is_refused if {
	not invoicing.allow with input as request("grace", "PATCH", ["tenants", "acme", "invoices"])
}

test_an_empty_input_is_refused_with_reasons if {
	decision := invoicing.decision with input as {}
	decision == {"allow": false, "reasons": {"nobody is signed in", "the request is no known action"}}
}

# METADATA
# title: The invoicing API
# description: |
#   Decides each request of an API that keeps invoices for many tenants. The API sends what it
#   knows of the request, and acts on `decision`.
package invoicing

# METADATA
# title: May this request go on, and if not, why not?
# entrypoint: true
decision := {"allow": allow, "reasons": reasons}

default allow := false

# Nothing speaks against it, and it is something that somebody may do at all.
allow if {
	action
	count(reasons) == 0
}

# What a request does. A request that is not in this list does nothing.
action := "invoice:list" if {
	input.method == "GET"
	input.path = ["tenants", _, "invoices"]
}

action := "invoice:create" if {
	input.method == "POST"
	input.path = ["tenants", _, "invoices"]
}

action := "invoice:read" if {
	input.method == "GET"
	input.path = ["tenants", _, "invoices", _]
}

action := "invoice:approve" if {
	input.method == "POST"
	input.path = ["tenants", _, "invoices", _, "approval"]
}

action := "invoice:void" if {
	input.method == "DELETE"
	input.path = ["tenants", _, "invoices", _]
}

tenant := data.tenants[input.path[1]] if input.path[0] == "tenants"

# Membership is per tenant: a controller of one tenant is a stranger to the next.
roles := tenant.members[input.subject]

permissions contains permission if {
	some role in roles
	some permission in data.roles[role].permissions
}

reasons contains "the request is no known action" if not action

reasons contains "nobody is signed in" if not input.subject

reasons contains "the subject is not a member of this tenant" if {
	input.subject
	not roles
}

reasons contains $"no role of the subject grants {action}" if {
	action
	roles
	not action in permissions
}

reasons contains "the tenant is suspended and may only be read" if {
	action
	tenant.suspended
	not action in {"invoice:list", "invoice:read"}
}

# Four eyes: whoever wrote an invoice does not approve it.
reasons contains "an invoice is approved by somebody else than its author" if {
	action == "invoice:approve"
	input.invoice.author == input.subject
}

reasons contains $"only a controller approves more than {tenant.approval_limit}" if {
	action == "invoice:approve"
	input.invoice.amount > tenant.approval_limit
	not "controller" in roles
}

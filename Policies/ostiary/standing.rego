# METADATA
# title: What stands in everybody's way
# description: |
#   Subjects, memberships, credentials and organizations in whose state nothing is done, whatever
#   else permits it. Where a denial `hides`, the subject does not learn whether there is what it
#   asked for.
# scope: package
package ostiary.standing

import data.ostiary.bypass
import data.ostiary.pattern
import data.ostiary.subject

# METADATA
# title: The subject itself is suspended or deleted
denials contains {
	"rule": "subject_inactive",
	"reason": "the subject is not active",
	"hides": true,
} if {
	not subject.is_anonymous
	not input.subject.status == "active"
}

# METADATA
# title: The credential is not for this action
denials contains {
	"rule": "scope_missing",
	"reason": sprintf("the credential has no scope for `%v`", [input.action]),
	"hides": false,
} if {
	not subject.is_anonymous
	not scoped
}

# METADATA
# title: A scope of the credential covers the action
scoped if "*" in input.subject.credential.scopes

scoped if {
	some scope in input.subject.credential.scopes
	pattern.covers(scope, input.action)
}

# METADATA
# title: What is asked for belongs to another organization
# description: |
#   The credential, the membership, the resource and the request speak of one organization. That is
#   so for administrators of the installation, too: a key for one organization opens no other.
denials contains {
	"rule": "tenant_mismatch",
	"reason": "the request is about another organization",
	"hides": true,
} if {
	some organization in bound
	organization != input.tenant.id
}

# METADATA
# title: The credential is for another organization than the resource
denials contains {
	"rule": "tenant_mismatch",
	"reason": "the request is about another organization",
	"hides": true,
} if {
	not is_asserted
	input.subject.organization != input.resource.organization
}

# METADATA
# title: A trusted program has named the organization
# description: |
#   A service account of the installation's own organization, by a key whose scopes name
#   `tenant:assert`. It has no more rights there than anybody: roles give those.
is_asserted if {
	input.subject.kind == "service"
	input.request.asserted_by.organization == input.subject.organization
	"tenant:assert" in input.subject.credential.scopes
	stands_at_home
}

# METADATA
# title: The program stands where it belongs
# description: Its organization is active, and so is its place there.
stands_at_home if {
	input.request.asserted_by.status == "active"
	input.request.asserted_by.membership.status == "active"
}

# METADATA
# title: The organizations that the request speaks of
bound contains input.subject.organization if not is_asserted

bound contains input.subject.membership.organization

bound contains input.resource.organization

# METADATA
# title: The membership is suspended
denials contains {
	"rule": "membership_suspended",
	"reason": "the subject's membership is not active",
	"hides": false,
} if {
	not is_bypassed
	input.subject.membership
	not input.subject.membership.status == "active"
}

# METADATA
# title: The organization is suspended
denials contains {
	"rule": "tenant_suspended",
	"reason": "the organization is suspended",
	"hides": false,
} if {
	not is_bypassed
	input.tenant.status == "suspended"
}

# METADATA
# title: The organization is deleted
denials contains {
	"rule": "tenant_deleted",
	"reason": "the organization is no more",
	"hides": true,
} if {
	not is_bypassed
	not input.action == "organization:restore"
	input.tenant
	not tenant_exists
}

# METADATA
# title: The organization is still there
tenant_exists if input.tenant.status in {"active", "suspended"}

# METADATA
# title: The organization is being maintained
denials contains {
	"rule": "maintenance",
	"reason": "the organization is under maintenance",
	"hides": false,
} if {
	not is_bypassed
	input.tenant.flags.maintenance == true
}

# METADATA
# title: An administrator of the installation acts
is_bypassed if count(bypass.permits) > 0

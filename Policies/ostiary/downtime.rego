# METADATA
# title: Who gets through while the installation is maintained
# description: |
#   `input.maintenance` is there while it is, and on a node that does not know (`known` is false then,
#   and the node finds out before it keeps anybody out). What is denied here is answered with 503,
#   and with the message that whoever began it has left.
# scope: package
package ostiary.downtime

import data.ostiary.subject

# METADATA
# title: Nobody else
denials contains {
	"rule": "maintenance",
	"reason": "the installation is under maintenance",
	"hides": false,
} if {
	input.maintenance
	not passes
}

# METADATA
# title: Administrators of the installation work on
passes if subject.is_administrator

# METADATA
# title: They come in, too
# description: Others learn at the end that they cannot, once they have shown who they are.
passes if {
	input.action == "session:create"
	"administrator" in input.resource.attributes.account.platform_roles
}

# METADATA
# title: And stay
passes if {
	input.action == "token:refresh"
	"administrator" in input.resource.attributes.refresh.account.platform_roles
}

# METADATA
# title: What the server tells of itself, and the way in
passes if {
	input.action in {
		"service:describe", "service:details", "service:health", "service:keys",
		"session:attempt",
	}
}

# METADATA
# title: Pages on the way in, and what they are made with
passes if {
	input.action == "service:page"
	input.request.route in {"/assets/{file}", "/magic-link", "/sign-in", "/sign-in/mail"}
}

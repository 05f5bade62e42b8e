# METADATA
# title: Access by attributes
# description: |
#   Decides about documents by what is known of the subject, the document and the moment. The caller
#   sends all three, so that a decision can be replayed:
#
#       {"subject": {"id": "ada", "department": "law", "clearance": 2},
#        "action": "read",
#        "document": {"owner": "bob", "department": "law", "classification": 1},
#        "environment": {"hour": 10, "network": "internal"}}
#
#   Every condition that speaks against a request is a reason in `denials`.
# scope: package
package authorization.abac

# METADATA
# title: The action is known, and nothing speaks against it
# entrypoint: true
default allow := false

allow if {
	input.action in {"read", "write", "share"}
	count(denials) == 0
}

# METADATA
# title: What speaks against the request
# entrypoint: true
denials contains "the clearance is below the document's classification" if not cleared

denials contains "the document belongs to another department" if {
	not owned
	not shared_department
}

denials contains "only the owner writes or shares" if {
	input.action in {"write", "share"}
	not owned
}

denials contains "secret documents stay in the building" if {
	input.document.classification >= secret
	not on_site
}

denials contains "outside of working hours" if {
	input.action != "read"
	not in_working_hours
}

# METADATA
# title: From this classification on, documents are secret
secret := 3

# METADATA
# title: The subject's clearance reaches the document's classification
cleared if input.subject.clearance >= input.document.classification

# METADATA
# title: The subject owns the document
owned if input.subject.id == input.document.owner

# METADATA
# title: The subject works in the document's department
shared_department if input.subject.department == input.document.department

# METADATA
# title: The request comes from inside
on_site if input.environment.network == "internal"

# METADATA
# title: It is between eight and six
in_working_hours if {
	input.environment.hour >= 8
	input.environment.hour < 18
}

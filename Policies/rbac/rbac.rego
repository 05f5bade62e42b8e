# METADATA
# title: Access by role
# description: |
#   A subject may do what one of its roles grants, and roles inherit from others. `input` names
#   `subject`, `action` and `resource`; `data.rbac` holds who has which role, and what each grants:
#
#       rbac:
#         subjects: {ada: [editor]}
#         roles:
#           viewer: {grants: [{action: read, resource: report}]}
#           editor: {inherits: [viewer], grants: [{action: write, resource: report}]}
#
#   `*` stands for every action, or every resource.
# scope: package
package authorization.rbac

# METADATA
# title: The subject may do it
# entrypoint: true
default allow := false

allow if {
	some grant in grants
	matches(grant.action, input.action)
	matches(grant.resource, input.resource)
}

# METADATA
# title: The roles of the subject
# description: Those that it was given, and all that they inherit from, however far.
roles contains role if {
	some given in data.rbac.subjects[input.subject]
	some role in graph.reachable(inheritance, {given})
}

# METADATA
# title: Which roles each role inherits from
inheritance[name] := role.inherits if some name, role in data.rbac.roles

inheritance[name] := [] if {
	some name, role in data.rbac.roles
	not role.inherits
}

# METADATA
# title: What the subject's roles grant
grants contains grant if {
	some role in roles
	some grant in data.rbac.roles[role].grants
}

# METADATA
# title: What is granted covers what is asked
matches("*", _)

matches(pattern, value) if pattern == value

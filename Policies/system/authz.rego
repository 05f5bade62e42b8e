# METADATA
# title: Who may use the REST API
# description: |
#   Decides each request of the API before it is served, in the shape that OPA has for it:
#   `input` is the request (`method`, `path` as an array, `identity`), and `allow` says whether it
#   goes on, and if not, why not. Who may do what stands in `data.access`:
#
#       access:
#         subjects:
#           gateway: {roles: [caller], decisions: [[shop]]}
#           ada: {roles: [author]}
#
#   `decisions` are the packages that a caller may ask for; without it, all but `system`.
# scope: package
package system.authz

# METADATA
# title: The request is served
# description: What is not permitted below is refused, whatever it is.
# entrypoint: true
default allow := {"allowed": false, "reason": "nobody may do this"}

allow := {"allowed": true} if {
	permitted
} else := {"allowed": false, "reason": "the subject is not known"} if {
	not subject
} else := {"allowed": false, "reason": "the request is no known action"} if {
	not action
} else := {"allowed": false, "reason": sprintf("%s may not %s", [input.identity, action])}

# METADATA
# title: Who asks
# description: What `data.access` holds of the identity that the server has established.
subject := data.access.subjects[input.identity]

# METADATA
# title: What each role may do
permissions := {
	"caller": {"decide"},
	"reader": {"decide", "read"},
	"author": {"decide", "read", "write"},
	"operator": {"observe"},
	"administrator": {"decide", "read", "write", "observe", "administer"},
}

# METADATA
# title: What the request does
# description: One word for each kind of request; undefined for what the API does not have.
action := "administer" if {
	reaches_everything
} else := "decide" if {
	asks_for_decision
} else := "read" if {
	input.method == "GET"
	input.path[0] == "v1"
	input.path[1] in {"data", "policies"}
} else := "write" if {
	input.method in writing
	input.path[0] == "v1"
	input.path[1] == "data"
} else := "observe" if {
	input.method == "GET"
	input.path[0] in {"health", "metrics"}
} else := "observe" if {
	input.method == "GET"
	input.path[0] == "v1"
	input.path[1] in {"config", "status"}
}

writing := {"PUT", "PATCH", "DELETE"}

# METADATA
# title: Whoever may do this may do everything
# description: |
#   Policies may be of any package, whatever their names are: whoever writes one could permit
#   themselves the rest. So may those who write what this policy reads, and queries of one's own read
#   all there is.
reaches_everything if {
	input.path[0] == "v1"
	input.path[1] in {"query", "compile"}
}

reaches_everything if {
	input.method in writing
	input.path[0] == "v1"
	input.path[1] == "policies"
}

reaches_everything if {
	input.method in writing
	input.path[0] == "v1"
	input.path[1] == "data"
	input.path[2] == "access"
}

# METADATA
# title: The documents of the system itself
reaches_everything if {
	input.path[0] in {"v0", "v1"}
	input.path[1] in {"data", "policies"}
	input.path[2] == "system"
}

# METADATA
# title: All documents at once, and those whose names are hidden by slashes
reaches_everything if {
	input.method in writing
	input.path == ["v1", "data"]
}

reaches_everything if {
	input.path[0] in {"v0", "v1"}
	"" in input.path
}

# METADATA
# title: The request asks for a decision
asks_for_decision if {
	input.method == "POST"
	input.path[0] in {"v0", "v1"}
	input.path[1] == "data"
}

asks_for_decision if {
	input.method == "POST"
	input.path == [""]
}

# METADATA
# title: The subject has a role that permits the action
permitted if {
	some role in subject.roles
	action in permissions[role]
	within_bounds
}

# METADATA
# title: The decision is one that the subject may ask for
within_bounds if action != "decide"

within_bounds if not subject.decisions

within_bounds if {
	some permitted_path in subject.decisions
	asked_path := array.slice(input.path, 2, 2 + count(permitted_path))
	asked_path == permitted_path
}

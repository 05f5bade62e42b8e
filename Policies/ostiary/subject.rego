# METADATA
# title: Who acts
# description: What the policies ask of the subject itself, before any organization is looked at.
# scope: package
package ostiary.subject

# METADATA
# title: The subject is anonymous
default is_anonymous := false

is_anonymous if input.subject.kind == "anonymous"

# METADATA
# title: The subject is known
default is_somebody := false

is_somebody if input.subject.kind in {"account", "service", "client", "operator"}

# METADATA
# title: The subject administers the installation
# description: |
#   What this lets do inside of an organization is the bypass's alone; the other policies ask it for
#   what belongs to no organization.
default is_administrator := false

is_administrator if {
	is_somebody
	"administrator" in input.subject.platform_roles
}

# METADATA
# title: What administrators of the installation change wants a sign-in of the last so many seconds
fresh_seconds := 300

# METADATA
# title: What is asked for where it is older
# description: A key shows none, whatever its scopes.
step_up := {"type": "step_up", "acr": "aal1", "max_age_seconds": fresh_seconds}

# METADATA
# title: The subject has signed in within so many seconds
# description: Not so for a credential that no sign-in stands behind.
signed_in_within(seconds) if input.subject.credential.session.auth_age_seconds <= seconds

# METADATA
# title: What administrators of the installation may do in organizations
# description: |
#   Everything, in any: and this is the one rule that says so. Without it they have no more rights
#   there than their membership gives them.
# scope: package
package ostiary.bypass

import data.ostiary.subject

# METADATA
# title: Every action in every organization
permits contains {"rule": "admin_bypass", "reason": "admin_bypass"} if {
	subject.is_administrator
	input.tenant
}

# METADATA
# title: Patterns of actions
# description: Scopes of credentials and permissions of roles are written in them.
# scope: package
package ostiary.pattern

# METADATA
# title: The action is covered by what is granted
# description: A pattern is an action, or all of an area's, as in `member:*`.
covers(pattern, action) if pattern == action

covers(pattern, action) if {
	area := split(action, ":")[0]
	pattern == concat(":", [area, "*"])
}

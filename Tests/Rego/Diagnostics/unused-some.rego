package a

allow if {
	some user, role in input.users
	some unused
	user == role
}

package a

allow if {
	some user in input.users
	usr.admin
}

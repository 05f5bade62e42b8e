package a

admin if {
	some user input.users
}

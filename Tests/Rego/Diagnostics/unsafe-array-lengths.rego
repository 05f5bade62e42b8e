package a

allow if {
	[user, role] = ["alice", "admin", true]
	user == role
}

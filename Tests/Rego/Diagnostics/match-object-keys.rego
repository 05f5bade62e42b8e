package a

allow if {
	{"user": name, "role": "admin"} = {"user": "alice", "rule": "admin"}
	name == "alice"
}

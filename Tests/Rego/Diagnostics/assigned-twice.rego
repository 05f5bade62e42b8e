package a

allow if {
	x := input.a
	x := input.b
}

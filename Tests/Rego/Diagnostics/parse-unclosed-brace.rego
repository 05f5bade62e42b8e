package a

allow if {
	input.x == 1

deny if input.y

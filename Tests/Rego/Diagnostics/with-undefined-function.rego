package a

test_it if {
	allow with cuont as 3
}

allow if true

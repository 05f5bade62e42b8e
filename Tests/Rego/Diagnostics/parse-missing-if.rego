package a

allow {
	input.admin
}

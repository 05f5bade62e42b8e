package a

blocked if {
	not input.users[name]
	name == "ada"
	other
}

other if x > 1

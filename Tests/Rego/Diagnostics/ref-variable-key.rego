package a

hosts := ["one", "two"]

found if {
	name := "one"
	hosts[name]
}

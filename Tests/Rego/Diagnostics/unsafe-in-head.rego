package a

edges[from] contains [to, extra] if {
	some link in input.links
	from := link.from
	to := link.to
}

package a

level := "high" if {
	input.x > 3
} else if input.x > 1 {
	"low"
}

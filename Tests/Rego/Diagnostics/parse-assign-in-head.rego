package a

allow = true if input.x

allow := if input.y

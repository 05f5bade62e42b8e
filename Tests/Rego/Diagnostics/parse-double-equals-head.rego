package a

allow == true if input.x

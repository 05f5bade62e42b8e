package a

size := len(input.items)

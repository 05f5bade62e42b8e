package a

size := counts(input.items)

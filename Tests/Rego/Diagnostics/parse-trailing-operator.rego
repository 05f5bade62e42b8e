package a

total := input.a +

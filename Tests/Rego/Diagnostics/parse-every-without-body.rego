package a

ok if every x in input.xs

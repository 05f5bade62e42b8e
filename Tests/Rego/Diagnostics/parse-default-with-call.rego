package a

default limit := count([1, 2])

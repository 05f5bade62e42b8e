package a

names := ["a", "b"

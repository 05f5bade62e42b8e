package a

names := union(["a"], ["b"])

package a

hosts := ["one", "two"]

first := hosts["one"]

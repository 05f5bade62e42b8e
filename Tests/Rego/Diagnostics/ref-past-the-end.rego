package a

hosts := ["one", "two"]

third := hosts[2]

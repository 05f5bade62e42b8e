package a

shout(name) := upper(name)

loud := shout(5)

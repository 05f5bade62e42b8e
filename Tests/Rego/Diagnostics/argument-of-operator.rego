package a

total := count("x") + "y"

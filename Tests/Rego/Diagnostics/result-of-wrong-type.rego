package a

deny contains "too many" if count(input.items) = "3"

package a

double(x) := x * 2

wrong := double + 1

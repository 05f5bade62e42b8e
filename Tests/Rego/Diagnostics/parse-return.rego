package a

double(x) {
	return x * 2
}

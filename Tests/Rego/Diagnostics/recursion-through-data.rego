package a

all := data.a

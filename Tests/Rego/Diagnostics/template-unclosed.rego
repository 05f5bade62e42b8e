package a

msg := $"hello {input.name"

package a

name := input.name ?? "none"

package a

required := ["owner", "team"]

missing := required - object.keys(input.labels)

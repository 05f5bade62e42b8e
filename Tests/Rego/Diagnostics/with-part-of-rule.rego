package a

rules := {"x": 1}

test_it if rules.x == 2 with data.a.rules.x as 2

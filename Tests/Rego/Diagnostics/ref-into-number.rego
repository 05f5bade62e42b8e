package a

limit := 5

top := limit.value

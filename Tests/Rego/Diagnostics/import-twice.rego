package a

import data.lib.x
import data.other.x

p := x

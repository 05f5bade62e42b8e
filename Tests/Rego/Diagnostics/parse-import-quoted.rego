package a

import "data.lib"

package digits

// MakeSet writes a small made set, for the examples.
func MakeSet(dir string) error { return makeSet(dir) }

package data

import "fmt"

// Complete gives every setting of the list its value: the given one, read by [Setting.Parse], or its default. It
// returns an error for a given name that is not in the list.
func Complete(list []Setting, given map[string]any) (map[string]any, error) {
	values := map[string]any{}
	for _, s := range list {
		v, ok := given[s.Name]
		if !ok {
			v = s.Default
		}
		parsed, err := s.Parse(v)
		if err != nil {
			return nil, err
		}
		values[s.Name] = parsed
	}
	for name := range given {
		if _, ok := values[name]; !ok {
			return nil, fmt.Errorf("unknown setting %q", name)
		}
	}
	return values, nil
}

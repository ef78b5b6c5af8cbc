package data

import (
	"os"
	"path/filepath"
	"strings"
)

// Subfolder is the path of a folder below another: of this name, or where there is none, of the one name that differs
// in capitals alone. Where there is none of these either, or several, it is that of this name, which is not there.
func Subfolder(dir, name string) string {
	path := filepath.Join(dir, name)
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return path
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return path
	}
	found := ""
	for _, e := range list {
		if !strings.EqualFold(e.Name(), name) {
			continue
		}
		other := filepath.Join(dir, e.Name())
		if st, err := os.Stat(other); err != nil || !st.IsDir() { // through links
			continue
		}
		if found != "" {
			return path
		}
		found = other
	}
	if found != "" {
		return found
	}
	return path
}

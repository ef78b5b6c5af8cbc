package policy

import (
	"path"
	"strings"
	"testing"
)

func TestPackageDocs(t *testing.T) {
	// As go doc wants it: a library's comment begins "Package x", a command's with the command's name.
	for _, p := range listPackages(t) {
		if len(p.GoFiles)+len(p.CgoFiles) == 0 {
			continue // tests only
		}
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			command := path.Base(p.name())
			want = strings.ToUpper(command[:1]) + command[1:] + " "
		}
		if !strings.HasPrefix(p.Doc, want) {
			t.Errorf("%s: doc comment %q, want one that begins %q", p.name(), p.Doc, want)
		}
	}
}

func TestPackageNames(t *testing.T) {
	vague := []string{"util", "utils", "helper", "helpers", "common", "misc", "base", "pkg", "errors"}
	for _, p := range listPackages(t) {
		for _, word := range vague {
			if p.Name == word {
				t.Errorf("%s: the name %s says nothing of what the package does", p.name(), word)
			}
		}
	}
}

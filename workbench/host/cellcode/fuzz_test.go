package cellcode

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzCell reads any file as a cell. One that can be read has a steady hash for every name, which a comment does not
// change.
func FuzzCell(f *testing.F) {
	f.Add(cellText)
	for _, text := range []string{
		"package main", "package main\n\nfunc main() {}\n",
		"package main\nfunc init() { Register(\"half\", x) }\nvar x = y\nvar y = x\n",
		"package main\n//line other.go:1000\ntype T struct{}\nfunc (T) M() {}\nfunc init() { " +
			"method.Register(\"half\", T{}) }\n",
		"package main\nfunc () M() {}\nfunc (*T[P]) N() {}\nfunc init() { Register() ; Register(1); " +
			"RegisterEncoder(\"half\", func() {}) }\n",
		"package main\nconst (\n\ta = iota\n\tb\n)\nfunc init() { a := b; Register(\"half\", a) }\n",
		"package main\nimport . \"fmt\"\nimport m \"math\"\nfunc init() { Register(`half`, m.Pi) }\nfunc f() { f() }\n",
		"package main\nvar _, c = 1, func() { Register(\"half\", c) }\n",
		"package main\n/*line x:1:1*/var v = 1\nfunc init(){Register(\"half\",v)}",
	} {
		f.Add(text)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 8192 {
			return
		}
		hashes := func(text string) (list [3]string, ok bool) {
			path := filepath.Join(dir, "main.go")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := Read(path)
			if err != nil {
				return list, false
			}
			return [3]string{
				c.Hash("Register", "half"), c.Hash("RegisterEncoder", "half"), c.Hash("Register", "no such"),
			}, true
		}
		once, ok := hashes(text)
		if !ok {
			return
		}
		if again, _ := hashes(text); again != once {
			t.Errorf("hashes %v, then %v", once, again)
		}
		if more, ok := hashes(text + "\n// a comment"); ok && more != once {
			t.Errorf("hashes %v, with a comment behind all %v", once, more)
		}
	})
}

package cellcode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readText is a cell whose method reads package variables, one of each kind. What sets them is put in its places.
const readText = `package main

import (
	_ "embed"

	"github.com/primewindow/primewindow/elsewhere"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/workbench/host"
)

var (
	share float64
	table = map[string]float64{}
	list  []float64
	deep  struct{ at *float64 }
	other float64

	unread float64
)

type Half struct{}

func (Half) Start() float64 { return share + table["a"] + sum(list) + *deep.at + elsewhere.Rate }

func sum(list []float64) (s float64) {
	for _, v := range list {
		s += v
	}
	return s
}

type Third struct{ rate float64 }

func (Third) Start() bool { return other > 0 }

func (t *Third) set(v float64) { t.rate = v; share = v }

type setter interface{ set(float64) }

func setShare(v float64) { share = v }

func through(v float64) { setShare(v) }

func made(v float64) Third {
	share = v
	return Third{}
}

func shown() { println(share, table["a"], len(list)) } // reads alone

DECLARED

func init() {
	method.Register("half", Half{})
	INIT
	method.Register("third", Third{})
}

func main() {
	MAIN
	host.InThisCell()
	AFTER
}
`

// TestWriters: what may set a variable that a method reads is a part of its code, wherever it stands; what only reads
// the variable, or sets another, is none.
func TestWriters(t *testing.T) {
	for _, tt := range []struct {
		name, place, text, with string // text with 0.25 in it, or with, in its place
		same                    bool
		reason                  string
	}{
		{name: "init that registers", place: "INIT", text: "share = 0.25", reason: "it runs before the host serves"},
		{
			name: "order", place: "INIT", text: "share = 0.25\n\tshare *= 2", with: "share *= 2\n\tshare = 0.25",
			reason: "the last one stays",
		},
		{name: "by a local variable", place: "INIT", text: "s := 0.25\n\tshare = s", reason: "it decides the value"},
		{name: "main", place: "MAIN", text: "share = 0.25", reason: "it runs in the host, too"},
		{name: "after the host", place: "AFTER", text: "share = 0.25", same: true, reason: "there it never runs"},
		{name: "another package's", place: "INIT", text: "elsewhere.Rate = 0.25", reason: "the method may read it"},
		{name: "another package's in main", place: "MAIN", text: "elsewhere.Rate = 0.25", reason: "as in init"},
		{name: "element", place: "INIT", text: `table["a"] = 0.25`, reason: "a part of the variable"},
		{name: "append", place: "MAIN", text: "list = append(list, 0.25)", reason: "an assignment"},
		{name: "through a pointer", place: "MAIN", text: "p := &share\n\t*p = 0.25", reason: "the address leads to it"},
		{name: "target", place: "INIT", text: "deep.at = new(float64)\n\t*deep.at = 0.25", reason: "a part of it"},
		{name: "call", place: "MAIN", text: "setShare(0.25)", reason: "the argument decides"},
		{name: "call of a call", place: "DECLARED", text: "var _ = func() int { through(0.25); return 1 }()",
			reason: "an initialiser runs first"},
		{name: "blank variable", place: "DECLARED", text: "var _ = made(0.25)", reason: "nothing names it"},
		{name: "through an interface", place: "DECLARED",
			text: "var _ = func() int { call(&Third{}); return 0 }()\n\n" +
				"func call(s setter) { s.set(0.25) }", reason: "an interface hides the method"},
		{name: "method value", place: "DECLARED",
			text:   "var _ = func() int { f := (&Third{}).set; f(0.25); return 0 }()",
			reason: "it may be called"},
		{name: "function that nothing calls here", place: "DECLARED",
			text: "func later() { setShare(0.25) }", reason: "any hook may call it"},
		{name: "another's registration", place: "INIT", text: `method.Register("fourth", made(0.25))`,
			reason: "its argument sets the variable"},
		{name: "another's plain registration", place: "INIT", text: `method.Register("fourth", Third{rate: 0.25})`,
			same: true, reason: "it sets nothing that half reads"},
		{name: "reader", place: "DECLARED", text: "func read() { println(share + 0.25, table[`a`], len(list)) }",
			same: true, reason: "it sets nothing"},
		{name: "another variable", place: "DECLARED", text: "func set() { unread = 0.25 }", same: true,
			reason: "half does not read it"},
		{name: "variable of the same name", place: "DECLARED",
			text: "func own() { share := 0.25; share++; println(share) }",
			same: true, reason: "it is another one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fill := func(text string) string {
				filled := strings.Replace(readText, tt.place, text, 1)
				return strings.NewReplacer("DECLARED", "", "INIT", "", "MAIN", "", "AFTER", "").Replace(filled)
			}
			with := tt.with
			if with == "" {
				with = strings.Replace(tt.text, "0.25", "0.75", 1)
			}
			one := cellHash(t, writeCell(t, fill(tt.text)), "Register", "half")
			two := cellHash(t, writeCell(t, fill(with)), "Register", "half")
			if (one == two) != tt.same {
				t.Errorf("%q and %q: hashes %s and %s, want the same %v\nreason: %s", tt.text, with, one, two, tt.same,
					tt.reason)
			}
		})
	}
}

// TestEmbedded: files that a variable embeds are a part of the code that reads it, and so is which ones.
func TestEmbedded(t *testing.T) {
	const text = `package main

import _ "embed"

//go:embed weights.txt "two words"
var weights string

type Half struct{}

func (Half) Start() string { return weights }

func init() { method.Register("half", Half{}) }
`
	hash := func(text string, files map[string]string) string {
		path := writeCell(t, text)
		for name, content := range files {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(filepath.Dir(path), name)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return cellHash(t, path, "Register", "half")
	}
	want := hash(text, map[string]string{"weights.txt": "1", "two words/a": "2", "else.txt": "3"})
	for _, tt := range []struct {
		name  string
		text  string
		files map[string]string
		same  bool
	}{
		{"same", text, map[string]string{"weights.txt": "1", "two words/a": "2", "else.txt": "4"}, true},
		{"content", text, map[string]string{"weights.txt": "9", "two words/a": "2"}, false},
		{"in a folder", text, map[string]string{"weights.txt": "1", "two words/a": "9"}, false},
		{"in a folder by name", text, map[string]string{"weights.txt": "1", "two words/b": "2"}, false},
		{"pattern", strings.Replace(text, "weights.txt", "else.txt", 1),
			map[string]string{"else.txt": "1", "two words/a": "2"}, false},
		{"in a group", strings.Replace(text, "var weights string", "var (\n\tweights string\n)", 1),
			map[string]string{"weights.txt": "9", "two words/a": "2"}, false},
	} {
		if got := hash(tt.text, tt.files); (got == want) != tt.same {
			t.Errorf("%s: hash %s after %s, want the same %v", tt.name, got, want, tt.same)
		}
	}
}

// TestBuildTags: a file that the build leaves out has no part in the code, and the one that takes its place has.
func TestBuildTags(t *testing.T) {
	hash := func(out, in string) string {
		path := writeCell(t, `package main

type Half struct{}

func (Half) Start() float64 { return share }

func init() { method.Register("half", Half{}) }
`)
		for name, text := range map[string]string{
			"a.go":       "//go:build never\n\npackage main\n\nconst share = " + out,
			"b.go":       "//go:build !never\n\npackage main\n\nconst share = " + in,
			"c_plan9.go": "package main\n\nconst share = 3",
		} {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return cellHash(t, path, "Register", "half")
	}
	want := hash("0.25", "0.5")
	if hash("0.25", "0.75") == want {
		t.Error("the constant of the file that is built does not change the hash")
	}
	if hash("0.75", "0.5") != want {
		t.Error("the constant of the file that is left out changes the hash")
	}
}

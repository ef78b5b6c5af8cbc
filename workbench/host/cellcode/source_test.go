package cellcode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
)

// cellText is a cell as GoNB writes it: declarations in alphabetical order, then the main part.
const cellText = `package main

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	wb "github.com/primewindow/primewindow/workbench"
	"github.com/primewindow/primewindow/workbench/host"
)

const share = 0.5

var (
	half  = wb.Open("mine", wb.Method("half"))
	third = wb.Open("other", wb.Method("third"))
)

type Half struct {
	inforeg.Plain
}

type Third struct{ inforeg.Plain }

func (Half) Gradients(s *inforeg.Step) {
	half := s.Scores(inforeg.ScoreMeanP)
	s.Record("k", scaled(half["audio"]))
}

// scaled halves.
func scaled(x *Node) *Node { return MulScalar(x, share) }

func unrelated() int { return 1 }

func (Third) Start() bool { return true }

func init() {
	method.Register("half", Half{})
	method.Register("third", Third{})
}

func main() {
	host.InThisCell()
	half.To(3)
}
`

// writeCell writes a cell's source with some of its text replaced, in pairs.
func writeCell(t *testing.T, text string, replace ...string) string {
	t.Helper()
	for i := 0; i+1 < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the cell has no %q", replace[i])
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func cellHash(t *testing.T, path, verb, name string) string {
	t.Helper()
	c, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return c.Hash(verb, name)
}

func TestCellCode(t *testing.T) {
	const verb = "Register"
	before := writeCell(t, cellText)
	want := cellHash(t, before, verb, "half")
	if want == cellHash(t, before, verb, "third") {
		t.Fatal("two methods have one hash")
	}
	for _, tt := range []struct {
		name    string
		replace []string
		changed bool
		reason  string
	}{
		{
			"main part", []string{"half.To(3)", "half.To(300)\n\thalf.Show()"}, false,
			"asking for more steps is no change of code",
		},
		{
			"handle", []string{`wb.Open("mine", wb.Method("half"))`, `wb.Open("mine", wb.Method("half"), wb.Seed(1))`},
			false, "a local variable of the same name is another one",
		},
		{
			"new handle", []string{"third = wb", "fork  = half.Fork(\"fork\", wb.Step(1))\n\tthird = wb"}, false,
			"no method reads a handle",
		},
		{
			"comment",
			[]string{
				"// scaled halves.", "// scaled takes a share.", "half := s.Scores", "half := /* p(y) */ s.Scores",
			},
			false, "comments do not compute",
		},
		{
			"line breaks",
			[]string{
				"type Half struct {\n\tinforeg.Plain\n}", "type Half struct{ inforeg.Plain }", "\thalf := s",
				"\n\n\thalf := s",
			},
			false, "nor do line breaks",
		},
		{
			"other method", []string{"bool { return true }", "bool { return false }"}, false,
			"a run of half does not run it",
		},
		{"unrelated function", []string{"return 1", "return 2"}, false, "nothing of half reaches it"},
		{
			"order",
			[]string{
				"func unrelated() int { return 1 }\n", "", "const share",
				"func unrelated() int { return 1 }\n\nconst share",
			},
			false, "declarations have no order",
		},
		{"body", []string{"half[\"audio\"]", "half[\"visual\"]"}, true, "the hook itself"},
		{"constant", []string{"share = 0.5", "share = 0.25"}, true, "what the hook calls reads it"},
		{"callee", []string{"MulScalar(x", "AddScalar(x"}, true, "the hook calls it"},
		{
			"new hook", []string{"func (Third)", "func (Half) Start() bool { return true }\n\nfunc (Third)"}, true,
			"a hook of the same type is used though nothing names it",
		},
		{"registration", []string{"Half{})", "&Half{})"}, true, "another value"},
		{
			"embedded", []string{"type Half struct {\n\tinforeg.Plain", "type Half struct {\n\tmethod.OGM"}, true,
			"hooks that are inherited",
		},
		{
			"import", []string{"primewindow/inforeg\"", "primewindow/elsewhere/inforeg\""}, true,
			"another package of the same name",
		},
		{
			"dot import", []string{"gomlx/core/graph", "gomlx/core/other"}, true,
			"its names have no prefix that would show it",
		},
		{
			"init", []string{"func main", "func init() { println() }\n\nfunc main"}, true,
			"it may set what the method reads",
		},
		{
			"in main",
			[]string{
				"\tmethod.Register(\"half\", Half{})\n", "", "\thost.InThisCell()",
				"\tmethod.Register(\"half\", Half{})\n\thost.InThisCell()",
			},
			false, "it is the same registration",
		},
		{
			"from a variable",
			[]string{`method.Register("half", Half{})`, "h := Half{}\n\tmethod.Register(\"half\", h)"}, true,
			"then the function around it counts",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := cellHash(t, writeCell(t, cellText, tt.replace...), verb, "half")
			if (got != want) != tt.changed {
				t.Errorf("hash %s after %s, want changed %v\nreason: %s", got, want, tt.changed, tt.reason)
			}
		})
	}
}

// TestCellCodeByName: a name that is not written out reaches everything but the main part.
func TestCellCodeByName(t *testing.T) {
	text := strings.Replace(cellText, `method.Register("half", Half{})`,
		`for name, m := range map[string]inforeg.Method{"half": Half{}} {
		method.Register(name, m)
	}`, 1)
	want := cellHash(t, writeCell(t, text), "Register", "half")
	if got := cellHash(t, writeCell(t, text, "half.To(3)", "half.To(4)"), "Register", "half"); got != want {
		t.Error("another main part changes the hash")
	}
	if got := cellHash(t, writeCell(t, text, "return 1", "return 2"), "Register", "half"); got == want {
		t.Error("another function does not change the hash")
	}
	if _, err := Read("gonb_1/main.go"); err == nil {
		t.Error("a path that is not whole: no error")
	}
	if _, err := Read(filepath.Join(t.TempDir(), "main.go")); err == nil {
		t.Error("a file that is not there: no error")
	}
	if _, err := Read(writeCell(t, "package main\nfunc")); err == nil {
		t.Error("a file that is no Go: no error")
	}
}

func TestSourcesHash(t *testing.T) {
	got, err := Sources(hosttest.Project(t))
	if err != nil || got == "" {
		t.Fatalf("%q, %v", got, err)
	}
	if _, err := Sources(t.TempDir()); err == nil {
		t.Error("a folder without sources: no error")
	}
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range hostFolders {
		write(folder+"/x.go", "package x")
	}
	write("go.mod", "module x\n\nrequire example.com/y v1.0.0\n")
	write("go.sum", "example.com/y v1.0.0 h1:a\n")
	seen := map[string]string{}
	for _, tt := range []struct{ name, text string }{
		{"data/x.go", "package x // as it was"}, {"models/x.go", "package x\n\nconst a = 1"},
		{"go.mod", "module x\n\nrequire example.com/y v1.1.0\n"}, {"go.sum", "example.com/y v1.1.0 h1:b\n"},
	} {
		write(tt.name, tt.text)
		hash, err := Sources(root)
		if err != nil || seen[hash] != "" {
			t.Errorf("after another %s: %s, as after %s, %v", tt.name, hash, seen[hash], err)
		}
		seen[hash] = tt.name
	}
}

package kineticssounds

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeList(t *testing.T) {
	want := []clip{{"--4-0ihtnBU_000058_000068", 4}, {"-3Mwkq-7TV4_2", 30}}
	for _, tt := range []struct{ name, text, reason string }{
		{"commas", "--4-0ihtnBU_000058_000068,10,4\r\n-3Mwkq-7TV4_2,10,30\r\n", "my_train.txt as published"},
		{"blanks", "--4-0ihtnBU_000058_000068 10 4\n-3Mwkq-7TV4_2 10  30", "ks_train_overlap.txt of the field's code"},
		{"floats", "--4-0ihtnBU_000058_000068,10.0,4.0\n-3Mwkq-7TV4_2,10.0,30.0\n", "pandas, of a column with gaps"},
		{"mark and empty lines", "\ufeff--4-0ihtnBU_000058_000068,10,4\n\n-3Mwkq-7TV4_2, 10, 30\n\n", "an editor's"},
	} {
		got, err := decodeList("x", []byte(tt.text))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(clip{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s\nreason: %s", tt.name, err, diff, tt.reason)
		}
	}
	if got := want[1].video(); got != "-3Mwkq-7TV4" {
		t.Errorf("video() = %s, want -3Mwkq-7TV4", got)
	}
}

func TestDecodeListErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want, reason string }{
		{"class and a half", "a,10,3.5\n", `line 1: clip a: class "3.5"`, "none lies between"},
		{
			"class unknown", "a,10,3\nb,10,31\n", `line 2: clip b: class "31", want a number from 0 to 30`,
			"there are 31 classes",
		},
		{"class below", "b,10,-1\n", `line 1: clip b: class "-1"`, "none is below 0"},
		{"class missing", "a,10,\n", `line 1: clip a: class "", want`, "a cut row"},
		{"class a name", "a,10,bowling\n", `class "bowling", want a number`, "another list"},
		{"one field", "a\n", "line 1: 1 fields, want clip,seconds,class", "names alone"},
		{"four fields", "a,10,3,4\n", "line 1: 4 fields, want clip,seconds,class", "another list"},
		{"twice", "a,10,3\nb,10,3\n\na,10,4\n", "line 4: clip a is in line 1 already", "one clip with two classes"},
		{"no clip", ",10,3\n", `line 1: clip "", want letters`, "a cut row"},
		{"leaves the folder", "../a,10,3\n", `line 1: clip "../a", want letters`, "nothing outside is read"},
		{"a path", "a/b,10,3\n", `line 1: clip "a/b", want letters`, "a name is no path"},
		{"another file's name", "a.txt,10,3\n", `line 1: clip "a.txt", want letters`, "no recording or video"},
		{"twice, once as a file", "a,10,3\na.mp4,10,3\n", "line 2: clip a is in line 1 already", "one clip"},
		{"empty", "\n \n", "no clips", "a download that broke off"},
	} {
		_, err := decodeList("x", []byte(tt.text))
		if err == nil || !strings.HasPrefix(err.Error(), "x: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want x: %s\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
	_, err := decodeLists("d/my_train.txt", []byte("a,10,3\n"), "d/my_test.txt", []byte("b,10,3\na,10,3\n"))
	if want := "d/my_test.txt: clip a is in my_train.txt too, want it in one list"; err == nil || err.Error() != want {
		t.Errorf("a clip in both lists: %v, want %s", err, want)
	}
}

func write(tb testing.TB, name, text string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// TestFindLists wants the first folder's lists, under either name, and no half of a pair.
func TestFindLists(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	if _, err := findLists(dir, other); err == nil ||
		!strings.HasPrefix(err.Error(), filepath.Join(dir, "my_train.txt")+": no such file, want the lists") {
		t.Errorf("no lists: %v", err)
	}
	write(t, filepath.Join(other, "ks_test_overlap.txt"), "b 10 1\n")
	if _, err := findLists(dir, other); err == nil || !strings.Contains(err.Error(), "ks_train_overlap.txt") {
		t.Errorf("a test list alone: %v, want the file that lacks", err)
	}
	write(t, filepath.Join(other, "ks_train_overlap.txt"), "a 10 0\n")
	if l, err := findLists(dir, other); err != nil || len(l.train) != 1 || l.test[0].label != 1 {
		t.Errorf("lists in the second folder: %+v, %v", l, err)
	}
}

func TestClassNames(t *testing.T) {
	dir := t.TempDir()
	names, err := classNames(dir)
	if err != nil || len(names) != classes || names[30] != "30" {
		t.Errorf("without classes.txt: %v, %v, want numbers", names, err)
	}
	all := make([]string, classes)
	for i := range all {
		all[i] = "class " + string(rune('A'+i))
	}
	for _, tt := range []struct{ name, text, want, reason string }{
		{"whole", strings.Join(all, "\r\n") + "\r\n", "", "one name a line"},
		{"short", strings.Join(all[1:], "\n"), "30 names, want 31", "a class has no name"},
		{
			"twice", strings.Join(append(all[1:], "class B"), "\n"), `line 31: class "class B", want another name`,
			"two classes of one name",
		},
	} {
		write(t, filepath.Join(dir, "classes.txt"), tt.text)
		names, err := classNames(dir)
		if (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) ||
			err == nil && names[1] != "class B" {
			t.Errorf("%s: %v, %v, want %q\nreason: %s", tt.name, names, err, tt.want, tt.reason)
		}
	}
}

func FuzzDecodeList(f *testing.F) {
	f.Add([]byte("--4-0ihtnBU_000058_000068,10,4\n-3Mwkq-7TV4_2,10,30\n"))
	f.Add([]byte("\ufeffa 10 3\r\n\r\nb 10 4"))
	f.Add([]byte("../x,10,3\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := decodeList("x", b)
		if (err == nil) != (len(list) > 0) {
			t.Fatalf("%d rows, error %v", len(list), err)
		}
		seen := map[string]bool{}
		for _, c := range list {
			if seen[c.id] || c.label < 0 || c.label >= classes || filepath.Base(c.id) != c.id ||
				!filepath.IsLocal(c.id) || c.video() == "" {
				t.Fatalf("%+v", c)
			}
			seen[c.id] = true
		}
	})
}

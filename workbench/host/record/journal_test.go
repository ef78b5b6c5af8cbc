package record

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/seal"
)

func line(step int, text string) []byte { return fmt.Appendf(nil, `{"step":%d,"v":%q}`, step, text) }

func of(step int, text string) Line { return Line{step, line(step, text)} }

// written makes a journal of n lines in groups of two, and gives its path and lines.
func written(t *testing.T, o Options, n int) (path string, lines []string) {
	t.Helper()
	if _, err := os.Stat("/dev/shm"); err == nil { // thousands of files are synced, which takes a minute on a disk
		t.Setenv("TMPDIR", "/dev/shm")
	}
	path = filepath.Join(t.TempDir(), "x.jsonl")
	j, found, err := Open(path, o)
	if err != nil || found.Damaged() || found.Unproved {
		t.Fatalf("a new journal: %+v, %v", found, err)
	}
	for i := range n {
		var group []Line
		for k := range 2 {
			if o.Dense && k > 0 {
				break
			}
			group = append(group, of(i, fmt.Sprintf("value %d.%d", i, k)))
			lines = append(lines, string(group[k].Text))
		}
		if err := j.Append(group...); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(j.Sync(), j.Close()); err != nil {
		t.Fatal(err)
	}
	return path, lines
}

// reopened opens the journal and gives its lines, "" for lost ones.
func reopened(t *testing.T, path string, o Options) (j *Journal, found Found, lines []string) {
	t.Helper()
	j, found, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	for i := range j.Len() {
		text, err := j.Line(i)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(text))
	}
	return j, found, lines
}

func viewed(t *testing.T, path string, o Options) (lines []string) {
	t.Helper()
	v, _, err := Read(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := v.Each(func(_ int, line []byte) error { lines = append(lines, string(line)); return nil }); err != nil {
		t.Fatal(err)
	}
	return lines
}

func read2(t *testing.T, path string) (text, sums []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if sums, err = os.ReadFile(SumsPath(path)); err != nil {
		t.Fatal(err)
	}
	return text, sums
}

func write2(t *testing.T, path string, text, sums []byte) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, text, 0o600), os.WriteFile(SumsPath(path), sums, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// TestFlips flips each bit of both files of each kind of journal. What is read afterwards is what was written, or a
// hole; and a hole that is filled with the line that was written is proved by its checksum.
func TestFlips(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    Options
	}{
		{"lines", Options{Owner: "a"}}, {"dense", Options{Dense: true, Owner: "a"}},
		{"copied", Options{Copy: true, Owner: "a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, want := written(t, tt.o, 4)
			text, sums := read2(t, path)
			flips := func(of []byte, put func([]byte)) {
				for bit := range 8 * len(of) {
					b := bytes.Clone(of)
					b[bit/8] ^= 1 << (bit % 8)
					put(b)
					seen := viewed(t, path, tt.o)
					j, found, lines := reopened(t, path, tt.o)
					if !slices.Equal(seen, lines) {
						t.Fatalf("bit %d: Read %q, Open %q", bit, seen, lines)
					}
					if !found.Damaged() {
						t.Fatalf("bit %d: not seen: %q", bit, lines)
					}
					var whole []string
					for i, text := range lines {
						sum, lost := j.IsLost(i)
						if lost != (text == "") {
							t.Fatalf("bit %d: line %d is %q, lost: %v", bit, i, text, lost)
						}
						if text != "" {
							whole = append(whole, text)
							continue
						}
						if tt.o.Copy {
							t.Fatalf("bit %d: line %d is lost in spite of its copy", bit, i)
						}
						if tt.o.Dense {
							if j.Step(i) != i {
								t.Fatalf("bit %d: lost line %d is of step %d", bit, i, j.Step(i))
							}
							if sum != 0 && sum != seal.Sum([]byte(want[i]+"\n")) {
								t.Fatalf("bit %d: lost line %d has another checksum", bit, i)
							}
						}
					}
					at := -1 // whole lines are among those written, in their order
					for _, line := range whole {
						next := slices.Index(want, line)
						if next <= at {
							t.Fatalf("bit %d: got %q, want some of %q in order", bit, lines, want)
						}
						at = next
					}
					if lost := len(want) - len(whole); lost > 3 {
						t.Fatalf("bit %d: %d of %d lines lost", bit, lost, len(want))
					}
					if tt.o.Copy && !slices.Equal(lines, want) {
						t.Fatalf("bit %d: got %q, want %q", bit, lines, want)
					}
					if tt.o.Dense && bit < 8*(len(of)-1) && len(lines) < len(want)-1 {
						t.Fatalf("bit %d: %d lines, want %d", bit, len(lines), len(want))
					}
					if err := j.Close(); err != nil {
						t.Fatal(err)
					}
					if _, again, twice := reopened(t, path, tt.o); again.Damaged() || !slices.Equal(lines, twice) {
						t.Fatalf("bit %d: opened again: %+v, %q, want %q", bit, again, twice, lines)
					}
					asides, err := filepath.Glob(path + ".damaged*")
					if err != nil || len(asides) != 1 {
						t.Fatalf("bit %d: set aside: %v, %v", bit, asides, err)
					}
					if err := os.Remove(asides[0]); err != nil {
						t.Fatal(err)
					}
				}
			}
			flips(text, func(b []byte) { write2(t, path, b, sums) })
			flips(sums, func(b []byte) { write2(t, path, text, b) })
		})
	}
}

// TestKilled: whatever a kill leaves of the last append, the journal holds what was committed before it.
func TestKilled(t *testing.T) {
	o := Options{}
	path, want := written(t, o, 3)
	before, beforeSums := read2(t, path)
	j, _, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Append(of(3, "a"), of(3, "b"), of(3, "c")), j.Close()); err != nil {
		t.Fatal(err)
	}
	text, sums := read2(t, path)
	check := func(text, sums []byte, all bool) {
		t.Helper()
		write2(t, path, text, sums)
		wanted := want
		if all {
			wanted = append(slices.Clone(want), string(line(3, "a")), string(line(3, "b")), string(line(3, "c")))
		}
		if got := viewed(t, path, o); !slices.Equal(got, wanted) {
			t.Fatalf("%d and %d bytes: Read %q, want %q", len(text), len(sums), got, wanted)
		}
		j, found, got := reopened(t, path, o)
		if found.Damaged() || !slices.Equal(got, wanted) {
			t.Fatalf("%d and %d bytes: %+v, %q, want %q", len(text), len(sums), found, got, wanted)
		}
		if err := errors.Join(j.Append(of(4, "next")), j.Close()); err != nil {
			t.Fatal(err)
		}
		if _, found, got := reopened(t, path, o); found.Damaged() || found.Cut != 0 ||
			got[len(got)-1] != string(line(4, "next")) {
			t.Fatalf("%d and %d bytes, one more: %+v, %q", len(text), len(sums), found, got)
		}
	}
	for n := len(before); n <= len(text); n++ { // killed while lines were written
		check(text[:n], beforeSums, false)
	}
	for n := len(beforeSums); n <= len(sums); n++ { // killed while entries were
		check(text, sums[:n], n == len(sums))
	}
	zeros := make([]byte, 100) // a power loss
	check(append(bytes.Clone(before), zeros...), beforeSums, false)
	check(before, append(bytes.Clone(beforeSums), zeros...), false)
	check(append(bytes.Clone(text), zeros...), append(bytes.Clone(sums), zeros...), true)
}

// TestKilledCopies: of a journal whose lines cannot be computed again, the lines of the last append are there when they
// were all written, wherever a kill cut their entries short, and by nothing else.
func TestKilledCopies(t *testing.T) {
	o := Options{Copy: true}
	for _, last := range [][]Line{{of(3, "a")}, {of(3, "a"), of(3, "b")}} {
		path, want := written(t, o, 3)
		before, beforeSums := read2(t, path)
		j, _, err := Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(j.Append(last...), j.Close()); err != nil {
			t.Fatal(err)
		}
		all := slices.Clone(want)
		for _, l := range last {
			all = append(all, string(l.Text))
		}
		text, sums := read2(t, path)
		check := func(text, sums []byte, want []string) {
			t.Helper()
			write2(t, path, text, sums)
			if got := viewed(t, path, o); !slices.Equal(got, want) {
				t.Fatalf("%d and %d bytes: Read %q, want %q", len(text), len(sums), got, want)
			}
			_, found, got := reopened(t, path, o)
			if len(found.Lost) > 0 || found.Cut > 0 || found.Mended > 0 || !slices.Equal(got, want) {
				t.Fatalf("%d and %d bytes: %+v, %q, want %q", len(text), len(sums), found, got, want)
			}
			if _, found, got := reopened(t, path, o); found.Damaged() || found.Adopted > 0 || !slices.Equal(got, want) {
				t.Fatalf("%d and %d bytes, again: %+v, %q, want %q", len(text), len(sums), found, got, want)
			}
		}
		for n := len(before); n < len(before)+len(last[0].Text)+1; n++ { // killed while the first line was written
			check(text[:n], beforeSums, want)
		}
		for n := len(beforeSums); n <= len(sums); n++ { // killed while entries were
			check(text, sums[:n], all)
		}
		check(text, append(bytes.Clone(beforeSums), make([]byte, 100)...), all) // a power loss
	}
}

func TestDamage(t *testing.T) {
	o := Options{}
	lost := func(n int) []int { return []int{n} }
	for _, tt := range []struct {
		name   string
		change func(lines []string) []string
		lost   []int
		reason string
	}{
		{
			"one from the middle", func(l []string) []string { return slices.Delete(l, 3, 4) }, lost(3),
			"its entry has no line",
		},
		{
			"one from the end", func(l []string) []string { return l[:len(l)-1] }, lost(9),
			"lines are written before entries: no kill does this",
		},
		{"first", func(l []string) []string { return l[1:] }, lost(0), "its entry has no line"},
		{"half", func(l []string) []string { return l[5:] }, []int{0, 1, 2, 3, 4}, "their entries have no lines"},
		{
			"all", func([]string) []string { return nil }, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
			"their entries have no lines",
		},
		{
			"a digit", func(l []string) []string { l[4] = strings.Replace(l[4], "2.0", "2.5", 1); return l }, lost(4),
			"another checksum",
		},
		{
			"one twice", func(l []string) []string { return slices.Insert(l, 4, l[3]) }, nil,
			"all entries have their lines",
		},
		{
			"a foreign one", func(l []string) []string { return slices.Insert(l, 4, `{"step":1}`) }, nil,
			"all entries have their lines",
		},
		{"two exchanged", func(l []string) []string {
			l[2], l[3] = l[3],
				l[2]
			return l
		}, lost(2), "one of them is out of its order"},
		{
			"all foreign", func([]string) []string { return []string{`{"step":1}`, `{"step":2}`} },
			[]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "no line fits",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, want := written(t, o, 5)
			changed := tt.change(slices.Clone(want))
			text := strings.Join(changed, "\n")
			if text != "" {
				text += "\n"
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			j, found, lines := reopened(t, path, o)
			var got []int
			fill := map[int][]byte{}
			for _, l := range found.Lost {
				got = append(got, l.Line)
				if l.Sum != seal.Sum([]byte(want[l.Line]+"\n")) || l.Step != l.Line/2 {
					t.Errorf("%v has checksum %08x and step %d", l, l.Sum, l.Step)
				}
				fill[l.Line] = []byte(want[l.Line])
			}
			if diff := cmp.Diff(tt.lost, got); diff != "" || !found.Damaged() {
				t.Fatalf("lost (-want +got)\n%s\n%q\nreason: %s", diff, lines, tt.reason)
			}
			if set, err := os.ReadFile(found.Aside); err != nil || string(set) != text {
				t.Errorf("set aside %q, %v, want %q", set, err, text)
			}
			if err := j.Fill(fill, nil); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(j.Append(of(9, "next")), j.Close()); err != nil {
				t.Fatal(err)
			}
			_, found, lines = reopened(t, path, o)
			if diff := cmp.Diff(append(slices.Clone(want), string(line(9, "next"))), lines); diff != "" ||
				found.Damaged() {
				t.Errorf("filled: %+v (-want +got)\n%s", found, diff)
			}
		})
	}
}

// TestSumsLost: a file of checksums that ends early, or is empty, makes its lines lost, not uncommitted: a kill leaves
// one append at most. Their checksums are known still, so that they are proved when they are made again.
func TestSumsLost(t *testing.T) {
	for _, tt := range []struct {
		name                string
		o                   Options
		keep                int // entries
		lost, adopted, left int
		reason              string
	}{
		{"half", Options{}, 5, 4, 0, 10, "the group of line 5 was not committed as a whole"},
		{"empty", Options{}, 0, 10, 0, 10, "five appends cannot all be uncommitted"},
		{"one append", Options{}, 8, 0, 0, 8, "as a kill leaves it"},
		{"dense", Options{Dense: true}, 2, 3, 0, 5, "a step is committed before the next is written"},
		{"dense, one", Options{Dense: true}, 4, 0, 0, 4, "as a kill leaves it"},
		{"copied", Options{Copy: true}, 0, 0, 10, 10, "nothing can say again what they say"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, want := written(t, tt.o, 5)
			text, sums := read2(t, path)
			write2(t, path, text, bytes.Join(bytes.SplitAfter(sums, []byte{'\n'})[:tt.keep], nil))
			j, found, lines := reopened(t, path, tt.o)
			if len(lines) != tt.left || len(found.Lost) < tt.lost || len(found.Lost) > tt.lost+1 ||
				found.Adopted != tt.adopted {
				t.Fatalf("%+v, %q\nreason: %s", found, lines, tt.reason)
			}
			for _, l := range found.Lost {
				if l.Sum != seal.Sum([]byte(want[l.Line]+"\n")) {
					t.Errorf("%v: its checksum is not that of what was written", l)
				}
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if _, again, twice := reopened(t, path, tt.o); again.Damaged() || !slices.Equal(lines, twice) {
				t.Errorf("opened again: %+v, %q, want %q", again, twice, lines)
			}
		})
	}
}

// TestNotes: the last note is there after a kill, behind damage, and after lines were written anew; half a note is
// none.
func TestNotes(t *testing.T) {
	o := Options{Dense: true}
	path, _ := written(t, o, 3)
	j, _, _ := reopened(t, path, o)
	if err := errors.Join(
		j.Stage(of(3, "x")), j.CommitWith("p7"), j.CommitWith("p7"), j.CommitWith("p8"), j.Close(),
	); err != nil {
		t.Fatal(err)
	}
	text, sums := read2(t, path)
	end := bytes.LastIndex(sums[:len(sums)-1], []byte{'\n'}) + 1
	for n := end; n <= len(sums); n++ {
		write2(t, path, text, sums[:n])
		want := "p7"
		if n == len(sums) {
			want = "p8"
		}
		if j, found, _ := reopened(t, path, o); j.Noted() != want || found.Damaged() {
			t.Fatalf("%d bytes: note %q, %+v, want %q", n, j.Noted(), found, want)
		}
	}
	for bit := range 8 * (len(sums) - 1 - end) { // without its line feed it is half a note
		b := bytes.Clone(sums)
		b[end+bit/8] ^= 1 << (bit % 8)
		write2(t, path, text, b)
		if j, found, lines := reopened(t, path, o); !found.Damaged() || j.Noted() == "p8" || len(lines) < 4 {
			t.Fatalf("bit %d: note %q, %+v, %q", bit, j.Noted(), found, lines)
		}
	}
	write2(t, path, bytes.Replace(text, []byte("value 1"), []byte("value 7"), 1), sums)
	j, _, _ = reopened(t, path, o)
	if j.Noted() != "p8" {
		t.Errorf("behind a line that is lost: note %q, want p8", j.Noted())
	}
	if err := errors.Join(j.Fill(map[int][]byte{1: line(1, "value 1.0")}, nil), j.Close()); err != nil {
		t.Fatal(err)
	}
	if j, found, _ := reopened(t, path, o); j.Noted() != "p8" || found.Damaged() {
		t.Errorf("after a line was put back: note %q, %+v, want p8", j.Noted(), found)
	}
}

// TestFillFails: a journal that cannot be written anew stays as it is, and goes on at its end.
func TestFillFails(t *testing.T) {
	path, want := written(t, Options{}, 4)
	j, _, _ := reopened(t, path, Options{})
	if err := os.Mkdir(path+"x", 0o700); err != nil {
		t.Fatal(err)
	}
	j.path = filepath.Join(path+"x", "gone", "x.jsonl") // nothing can be made there
	if err := j.Fill(nil, func(i int) bool { return i == 2 }); err == nil || j.Len() != len(want) {
		t.Fatalf("error %v, %d lines, want %d", err, j.Len(), len(want))
	}
	j.path = path
	if err := errors.Join(j.Append(of(9, "next")), j.Close()); err != nil {
		t.Fatal(err)
	}
	if _, found, lines := reopened(t, path, Options{}); found.Damaged() || len(lines) != len(want)+1 {
		t.Errorf("%+v, %q", found, lines)
	}
}

func TestStaged(t *testing.T) {
	o := Options{Dense: true}
	path, want := written(t, o, 3)
	j, _, lines := reopened(t, path, o)
	if err := j.Stage(of(3, "half")); err != nil || j.Len() != 4 || j.Committed() != 3 || !slices.Equal(lines, want) {
		t.Fatalf("staged: %v, %d lines, %d committed", err, j.Len(), j.Committed())
	}
	if got := viewed(t, path, o); !slices.Equal(got, want) {
		t.Errorf("another process sees %q before the commit, want %q", got, want)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j, found, lines := reopened(t, path, o)
	if found.Cut != 1 || found.Damaged() || !slices.Equal(lines, want) {
		t.Errorf("not committed: %+v, %q, want %q", found, lines, want)
	}
	if err := errors.Join(j.Stage(of(3, "whole")), j.Commit(), j.Commit(), j.Close()); err != nil {
		t.Fatal(err)
	}
	if _, found, lines := reopened(t, path, o); found.Cut != 0 || len(lines) != 4 {
		t.Errorf("committed: %+v, %q", found, lines)
	}
}

func TestUnproved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.jsonl")
	text := string(line(0, "a")) + "\n" + string(line(1, "b")) + "\n{\"step\":2"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{string(line(0, "a")), string(line(1, "b"))}
	if got := viewed(t, path, Options{Dense: true}); !slices.Equal(got, want) {
		t.Errorf("Read %q, want %q", got, want)
	}
	if _, found, lines := reopened(t, path, Options{Dense: true}); !found.Unproved || found.Damaged() ||
		!slices.Equal(lines, want) {
		t.Errorf("opened: %+v, %q, want %q", found, lines, want)
	}
	if _, found, lines := reopened(t, path, Options{Dense: true}); found.Unproved || found.Damaged() ||
		!slices.Equal(lines, want) {
		t.Errorf("opened again: %+v, %q, want %q", found, lines, want)
	}
}

func TestGone(t *testing.T) {
	path, _ := written(t, Options{}, 2)
	j, _, _ := reopened(t, path, Options{})
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(of(2, "x")); !errors.Is(err, ErrGone) {
		t.Errorf("append to a removed file: error %v, want %v", err, ErrGone)
	}
}

func TestFillDrops(t *testing.T) {
	path, want := written(t, Options{}, 4)
	j, _, _ := reopened(t, path, Options{})
	v, err := j.View()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for _, drop := range []int{6, 1} { // the end, which is cut, and the middle, which is written anew
		if err := j.Fill(nil, func(i int) bool { return i == drop || drop == 6 && i > 6 }); err != nil {
			t.Fatal(err)
		}
	}
	var old []string
	if err := v.Each(func(_ int, line []byte) error { old = append(old, string(line)); return nil }); err == nil &&
		!slices.Equal(old, want) {
		t.Errorf("a view that was opened before: %q, want %q or an error", old, want)
	}
	if err := errors.Join(j.Append(of(7, "x")), j.Close()); err != nil {
		t.Fatal(err)
	}
	want = append([]string{want[0]}, append(slices.Clone(want[2:6]), string(line(7, "x")))...)
	if _, found, lines := reopened(t, path, Options{}); found.Damaged() || !slices.Equal(lines, want) {
		t.Errorf("%+v, %q, want %q", found, lines, want)
	}
}

func TestCopyTo(t *testing.T) {
	path, want := written(t, Options{}, 4)
	j, _, _ := reopened(t, path, Options{})
	to := filepath.Join(t.TempDir(), "copy.jsonl")
	if err := j.CopyTo(to, "b", "n3", func(i int) bool { return i%2 == 0 }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(to, Options{Owner: "c"}); !errors.Is(err, ErrForeign) {
		t.Errorf("a journal of another owner: error %v, want %v", err, ErrForeign)
	}
	if _, _, err := Read(to, Options{Owner: "c"}); !errors.Is(err, ErrForeign) {
		t.Errorf("a journal of another owner: error %v, want %v", err, ErrForeign)
	}
	if again, found, lines := reopened(t, to, Options{Owner: "b"}); again.Noted() != "n3" || found.Damaged() ||
		!slices.Equal(lines, []string{want[0], want[2], want[4], want[6]}) {
		t.Errorf("%+v, %q", found, lines)
	}
}

// FuzzOpen gives both files arbitrary bytes: a line that is read as whole has an entry with its checksum, and opening
// again changes nothing.
func FuzzOpen(f *testing.F) {
	entryOf := func(text string) string { return string(newEntry(0, []byte(text), 0, 0, false).appendTo(nil)) }
	f.Add("", "", false, false)
	f.Add("{\"step\":0}\n", entryOf("{\"step\":0}\n"), true, false)
	f.Add("{\"step\":0}\n{\"step\":1}\n", entryOf("{\"step\":0}\n")+"x\n", true, false)
	f.Add("{\"step\":7}\n", "00000000 00000000 0 4294967295 0\n", true, true)
	f.Fuzz(func(t *testing.T, text, sums string, dense, copied bool) {
		o := Options{Dense: dense, Copy: copied}
		path := filepath.Join(t.TempDir(), "x.jsonl")
		write2(t, path, []byte(text), []byte(sums))
		seen := viewed(t, path, o)
		j, _, lines := reopened(t, path, o)
		if !slices.Equal(seen, lines) {
			t.Fatalf("Read %q, Open %q", seen, lines)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if _, again, twice := reopened(t, path, o); again.Damaged() || !slices.Equal(lines, twice) {
			t.Fatalf("opened again: %+v, %q, want %q", again, twice, lines)
		}
	})
}

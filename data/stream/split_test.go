package stream

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestLot wants even numbers, which the seed and the name alone decide.
func TestLot(t *testing.T) {
	sum, squares := 0.0, 0.0
	const n = 10000
	for i := range n {
		v := Lot(3, fmt.Sprint("clip ", i))
		if v < 0 || v > 1 {
			t.Fatalf("%v, want 0 to 1", v)
		}
		sum, squares = sum+v, squares+v*v
	}
	// The mean's standard error is 0.0029, that of the mean of squares 0.0030; four of them on either side.
	if math.Abs(sum/n-1./2) > 0.012 || math.Abs(squares/n-1./3) > 0.012 {
		t.Errorf("mean %v, of squares %v, want 1/2 and 1/3", sum/n, squares/n)
	}
	if Lot(1, "a") != Lot(1, "a") || Lot(1, "a") == Lot(2, "a") || Lot(1, "a") == Lot(1, "b") {
		t.Error("a lot should depend on the seed and the name, and on nothing else")
	}
	// The first eight bytes of the SHA-256 of "0", a zero and "clip", by Python's hashlib, over 2^64 - 1.
	if got, want := Lot(0, "clip"), 0.5685955225018338; math.Abs(got-want) > 1e-15 {
		t.Errorf("Lot(0, clip) = %v, want %v: splits of earlier runs would change", got, want)
	}
}

func TestSortByLot(t *testing.T) {
	var want []string
	for i := range 50 {
		want = append(want, fmt.Sprint("actor ", i))
	}
	slices.SortFunc(want, func(a, b string) int {
		if Lot(1, a) < Lot(1, b) {
			return -1
		}
		return 1
	})
	got := slices.Clone(want)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(got), func(a, b int) { got[a], got[b] = got[b], got[a] })
	SortByLot(1, got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestValidating(t *testing.T) {
	var groups []string
	var labels []int
	for i := range 300 {
		groups, labels = append(groups, fmt.Sprint("group ", i/3)), append(labels, i%2*i%5%2)
	}
	counts := func(validates []bool) (n [2]int) {
		for i, v := range validates {
			if v {
				n[labels[i]]++
			}
		}
		return n
	}
	own := make([]string, len(groups))
	for i := range own {
		own[i] = fmt.Sprint("sample ", i)
	}
	classes := counts(slices.Repeat([]bool{true}, len(groups)))
	for _, tt := range []struct {
		share  float64
		reason string
	}{{0, "none"}, {0.1, "a tenth"}, {0.5, "half"}} {
		got := counts(Validating(1, tt.share, own, labels))
		for label, n := range got {
			if want := tt.share * float64(classes[label]); math.Abs(float64(n)-want) > 0.5 {
				t.Errorf("share %v: %d of class %d, want %v, to half a sample: %s", tt.share, n, label, want, tt.reason)
			}
		}
	}
	validates := Validating(1, 0.1, groups, labels)
	chosen := map[string]bool{}
	for i, v := range validates {
		if other, ok := chosen[groups[i]]; ok && other != v {
			t.Errorf("%s validates in part", groups[i])
		}
		chosen[groups[i]] = v
	}
	if n := counts(validates); n[0]+n[1] < 24 || n[0]+n[1] > 36 {
		t.Errorf("%v validate, want 30, to half a group of each class and its neighbours", n)
	}
	if cmp.Equal(validates, Validating(2, 0.1, groups, labels)) {
		t.Error("another seed gives the same split")
	}
	// Without the groups that validate last, the others' lots are as they were.
	fewer := Validating(1, 0.1, groups[30:], labels[30:])
	kept := 0
	for i, v := range fewer {
		if v && validates[30+i] {
			kept++
		}
	}
	if kept == 0 {
		t.Error("a few absent groups change the whole split")
	}
}

// TestValidatingFew: a share that rounds to nothing in every class still draws some, of all classes together.
func TestValidatingFew(t *testing.T) {
	for _, tt := range []struct {
		name   string
		labels []int
		share  float64
		want   int
		reason string
	}{
		{"three of each of ten", slices.Repeat([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 3), 0.1, 3, "a tenth of 30"},
		{"two of each of two", []int{0, 0, 1, 1}, 0.1, 1, "one at least"},
		{"one of each", []int{0, 1, 2}, 0.1, 0, "one of each class is left to train on"},
		{"no share", []int{0, 0, 0}, 0, 0, "none was asked for"},
		{"none", nil, 0.1, 0, "no samples"},
	} {
		var own []string
		for i := range tt.labels {
			own = append(own, fmt.Sprint("sample ", i))
		}
		n, left := 0, map[int]int{}
		for i, v := range Validating(1, tt.share, own, tt.labels) {
			if v {
				n++
			} else {
				left[tt.labels[i]]++
			}
		}
		for _, l := range tt.labels {
			if left[l] == 0 {
				t.Errorf("%s: none of class %d is left", tt.name, l)
			}
		}
		if n != tt.want {
			t.Errorf("%s: %d validate, want %d\nreason: %s", tt.name, n, tt.want, tt.reason)
		}
	}
}

// TestReadPair wants the first folder's lists, under either name, and no half of a pair.
func TestReadPair(t *testing.T) {
	one, two := [2]string{"train.csv", "test.csv"}, [2]string{"a.txt", "b.txt"}
	for _, tt := range []struct {
		name  string
		files []string // with their folder's number
		train string   // the list that is found; empty for none
		want  string   // in the error
	}{
		{"none", nil, "", ""},
		{"both folders", []string{"0/a.txt", "0/b.txt", "1/train.csv", "1/test.csv"}, "0/a.txt", ""},
		{"both names", []string{"0/a.txt", "0/b.txt", "0/train.csv", "0/test.csv"}, "0/train.csv", ""},
		{"second folder", []string{"1/train.csv", "1/test.csv"}, "1/train.csv", ""},
		{"half", []string{"0/train.csv", "1/train.csv", "1/test.csv"}, "", "test.csv: no such file"},
		{"other half", []string{"0/b.txt"}, "", "a.txt: no such file"},
	} {
		dir := t.TempDir()
		for _, name := range tt.files {
			datatest.Put(t, filepath.Join(dir, name), []byte(name))
		}
		train, test, found, err := ReadPair(
			"made", []string{filepath.Join(dir, "0"), filepath.Join(dir, "1")}, one, two,
		)
		switch {
		case tt.want != "":
			if err == nil || !strings.HasPrefix(err.Error(), "made: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
			}
		case err != nil || found != (tt.train != "") || string(train.Bytes) != tt.train:
			t.Errorf("%s: %s, %v, %v, want %q", tt.name, train.Bytes, found, err, tt.train)
		case found && (filepath.Dir(train.File) != filepath.Dir(test.File) || len(test.Bytes) == 0):
			t.Errorf("%s: %s and %s, want a pair", tt.name, train.File, test.File)
		}
	}
}

package hatefulmemes

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestGroups joins memes by hand.
func TestGroups(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string]string{"a": "dog", "b": "cat", "c": "dog", "d": "elephant", "e": "pig"} {
		datatest.Put(t, filepath.Join(dir, name), []byte(b))
	}
	memes := []meme{
		{id: "0", image: "a", text: "So  Fine"},
		{id: "1", image: "d", text: "alone"},
		{id: "2", image: "b", text: "so fine\n"},  // the sentence of 0
		{id: "3", image: "e", text: "other"},      //
		{id: "4", image: "e", text: "Other"},      // picture and sentence of 3
		{id: "5", image: "c", text: "new"},        // the picture of 0, by another name
		{id: "6", image: "b", text: "NEW"},        // the sentence of 5, the picture of 2
		{id: "7", image: "nothing", text: "gone"}, // no file
	}
	got := groups(memes, look(dir, memes))
	want := []string{
		"picture a", `sentence "alone"`, "picture a", `sentence "other"`, `sentence "other"`, "picture a", "picture a",
		`sentence "gone"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got)\n%s", diff)
	}
}

// TestGroupsTwin joins memes at random, and wants the groups that following every link finds.
func TestGroupsTwin(t *testing.T) {
	dir := t.TempDir()
	for k := range 60 {
		datatest.Put(t, filepath.Join(dir, fmt.Sprint(k)), []byte{byte(k)}) // files of one size, so that contents count
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		var memes []meme
		for i := range 60 {
			memes = append(
				memes, meme{id: fmt.Sprint(i), image: fmt.Sprint(r.IntN(60)), text: fmt.Sprint("text ", r.IntN(60))},
			)
		}
		got := groups(memes, look(dir, memes))
		reach := make([][]bool, len(memes))
		for i := range reach {
			reach[i] = make([]bool, len(memes))
			for j := range memes {
				reach[i][j] = memes[i].image == memes[j].image || memes[i].text == memes[j].text
			}
		}
		for k := range memes {
			for i := range memes {
				for j := range memes {
					reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
				}
			}
		}
		for i := range memes {
			for j := range memes {
				if (got[i] == got[j]) != reach[i][j] {
					t.Fatalf(
						"memes %+v and %+v: groups %s and %s, linked %v", memes[i], memes[j], got[i], got[j],
						reach[i][j],
					)
				}
			}
		}
	}
}

// manyMemes are 400 memes, a third hateful, up to three of a sentence.
func manyMemes() (memes []meme, groups []string) {
	for k := range 400 {
		m := meme{id: fmt.Sprint(k), text: fmt.Sprint("text ", k/3)}
		if k%3 == 0 {
			m.label = 1
		}
		memes, groups = append(memes, m), append(groups, m.text)
	}
	return memes, groups
}

func TestValidating(t *testing.T) {
	memes, groups := manyMemes()
	o := options{seed: 1, valShare: 0.15}
	got := o.validating(memes, groups)
	chosen := map[string]bool{}
	for i, v := range got {
		if v {
			chosen[groups[i]] = true
		}
	}
	n := 0
	for i, v := range got {
		if v {
			n++
		}
		if chosen[groups[i]] && !v {
			t.Errorf("%s is in training and validation", groups[i])
		}
	}
	// The first meme of each three is hateful and counts for all: of 20.1 places for such, 7 groups of three take 21.
	if n != 21 {
		t.Errorf("%d memes validate, want 21", n)
	}
	if other := (options{seed: 2, valShare: 0.15}).validating(memes, groups); slices.Equal(got, other) {
		t.Error("another seed gives the same split")
	}
	if none := (options{seed: 1}).validating(memes, groups); slices.Contains(none, true) {
		t.Error("val_share 0: memes validate")
	}
	alone := make([]string, len(memes))
	for i := range alone {
		alone[i] = "own " + memes[i].id
	}
	counts := make([]int, 2)
	for i, v := range (options{seed: 1, valShare: 0.15}).validating(memes, alone) {
		if v {
			counts[memes[i].label]++
		}
	}
	if counts[0] != 40 || counts[1] != 20 {
		t.Errorf("%v memes of each class validate, want 40 and 20, 0.15 of 266 and 134", counts)
	}
	slices.Reverse(memes)
	slices.Reverse(alone)
	one, two := (options{seed: 1, valShare: 0.15}).validating(memes, alone), map[string]bool{}
	for i, v := range one {
		two[memes[i].id] = v
	}
	slices.Reverse(memes)
	slices.Reverse(alone)
	for i, v := range (options{seed: 1, valShare: 0.15}).validating(memes, alone) {
		if two[memes[i].id] != v {
			t.Fatalf("meme %s: the split depends on the order of the list", memes[i].id)
		}
	}
}

// TestLists says which lists the splits are made of.
func TestLists(t *testing.T) {
	const second = "dev_seen dev_unseen test_seen test_unseen"
	for _, tt := range []struct {
		name, lists   string // those with a star have no labels
		test, val     string // settings
		wants         string // test and validation list, or an error
		reason        string
		valFromTrains bool
	}{
		{"first phase", "dev test*", auto, auto, "dev", "test has no labels", true},
		{"first phase, labelled", "dev test", auto, auto, "test dev", "as published later", false},
		{
			"second phase", second, auto, auto, "test_seen dev_seen", "the seen lists are those of the first phase",
			false,
		},
		{"both", "dev test* " + second, auto, auto, "test_seen dev_seen", "the second phase's have labels", false},
		{
			"second phase without labels", "dev_seen dev_unseen test_seen* test_unseen*", auto, auto, "dev_seen",
			"nothing else can be tested", true,
		},
		{"unseen", second, testUnseen, auto, "test_unseen dev_seen", "asked for", false},
		{"unseen both", second, testUnseen, devUnseen, "test_unseen dev_unseen", "asked for", false},
		{"dev tested", "dev test", dev, auto, "dev", "never tested and validated on", true},
		{"drawn", second, auto, fromTrain, "test_seen", "asked for", true},
		{"no dev", "test", auto, auto, "test", "nothing else to validate on", true},
		{"dev alone", "dev", auto, auto, "dev", "the least", true},
		{"nothing", "", auto, auto, "error: dev.jsonl: no list with labels but train.jsonl", "nothing to test", false},
		{"asked, not there", "dev test*", testSeen, auto, "error: test_seen.jsonl: no such file", "named", false},
		{
			"asked, no labels", "dev test*", test, auto,
			"error: test.jsonl: line 1: no field label, nor has any other line", "named", false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := datatest.Files{}
			addList(t, m, "train", 0, 4, true)
			for k, name := range strings.Fields(tt.lists) {
				bare := strings.TrimSuffix(name, "*")
				addList(t, m, bare, 100*(k+1), 4, bare == name)
			}
			root := filepath.Join(m.Write(t), Folder)
			l, err := options{test: tt.test, val: tt.val}.readLists(root)
			got := strings.TrimSpace(l.test.name + " " + l.val.name)
			if err != nil {
				got = "error: " + strings.ReplaceAll(err.Error(), root+string(filepath.Separator), "")
				got = strings.Replace(got, "hatefulmemes: open ", "", 1)
			}
			if !strings.HasPrefix(got, tt.wants) ||
				err == nil && (got != tt.wants || (l.val.name == "") != tt.valFromTrains) {
				t.Errorf("got %q, want %q: %s", got, tt.wants, tt.reason)
			}
		})
	}
}

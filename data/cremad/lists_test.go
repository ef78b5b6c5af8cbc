package cremad

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
)

func TestDecodeList(t *testing.T) {
	want := []clip{{"1001_DFA_ANG_XX", "1001", 5}, {"1002_IEO_NEU_HI", "1002", 0}}
	for _, tt := range []struct{ name, text, reason string }{
		{"plain", "1001_DFA_ANG_XX,ANG\n1002_IEO_NEU_HI,NEU\n", "as published"},
		{
			"mark, returns and blanks", "\ufeff1001_DFA_ANG_XX, ANG\r\n\r\n1002_IEO_NEU_HI,NEU\r\n",
			"some of the published files",
		},
		{"no last line's end", "1001_DFA_ANG_XX,ANG\n1002_IEO_NEU_HI,NEU", "an editor's"},
	} {
		got, err := decodeList("train.csv", []byte(tt.text))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(clip{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s\nreason: %s", tt.name, err, diff, tt.reason)
		}
	}
}

func TestDecodeListErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want, reason string }{
		{
			"label unknown", "1001_DFA_ANG_XX,ANG\n1001_DFA_JOY_XX,JOY\n",
			`row 2: clip "1001_DFA_JOY_XX": label "JOY", want one of NEU, HAP`, "no class of the set",
		},
		{"label missing", "1001_DFA_ANG_XX,\n", `row 1: clip 1001_DFA_ANG_XX: label "", want one of`, "a cut row"},
		{
			"label of another", "1001_DFA_ANG_XX,SAD\n",
			"row 1: clip 1001_DFA_ANG_XX: label SAD, want ANG as the name says", "one of the two is wrong",
		},
		{"one field", "1001_DFA_ANG_XX\n", "row 1: 1 fields, want 2", "a list of names alone"},
		{"ragged", "1001_DFA_ANG_XX,ANG\n1001_DFA_SAD_XX\n", "line 2: 1 fields, want 2", "a cut row"},
		{
			"twice", "1001_DFA_ANG_XX,ANG\n1001_DFA_SAD_XX,SAD\n1001_DFA_ANG_XX,ANG\n",
			"row 3: clip 1001_DFA_ANG_XX is in row 1 already", "counted twice",
		},
		{
			"leaves the folder", "../1001_DFA_ANG_XX,ANG\n",
			`row 1: clip "../1001_DFA_ANG_XX", want ACTOR_SENTENCE_MOOD_LEVEL`, "nothing outside is read",
		},
		{
			"a part is empty", "1001__ANG_XX,ANG\n", `clip "1001__ANG_XX", want ACTOR_SENTENCE_MOOD_LEVEL`,
			"no name of a clip",
		},
		{
			"another file's name", "1001_DFA_ANG_XX.txt,ANG\n",
			`clip "1001_DFA_ANG_XX.txt", want ACTOR_SENTENCE_MOOD_LEVEL`, "no recording or video",
		},
		{
			"twice, once as a file", "1001_DFA_ANG_XX,ANG\n1001_DFA_ANG_XX.wav,ANG\n",
			"row 2: clip 1001_DFA_ANG_XX is in row 1 already", "one clip",
		},
		{"empty", "", "no rows", "a download that broke off"},
	} {
		_, err := decodeList("train.csv", []byte(tt.text))
		if err == nil || !strings.HasPrefix(err.Error(), "train.csv: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want train.csv: %s\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
	_, err := decodeLists(
		"a/train.csv", []byte("1001_DFA_ANG_XX,ANG\n"), "a/test.csv",
		[]byte("1002_DFA_ANG_XX,ANG\n1001_DFA_ANG_XX,ANG\n"),
	)
	if want := "a/test.csv: row 2: clip 1001_DFA_ANG_XX is in train.csv too, want it in one list"; err == nil ||
		err.Error() != want {
		t.Errorf("a clip in both lists: %v, want %s", err, want)
	}
}

// TestFindLists wants the first folder's lists, under either name, and no half of a pair.
func TestFindLists(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, found, err := findLists(dir, other); found || err != nil {
		t.Errorf("no lists: found %v, %v", found, err)
	}
	write(filepath.Join(other, "ogm_train.csv"), "1001_DFA_ANG_XX,ANG\n")
	if _, _, err := findLists(dir, other); err == nil || !strings.Contains(err.Error(), "ogm_test.csv") {
		t.Errorf("a training list alone: %v, want the file that lacks", err)
	}
	write(filepath.Join(other, "ogm_test.csv"), "1002_DFA_ANG_XX,ANG\n")
	if l, found, err := findLists(dir, other); !found || err != nil || len(l.train) != 1 || l.test[0].actor != "1002" {
		t.Errorf("lists in the second folder: %+v, %v, %v", l, found, err)
	}
}

// manyClips are eight clips of each of 20 actors, and four more of every second one.
func manyClips() []clip {
	var all []clip
	for a := range 20 {
		for k := range 8 + a%2*4 {
			label := k % len(codes)
			all = append(all, clip{fmt.Sprintf("%d_S%02d_%s_XX", 1001+a, k, codes[label]), fmt.Sprint(1001 + a), label})
		}
	}
	return all
}

func TestByActor(t *testing.T) {
	all := manyClips()
	o := options{seed: 3, valShare: 0.1, testShare: 0.2}
	parts := o.byActor(all)
	owner, n := map[string]data.Split{}, 0
	for split, clips := range parts {
		n += len(clips)
		for _, c := range clips {
			if s, ok := owner[c.actor]; ok && s != split {
				t.Errorf("actor %s is in %s and in %s", c.actor, s, split)
			}
			owner[c.actor] = split
		}
	}
	if n != len(all) {
		t.Errorf("%d clips in all splits, want %d", n, len(all))
	}
	// Half of an actor's clips, 6 at most, is how far a split may miss its share.
	for split, want := range map[data.Split]int{data.Test: 40, data.Validation: 20} {
		if got := len(parts[split]); got < want-6 || got > want+6 {
			t.Errorf("%s: %d clips, want %d, give or take 6", split, got, want)
		}
	}
	reversed := slices.Clone(all)
	slices.Reverse(reversed)
	if diff := cmp.Diff(parts, o.byActor(reversed), cmp.AllowUnexported(clip{})); diff != "" {
		t.Errorf("the split depends on the order of the files (-one +other)\n%s", diff)
	}
	o.seed = 4
	if cmp.Equal(parts, o.byActor(all), cmp.AllowUnexported(clip{})) {
		t.Error("another seed gives the same split")
	}
}

// TestFewActors wants something to train on and, from two actors on, something to test.
func TestFewActors(t *testing.T) {
	for actors := 1; actors <= 4; actors++ {
		var all []clip
		for a := range actors {
			all = append(all, clip{fmt.Sprintf("%d_S_NEU_XX", a), fmt.Sprint(a), 0})
		}
		for _, share := range []float64{0, 0.1, 0.5} {
			parts := options{valShare: share, testShare: 0.5}.byActor(all)
			if len(parts[data.Train]) == 0 || (actors > 1) != (len(parts[data.Test]) > 0) {
				t.Errorf("%d actors, val_share %v: %v", actors, share, parts)
			}
		}
	}
}

func TestOfficial(t *testing.T) {
	all := manyClips()
	o := options{seed: 1, valShare: 0.25}
	parts := o.official(lists{train: all[:150], test: all[150:]})
	if len(parts[data.Test]) != len(all)-150 || len(parts[data.Train])+len(parts[data.Validation]) != 150 {
		t.Errorf(
			"%d, %d and %d clips, want 150 in the first two", len(parts[data.Train]), len(parts[data.Validation]),
			len(parts[data.Test]),
		)
	}
	// A share of 0.25 of 150 has a standard deviation of 5.3; four of them on either side.
	if n := len(parts[data.Validation]); n < 16 || n > 59 {
		t.Errorf("%d clips validate, want 37 or so", n)
	}
	fewer := o.official(lists{train: all[1:150], test: all[150:]})
	for _, c := range fewer[data.Validation] {
		if !slices.Contains(parts[data.Validation], c) {
			t.Errorf("%s validates once another clip is gone", c.id)
		}
	}
}

func FuzzDecodeList(f *testing.F) {
	f.Add([]byte("1001_DFA_ANG_XX,ANG\n1002_IEO_NEU_HI,NEU\n"))
	f.Add([]byte("\ufeff1001_DFA_ANG_XX,ANG\r\n"))
	f.Add([]byte("../x,ANG\n"))
	f.Add([]byte("\"1001_DFA_ANG_XX\",\"ANG\"\n\"\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := decodeList("x", b)
		if (err == nil) != (len(list) > 0) {
			t.Fatalf("%d rows, error %v", len(list), err)
		}
		seen := map[string]bool{}
		for _, c := range list {
			if seen[c.id] || c.label < 0 || c.label >= len(codes) || c.actor == "" || filepath.Base(c.id) != c.id ||
				!filepath.IsLocal(c.id) {
				t.Fatalf("%+v", c)
			}
			seen[c.id] = true
		}
	})
}

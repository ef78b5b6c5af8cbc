package violentflows

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
)

func TestSource(t *testing.T) {
	for _, tt := range []struct{ name, want, reason string }{
		{"crowd_violence__A_Title__someone__ZGI5vlDMpJA", "video ZGI5vlDMpJA", "keywords, title, uploader, video"},
		{"stadium_crowds__A_Title__someone__ZGI5vlDMpJA", "video ZGI5vlDMpJA", "found by other words"},
		{
			"crowd_violence__A_Title__someone__a-b_c__e-_Z", "video a-b_c__e-_Z",
			"YouTube's names have such characters too",
		},
		{"crowd_violence__A_Title__someone___a-b_c__e-Z", "video _a-b_c__e-Z", "also at the beginning"},
		{
			"fans_violence__A_long_title_that_is_cut_off_before_its_en",
			"video A_long_title_that_is_cut_off_before_its_en", "a name that is cut off",
		},
		{"fans_violence__abcdefghijk", "video abcdefghijk", "nothing but a title"},
		{"fans_violence__A__title__of some one", "video A__title__of some one", "the end is no video's name"},
		{"clip 7", "", "another way of naming"},
	} {
		if got := source(tt.name); got != tt.want {
			t.Errorf("source(%q) = %q, want %q: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}

// manyClips are 250 clips in five folds, up to four of a source video, which some folds share.
func manyClips() []clip {
	var list []clip
	for k := range 250 {
		c := clip{id: fmt.Sprintf("clip %03d", k), fold: 1 + k%folds, label: k / 5 % 2}
		if k%3 > 0 {
			c.group = fmt.Sprintf("video %d", k/4)
		}
		list = append(list, c)
	}
	return list
}

func TestSort(t *testing.T) {
	list := manyClips()
	o := options{fold: 3, seed: 1, valShare: 0.1}
	parts := o.sort(list)
	if n := len(parts[data.Train]) + len(
		parts[data.Validation],
	) + len(parts[data.Test]); n != len(list) || len(parts[data.Test]) != 50 {
		t.Fatalf("%d clips in all, %d tested, want 250 and 50", n, len(parts[data.Test]))
	}
	trained := map[string]bool{}
	for _, c := range parts[data.Train] {
		trained[c.owner()] = true
	}
	counts := make([]int, 2)
	for _, c := range parts[data.Validation] {
		counts[c.label]++
		if trained[c.owner()] || c.fold == 3 {
			t.Errorf("%+v validates, want neither a trained video nor the tested fold", c)
		}
	}
	for label, n := range counts {
		// A tenth of 100 of each class; the last video to fit may be too large or small by half of its four clips, and
		// videos of both classes count for one.
		if n < 6 || n > 14 {
			t.Errorf("%d clips of class %d validate, want 10, give or take 4", n, label)
		}
	}
	for _, c := range parts[data.Test] {
		if c.fold != 3 {
			t.Errorf("%+v is tested, want fold 3", c)
		}
	}
	if other := (options{fold: 3, seed: 2, valShare: 0.1}).sort(list); cmp.Equal(
		ids(parts[data.Validation]), ids(other[data.Validation]),
	) {
		t.Error("another seed gives the same split")
	}
	if none := (options{fold: 3, seed: 1}).sort(list); len(none[data.Validation]) != 0 {
		t.Errorf("val_share 0: %d clips validate", len(none[data.Validation]))
	}
	shuffled := slices.Clone(list)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(shuffled), func(a, b int) {
		shuffled[a], shuffled[b] = shuffled[b],
			shuffled[a]
	})
	slices.SortFunc(shuffled, func(a, b clip) int { return a.label - b.label }) // videos of both classes count alike
	slices.SortStableFunc(list, func(a, b clip) int { return a.label - b.label })
	one, two := ids(o.sort(list)[data.Validation]), ids(o.sort(shuffled)[data.Validation])
	slices.Sort(one)
	slices.Sort(two)
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("the split depends on the order of the files (-one +other)\n%s", diff)
	}
}

func ids(list []clip) []string {
	var ids []string
	for _, c := range list {
		ids = append(ids, c.id)
	}
	return ids
}

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		n, want int
		frames  []int
		reason  string
	}{
		{9, 3, []int{1, 4, 7}, "the middle of each third"},
		{8, 3, []int{1, 4, 6}, "thirds of 2 2/3"},
		{3, 3, []int{0, 1, 2}, "all"},
		{1, 3, []int{0, 0, 0}, "one for all"},
		{5, 1, []int{2}, "the middle"},
	} {
		if got := (options{frames: tt.want, chosen: chooseSegments}).choose(tt.n, nil); !slices.Equal(got, tt.frames) {
			t.Errorf("choose %d of %d: %v, want %v\nreason: %s", tt.want, tt.n, got, tt.frames, tt.reason)
		}
	}
	draw := rand.New(rand.NewPCG(1, 1))
	seen := map[[3]int]bool{}
	for range 600 {
		c := (options{frames: 3, chosen: chooseSegments}).choose(8, draw)
		if c[0] < 0 || c[0] > 1 || c[1] < 2 || c[1] > 4 || c[2] < 5 || c[2] > 7 {
			t.Fatalf("%v, want one of 0 to 1, of 2 to 4 and of 5 to 7", c)
		}
		seen[[3]int(c)] = true
		if m := (options{frames: 3, chosen: chooseMiddle}).choose(8, draw); !slices.Equal(m, []int{1, 4, 6}) {
			t.Fatalf("choose=middle: %v, want the middle ones in training too", m)
		}
	}
	if len(seen) != 18 {
		t.Errorf("%d choices in 600 draws, want all 2*3*3", len(seen))
	}
	if c := (options{frames: 3, chosen: chooseSegments}).choose(2, draw); !slices.Equal(c, []int{0, 1, 1}) {
		t.Errorf("of two frames %v are chosen, want 0, 1, 1", c)
	}
}

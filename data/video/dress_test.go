package video

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReduce(t *testing.T) {
	for _, tt := range []struct {
		height, width, short, wantHeight, wantWidth int
		reason                                      string
	}{
		{30, 40, 30, 30, 40, "as small as it should be"},
		{30, 40, 50, 30, 40, "never enlarged"},
		{30, 40, 15, 15, 20, "in proportion"},
		{40, 30, 15, 20, 15, "either side may be the short one"},
	} {
		if p := Reduce(flat(tt.height, tt.width, 9), tt.short); p.Height != tt.wantHeight || p.Width != tt.wantWidth {
			t.Errorf(
				"%dx%d to %d: %dx%d, want %dx%d: %s", tt.width, tt.height, tt.short, p.Width, p.Height, tt.wantWidth,
				tt.wantHeight, tt.reason,
			)
		}
	}
}

// TestDress makes the values of a picture step by step, with the same draws in the same order.
func TestDress(t *testing.T) {
	p := flat(20, 30, 0)
	for i := range p.Pix {
		p.Pix[i] = byte(7 * i)
	}
	before := slices.Clone(p.Pix)
	got, want := make([]float32, 8*8*3), make([]float32, 8*8*3)
	Dress(p, 8, nil, got)
	Normalize(Resize(p, 8, 8), want)
	if !slices.Equal(got, want) {
		t.Error("without a draw: not the whole picture")
	}
	flips := 0
	for seed := range uint64(20) {
		draw, again := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 1))
		Dress(p, 8, draw, got)
		crop := RandomResizedCrop(p, 8, again)
		if again.IntN(2) == 1 {
			flips++
			Flip(crop)
		}
		Normalize(crop, want)
		if !slices.Equal(got, want) || draw.Uint64() != again.Uint64() {
			t.Errorf("seed %d: other values, or more or fewer draws", seed)
		}
	}
	// Of 20 fair draws, 4 to 16 but for one in 700.
	if flips < 4 || flips > 16 || !slices.Equal(p.Pix, before) {
		t.Errorf("%d of 20 are mirrored; the picture itself is as before: %v", flips, slices.Equal(p.Pix, before))
	}
}

func TestSegments(t *testing.T) {
	for _, tt := range []struct {
		n, want int
		frames  []int
		reason  string
	}{
		{1, 1, []int{0}, "the only one"},
		{2, 1, []int{1}, "the second begins in the middle"},
		{9, 3, []int{1, 4, 7}, "the middle of each third"},
		{10, 1, []int{5}, "the middle"},
		{3, 3, []int{0, 1, 2}, "all"},
		{2, 3, []int{0, 1, 1}, "fewer than wanted: the last stands twice"},
		{1, 3, []int{0, 0, 0}, "one for all"},
	} {
		for _, draw := range []*rand.Rand{nil, rand.New(rand.NewPCG(1, 1))} {
			got := Segments(tt.n, tt.want, draw)
			switch {
			case draw != nil && tt.n > tt.want:
				for i, at := range got {
					if at < i*tt.n/tt.want || at >= (i+1)*tt.n/tt.want {
						t.Errorf("draw %d of %d: %v, want one of each segment", tt.want, tt.n, got)
					}
				}
			case !slices.Equal(got, tt.frames):
				t.Errorf("choose %d of %d: %v, want %v\nreason: %s", tt.want, tt.n, got, tt.frames, tt.reason)
			}
		}
	}
	draw, seen := rand.New(rand.NewPCG(1, 1)), map[[3]int]bool{}
	for range 600 {
		seen[[3]int(Segments(8, 3, draw))] = true
	}
	if len(seen) != 18 {
		t.Errorf("%d choices in 600 draws, want all 2*3*3", len(seen))
	}
}

func TestByNumbers(t *testing.T) {
	want := []string{
		"00000.jpg", "00009.jpg", "00029.jpg", "frame_0_9.jpg", "frame_1_30.jpg", "frame_2_59.jpg", "frame_10_290.jpg",
		"frame_x.jpg",
	}
	got := slices.Clone(want)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(got), func(a, b int) { got[a], got[b] = got[b], got[a] })
	slices.SortFunc(got, byNumbers)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got)\n%s", diff)
	}
	for _, pair := range [][2]string{{"1", "01"}, {"a1", "a1b"}, {"a", "a"}} {
		if a, b := byNumbers(pair[0], pair[1]),
			byNumbers(pair[1], pair[0]); a != -b || (a == 0) != (pair[0] == pair[1]) {
			t.Errorf("byNumbers of %q: %d and %d, want opposite ones", pair, a, b)
		}
	}
}

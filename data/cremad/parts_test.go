package cremad

import (
	"bytes"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data/video"
	"github.com/primewindow/primewindow/internal/datatest"
)

func TestChooseMiddle(t *testing.T) {
	for _, tt := range []struct {
		n, want int
		frames  []int
		reason  string
	}{
		{1, 1, []int{0}, "the only one"},
		{2, 1, []int{1}, "the second begins in the middle"},
		{5, 1, []int{2}, "the middle"},
		{3, 3, []int{0, 1, 2}, "all"},
		{9, 3, []int{1, 4, 7}, "the middle of each third"},
		{8, 3, []int{1, 4, 6}, "thirds of 2 2/3"},
		{2, 3, []int{0, 1, 1}, "fewer than wanted: the last stands twice"},
		{1, 3, []int{0, 0, 0}, "one for all"},
	} {
		for _, draw := range []*rand.Rand{nil, rand.New(rand.NewPCG(1, 1))} {
			if draw != nil && tt.n > tt.want {
				continue // there is a choice
			}
			got := options{frames: tt.want, chosen: chooseAny}.choose(tt.n, draw)
			if !slices.Equal(got, tt.frames) {
				t.Errorf("choose %d of %d: %v, want %v\nreason: %s", tt.want, tt.n, got, tt.frames, tt.reason)
			}
		}
	}
}

// TestChooseDrawn counts what 600 draws choose of nine frames.
func TestChooseDrawn(t *testing.T) {
	for _, tt := range []struct {
		chosen    string
		different int
		reason    string
	}{
		{chooseAny, 84, "9 over 3 sets of frames"},
		{chooseSegments, 27, "3 times 3 times 3"},
		{chooseFirst, 1, "no choice"},
	} {
		o := options{frames: 3, chosen: tt.chosen}
		draw := rand.New(rand.NewPCG(1, 1))
		sets := map[[3]int]int{}
		for range 600 {
			c := o.choose(9, draw)
			if len(c) != 3 || c[0] >= c[1] || c[1] >= c[2] || c[0] < 0 || c[2] > 8 {
				t.Fatalf("%s: %v, want three frames in order of time", tt.chosen, c)
			}
			if tt.chosen == chooseSegments && (c[0] > 2 || c[1]/3 != 1 || c[2] < 6) {
				t.Fatalf("%s: %v, want one of each third", tt.chosen, c)
			}
			sets[[3]int(c)]++
		}
		if len(sets) != tt.different {
			t.Errorf(
				"%s: %d different choices in 600 draws, want all %d: %s", tt.chosen, len(sets), tt.different, tt.reason,
			)
		}
	}
}

// TestFLVTimes compares the times in a video's tags with what ffmpeg finds.
func TestFLVTimes(t *testing.T) {
	moving := datatest.FFmpeg(t, ".flv", "-f", "lavfi", "-i", "testsrc2=s=96x72:r=30:d=2.5", "-c:v", "flv", "-q:v", "2")
	path := filepath.Join(t.TempDir(), "a.flv")
	datatest.Put(t, path, moving)
	times, err := readFLV(path, moving)
	// Tags have whole milliseconds.
	if err != nil || len(times) != 75 || times[0] != 0 || math.Abs(times[74]-74./30) > 0.001 {
		t.Fatalf("%d times, %v, want 75 to 2.467 s: %v", len(times), err, times)
	}
	for fps := 1.; fps <= 8; fps++ {
		o := video.Options{FPS: fps, MaxFrames: maxFrames}
		want, err := video.Frames(t.Context(), path, o)
		if err != nil {
			t.Fatal(err)
		}
		o.Times = times
		got, err := video.Decoder{FFprobe: "no-such-program"}.Frames(t.Context(), path, o)
		if err != nil || len(got) != len(want) || !bytes.Equal(video.Packed(got), video.Packed(want)) {
			t.Errorf("%v frames a second: %d frames, %v, want the same %d", fps, len(got), err, len(want))
		}
	}
	// The end is cut off behind a tag, where nothing shows but the length that the header says.
	cut := bytes.LastIndex(moving[:len(moving)*2/3], []byte{videoTag})
	for ; cut > 0; cut = bytes.LastIndex(moving[:cut], []byte{videoTag}) {
		if times, err := readFLV(path, moving[:cut]); err == nil {
			if times != nil {
				t.Errorf("a third is cut off: %d times, want ffmpeg asked", len(times))
			}
			break
		}
	}
	if cut <= 0 {
		t.Error("no tag begins before two thirds")
	}
	other := datatest.FFmpeg(t, ".flv", "-f", "lavfi", "-i", "testsrc2=s=96x72:r=30:d=1", "-c:v", "flashsv")
	if times, err := readFLV(path, other); err != nil || times != nil {
		t.Errorf("another codec: %d times, %v, want ffmpeg asked", len(times), err)
	}
}

func FuzzReadFLV(f *testing.F) {
	f.Add(
		[]byte(
			"FLV\x01\x01\x00\x00\x00\x09\x00\x00\x00\x00\x09\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x12\x00\x00\x00\x0c",
		),
	)
	f.Add(
		[]byte(
			"FLV\x01\x01\x00\x00\x00\x09\x00\x00\x00\x00\x12\x00\x00\x11\x00\x00\x00\x00\x00\x00\x00duration\x00\x40\x04\x00\x00\x00\x00\x00\x00",
		),
	)
	f.Add([]byte("FLV\x01\x01\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		times, err := readFLV("x", b)
		if err != nil && !strings.HasPrefix(err.Error(), "x: ") {
			t.Fatalf("%v, want the file named", err)
		}
		if len(times) > 0 && (times[0] != 0 || !slices.IsSorted(times)) {
			t.Fatalf("times %v, want them from 0 and in order", times)
		}
	})
}

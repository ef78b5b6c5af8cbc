package kineticssounds

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/data/video"
)

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		n, want int
		frames  []int
		reason  string
	}{
		{1, 1, []int{0}, "the only one"},
		{10, 3, []int{1, 5, 8}, "the middle of each third"},
		{10, 1, []int{5}, "the middle"},
		{3, 3, []int{0, 1, 2}, "all"},
		{2, 3, []int{0, 1, 1}, "fewer than wanted: the last stands twice"},
		{1, 3, []int{0, 0, 0}, "one for all"},
	} {
		for _, draw := range []*rand.Rand{nil, rand.New(rand.NewPCG(1, 1))} {
			got := choose(tt.n, tt.want, draw)
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
}

func TestByNumbers(t *testing.T) {
	want := []string{"00000.jpg", "00009.jpg", "00029.jpg", "frame_0_9.jpg", "frame_1_30.jpg", "frame_2_59.jpg", "frame_10_290.jpg", "frame_x.jpg"}
	got := slices.Clone(want)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(got), func(a, b int) { got[a], got[b] = got[b], got[a] })
	slices.SortFunc(got, byNumbers)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got)\n%s", diff)
	}
	for _, pair := range [][2]string{{"1", "01"}, {"a1", "a1b"}, {"a", "a"}} {
		if a, b := byNumbers(pair[0], pair[1]), byNumbers(pair[1], pair[0]); a != -b || (a == 0) != (pair[0] == pair[1]) {
			t.Errorf("byNumbers of %q: %d and %d, want opposite ones", pair, a, b)
		}
	}
}

// TestAlbum packs frames and takes them out again.
func TestAlbum(t *testing.T) {
	var frames []frame
	for i := range 3 {
		frames = append(frames, frame{Picture: video.Picture{Height: 8, Width: 16, Pix: bytes.Repeat([]byte{byte(50 * i)}, 8*16*3)}})
	}
	for _, keep := range []string{keepPixels, keepJPEG} {
		f, err := options{keep: keep}.pack("clip", frames)
		if err != nil {
			t.Fatal(err)
		}
		a, err := openAlbum(f)
		if err != nil || a.len() != 3 {
			t.Fatalf("%s: %d frames, %v", keep, a.len(), err)
		}
		for i, want := range frames {
			p, err := a.frame(i)
			if err != nil || p.Height != 8 || p.Width != 16 || p.Pix[100] != want.Pix[100] {
				t.Errorf("%s: frame %d is %dx%d of level %d, %v", keep, i, p.Width, p.Height, p.Pix[100], err)
			}
		}
		if keep == keepJPEG {
			if _, err := openAlbum(stream.Feature{Shape: []int{len(f.Bytes) - 1}, Bytes: f.Bytes[:len(f.Bytes)-1]}); err == nil {
				t.Error("an album that is cut off: no error")
			}
		}
	}
}

// TestDuration has the chunks of a WAV file in other orders and sizes.
func TestDuration(t *testing.T) {
	whole := wav(madeRate, tone(madeRate, 0.01))
	list := "LIST\x03\x00\x00\x00abc\x00" // an odd chunk and its padding
	between := string(whole[:36]) + list + string(whole[36:])
	before := string(whole[:12]) + list + string(whole[12:])
	swapped := string(whole[:12]) + string(whole[36:]) + string(whole[12:36])
	for _, tt := range []struct{ name, file, want string }{
		{"plain", string(whole), "1s"},
		{"chunk between", between, "1s"},
		{"chunk before", before, "1s"},
		{"bytes behind", string(whole) + "more", "1s"},
		{"samples before the format", swapped, "no samples in 32044 bytes"},
		{"header alone", string(whole[:12]), "no samples in 12 bytes"},
		{"cut in the header", string(whole[:10]), `10 bytes, begins with "RIFF", want a WAV file`},
		{"cut in the samples", string(whole[:100]), `truncated: chunk "data" of 56 bytes, want 32000`},
		{"another", "ID3\x04" + strings.Repeat("x", 40), `44 bytes, begins with "ID3\x04", want a WAV file`},
	} {
		d, err := readDuration("a.wav", io.NewSectionReader(strings.NewReader(tt.file), 0, int64(len(tt.file))))
		if got := d.String(); err == nil && got != tt.want || err != nil && err.Error() != "a.wav: "+tt.want {
			t.Errorf("%s: %v, %v, want %s", tt.name, d, err, tt.want)
		}
	}
}

func FuzzReadDuration(f *testing.F) {
	f.Add(wav(madeRate, tone(100, 0.01)))
	f.Add([]byte("RIFF\x24\x00\x00\x00WAVEdata\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := readDuration("x", io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))))
		if d < 0 || d > time.Duration(len(b))*time.Second || err != nil && d != 0 {
			t.Fatalf("%d bytes last %v, %v", len(b), d, err)
		}
	})
}

func TestCheckBoxes(t *testing.T) {
	const ftyp = "\x00\x00\x00\x10ftypisom\x00\x00\x02\x00"
	for _, tt := range []struct{ name, file, want string }{
		{"whole", ftyp + "\x00\x00\x00\x0amdatxx", ""},
		{"long length", ftyp + "\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x12xx", ""},
		{"up to the end", ftyp + "\x00\x00\x00\x00mdatxx", ""},
		{"cut", ftyp + "\x00\x00\x00\x0bmdatxx", `x: truncated: box "mdat" of 10 bytes, want 11`},
		{"cut in a header", ftyp + "\x00\x00\x00", "x: truncated: 3 bytes at the end, want a box"},
		{"too short", ftyp + "\x00\x00\x00\x07mdat", `x: box "mdat" of 7 bytes, want at least 8`},
		{"below zero", ftyp + "\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff", `x: box "mdat" of -1 bytes, want at least 16`},
		{"another", "<html>404</html>", `x: 16 bytes, begins with "<html>40", want an MP4 video`},
	} {
		got := ""
		if err := checkBoxes("x", strings.NewReader(tt.file), int64(len(tt.file))); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzCheckBoxes(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x10ftypisom\x00\x00\x02\x00\x00\x00\x00\x0amdatxx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := checkBoxes("x", bytes.NewReader(b), int64(len(b))); err != nil && !strings.HasPrefix(err.Error(), "x: ") {
			t.Fatalf("%v, want the file named", err)
		}
	})
}

package video

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// flat is a picture of one level.
func flat(height, width int, level byte) Picture {
	return Picture{Height: height, Width: width, Pix: bytes.Repeat([]byte{level}, height*width*3)}
}

// TestAlbum packs frames and takes them out again.
func TestAlbum(t *testing.T) {
	frames := AsFrames([]Picture{flat(8, 16, 0), flat(8, 16, 50), flat(8, 16, 100)})
	for _, keep := range []string{KeepPixels, KeepJPEG} {
		shape, b, err := Pack("clip", keep, frames)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string][]int{KeepPixels: {3, 8, 16, 3}, KeepJPEG: {len(b)}}[keep]; !slices.Equal(shape, want) {
			t.Errorf("%s: shape %v, want %v", keep, shape, want)
		}
		a, err := OpenAlbum(shape, b)
		if err != nil || a.Len() != 3 {
			t.Fatalf("%s: %d frames, %v", keep, a.Len(), err)
		}
		for i, want := range frames {
			// A flat grey survives a JPEG of quality 95.
			if p, err := a.Frame(i); err != nil || !cmp.Equal(p, want.Picture) {
				t.Errorf("%s: frame %d is %dx%d of level %d, %v", keep, i, p.Width, p.Height, p.Pix[100], err)
			}
		}
		got, want := make([]float32, 2*4*4*3), make([]float32, 2*4*4*3)
		Dress(frames[2].Picture, 4, nil, want)
		Dress(frames[0].Picture, 4, nil, want[4*4*3:])
		if err := a.Dress([]int{2, 0}, 4, nil, got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: Dress gives other values than its frames: %v", keep, err)
		}
	}
}

// TestAlbumFiles keeps a frame's own file where it still shows the same.
func TestAlbumFiles(t *testing.T) {
	dir := t.TempDir()
	file := datatest.JPEG(t, datatest.Ramp(40, 30))
	for _, name := range []string{"frame_10.jpg", "frame_9.jpg"} {
		datatest.Put(t, filepath.Join(dir, name), file)
	}
	paths, err := ListFrames(dir, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		short  int
		whole  bool
		reason string
	}{{30, true, "as small as it should be"}, {29, false, "reduced"}} {
		frames, err := ReadFrames(paths, tt.short)
		if err != nil || len(frames) != 2 || frames[0].Height != tt.short || tt.whole != bytes.Equal(frames[1].File, file) {
			t.Errorf("short side %d: %v: %s", tt.short, err, tt.reason)
		}
		_, b, err := Pack("clip", KeepJPEG, frames)
		if err != nil || tt.whole != bytes.Equal(b[4:4+len(file)], file) {
			t.Errorf("short side %d: the file is kept %v, %v, want %v: %s", tt.short, !tt.whole, err, tt.whole, tt.reason)
		}
	}
	datatest.Put(t, paths[1], file[:100])
	if _, err := ReadFrames(paths, 30); err == nil || !strings.Contains(err.Error(), "frame_10.jpg: ") {
		t.Errorf("a broken frame: %v, want it named", err)
	}
	if _, err := ReadFrame(filepath.Join(dir, "none.jpg"), 30); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "video: ") {
		t.Errorf("an absent frame: %v", err)
	}
}

func TestAlbumErrors(t *testing.T) {
	for _, keep := range []string{KeepPixels, KeepJPEG} {
		_, _, err := Pack("clip", keep, AsFrames([]Picture{flat(8, 16, 0), flat(16, 8, 0)}))
		if err == nil || err.Error() != "clip: frame 1 has 8x16 pixels, want 16x8 as the first" {
			t.Errorf("%s: frames of two sizes: %v", keep, err)
		}
		if _, _, err := Pack("clip", keep, nil); err == nil || err.Error() != "clip: 0 frames, want at least 1" {
			t.Errorf("%s: no frames: %v", keep, err)
		}
	}
	for _, tt := range []struct {
		name  string
		shape []int
		b     string
		want  string
	}{
		{"cut file", []int{6}, "\x03\x00\x00\x00ab", "video: kept frames end in the middle of one"},
		{"cut length", []int{3}, "\x03\x00\x00", "video: kept frames end in the middle of one"},
		{"cut pixels", []int{1, 1, 2, 3}, "abc", "video: kept frames of 3 bytes, want those of shape [1 1 2 3]"},
		{"one colour", []int{1, 1, 2, 1}, "ab", "video: kept frames of 2 bytes, want those of shape [1 1 2 1]"},
	} {
		if _, err := OpenAlbum(tt.shape, []byte(tt.b)); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	a, err := OpenAlbum([]int{6}, []byte("\x02\x00\x00\x00ab"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Dress([]int{0}, 4, nil, make([]float32, 48)); err == nil || !strings.HasPrefix(err.Error(), "a kept frame: ") {
		t.Errorf("a frame that is no picture: %v", err)
	}
}

func FuzzOpenAlbum(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00ab\x01\x00\x00\x00c"))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := OpenAlbum([]int{len(b)}, b)
		if err != nil {
			return
		}
		n := 0
		for _, file := range a.files {
			n += 4 + len(file)
		}
		if n != len(b) {
			t.Fatalf("%d bytes in %d files, want %d", n, a.Len(), len(b))
		}
	})
}

func TestListFrames(t *testing.T) {
	want := []string{"00000.jpg", "00009.JPEG", "00029.png", "frame_x.jpg"}
	dir := t.TempDir()
	for _, name := range append([]string{".hidden.jpg", "notes.txt", "clip.wav"}, want...) {
		datatest.Put(t, filepath.Join(dir, name), nil)
	}
	got, err := ListFrames(dir, 4)
	for i := range got {
		got[i] = filepath.Base(got[i])
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if _, err := ListFrames(dir, 3); err == nil || err.Error() != dir+": not supported: 4 frames, want at most 3" {
		t.Errorf("too many: %v", err)
	}
	if _, err := ListFrames(t.TempDir(), 3); err == nil || !strings.HasSuffix(err.Error(), ": no frames, want .jpg or .png files") {
		t.Errorf("none: %v", err)
	} else if _, ok := errors.AsType[*data.FormatError](err); !ok {
		t.Errorf("none: %T, want a FormatError", err)
	}
	if _, err := ListFrames(filepath.Join(dir, "none"), 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

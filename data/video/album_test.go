package video

import (
	"bytes"
	"errors"
	"io"
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
		f, err := ReadFrame(paths[1], KeepJPEG, tt.short)
		if err != nil || tt.whole != bytes.Equal(f.file, file) {
			t.Errorf("short side %d: %v: %s", tt.short, err, tt.reason)
		}
		shape, b, err := Pack("clip", KeepJPEG, []Frame{f})
		if err != nil || tt.whole != bytes.Equal(b[4:], file) {
			t.Errorf(
				"short side %d: the file is kept %v, %v, want %v: %s", tt.short, !tt.whole, err, tt.whole, tt.reason,
			)
		}
		a, err := OpenAlbum(shape, b)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := a.Frame(0); err != nil || p.Height != tt.short {
			t.Errorf("short side %d: %d rows, %v: %s", tt.short, p.Height, err, tt.reason)
		}
	}
	datatest.Put(t, paths[1], file[:100])
	for _, keep := range []string{KeepPixels, KeepJPEG} {
		if _, err := ReadFrame(paths[1], keep, 30); err == nil || !strings.Contains(err.Error(), "frame_10.jpg: ") {
			t.Errorf("%s: a broken frame: %v, want it named", keep, err)
		}
		if _, err := ReadFrame(filepath.Join(dir, "none.jpg"), keep, 30); !errors.Is(err, fs.ErrNotExist) ||
			!strings.HasPrefix(err.Error(), "video: ") {
			t.Errorf("%s: an absent frame: %v", keep, err)
		}
	}
}

// parts are arrays by their files' names.
type parts struct {
	names []string
	pack  func(i int) ([]int, []byte, error)
}

func (p parts) Len() int                          { return len(p.names) }
func (p parts) File(i int) string                 { return p.names[i] }
func (p parts) Pack(i int) ([]int, []byte, error) { return p.pack(i) }

// TestGather takes frames from arrays of one each, and asks for no other than those that are wanted.
func TestGather(t *testing.T) {
	dir := t.TempDir()
	names := []string{filepath.Join(dir, "0.jpg"), filepath.Join(dir, "1.jpg"), filepath.Join(dir, "2.jpg")}
	var pictures []Picture
	for i, name := range names {
		file := datatest.JPEG(t, datatest.Ramp(40+i, 30))
		datatest.Put(t, name, file)
		img, err := decodeFast(name, file)
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, FromImage(img))
	}
	for _, keep := range []string{KeepPixels, KeepJPEG} {
		var asked []int
		a, err := Gather(parts{names, func(i int) ([]int, []byte, error) {
			asked = append(asked, i)
			f, err := ReadFrame(names[i], keep, 30)
			if err != nil {
				return nil, nil, err
			}
			return Pack(names[i], keep, []Frame{f})
		}})
		if err != nil || a.Len() != 3 {
			t.Fatalf("%s: %d frames, %v", keep, a.Len(), err)
		}
		got, want := make([]float32, 2*8*8*3), make([]float32, 2*8*8*3)
		Dress(pictures[2], 8, nil, want)
		Dress(pictures[0], 8, nil, want[8*8*3:])
		if err := a.Dress([]int{2, 0}, 8, nil, got); err != nil || !slices.Equal(asked, []int{2, 0}) ||
			!slices.Equal(got, want) {
			t.Errorf("%s: asked for %v, %v, want 2 and 0 with the values of their files", keep, asked, err)
		}
	}
	gather := func(names []string, shape []int, b []byte, problem error) error {
		a, err := Gather(parts{names, func(int) ([]int, []byte, error) { return shape, b, problem }})
		if err == nil {
			_, err = a.Frame(len(names) - 1)
		}
		return err
	}
	for _, tt := range []struct {
		names []string
		shape []int
		b     string
		want  string
		err   error
	}{
		{[]string{"a", "b"}, []int{2, 1, 1, 3}, "abcdef", "b: 2 kept frames, want 1", nil},
		{[]string{"a", "b"}, []int{6}, "\x02\x00\x00\x00ab", `b: begins with "ab", want a PNG, JPEG or GIF file`, nil},
		{[]string{"a"}, []int{6}, "\x02\x00\x00\x00ab", `a: begins with "ab", want a PNG, JPEG or GIF file`, nil},
		{[]string{"a"}, []int{5}, "\x02\x00\x00\x00a", "a: video: kept frames end in the middle of one", nil},
		{[]string{"a"}, nil, "", "EOF", io.EOF},
		{[]string{"a", "b"}, nil, "", "EOF", io.EOF},
	} {
		if err := gather(tt.names, tt.shape, []byte(tt.b), tt.err); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
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
		{
			"cut planes", []int{21}, "\x11\x00\x00\x00pwycc420\x02\x00\x00\x00\x02\x00\x00\x00a",
			"video: kept planes of 1 bytes, want those of 2x2 pixels",
		},
		{"cut header", []int{13}, "\x09\x00\x00\x00pwycc420\x02", "video: kept planes end in their header"},
		{
			"flat planes", []int{20}, "\x10\x00\x00\x00pwycc420\x00\x00\x00\x00\x02\x00\x00\x00",
			"video: kept planes: 2x0 pixels, want at least 1x1",
		},
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
	if err := a.Dress([]int{0}, 4, nil, make([]float32, 48)); err == nil ||
		!strings.HasPrefix(err.Error(), "a kept frame: ") {
		t.Errorf("a frame that is no picture: %v", err)
	}
}

func FuzzOpenAlbum(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00ab\x01\x00\x00\x00c"))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Add([]byte("\x17\x00\x00\x00pwycc420\x02\x00\x00\x00\x02\x00\x00\x00abcdef"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := OpenAlbum([]int{len(b)}, b)
		if err != nil {
			return
		}
		n := 0
		for _, s := range a.stills {
			n += 4 + len(s.file)
			if s.planes != nil {
				n += len(appendPlanes(nil, s.planes))
			}
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
	if _, err := ListFrames(t.TempDir(), 3); err == nil ||
		!strings.HasSuffix(err.Error(), ": no frames, want .jpg or .png files") {
		t.Errorf("none: %v", err)
	} else if _, ok := errors.AsType[*data.FormatError](err); !ok {
		t.Errorf("none: %T, want a FormatError", err)
	}
	if _, err := ListFrames(filepath.Join(dir, "none"), 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

package nlvr

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path"
	"sync"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/data/video"
)

const (
	rawWidth  = 400
	rawHeight = 100
	maxPNG    = 1 << 22 // bytes of a compressed image; the largest published one has a few thousand
)

// archive reads images out of a zip file.
type archive struct {
	name  string // of the zip file
	file  *os.File
	r     *zip.Reader
	plain func() map[string]string // entries by [stream.Plain] names, without folders

	entries func() map[string][]*zip.File // by their names
}

func openArchive(name string) (*archive, error) {
	f, st, err := data.OpenFile(name)
	if err != nil {
		return nil, fmt.Errorf("nlvr: %w", err)
	}
	r, err := zip.NewReader(f, st.Size())
	if err != nil {
		f.Close()
		return nil, &data.FormatError{File: name, Reason: err.Error()}
	}
	return &archive{name, f, r, sync.OnceValue(func() map[string]string {
		names := make(map[string]string, len(r.File))
		for _, f := range r.File {
			names[stream.Plain(path.Base(f.Name))] = f.Name
		}
		return names
	}), sync.OnceValue(func() map[string][]*zip.File {
		list := make(map[string][]*zip.File, len(r.File))
		for _, f := range r.File {
			list[f.Name] = append(list[f.Name], f)
		}
		return list
	})}, nil
}

// encrypted is a zip file's flag of an entry.
const encrypted = 1

// read decodes and shrinks one image; see [decodeImage].
func (a *archive) read(image string, shrink int) ([]byte, error) {
	full := a.name + "/" + image
	switch e := a.entries()[image]; {
	case len(e) > 1:
		return nil, &data.FormatError{File: full, Reason: "stands twice in the archive, want one"}
	case len(e) == 1 && e[0].Flags&encrypted != 0:
		return nil, &data.UnsupportedError{File: full, Feature: "encrypted", Hint: "pack the images without a password"}
	}
	f, err := a.r.Open(image)
	if err != nil {
		return nil, &data.FormatError{File: full, Reason: "not in the archive" + a.near(image)}
	}
	defer f.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(io.LimitReader(f, maxPNG+1))
	switch {
	case err != nil:
		return nil, &data.FormatError{File: full, Reason: err.Error()}
	case len(b) > maxPNG:
		return nil, &data.FormatError{File: full, Reason: fmt.Sprintf("more than %d bytes", maxPNG)}
	}
	return decodeImage(full, b, shrink)
}

// near says which entry has nearly the name of one that is not there.
func (a *archive) near(image string) string {
	if name := a.plain()[stream.Plain(path.Base(image))]; name != "" {
		return fmt.Sprintf(", but %s is: want it as the list has it", name)
	}
	return ""
}

// decodeImage decodes an image of 400x100 pixels into bytes of shape [100/shrink, 400/shrink, 3], each the rounded mean
// of a block; name is the file's, for errors. It returns a [data.FormatError] for another size, and the errors of
// [video.DecodePicture].
func decodeImage(name string, b []byte, shrink int) ([]byte, error) {
	p, err := video.Bounds{MaxSide: rawWidth}.DecodePicture(name, b)
	if err != nil {
		return nil, err
	}
	if p.Width != rawWidth || p.Height != rawHeight {
		return nil, &data.FormatError{
			File: name, Reason: fmt.Sprintf("%dx%d pixels, want %dx%d", p.Width, p.Height, rawWidth, rawHeight),
		}
	}
	height, width := rawHeight/shrink, rawWidth/shrink
	sums := make([]int, height*width*3)
	for y := range rawHeight {
		for x := range rawWidth {
			at := (y/shrink*width + x/shrink) * 3
			for k, v := range p.Pix[3*(y*rawWidth+x):][:3] {
				sums[at+k] += int(v)
			}
		}
	}
	out, block := make([]byte, len(sums)), shrink*shrink
	for i, s := range sums {
		out[i] = byte((s + block/2) / block)
	}
	return out, nil
}

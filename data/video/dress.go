package video

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// Reduce makes a picture's shorter side so many pixels where it is longer, by [ResizeShort].
func Reduce(p Picture, short int) Picture {
	if min(p.Height, p.Width) <= short {
		return p
	}
	return ResizeShort(p, short)
}

// Dress makes a network's input of a picture, normalized, into to, which has room for [side, side, 3]. With a draw the
// picture is cropped by [RandomResizedCrop] and, by one more number, mirrored half of the time; with none it is resized
// whole. It leaves the picture as it is.
func Dress(p Picture, side int, draw *rand.Rand, to []float32) {
	still{Picture: p}.dress(side, draw, to) //nolint:errcheck // pixels are there
}

// Segments draws one of each of k equal parts of n frames, in order. Without a draw, and where there are no more frames
// than parts, they are the middle ones: see [Middles].
func Segments(n, k int, draw *rand.Rand) []int {
	chosen := Middles(n, k)
	if draw != nil && n > k {
		for i := range chosen {
			from, to := i*n/k, (i+1)*n/k
			chosen[i] = from + draw.IntN(to-from)
		}
	}
	return chosen
}

// ListFrames lists the pictures of a clip's folder, with the folder's name in front, in the order of the numbers in
// their names: frame_2.jpg comes before frame_10.jpg. Files that are no .jpg, .jpeg or .png and those that begin with a
// full stop are passed over. It returns a [data.FormatError] for a folder without frames, and a [data.UnsupportedError]
// for one of more than so many, and for one of pictures of other formats alone.
func ListFrames(dir string, most int) ([]string, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("video: %w", err)
	}
	var names []string
	other := ""
	for _, e := range list {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".jpg", ".jpeg", ".png":
			if !strings.HasPrefix(e.Name(), ".") {
				names = append(names, filepath.Join(dir, e.Name()))
			}
		case ".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif", ".gif", ".jxl":
			other = filepath.Join(dir, e.Name())
		}
	}
	switch {
	case len(names) == 0 && other != "":
		return nil, &data.UnsupportedError{
			File: other, Feature: "frames of such files, want .jpg or .png", Hint: convertHint(other),
		}
	case len(names) == 0:
		return nil, &data.FormatError{File: dir, Reason: "no frames, want .jpg or .png files"}
	case len(names) > most:
		return nil, &data.UnsupportedError{
			File: dir, Feature: fmt.Sprintf("%d frames, want at most %d", len(names), most),
		}
	}
	slices.SortFunc(names, byNumbers)
	return names, nil
}

// byNumbers orders names so that runs of digits count as numbers.
func byNumbers(a, b string) int {
	whole := cmp.Compare(a, b)
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x == "" || y == "" {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		a, b = a[len(x):], b[len(y):]
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), whole)
}

// digits is the run of digits that s begins with.
func digits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}

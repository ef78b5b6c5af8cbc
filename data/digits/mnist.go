package digits

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/primewindow/primewindow/data"
)

const (
	imageSide = 28
	imageSize = imageSide * imageSide
)

// The parts of MNIST, as they begin its files' names.
const (
	mnistTrain = "train"
	mnistTest  = "t10k"
)

// images is a part of MNIST.
type images struct {
	part    string
	pixels  []byte    // [N, 28, 28], 0 is the ground
	byDigit [10][]int // places of the images of each digit, ascending
}

// readImages reads the part of MNIST below dir. Besides what [decodeIDX] finds it returns a [data.FormatError] for
// another size of image, another number of labels than of images, and a label above 9.
func readImages(dir, part string) (*images, error) {
	path := func(kind string) string { return findIDX(dir, part+"-"+kind+"-ubyte") }
	pixels, file, err := readIDX(path("images-idx3"), 3)
	if err != nil {
		return nil, err
	}
	n := pixels.dims[0]
	if pixels.dims[1] != imageSide || pixels.dims[2] != imageSide {
		return nil, &data.FormatError{
			File: file, Reason: fmt.Sprintf("images of %v pixels, want [%d %[2]d]", pixels.dims[1:], imageSide),
		}
	}
	labels, file, err := readIDX(path("labels-idx1"), 1)
	if err != nil {
		return nil, err
	}
	if len(labels.values) != n {
		return nil, &data.FormatError{
			File: file, Reason: fmt.Sprintf("%d labels, want %d, as many as images", len(labels.values), n),
		}
	}
	m := &images{part: part, pixels: pixels.values}
	for i, label := range labels.values {
		if label > 9 {
			return nil, &data.FormatError{
				File: file, Reason: fmt.Sprintf("label %d at place %d, want at most 9", label, i),
			}
		}
		m.byDigit[label] = append(m.byDigit[label], i)
	}
	return m, nil
}

// findIDX is where a file of MNIST lies: below mnist, or where torchvision lays it; by its own name, with a full stop
// for its last hyphen but one, as unpacked archives have it, or in a folder of either name. Where it is in no place,
// compressed or not, that is the package's own.
func findIDX(dir, name string) string {
	own := data.Subfolder(dir, "mnist")
	dotted := strings.Replace(strings.Replace(name, "-idx3-", ".idx3-", 1), "-idx1-", ".idx1-", 1)
	for _, home := range []string{own, filepath.Join(own, "raw"), filepath.Join(own, "MNIST", "raw")} {
		for _, name := range []string{
			name, dotted, filepath.Join(name, name), filepath.Join(dotted, dotted), filepath.Join(name, dotted),
			filepath.Join(dotted, name),
		} {
			path := filepath.Join(home, name)
			for _, path := range []string{path, path + ".gz"} {
				if st, err := os.Lstat(path); err == nil && !st.IsDir() {
					return strings.TrimSuffix(path, ".gz")
				}
			}
		}
	}
	return filepath.Join(own, name)
}

// at is the i-th image with pixels in [0, 1], shape [28, 28].
func (m *images) at(i int) []float32 {
	x := make([]float32, imageSize)
	for k, p := range m.pixels[i*imageSize : (i+1)*imageSize] {
		x[k] = float32(p) / 255
	}
	return x
}

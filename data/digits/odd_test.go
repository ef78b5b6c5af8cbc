package digits

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

var loader = datatest.Loader{Open: Open, Small: map[string]any{"bins": 8, "frames": 4, "degrade": degradeNone}}

// madeFiles are a small set's files, those of MNIST not compressed.
func madeFiles() datatest.Files {
	f := datatest.Files{}
	for name, b := range madeRecordings() {
		f["fsdd/recordings/"+name] = b
	}
	for name, b := range madeArrays() {
		f["mnist/"+name] = b
	}
	return f
}

// TestLayouts reads a set whose folders and files are called as others give them out.
func TestLayouts(t *testing.T) {
	f := madeFiles()
	whole := loader.Must(t, f.Write(t))
	for name, change := range map[string]func(string) string{
		"full stops": func(n string) string {
			return strings.NewReplacer("-idx3", ".idx3", "-idx1", ".idx1").Replace(n)
		},
		"torchvision, root":   func(n string) string { return strings.Replace(n, "mnist/", "MNIST/raw/", 1) },
		"torchvision, within": func(n string) string { return strings.Replace(n, "mnist/", "mnist/MNIST/raw/", 1) },
		"raw":                 func(n string) string { return strings.Replace(n, "mnist/", "mnist/raw/", 1) },
		"a folder each": func(n string) string {
			if dir, file := filepath.Split(n); dir == "mnist/" {
				return dir + file + "/" + strings.NewReplacer("-idx3", ".idx3", "-idx1", ".idx1").Replace(file)
			}
			return n
		},
		"a clone": func(n string) string { return strings.Replace(n, "fsdd/", "free-spoken-digit-dataset/", 1) },
		"capitals": func(n string) string {
			return strings.Replace(strings.Replace(n, "fsdd", "FSDD", 1), ".wav", ".WAV", 1)
		},
		"compressed": nil,
	} {
		other := datatest.Files{}
		for n, b := range f {
			switch {
			case change != nil:
				n = change(n)
			case strings.HasSuffix(n, "-ubyte"):
				n, b = strings.NewReplacer("-idx3", ".idx3", "-idx1", ".idx1").Replace(n)+".gz", zipped(b)
			}
			other[n] = b
		}
		d, err := Open(other.Write(t), loader.Settings())
		if err == nil {
			err = datatest.Same(whole, d, data.Train, []int{0, 9}, 0)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOdd puts odd files in the place of a recording and of MNIST's.
func TestOdd(t *testing.T) {
	f := madeFiles()
	images, labels := "mnist/"+mnistTrain+"-images-idx3-ubyte", "mnist/"+mnistTest+"-labels-idx1-ubyte"
	content, rest := f[images], f[labels]
	delete(f, images)
	delete(f, labels)
	f[images+".gz"], f[labels+".gz"] = zipped(content), zipped(rest)
	loader.Table(t, Name, []datatest.Row{
		{
			Kind: datatest.Recording, Files: f, Name: "fsdd/recordings/3_theo_0.wav",
			Odd: datatest.Waves(sampleRateHz, datatest.Telephone(datatest.ALaw, 4000, 0.05)),
		},
		{Kind: datatest.Archive, Files: f, Name: images + ".gz", Odd: datatest.Gzips(content)},
		{Kind: datatest.Archive, Files: f, Name: labels + ".gz", Odd: datatest.Gzips(rest)},
	})
}

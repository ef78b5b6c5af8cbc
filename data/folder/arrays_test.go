package folder

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestForms reads an array and a recording of a sample in every form in which programs write it.
func TestForms(t *testing.T) {
	read := func(name string, others []byte) func(path string) ([]float32, error) {
		f := files{
			"labels.csv": []byte(threeRows), "m/b" + filepath.Ext(name): others, "m/c" + filepath.Ext(name): others,
		}
		return func(path string) ([]float32, error) {
			b, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			f["m/"+name] = b
			d, err := Open(f.write(t), map[string]any{"rate": 9000})
			if err != nil {
				return nil, err
			}
			return datatest.ReadAll(t, d, data.Train).X["m"], nil
		}
	}
	list := datatest.Arrays([]int{3, 2}, []float32{0, 1, 5, 3, 4, 2})
	datatest.Forms(t, "a.npy", list, read("a.npy", list[0].Bytes))
	for _, law := range []func(byte) int16{datatest.MuLaw, datatest.ALaw} {
		list := datatest.Waves(8000, datatest.Telephone(law, 4000, 0.05))
		datatest.Forms(t, "a.wav", list, read("a.wav", list[0].Bytes))
	}
}

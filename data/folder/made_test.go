package folder

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/npy"
)

// files are a folder's files by name.
type files map[string][]byte

// ids of the made set, four of each split; odd places are dogs.
const madeRows = 12

func madeID(i int) string { return fmt.Sprintf("s%02d", i) }

// madeFiles are a small set with a modality of every form.
func madeFiles() files {
	f := files{"README.md": []byte("passed over"), ".hidden.csv": []byte("passed over")}
	labels, table := "id,label,split\n", "id,height,weight\nstranger,x,y\n"
	var all []float32
	for i := range madeRows {
		id, label, split := madeID(i), []string{"cat", "dog"}[i%2], []string{"train", "val", "test"}[i/4]
		labels += fmt.Sprintf("%s,%s,%s\n", id, label, split)
		table = table + fmt.Sprintf("%s,%d,%g\n", id, i, 0.5*float64(i*i))
		f["sound/"+id+".wav"] = datatest.WAV(8000, datatest.Tone(700+100*i, 0.16))
		f["photo/"+id+".jpg"] = jpegBytes(20, 10)
		f["drawing/"+id+".png"] = pngBytes(6, 4, uint8(20*i))
		f["motion/"+id+".npy"] = npy.Encode(
			"<f4", float32s(float32(i), 1, float32(i), 2, float32(i), 3)[:8*(2+i%2)], 2+i%2, 2,
		)
		all = append(all, float32(i), 0, 1)
	}
	f["drawing/stranger.png"] = []byte("passed over")
	f["labels.csv"], f["body.csv"] = []byte(labels), []byte(table)
	f["sensor.npy"] = npy.Encode("<f4", float32s(all...), madeRows, 3)
	return f
}

func (f files) write(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := f.writeTo(dir); err != nil {
		tb.Fatal(err)
	}
	return dir
}

func (f files) writeTo(dir string) error {
	for name, b := range f {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func pngBytes(width, height int, level uint8) []byte {
	img := image.NewGray(image.Rect(0, 0, width, height))
	img.SetGray(0, 0, color.Gray{Y: level})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // memory does not refuse
	}
	return b.Bytes()
}

func jpegBytes(width, height int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = []uint8{255, 0, 0, 255}[i%4]
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err) // memory does not refuse
	}
	return b.Bytes()
}

func float32s(values ...float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

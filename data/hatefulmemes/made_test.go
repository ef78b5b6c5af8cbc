package hatefulmemes

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// made are a set's files by name, below the data folder.
type made map[string][]byte

// Numbers of memes of the lists that [madeSet] makes.
const (
	madeTrain = 20
	madeDev   = 4
	madeTest  = 6
)

// madeSet is a set of the first phase, whose test list has no labels. Memes are numbered through; the label is the
// number's last bit, each picture has a level of its own and each sentence a word of its own.
func madeSet(tb testing.TB) made {
	tb.Helper()
	m := made{}
	m.list(tb, "train", 0, madeTrain, true)
	m.list(tb, "dev", madeTrain, madeDev, true)
	m.list(tb, "test", madeTrain+madeDev, madeTest, false)
	return m
}

// list adds a list of n memes from a number on, and their pictures.
func (m made) list(tb testing.TB, name string, from, n int, labelled bool) {
	tb.Helper()
	var b bytes.Buffer
	for i := from; i < from+n; i++ {
		row := map[string]any{"id": i, "img": madeImage(i), "text": madeText(i)}
		if labelled {
			row["label"] = i % 2
		}
		line, err := json.Marshal(row)
		if err != nil {
			tb.Fatal(err)
		}
		b.Write(bytes.ReplaceAll(line, []byte("/"), []byte(`\/`))) // as the owners' files have it
		b.WriteByte('\n')
		m["hatefulmemes/"+madeImage(i)] = plain(tb, 40+i, 30, uint8(8*i))
	}
	m["hatefulmemes/"+name+".jsonl"] = b.Bytes()
}

func madeImage(i int) string { return fmt.Sprintf("img/%05d.png", i) }

func madeText(i int) string { return fmt.Sprintf("when you see word%c again", 'a'+i) }

// plain is a grey PNG.
func plain(tb testing.TB, width, height int, level uint8) []byte {
	tb.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = level
	}
	return encoded(tb, img)
}

// ramp is a PNG that differs from place to place, so that crops do.
func ramp(tb testing.TB, width, height int) []byte {
	tb.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, color.RGBA{uint8(255 * x / width), uint8(255 * y / height), 128, 255})
		}
	}
	return encoded(tb, img)
}

func encoded(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// resized is a PNG whose header says another size.
func resized(b []byte, width, height uint32) []byte {
	b = bytes.Clone(b)
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[20:], height)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// write writes the files below a new folder, as of yesterday, and returns that.
func (m made) write(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, b := range m {
		put(tb, filepath.Join(dir, filepath.FromSlash(name)), b)
	}
	return dir
}

func put(tb testing.TB, path string, b []byte) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		tb.Fatal(err)
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(path, yesterday, yesterday); err != nil {
		tb.Fatal(err)
	}
}

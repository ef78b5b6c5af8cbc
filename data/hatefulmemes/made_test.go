package hatefulmemes

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// loader is opened with settings under which tests are quick.
var loader = datatest.Loader{
	Open: Open, Check: Check, Small: map[string]any{"image_side": 16, "val_share": 0.2, "length": 8},
}

// Numbers of memes of the lists that [madeSet] makes.
const (
	madeTrain = 20
	madeDev   = 4
	madeTest  = 6
)

// madeSet is a set of the first phase, whose test list has no labels. Memes are numbered through; the label is the
// number's last bit, each picture has a level of its own and each sentence a word of its own.
func madeSet(tb testing.TB) datatest.Files {
	tb.Helper()
	m := datatest.Files{}
	addList(tb, m, "train", 0, madeTrain, true)
	addList(tb, m, "dev", madeTrain, madeDev, true)
	addList(tb, m, "test", madeTrain+madeDev, madeTest, false)
	return m
}

// addList adds a list of n memes from a number on, and their pictures.
func addList(tb testing.TB, m datatest.Files, name string, from, n int, labelled bool) {
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
		m["hatefulmemes/"+madeImage(i)] = datatest.PNG(tb, datatest.Grey(40+i, 30, uint8(8*i)))
	}
	m["hatefulmemes/"+name+".jsonl"] = b.Bytes()
}

func madeImage(i int) string { return fmt.Sprintf("img/%05d.png", i) }

func madeText(i int) string { return fmt.Sprintf("when you see word%c again", 'a'+i) }

// resized is a PNG whose header says another size.
func resized(b []byte, width, height uint32) []byte {
	b = bytes.Clone(b)
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[20:], height)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

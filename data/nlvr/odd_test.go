package nlvr

import (
	"archive/zip"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of the list, of the archive, and of an image inside.
func TestOdd(t *testing.T) {
	var list []datatest.File
	inside := func(name string, b []byte) []byte {
		list = nil
		for i := range 13 {
			for k := range 2 {
				f := datatest.File{
					Name: fmt.Sprintf("%d-%d.png", i, k), Bytes: madeImage(t, rawWidth, rawHeight, uint8(10*i)),
				}
				if f.Name == name {
					f.Bytes = b
				}
				list = append(list, f)
			}
		}
		return datatest.Zip(zip.Store, list...)
	}
	const archive = "nlvr/images.zip"
	f := datatest.Files{"nlvr/nlvr.csv": []byte(madeList()), archive: inside("", nil)}
	datatest.Loader{Open: Open, Small: map[string]any{"shrink": 10}}.Table(t, Name, []datatest.Row{
		{Kind: datatest.Table, Files: f, Name: "nlvr/nlvr.csv", Odd: datatest.Tables(madeList())},
		{Kind: datatest.Archive, Files: f, Name: archive, Odd: datatest.Zips(slices.Clone(list), 2)},
		{
			Kind: datatest.Picture, Files: f, Name: archive, Odd: datatest.Pictures(t, rawWidth, rawHeight),
			Inside: func(b []byte) []byte { return inside("1-0.png", b) },
		},
	})
}

// TestNearImage names the entry that the list nearly names.
func TestNearImage(t *testing.T) {
	dir := write(t, strings.Replace(madeList(), "1-0.png", "01-0.png", 1), madeArchive(t, nil))
	if _, err := Open(dir, nil); err == nil || !strings.Contains(
		err.Error(), "images.zip/01-0.png: not in the archive, but 1-0.png is",
	) {
		t.Errorf("%v, want the entry that is there", err)
	}
}

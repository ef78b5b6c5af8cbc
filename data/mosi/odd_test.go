package mosi

import (
	"archive/zip"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of each table, and of the archive of aligned features.
func TestOdd(t *testing.T) {
	f := datatest.Files{}
	for name, b := range madeFiles() {
		f[Folder+"/"+name] = b
	}
	var rows []datatest.Row
	for _, name := range []string{"transcripts.csv", "text_train.csv", "text_test0.csv", "audio_train0.csv"} {
		name = Folder + "/" + name
		rows = append(
			rows, datatest.Row{Kind: datatest.Table, Files: f, Name: name, Odd: datatest.Tables(string(f[name]))},
		)
	}
	var list []datatest.File
	for name, b := range alignedFiles() {
		list = append(list, datatest.File{Name: name, Bytes: b})
	}
	slices.SortFunc(list, func(a, b datatest.File) int { return strings.Compare(a.Name, b.Name) })
	packed := datatest.Files{Folder + "/" + alignedFile: datatest.Zip(zip.Deflate, list...)}
	wanted := slices.IndexFunc(list, func(f datatest.File) bool { return f.Name == "train_audio.npy" })
	rows = append(
		rows,
		datatest.Row{
			Kind: datatest.Archive, Files: packed, Name: Folder + "/" + alignedFile, Odd: datatest.Zips(list, wanted),
		},
	)
	datatest.Loader{Open: Open}.Table(t, Name, rows)
}

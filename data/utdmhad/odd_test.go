package utdmhad

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of the index, of a compressed array, and of an owners' file.
func TestOdd(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir())
	f := datatest.Files{}
	for name, b := range madeFiles() {
		if name != indexFile {
			b = zipped(t, b)
		}
		f[Folder+"/"+name] = b
	}
	index := Folder + "/" + indexFile
	original, root := datatest.Files{}, owners(t, takes())
	for _, s := range shelves {
		for _, x := range takes() {
			name := ownersFile(root, s.modality, x.id())
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			original[Folder+"/"+s.folder+"/"+filepath.Base(name)] = b
		}
	}
	x := takes()[0]
	mat := Folder + "/Inertial/" + x.id() + "_" + inertial + ".mat"
	whole := original[mat]
	datatest.Loader{Open: Open, Check: Check}.Table(t, Name, []datatest.Row{
		{Kind: datatest.Table, Files: f, Name: index, Odd: datatest.Tables(string(f[index]))},
		{
			Kind: datatest.Archive, Files: f, Name: Folder + "/" + inertialFile,
			Odd: datatest.Gzips(madeFiles()[inertialFile]),
		},
		{Kind: datatest.Archive, Files: original, Name: mat, Odd: []datatest.Odd{
			{Name: "the same", Bytes: whole, Reason: "the usual"},
			{Name: "empty", Want: ": ", Hint: "bring the file again", Reason: "a copy that never began"},
			{Name: "half", Bytes: whole[:len(whole)/2], Want: ": ", Reason: "cut off"},
			{Name: "a byte less", Bytes: whole[:len(whole)-1], Want: ": ", Reason: "cut off"},
			{Name: "its beginning", Bytes: whole[:100], Want: ": ", Reason: "cut off"},
			{
				Name: "HDF5", Bytes: []byte("MATLAB 7.3 MAT-file" + strings.Repeat(" ", 493) + "\x89HDF\r\n\x1a\n"),
				Want: ": ", Reason: "as newer MATLAB saves it",
			},
		}},
	})
}

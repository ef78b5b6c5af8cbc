package folder

import (
	"fmt"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
)

// TestIDs writes ids otherwise than files and rows are called: the same name is found, a nearly same one named.
func TestIDs(t *testing.T) {
	const composed, apart = "\u00e9", "e\u0301" // one letter in two forms
	for _, tt := range []struct {
		name   string
		id     string
		files  []string // of modality m; those of x and y are there too
		rows   []string // of table t, likewise
		want   string   // in the error; empty where the sample is read
		reason string
	}{
		{"as it is", "a", []string{"a.png"}, []string{"a"}, "", "the usual"},
		{"extension in the id", "a.png", []string{"a.png"}, []string{"a"}, "", "a column of file names"},
		{
			"another modality's extension", "a.wav", []string{"a.png"}, []string{"a.wav"}, "",
			"a column of one modality's file names",
		},
		{"extension in the row", "a", []string{"a.png"}, []string{"a.jpg"}, "", "features are listed by files"},
		{"extension in capitals", "a.PNG", []string{"a.png"}, []string{"a"}, "", "an extension is none of the name"},
		{"full stop in a name", "a.v2", []string{"a.v2.png"}, []string{"a.v2"}, "", "no extension"},
		{
			"letter and mark in the file", composed, []string{apart + ".png"}, []string{apart}, "",
			"as an archive of another system has it",
		},
		{
			"letter and mark in the id", apart, []string{composed + ".png"}, []string{composed}, "",
			"the other way round",
		},
		{
			"both at once", apart + ".png", []string{composed + ".png"}, []string{composed + ".jpg"}, "",
			"form and extension",
		},
		{"extension, two files", "a.png", []string{"a.png", "a.jpg"}, []string{"a"}, "", "one has the very name"},
		{
			"two files", "a", []string{"a.png", "a.jpg"}, []string{"a"},
			"a.png: a.jpg is there too, want one file of id a", "which one is meant?",
		},
		{
			"two forms", composed + ".wav", []string{composed + ".png", apart + ".png"}, []string{composed},
			"is there too, want one file of id " + composed, "which one is meant?",
		},
		{
			"two rows", "a", []string{"a.png"}, []string{"a.png", "a.jpg"},
			"rows a.png and a.jpg are both of id a, want one", "which one is meant?",
		},
		{
			"another case", "A", []string{"a.png"}, []string{"A"}, "A: no such file, but a.png is there",
			"it may be another",
		},
		{
			"zeros in front", "7", []string{"007.png"}, []string{"7"}, "7: no such file, but 007.png is there",
			"a table dropped them",
		},
		{
			"zeros within", "img_7.png", []string{"img_0007.png"}, []string{"img_7"},
			"no such file, but img_0007.png is there", "likewise",
		},
		{
			"zeros in front of a row", "7", []string{"7.png"}, []string{"007"}, "no row for id 7, but one for 007",
			"likewise",
		},
		{"nothing", "a", nil, []string{"a"}, "a: no file, want a with .wav", "not there"},
		{"no row", "a", []string{"a.png"}, nil, "no row for id a", "not there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := files{"labels.csv": fmt.Appendf(nil, "id,label,split\n%s,p,train\nx,q,train\ny,q,test\n", tt.id)}
			table := "id,v\nx,1\ny,2\n"
			for _, name := range append(tt.files, "x.png", "y.png") {
				f["m/"+name] = pngBytes(2, 2, 9)
			}
			for _, row := range tt.rows {
				table += row + ",3\n"
			}
			f["t.csv"] = []byte(table)
			d, err := Open(f.write(t), nil)
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q\nreason: %s", err, tt.want, tt.reason)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v\nreason: %s", err, tt.reason)
			}
			if id, _ := d.Identity(data.Train, 0); id != tt.id {
				t.Errorf("id %q, want it as labels.csv has it, %q", id, tt.id)
			}
		})
	}
}

// TestOneFileTwice wants a file that two ids stand for to be no sample of both.
func TestOneFileTwice(t *testing.T) {
	f := files{
		"labels.csv": []byte("id,label,split\na,p,train\na.png,q,test\nb,q,train\n"), "m/a.png": pngBytes(2, 2, 9),
		"m/b.png": pngBytes(2, 2, 9),
	}
	if _, err := Open(f.write(t), nil); err == nil ||
		!strings.Contains(err.Error(), "a.png: is the file of id a and of id a.png, want one") {
		t.Errorf("got %v, want both ids named", err)
	}
	delete(f, "m/a.png")
	delete(f, "m/b.png")
	f["t.csv"] = []byte("id,v\na,1\nb,2\n")
	if _, err := Open(f.write(t), nil); err == nil ||
		!strings.Contains(err.Error(), "row a is of id a and of id a.png, want one") {
		t.Errorf("got %v, want both ids named", err)
	}
}

package hatefulmemes_test

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/hatefulmemes"
)

// Two memes, one to train on and one to test.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "memes")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder left behind does no harm
	for name, line := range map[string]string{
		"train": `{"id":1,"img":"1.png","label":0,"text":"good dog"}`,
		"dev":   `{"id":2,"img":"2.png","label":1,"text":"Good dog, bad cat"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name+".jsonl"), []byte(line), 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, name := range []string{"1.png", "2.png"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err == nil {
			err = png.Encode(f, image.NewGray(image.Rect(0, 0, 32, 32)))
			f.Close()
		}
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	set, err := hatefulmemes.Open(dir, map[string]any{"length": 8, "val_share": 0, "tokenizer": "wordpiece"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range set.Describe().Modalities {
		fmt.Println(m.Name, m.Kind, m.Shape)
	}
	s, err := data.One(set, data.Test, 0)
	fmt.Println(s.ID, s.Label, len(s.X["text"]), err)
	// Output:
	// image image [224 224 3]
	// text vector [8]
	// 2 1 8 <nil>
}

// A folder that is not the set's.
func ExampleCheck() {
	for _, err := range hatefulmemes.Check("empty", nil) {
		what, _, _ := strings.Cut(err.Error(), ", want")
		fmt.Println(what)
	}
	// Output: empty/hatefulmemes: no train.jsonl
}

func ExampleSettings() {
	for _, s := range hatefulmemes.Settings() {
		fmt.Println(s.Name, s.Default)
	}
	// Output:
	// test auto
	// val auto
	// data_seed 0
	// val_share 0.1
	// tokenizer wordpiece
	// vocab 4000
	// length 64
	// image_side 224
	// picture_side 256
	// augment true
	// skip_broken false
}

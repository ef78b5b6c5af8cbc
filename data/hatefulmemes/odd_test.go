package hatefulmemes

import (
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of a list, a picture and a vocabulary.
func TestOdd(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir())
	m := madeSet(t)
	vocab := "[PAD]\n[UNK]\nwhen\nyou\nsee\nagain\ngröße\n"
	m["hatefulmemes/vocab.txt"] = []byte(vocab)
	list := func(name string) datatest.Row {
		text := string(m[name])
		odd := append(datatest.Tables(text),
			datatest.Odd{
				Name: "a key twice", Bytes: []byte(strings.Replace(text, `"label":0`, `"label":0,"label":1`, 1)),
				Want: "twice", Reason: "which one is meant",
			},
			datatest.Odd{
				Name: "deep", Bytes: []byte(text + strings.Repeat("[", 1<<20) + "\n"), Want: ": ",
				Reason: "must not take the stack",
			})
		return datatest.Row{Kind: datatest.Table, Files: m, Name: name, Odd: odd}
	}
	loader.Table(t, Name, []datatest.Row{
		list("hatefulmemes/train.jsonl"), list("hatefulmemes/dev.jsonl"),
		{
			Kind: datatest.Text, Files: m, Name: "hatefulmemes/vocab.txt", Odd: datatest.Texts(vocab),
			More: []any{"tokenizer", "vocab.txt"},
		},
		{Kind: datatest.Picture, Files: m, Name: "hatefulmemes/" + madeImage(2), Odd: datatest.Pictures(t, 42, 30)},
	})
}

// TestNearPicture names the file that a list nearly names.
func TestNearPicture(t *testing.T) {
	m := madeSet(t)
	list := "hatefulmemes/train.jsonl"
	m[list] = []byte(strings.Replace(string(m[list]), `img\/00003.png`, `img\/3.png`, 1))
	faults := loader.Check(m.Write(t), loader.Settings())
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), "3.png: no such file, but 00003.png is there") {
		t.Errorf("%v, want the file that is there", faults)
	}
}

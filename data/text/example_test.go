package text_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/data/text"
)

func ExampleTrain() {
	sentences := []string{"The box is yellow.", "Yellow boxes hold a block.", "The blocks are yellow and blue."}
	tok, err := text.Train(sentences, text.Options{Vocab: 60, Lower: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	ids := tok.Encode("A yellow box!")
	for _, id := range ids {
		fmt.Println(id, tok.Token(id))
	}
	fmt.Println(tok.Decode(ids))
	// Output:
	// 3 a
	// 36 yellow
	// 41 box
	// 1 [UNK]
	// a yellow box [UNK]
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "text")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system clears it
	path := filepath.Join(dir, "vocab.txt")
	if err := os.WriteFile(path, []byte("[PAD]\n[UNK]\nwalk\n##ing\n##ed\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	tok, err := text.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("transformer,vocab=%d,pad=1\n", tok.Size())
	fmt.Println(tok.Ids("Walking, walked", 6))
	// Output:
	// transformer,vocab=5,pad=1
	// [2 3 1 2 4 0]
}

func ExampleDecodeVocab() {
	_, err := text.DecodeVocab("vocab.txt", []byte("[PAD]\nwalk\n"))
	fmt.Println(err)
	// Output:
	// vocab.txt: no token [UNK] among 2, want one for unknown words
}

func ExampleDecodeJSON() {
	_, err := text.DecodeJSON("tokenizer.json", []byte(`{"model":{"type":"Unigram","vocab":{"a":0}}}`))
	fmt.Println(err)
	// Output:
	// tokenizer.json: not supported: model "Unigram", want WordPiece or byte-level BPE
}

package stream_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// Two samples whose values are the bytes of their files.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "set")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder left behind does no harm
	file := func(i stream.Item) string { return filepath.Join(dir, i.ID) }
	rex, tom := stream.Item{ID: "rex", Label: 1}, stream.Item{ID: "tom", Label: 0}
	for i, item := range []stream.Item{rex, tom} {
		if err := os.WriteFile(file(item), []byte{0, byte(51 * i)}, 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}
	set, err := stream.New(stream.Config{
		Description: data.Description{Name: "pets", Classes: []string{"cat", "dog"}},
		Parts:       map[data.Split][]stream.Item{data.Train: {rex}, data.Test: {tom}},
		Modalities: []stream.Modality{{
			Modality: data.Modality{Name: "sound", Kind: data.Vector, Shape: []int{2}},
			Recipe:   "bytes, version 1",
			Files:    func(i stream.Item) []string { return []string{file(i)} },
			Decode: func(_ context.Context, i stream.Item) (stream.Feature, error) {
				b, err := os.ReadFile(file(i))
				return stream.Feature{Shape: []int{len(b)}, Bytes: b}, err
			},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := set.Read(data.Test, []int{0}, 0)
	fmt.Println(b.Labels, b.X["sound"], err)
	// Output: [0] [0 0.2] <nil>
}

package stream_test

import (
	"context"
	"errors"
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
			Decode: func(_ context.Context, _ stream.Item, files []string) (stream.Feature, error) {
				b, err := os.ReadFile(files[0])
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

func ExampleFaults_Err() {
	fmt.Println(stream.Faults{}.Err())
	fmt.Println(stream.Faults{errors.New("a.wav: empty"), errors.New("b.wav: empty")}.Err())
	// Output:
	// <nil>
	// a.wav: empty (the first of 2 faults)
}

// What a loader's own Open and Check do when they have prepared a set.
func ExampleOpen() {
	prepare := func() (stream.Config, error) {
		return stream.Config{Faults: stream.Faults{errors.New("a.wav: empty")}}, nil
	}
	_, err := stream.Open(prepare())
	fmt.Println(err)
	fmt.Println(stream.Check(prepare()))
	// Output:
	// a.wav: empty
	// [a.wav: empty]
}

func ExampleCheck() {
	fmt.Println(stream.Check(stream.Config{Faults: stream.Faults{errors.New("a.wav: empty")}, SkipBroken: true}, nil))
	fmt.Println(stream.Check(stream.Config{}, errors.New("pets: no folder")))
	// Output:
	// []
	// [pets: no folder]
}

func ExampleStat() {
	_, err := stream.Stat("pets", "example_test.go", 10)
	_, bounded := errors.AsType[*data.UnsupportedError](err)
	_, err = stream.Stat("pets", "no-such-dog.wav", 10)
	fmt.Println(bounded, errors.Is(err, os.ErrNotExist))
	// Output: true true
}

func ExampleEach() {
	squares := make([]int, 5)
	stream.Each(len(squares), func(i int) { squares[i] = i * i })
	fmt.Println(squares)
	// Output: [0 1 4 9 16]
}

// Whether a clip validates depends on its name alone.
func ExampleLot() {
	for _, clip := range []string{"rex", "tom"} {
		fmt.Println(clip, stream.Lot(0, clip) < 0.25)
	}
	// Output:
	// rex true
	// tom false
}

func ExampleSortByLot() {
	dogs := []string{"ada", "bea", "cai"}
	stream.SortByLot(1, dogs)
	fmt.Println(dogs)
	// Output: [bea ada cai]
}

// Of each class one of two groups validates, and all of it.
func ExampleValidating() {
	fmt.Println(stream.Validating(0, 0.5, []string{"a", "a", "b", "b", "c", "d"}, []int{0, 0, 0, 0, 1, 1}))
	// Output: [true true false false true false]
}

func ExampleReadPair() {
	_, _, found, err := stream.ReadPair("pets", []string{"."}, [2]string{"train.csv", "test.csv"})
	fmt.Println(found, err)
	// Output: false <nil>
}

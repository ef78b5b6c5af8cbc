package digits_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/primewindow/primewindow/data/digits"
)

func ExampleSettings() {
	for _, s := range digits.Settings()[:5] {
		fmt.Println(s.Name, s.Default)
	}
	// Output:
	// data_seed 0
	// protocol speakers
	// degrade noise50
	// val_speakers none
	// val_share 0.1
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "digits")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder left behind does no harm
	if err := digits.MakeSet(dir); err != nil {
		fmt.Println(err)
		return
	}
	set, err := digits.Open(dir, map[string]any{"images_per_recording": 1, "val_share": 0.0})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range set.Describe().Modalities {
		fmt.Println(m.Name, m.Kind, m.Shape)
	}
	fmt.Println(set.Len("train"), set.Len("val"), set.Len("test"))
	// Output:
	// audio spectrogram [64 64 1]
	// visual image [28 28 1]
	// 60 0 60
}

func ExampleFetch() {
	wrong := httptest.NewServer(http.NotFoundHandler())
	defer wrong.Close()
	sources := digits.DefaultSources
	sources.MNIST = wrong.URL
	dir, err := os.MkdirTemp("", "digits")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder left behind does no harm
	if err := digits.Fetch(context.Background(), dir, sources, nil); err != nil {
		fmt.Println("not fetched, and nothing put in place")
	}
	// Output: not fetched, and nothing put in place
}

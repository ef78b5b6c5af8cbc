package cache_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/data/cache"
)

// What a file was decoded to is made once.
func ExampleCache_Get() {
	dir, err := os.MkdirTemp("", "cache")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder left behind does no harm
	clip := filepath.Join(dir, "clip")
	if err := os.WriteFile(clip, []byte("la la"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	c, err := cache.Open(filepath.Join(dir, "features"), 1<<30)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	for range 2 {
		key, err := c.Key("first byte, version 1", clip)
		if err != nil {
			fmt.Println(err)
			return
		}
		feature, err := c.Get(key, func() ([]byte, error) {
			b, err := os.ReadFile(clip)
			return b[:1], err
		})
		fmt.Println(len(feature), err)
	}
	fmt.Printf("%+v\n", c.Stats())
	// Output:
	// 1 <nil>
	// 1 <nil>
	// {Hits:1 Misses:1 Lost:0}
}

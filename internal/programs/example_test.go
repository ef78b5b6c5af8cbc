package programs_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/internal/programs"
)

// What one process compiled, another reads.
func ExampleStore() {
	dir, err := os.MkdirTemp("", "programs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder left behind does no harm
	store, err := programs.Open(filepath.Join(dir, "kept"), 1<<30)
	if err != nil {
		fmt.Println(err)
		return
	}
	key := programs.Key(sha256.Sum256([]byte("compiler 1.0, this processor: x + x")))
	for range 2 {
		code, ok := store.Get(key)
		fmt.Printf("%q %v\n", code, ok)
		store.Put(key, []byte("add x, x"))
	}
	// Output:
	// "" false
	// "add x, x" true
}

package hatefulmemes

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/primewindow/primewindow/data"
)

// maxFile bounds a picture's file, in bytes; the owners' largest has a few million.
const maxFile = 64 << 20

// file is a meme's picture on disk.
type file struct {
	path string
	size int64
	err  error // what is wrong with it, as far as it shows without decoding
}

// look looks at the pictures of some memes, several at a time.
func look(root string, memes []meme) []file {
	files := make([]file, len(memes))
	each(len(memes), func(i int) {
		f := &files[i]
		f.path = filepath.Join(root, filepath.FromSlash(memes[i].image))
		st, err := os.Stat(f.path)
		switch {
		case err != nil: // also of a link to nothing, and of links that go round
			f.err = fmt.Errorf("hatefulmemes: %w", err)
		case !st.Mode().IsRegular():
			f.err = &data.FormatError{File: f.path, Reason: "not a regular file"}
		case st.Size() == 0:
			f.err = &data.FormatError{File: f.path, Reason: "empty"}
		case st.Size() > maxFile:
			f.err = &data.UnsupportedError{File: f.path, Feature: fmt.Sprintf("%d bytes, want at most %d", st.Size(), maxFile)}
		default:
			f.size = st.Size()
		}
	})
	return files
}

// each does something for 0 to n-1, several at a time.
func each(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) { // they wait for the disk
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// contents hashes those files whose size others have too; the hash of any other is zero, and so is that of a file that
// cannot be read, which shows when its sample is.
func contents(files []file) [][sha256.Size]byte {
	sizes := map[int64]int{}
	for _, f := range files {
		sizes[f.size]++
	}
	sums := make([][sha256.Size]byte, len(files))
	each(len(files), func(i int) {
		if f := files[i]; f.size > 0 && sizes[f.size] > 1 {
			sums[i] = digest(f.path)
		}
	})
	return sums
}

func digest(path string) (sum [sha256.Size]byte) {
	f, err := os.Open(path)
	if err != nil {
		return sum
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, maxFile)); err != nil {
		return sum
	}
	return [sha256.Size]byte(h.Sum(nil))
}

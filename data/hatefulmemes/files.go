package hatefulmemes

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
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
	var beside stream.Siblings
	stream.Each(len(memes), func(i int) {
		f := &files[i]
		f.path = filepath.Join(root, filepath.FromSlash(memes[i].image))
		st, err := stream.Stat(Name, f.path, maxFile)
		if f.err = err; err == nil {
			f.size = st.Size()
		} else if near := beside.Near(f.path); near != "" && errors.Is(err, fs.ErrNotExist) {
			f.err = &data.FormatError{
				File:   f.path,
				Reason: fmt.Sprintf("no such file, but %s is there: want img as the file is called", near),
			}
		}
	})
	return files
}

// contents hashes those files whose size others have too; the hash of any other is zero, and so is that of a file that
// cannot be read, which shows when its sample is.
func contents(files []file) [][sha256.Size]byte {
	sizes := map[int64]int{}
	for _, f := range files {
		sizes[f.size]++
	}
	sums := make([][sha256.Size]byte, len(files))
	stream.Each(len(files), func(i int) {
		if f := files[i]; f.size > 0 && sizes[f.size] > 1 {
			sums[i] = digest(f.path)
		}
	})
	return sums
}

func digest(path string) (sum [sha256.Size]byte) {
	f, _, err := data.OpenFile(path)
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

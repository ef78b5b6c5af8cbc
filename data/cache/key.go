package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/primewindow/primewindow/data"
)

// Key names an entry. The zero Key is none.
type Key struct{ sum [sha256.Size]byte }

// String is the key in hexadecimal digits.
func (k Key) String() string { return hex.EncodeToString(k.sum[:]) }

// id is the key's, of a record.
func (k Key) id() id { return id(k.sum[:]) }

// stamp is a file's content as it was when it had this size and time.
type stamp struct {
	size    int64
	changed time.Time
	content [sha256.Size]byte
}

// young is the age below which a file's time does not tell whether it changed since it was read.
const young = 2 * time.Second

// Key is the name of what recipe makes of the files' contents, in their order. recipe must hold every parameter, and
// the version of the code that decodes. Files of equal content have equal keys, wherever they lie. A file is read in
// full the first time, and again when its size or time of change differs. The errors are the file system's.
func (c *Cache) Key(recipe string, files ...string) (Key, error) {
	if c == nil {
		return Key{}, nil
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s", len(recipe), recipe)
	for _, f := range files {
		content, err := c.content(f)
		if err != nil {
			return Key{}, err
		}
		h.Write(content[:])
	}
	return Key{[sha256.Size]byte(h.Sum(nil))}, nil
}

// content is the hash of a file's bytes: known from this process or an earlier one, or computed.
func (c *Cache) content(file string) (content [sha256.Size]byte, err error) {
	st, err := os.Stat(file)
	if err != nil {
		return content, err
	}
	c.mu.Lock()
	known, ok := c.contents[file]
	c.mu.Unlock()
	if ok && known.size == st.Size() && known.changed.Equal(st.ModTime()) {
		return known.content, nil
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return content, err
	}
	name := sha256.Sum256(fmt.Appendf(nil, "content of %s\n%d\n%d", path, st.Size(), st.ModTime().UnixNano()))
	of := id(name[:])
	if b, ok := c.read(of); ok && len(b) == sha256.Size {
		content = [sha256.Size]byte(b)
	} else {
		if content, err = digest(file, st.Size()); err != nil {
			return content, err
		}
		if time.Since(st.ModTime()) < young {
			return content, nil
		}
		c.note(of, content[:])
	}
	c.mu.Lock()
	c.contents[file] = stamp{st.Size(), st.ModTime(), content}
	c.mu.Unlock()
	return content, nil
}

// digest hashes a file's bytes.
func digest(file string, size int64) (sum [sha256.Size]byte, err error) {
	if size <= 1<<20 {
		b, err := data.ReadFile(file)
		return sha256.Sum256(b), err
	}
	f, _, err := data.OpenFile(file)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

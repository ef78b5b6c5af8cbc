package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Variables of the environment that [Default] reads.
const (
	DirVariable   = "PRIMEWINDOW_CACHE"     // the folder, or "off"
	LimitVariable = "PRIMEWINDOW_CACHE_GIB" // the limit in GiB
)

// DefaultLimit is how many bytes the shared cache may take unless [LimitVariable] says otherwise.
const DefaultLimit = 20 << 30

// Cache is a folder of entries. Its methods may be called from several goroutines; those of a nil *Cache keep nothing.
type Cache struct {
	dir   string
	limit int64 // in bytes

	hits, misses, lost atomic.Int64

	mu       sync.Mutex
	making   map[Key]*making
	contents map[string]stamp // by file name
	size     int64            // of all entries, in bytes, once counted
	counted  bool
}

// making is an entry that someone is making; others wait for it.
type making struct {
	done chan struct{}
	b    []byte
	err  error
}

// Stats counts what a cache did since it was opened.
type Stats struct {
	Hits   int64 // entries that were there
	Misses int64 // entries that were made
	Lost   int64 // entries that were made and could not be kept
}

// Open opens the cache in dir, which is made when it is wanted, and lets it grow to limit bytes. It returns an error
// for a limit below 1 and for a dir that is there and is no folder.
func Open(dir string, limit int64) (*Cache, error) {
	if limit < 1 {
		return nil, fmt.Errorf("cache: limit of %d bytes, want at least 1", limit)
	}
	if st, err := os.Stat(dir); err == nil && !st.IsDir() {
		return nil, fmt.Errorf("cache: %s is no folder", dir)
	}
	return &Cache{dir: dir, limit: limit, making: map[Key]*making{}, contents: map[string]stamp{}}, nil
}

var shared struct {
	sync.Mutex
	key   [2]string // what it was opened from
	cache *Cache
}

// Default is the cache that [DirVariable] names, by default primewindow below the user's cache folder. It is nil, which
// keeps nothing, when that is "off" or the user has no such folder. It returns an error for a limit that is no number.
func Default() (*Cache, error) {
	dir, limit := os.Getenv(DirVariable), os.Getenv(LimitVariable)
	shared.Lock()
	defer shared.Unlock()
	if shared.cache != nil && shared.key == [2]string{dir, limit} {
		return shared.cache, nil
	}
	bytes := int64(DefaultLimit)
	if limit != "" {
		gib, err := strconv.ParseFloat(limit, 64)
		if err != nil || !(gib > 0 && gib < 1<<20) {
			return nil, fmt.Errorf("cache: %s is %q, want a number of GiB above 0", LimitVariable, limit)
		}
		bytes = max(1, int64(gib*(1<<30)))
	}
	switch dir {
	case "off":
		return nil, nil
	case "":
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, nil //nolint:nilerr // no home: nothing is kept, which is no fault of the caller's
		}
		dir = filepath.Join(base, "primewindow")
	}
	c, err := Open(dir, bytes)
	if err != nil {
		return nil, err
	}
	shared.key, shared.cache = [2]string{os.Getenv(DirVariable), limit}, c
	return c, nil
}

// Dir is the cache's folder.
func (c *Cache) Dir() string {
	if c == nil {
		return ""
	}
	return c.dir
}

// Stats counts what happened since the cache was opened.
func (c *Cache) Stats() Stats {
	if c == nil {
		return Stats{}
	}
	return Stats{Hits: c.hits.Load(), Misses: c.misses.Load(), Lost: c.lost.Load()}
}

// Get returns the entry of a key: from disk, or else from produce, whose result is kept. Calls for one key that come
// while it is made wait, and share its bytes, which must not be changed. Errors are those of produce and are not kept.
func (c *Cache) Get(key Key, produce func() ([]byte, error)) ([]byte, error) {
	if c == nil {
		return produce()
	}
	if b, ok := c.read(key); ok {
		c.hits.Add(1)
		return b, nil
	}
	c.mu.Lock()
	if m, ok := c.making[key]; ok {
		c.mu.Unlock()
		<-m.done
		return m.b, m.err
	}
	m := &making{done: make(chan struct{}), err: errors.New("cache: the maker of an entry stopped")}
	c.making[key] = m
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.making, key)
		c.mu.Unlock()
		close(m.done)
	}()
	c.misses.Add(1)
	if m.b, m.err = produce(); m.err == nil {
		c.write(key, m.b)
	}
	return m.b, m.err
}

// An entry's file begins with these bytes, the payload's length and its checksum.
const (
	magic      = "pwcache1"
	headerSize = len(magic) + 8 + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (c *Cache) path(key Key) string {
	return filepath.Join(c.dir, "entries", key.hex[:2], key.hex[2:])
}

// read returns a whole entry. A damaged one is removed.
func (c *Cache) read(key Key) ([]byte, bool) {
	path := c.path(key)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	if len(b) < headerSize || string(b[:len(magic)]) != magic ||
		binary.LittleEndian.Uint64(b[len(magic):]) != uint64(len(b)-headerSize) ||
		binary.LittleEndian.Uint32(b[len(magic)+8:]) != crc32.Checksum(b[headerSize:], castagnoli) {
		os.Remove(path) //nolint:errcheck // whoever cannot remove it makes it anew each time
		return nil, false
	}
	if st, err := os.Stat(path); err == nil && time.Since(st.ModTime()) > time.Hour {
		os.Chtimes(path, time.Time{}, time.Now()) //nolint:errcheck // it counts as older than it is
	}
	return b[headerSize:], true
}

// write keeps an entry, whole or not at all.
func (c *Cache) write(key Key, b []byte) {
	file := make([]byte, headerSize, headerSize+len(b))
	copy(file, magic)
	binary.LittleEndian.PutUint64(file[len(magic):], uint64(len(b)))
	binary.LittleEndian.PutUint32(file[len(magic)+8:], crc32.Checksum(b, castagnoli))
	if err := writeFile(c.path(key), append(file, b...)); err != nil {
		c.lost.Add(1)
		return
	}
	c.grow(int64(headerSize + len(b)))
}

// writeFile writes a file under another name first, so that nobody sees a part of it.
func writeFile(path string, b []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, tempPrefix)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, ignoreMissing(os.Remove(f.Name())))
	}
	return err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

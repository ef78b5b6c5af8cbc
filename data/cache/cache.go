package cache

import (
	"errors"
	"fmt"
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

// Cache is a folder of packs, which hold entries. Its methods may be called from several goroutines; those of a nil
// *Cache keep nothing.
type Cache struct {
	dir   string
	limit int64 // in bytes

	hits, misses, lost atomic.Int64
	trouble            atomic.Pointer[error] // why the first of those lost could not be kept

	mu       sync.Mutex
	making   map[Key]*making
	contents map[string]stamp // by file name
	places   map[id]place
	packs    map[string]*pack // by path
	looked   time.Time        // when the folder was listed

	writing sync.Mutex // before mu, where both are held
	own     *writer
	waiting []byte // short records, which go with the next long one
	size    int64  // of all packs, in bytes, once counted
	counted bool
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
	return &Cache{
		dir: dir, limit: limit,
		making: map[Key]*making{}, contents: map[string]stamp{}, places: map[id]place{}, packs: map[string]*pack{},
	}, nil
}

// Close gives back the files that the cache holds open: one a pack. What waits to be written with a longer entry is
// lost, as at the end of the process, and made anew by whoever wants it. A cache that is used again opens them again;
// nothing may be read or written while Close runs. Those of [Default] are left to the end of the process.
func (c *Cache) Close() {
	if c == nil {
		return
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = nil
	for _, p := range c.packs {
		c.forget(p)
	}
	c.looked = time.Time{} // so that the folder is listed again
}

var shared struct {
	sync.Mutex
	key   [2]string // what it was opened from
	cache *Cache
}

// Folder is the folder that [DirVariable] names, by default primewindow below the user's cache folder. It reports false
// when that is "off" or the user has no such folder.
func Folder() (string, bool) {
	switch dir := os.Getenv(DirVariable); dir {
	case "off":
		return "", false
	case "":
		base, err := os.UserCacheDir()
		return filepath.Join(base, "primewindow"), err == nil // no home: nothing is kept, which is nobody's fault
	default:
		return dir, true
	}
}

// Default is the cache in [Folder]. It is nil, which keeps nothing, where there is none. It returns an error for a
// limit that is no number.
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
	folder, ok := Folder()
	if !ok {
		return nil, nil
	}
	c, err := Open(folder, bytes)
	if err != nil {
		return nil, err
	}
	shared.key, shared.cache = [2]string{dir, limit}, c
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

// Trouble says why an entry that was made could not be kept, of the first such one; nil where all were. It costs time
// and nothing else: what is not kept is made anew.
func (c *Cache) Trouble() error {
	if c == nil {
		return nil
	}
	if why := c.trouble.Load(); why != nil {
		err := *why
		if at, ok := errors.AsType[*fs.PathError](err); ok {
			err = at.Err // of a file whose name says nothing
		}
		return fmt.Errorf("cache: %s cannot be written: %w", c.dir, err)
	}
	return nil
}

// lose counts an entry that cannot be kept.
func (c *Cache) lose(why error) {
	c.lost.Add(1)
	c.trouble.CompareAndSwap(nil, &why)
}

// Get returns the entry of a key: from disk, or else from produce, whose result is kept. Calls for one key that come
// while it is made wait, and share its bytes, which must not be changed. Errors are those of produce and are not kept.
func (c *Cache) Get(key Key, produce func() ([]byte, error)) ([]byte, error) {
	if c == nil {
		return produce()
	}
	if b, ok := c.read(key.id()); ok {
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
		c.write(key.id(), m.b)
	}
	return m.b, m.err
}

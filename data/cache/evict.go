package cache

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tempPrefix begins the names of files that are being written.
const tempPrefix = ".new-"

// stale is the age at which a file that is being written belongs to a process that died.
const stale = 24 * time.Hour

// keepShare is the share of the limit that is left after entries were dropped, so that not every new one drops another.
const keepShare = 0.9

// grow counts an entry that was written, and drops old ones when the limit is passed. The first call counts what is
// there.
func (c *Cache) grow(bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size += bytes
	if c.counted && c.size <= c.limit {
		return
	}
	c.counted = true
	c.size = c.evict()
}

// entry is a file of the cache.
type entry struct {
	path string
	size int64
	read time.Time
}

// evict drops the entries that were not read for longest when all together pass the limit. It returns the size of those
// that remain. Other processes may do the same at once.
func (c *Cache) evict() int64 {
	var list []entry
	total := int64(0)
	for _, part := range []string{"entries", "contents"} {
		//nolint:errcheck // what cannot be read is not counted
		filepath.WalkDir(filepath.Join(c.dir, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // a folder that vanished holds nothing
			}
			st, err := d.Info()
			if err != nil {
				return nil //nolint:nilerr // likewise
			}
			if strings.HasPrefix(d.Name(), tempPrefix) {
				if time.Since(st.ModTime()) > stale {
					os.Remove(path) //nolint:errcheck // the next count tries again
				}
				return nil
			}
			list = append(list, entry{path, st.Size(), st.ModTime()})
			total += st.Size()
			return nil
		})
	}
	if total <= c.limit {
		return total
	}
	slices.SortFunc(list, func(a, b entry) int { return a.read.Compare(b.read) })
	for _, e := range list {
		if float64(total) <= keepShare*float64(c.limit) {
			break
		}
		if err := ignoreMissing(os.Remove(e.path)); err == nil {
			total -= e.size
		}
	}
	return total
}

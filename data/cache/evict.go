package cache

import (
	"os"
	"path/filepath"
	"slices"
	"time"
)

// keepShare is the share of the limit that is left after packs were dropped, so that not every new entry drops another.
const keepShare = 0.9

// grow counts what was written, and drops old packs when the limit is passed. The first call counts what is there. Both
// locks are held.
func (c *Cache) grow(bytes int64) {
	c.size += bytes
	if c.counted && c.size <= c.limit {
		return
	}
	c.counted = true
	c.evict()
}

// evict drops the packs that were not read for longest when all together pass the limit, and counts the others. Other
// processes may do the same at once. The pack that is being written stays.
func (c *Cache) evict() {
	type file struct {
		path string
		size int64
		read time.Time
	}
	var list []file
	c.size = 0
	names, _ := filepath.Glob(filepath.Join(c.dir, "*"+packSuffix)) // the pattern is right
	for _, path := range names {
		if st, err := os.Stat(path); err == nil {
			list = append(list, file{path, st.Size(), st.ModTime()})
			c.size += st.Size()
		}
	}
	if c.size <= c.limit {
		return
	}
	slices.SortFunc(list, func(a, b file) int { return a.read.Compare(b.read) })
	for _, f := range list {
		if float64(c.size) <= keepShare*float64(c.limit) {
			break
		}
		if c.own != nil && c.own.path == f.path {
			continue
		}
		if err := os.Remove(f.path); err == nil || os.IsNotExist(err) {
			c.size -= f.size
			if p := c.packs[f.path]; p != nil {
				c.forget(p)
			}
		}
	}
}

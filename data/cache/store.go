package cache

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Sizes of packs, in bytes: the largest, and how many of a cache's limit there are at least, so that little is dropped
// at once.
const (
	maxPack    = 256 << 20
	leastPacks = 64
)

// short is how many bytes of short records wait for a long one at most. Those that wait when the process ends are made
// anew.
const short = 4096

// fresh is how long a list of the folder is believed. What other processes keep is seen so much later at most.
const fresh = time.Second

// read returns an entry that is there.
func (c *Cache) read(of id) ([]byte, bool) {
	l, ok := c.find(of)
	if !ok {
		return nil, false
	}
	b, ok := l.load(of)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !ok {
		if c.places[of] == l {
			delete(c.places, of)
		}
		return nil, false
	}
	if time.Since(l.pack.read) > time.Hour {
		l.pack.read = time.Now()
		os.Chtimes(l.pack.path, time.Time{}, l.pack.read) //nolint:errcheck // it counts as older than it is
	}
	return b, true
}

// find says where an entry is, and looks for what other processes have kept.
func (c *Cache) find(of id) (place, bool) {
	c.mu.Lock()
	l, ok := c.places[of]
	old := time.Since(c.looked) > fresh
	c.mu.Unlock()
	if ok || !old {
		return l, ok
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) > fresh {
		c.look()
	}
	l, ok = c.places[of]
	return l, ok
}

func (c *Cache) found(of id, l place) { c.places[of] = l }

// look lists the packs, and reads what is new in them. Both locks are held.
func (c *Cache) look() {
	c.looked = time.Now()
	there := map[string]bool{}
	list, _ := os.ReadDir(c.dir) // a folder that is not there holds nothing
	for _, e := range list {
		if !strings.HasSuffix(e.Name(), packSuffix) {
			continue
		}
		path := filepath.Join(c.dir, e.Name())
		there[path] = true
		p := c.packs[path]
		if p == nil {
			var err error
			if p, err = openPack(path); err != nil {
				continue
			}
			c.packs[path] = p
		}
		if c.own == nil || c.own.pack != p {
			if p.scan(c.found) != nil { // what cannot be read is made anew
				c.forget(p)
			}
		}
	}
	for path, p := range c.packs {
		if !there[path] {
			c.forget(p)
		}
	}
}

// forget drops a pack that is gone. Both locks are held.
func (c *Cache) forget(p *pack) {
	if c.own != nil && c.own.pack == p {
		c.own.close()
		c.own = nil
	}
	delete(c.packs, p.path)
	for of, l := range c.places {
		if l.pack == p {
			delete(c.places, of)
		}
	}
	p.file.Close()
}

// write keeps an entry, whole or not at all.
func (c *Cache) write(of id, b []byte) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if int64(len(b)) > math.MaxUint32 {
		c.lose(fmt.Errorf("an entry of %d bytes, want at most %d", len(b), math.MaxUint32))
		return
	}
	sum := checksum(of, b)
	c.waiting = append(c.waiting, header(of, b, sum)...)
	written := len(c.waiting) + len(b)
	at, ok := c.append(b)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.places[of] = place{c.own.pack, at, uint32(len(b)), sum}
	c.grow(int64(written))
}

// note keeps a short entry with the next one that is written.
func (c *Cache) note(of id, b []byte) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.waiting = append(append(c.waiting, header(of, b, checksum(of, b))...), b...)
	if len(c.waiting) > short {
		c.append(nil)
	}
}

// append writes what waits, and the payload of the last header in it, and returns the payload's place. What cannot be
// written is lost.
func (c *Cache) append(b []byte) (at int64, ok bool) {
	records := c.waiting
	c.waiting = nil
	err := c.ready()
	if err == nil {
		if at, err = c.own.append(records, b); err == nil {
			return at, true
		}
	}
	c.lose(err)
	return 0, false
}

// ready sees to it that there is a pack to write to, of which the records before are known.
func (c *Cache) ready() error {
	most := min(maxPack, c.limit/leastPacks)
	if c.own != nil && (c.own.known > most || c.own.gone()) {
		c.own.close()
		c.own = nil
	}
	if c.own != nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	own, err := newWriter(c.dir, c.packs, most, c.found)
	if err != nil {
		return err
	}
	c.own, c.packs[own.path] = own, own.pack
	return nil
}

package cache

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// old makes a file that is not young, so that its content's hash is kept.
func old(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	write(t, path, text)
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	yesterday := time.Now().Add(-24 * time.Hour).Add(time.Duration(len(text)) * time.Second)
	if err := os.Chtimes(path, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string, limit int64) *Cache {
	t.Helper()
	c, err := Open(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func key(t *testing.T, c *Cache, recipe string, files ...string) Key {
	t.Helper()
	k, err := c.Key(recipe, files...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func get(t *testing.T, c *Cache, k Key, text string) (got string, made bool) {
	t.Helper()
	b, err := c.Get(k, func() ([]byte, error) {
		made = true
		return []byte(text), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b), made
}

// TestKey lists what must tell entries apart, and what must not.
func TestKey(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20)
	a, twin, b := old(t, "a.wav", "sound"), old(t, "twin.wav", "sound"), old(t, "b.wav", "other")
	base := key(t, c, "stft 512", a)
	for _, tt := range []struct {
		name   string
		got    Key
		same   bool
		reason string
	}{
		{"again", key(t, c, "stft 512", a), true, "a key is a function"},
		{"another place", key(t, c, "stft 512", twin), true, "content counts, not the name"},
		{"another recipe", key(t, c, "stft 256", a), false, "parameters count"},
		{"another content", key(t, c, "stft 512", b), false, "content counts"},
		{"two files", key(t, c, "stft 512", a, b), false, "all files count"},
		{"another order", key(t, c, "stft 512", b, a), false, "and their order"},
		{"a new process", key(t, open(t, c.Dir(), 1<<20), "stft 512", a), true, "the content's hash was kept on disk"},
	} {
		if same := tt.got == base; same != tt.same {
			t.Errorf("%s: same key %v, want %v: %s", tt.name, same, tt.same, tt.reason)
		}
	}
	if key(t, c, "x", a, b) == key(t, c, "x", b, a) {
		t.Error("files in another order have the same key")
	}
	write(t, a, "changed")
	if key(t, c, "stft 512", a) == base {
		t.Error("a file of another content and time has the old key")
	}
	if _, err := c.Key("stft", filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Key of a missing file: %v, want %v", err, os.ErrNotExist)
	}
}

// TestYoung replaces a file at once by one of the same size.
func TestYoung(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20)
	path := filepath.Join(t.TempDir(), "a")
	now := time.Now()
	var keys []Key
	for _, text := range []string{"one", "two"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key(t, c, "", path))
	}
	if keys[0] == keys[1] {
		t.Error("a young file that was replaced within the clock's tick has the old key")
	}
}

func TestGet(t *testing.T) {
	dir, file := t.TempDir(), old(t, "a", "x")
	c := open(t, dir, 1<<20)
	k := key(t, c, "r", file)
	fails := errors.New("broken clip")
	if _, err := c.Get(k, func() ([]byte, error) { return nil, fails }); !errors.Is(err, fails) {
		t.Errorf("Get: %v, want the maker's error", err)
	}
	for i, tt := range []struct {
		cache  *Cache
		made   bool
		reason string
	}{
		{c, true, "an error is not kept"},
		{c, false, "what was made is"},
		{open(t, dir, 1<<20), false, "for other processes as well"},
		{nil, true, "no cache keeps nothing"},
	} {
		if got, made := get(t, tt.cache, k, "value"); got != "value" || made != tt.made {
			t.Errorf("get %d = %q, made %v, want value, %v: %s", i, got, made, tt.made, tt.reason)
		}
	}
	if got, want := c.Stats(), (Stats{Hits: 1, Misses: 2}); got != want {
		t.Errorf("Stats() = %+v, want %+v", got, want)
	}
}

// pathOf is the pack that has an entry.
func pathOf(t *testing.T, c *Cache, k Key) string {
	t.Helper()
	l, ok := c.places[k.id()]
	if !ok {
		t.Fatal("the entry is in no pack")
	}
	return l.pack.path
}

// TestDamaged spoils an entry between two others in every way a disk does, for this process and for a later one.
func TestDamaged(t *testing.T) {
	file := old(t, "a", "x")
	for _, tt := range []struct {
		name  string
		spoil func(b []byte, at int64) []byte
		// Whether this process, and a later one, still have the entry before and the one behind.
		before, behind           bool
		laterBefore, laterBehind bool
	}{
		{"empty", func([]byte, int64) []byte { return nil }, false, false, false, false},
		{"cut", func(b []byte, at int64) []byte { return b[:at+4] }, true, false, true, false},
		{"a bit", func(b []byte, at int64) []byte { b[at+2] ^= 1; return b }, true, true, true, true},
		{"a bit of the header", func(b []byte, at int64) []byte { b[at-12] ^= 1; return b }, true, true, true, true},
		{
			"no magic", func(b []byte, at int64) []byte { b[at-int64(headerSize)] ^= 1; return b }, true, true, true,
			false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, later := range []bool{false, true} {
				c := open(t, t.TempDir(), 1<<20)
				keys := []Key{key(t, c, "before", file), key(t, c, "r", file), key(t, c, "behind", file)}
				for _, k := range keys {
					get(t, c, k, "value")
				}
				path, at := pathOf(t, c, keys[1]), c.places[keys[1].id()].at
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, tt.spoil(bytes.Clone(b), at), 0o600); err != nil {
					t.Fatal(err)
				}
				want := []bool{!tt.before, true, !tt.behind}
				if later {
					c.own.close()
					c = open(t, c.Dir(), 1<<20)
					want = []bool{!tt.laterBefore, true, !tt.laterBehind}
				} else if tt.name == "a bit of the header" || tt.name == "no magic" {
					want[1] = false // it knows where the entry is
				}
				for i, k := range keys {
					if got, made := get(t, c, k, "value"); got != "value" || made != want[i] {
						t.Errorf("later %v: entry %d gave %q, made %v, want %v", later, i, got, made, want[i])
					}
				}
				again := open(t, c.Dir(), 1<<20)
				for i, k := range keys {
					if _, made := get(t, again, k, "value"); made && tt.name != "no magic" &&
						tt.name != "a bit of the header" {
						t.Errorf("later %v: entry %d was not kept when it was made anew", later, i)
					}
				}
			}
		})
	}
}

// TestUnfinished ends in the middle of an entry, as a process that is killed: the next one cuts that off and goes on.
func TestUnfinished(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20)
	file := old(t, "a", "x")
	first, second, third := key(t, c, "first", file), key(t, c, "second", file), key(t, c, "third", file)
	get(t, c, first, "value")
	path := pathOf(t, c, first)
	half := append(header(second.id(), []byte("value"), checksum(second.id(), []byte("value"))), "val"...)
	if _, err := c.own.file.WriteAt(half, c.own.known); err != nil {
		t.Fatal(err)
	}
	reader := open(t, c.Dir(), 1<<20)
	if _, made := get(t, reader, first, "value"); made {
		t.Error("the entry before is not seen")
	}
	c.own.close()
	next := open(t, c.Dir(), 1<<20)
	if _, made := get(t, next, second, "value"); !made {
		t.Error("an entry of which half was written is taken for one")
	}
	if p := pathOf(t, next, second); p != path {
		t.Errorf("kept in %s, want the pack that nobody writes any more, %s", p, path)
	}
	reader.looked = time.Time{}
	for i, k := range []Key{first, second} {
		if _, made := get(t, reader, k, "value"); made {
			t.Errorf("entry %d is not seen by a process that was there before", i)
		}
	}
	if get(t, reader, third, "value"); pathOf(t, reader, third) == path {
		t.Error("two processes write one pack")
	}
}

// TestDeleted removes the folder under a cache that is used.
func TestDeleted(t *testing.T) {
	c := open(t, filepath.Join(t.TempDir(), "cache"), 1<<20)
	file := old(t, "a", "x")
	first, second := key(t, c, "first", file), key(t, c, "second", file)
	get(t, c, first, "value")
	if err := os.RemoveAll(c.Dir()); err != nil {
		t.Fatal(err)
	}
	if got, _ := get(t, c, second, "value"); got != "value" {
		t.Errorf("got %q after the folder was deleted", got)
	}
	if _, made := get(t, open(t, c.Dir(), 1<<20), second, "value"); made {
		t.Error("what was made after the folder was deleted is not kept")
	}
}

// TestContents keeps the hashes of files' contents: what a later process need not read.
func TestContents(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20)
	file := old(t, "a", "sound")
	st, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	before := key(t, c, "r", file)
	get(t, c, before, "value")
	// Another content of the same size and time shows whether the file is read.
	if err := os.WriteFile(file, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, st.ModTime(), st.ModTime()); err != nil {
		t.Fatal(err)
	}
	if key(t, open(t, c.Dir(), 1<<20), "r", file) != before {
		t.Error("a later process reads the file")
	}
	if key(t, open(t, t.TempDir(), 1<<20), "r", file) == before {
		t.Error("without what was kept the file is not read")
	}
	for i := range 2 * short / (headerSize + 32) { // more than wait for an entry
		key(t, c, "r", old(t, fmt.Sprint(i), "x"))
	}
	later := open(t, c.Dir(), c.limit)
	later.find(id{})
	if n := len(later.places); n < short/(headerSize+32) {
		t.Errorf("%d records kept without an entry, want most of them", n)
	}
}

// TestMany has several processes, as it were, make and read the same entries at once.
func TestMany(t *testing.T) {
	dir, file := t.TempDir(), old(t, "a", "x")
	var wg sync.WaitGroup
	for range 4 {
		c := open(t, dir, 1<<16) // so that entries are dropped meanwhile
		for range 2 {
			wg.Go(func() {
				for i := range 300 {
					k, err := c.Key(fmt.Sprint(i%100), file)
					if err != nil {
						t.Error(err)
						return
					}
					want := strings.Repeat(fmt.Sprint(i%100, " "), 200)
					b, err := c.Get(k, func() ([]byte, error) { return []byte(want), nil })
					if err != nil || string(b) != want {
						t.Errorf("entry %d: %d bytes, %v, want %d of its own", i%100, len(b), err, len(want))
						return
					}
				}
			})
		}
	}
	wg.Wait()
}

// TestTogether asks for one entry from many goroutines.
func TestTogether(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20)
	k := key(t, c, "r", old(t, "a", "x"))
	var made atomic.Int64
	release := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			b, err := c.Get(k, func() ([]byte, error) {
				made.Add(1)
				<-release
				return []byte("value"), nil
			})
			if err != nil || string(b) != "value" {
				t.Errorf("Get = %q, %v", b, err)
			}
		})
	}
	for made.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	close(release)
	wg.Wait()
	// A goroutine that looked for the entry before it was there and came for it after it was done makes it again.
	if n := made.Load(); n > 2 {
		t.Errorf("made %d times by 8 goroutines, want once", n)
	}
}

// TestLimit fills a cache beyond its limit: what was not read for longest goes.
func TestLimit(t *testing.T) {
	const limit = 10_000
	c := open(t, t.TempDir(), limit)
	file := old(t, "a", "x")
	value := strings.Repeat("v", 1000)
	first := key(t, c, "entry 0", file)
	for i := range 20 {
		k := key(t, c, "entry "+string(rune('0'+i)), file)
		get(t, c, k, value)
		at := time.Now().Add(time.Duration(i-1000) * time.Hour)
		if err := os.Chtimes(pathOf(t, c, k), at, at); err != nil {
			t.Fatal(err)
		}
		c.places[k.id()].pack.read = at
		if i == 5 { // reading makes it the youngest
			if _, made := get(t, c, first, value); made {
				t.Fatal("the first entry is gone below the limit")
			}
		}
	}
	total := int64(0)
	err := filepath.WalkDir(c.Dir(), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			st, err := d.Info()
			total += st.Size()
			return err
		}
		return err
	})
	if err != nil || total > limit {
		t.Errorf("the cache holds %d bytes, %v, want at most %d", total, err, limit)
	}
	if _, made := get(t, c, first, value); made {
		t.Error("the entry that was read last is gone")
	}
	if _, made := get(t, c, key(t, c, "entry 1", file), value); !made {
		t.Error("the entry that was not read for longest is still there")
	}
}

// TestUnwritable has a file where the cache's folder should be made.
func TestUnwritable(t *testing.T) {
	dir := old(t, "file", "x")
	if _, err := Open(dir, 1); err == nil {
		t.Error("Open of a file: no error")
	}
	c := open(t, filepath.Join(dir, "below"), 1<<20)
	if got, made := get(t, c, key(t, c, "r", dir), "value"); got != "value" || !made {
		t.Errorf("Get = %q, made %v, want it made", got, made)
	}
	if c.Stats().Lost == 0 || c.Trouble() == nil || !strings.Contains(c.Trouble().Error(), c.Dir()) {
		t.Errorf("Stats() %+v, Trouble() %v: want what was lost, and where and why", c.Stats(), c.Trouble())
	}
}

func TestDefault(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct{ dir, limit, want, problem string }{
		{dir, "", dir, ""},
		{dir, "0.5", dir, ""},
		{"off", "", "", ""},
		{dir, "many", "", `PRIMEWINDOW_CACHE_GIB is "many"`},
		{dir, "-1", "", `PRIMEWINDOW_CACHE_GIB is "-1"`},
	} {
		t.Setenv(DirVariable, tt.dir)
		t.Setenv(LimitVariable, tt.limit)
		c, err := Default()
		if tt.problem == "" && (err != nil || c.Dir() != tt.want) {
			t.Errorf("Default() with %q, %q in %q, %v, want %q", tt.dir, tt.limit, c.Dir(), err, tt.want)
		}
		if tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)) {
			t.Errorf("Default() with %q, %q: %v, want %q", tt.dir, tt.limit, err, tt.problem)
		}
	}
}

// TestLinkedPack has another user of a shared folder put a link in it that leads to one of this user's files.
func TestLinkedPack(t *testing.T) {
	dir, mine := t.TempDir(), filepath.Join(t.TempDir(), "mine")
	if err := errors.Join(
		os.WriteFile(mine, []byte("not to be cut"), 0o600), os.Symlink(mine, filepath.Join(dir, "a"+packSuffix)),
	); err != nil {
		t.Fatal(err)
	}
	c := open(t, dir, 1<<20)
	for range 2 {
		if got, _ := get(t, c, key(t, c, "r", mine), "value"); got != "value" {
			t.Errorf("Get = %q", got)
		}
	}
	if c.Trouble() != nil {
		t.Errorf("Trouble() = %v: there is room for a pack beside the link", c.Trouble())
	}
	if got, err := os.ReadFile(mine); err != nil || string(got) != "not to be cut" {
		t.Errorf("behind the link is %q, %v", got, err)
	}
}

// TestClose wants every file given back, and the cache to go on when it is used again.
func TestClose(t *testing.T) {
	files := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("the system does not list a process's open files")
		}
		return len(list)
	}
	dir, file := t.TempDir(), old(t, "a", "x")
	before := files()
	for range 20 {
		c := open(t, dir, 1<<20)
		k := key(t, c, "r", file)
		get(t, c, k, "value")
		if files() <= before {
			t.Fatal("an open cache holds no file, and so this test tells nothing")
		}
		c.Close()
		if n := files(); n > before {
			t.Fatalf("%d files are open, want %d", n, before)
		}
		if got, made := get(t, c, k, "other"); got != "value" || made {
			t.Errorf("after Close an entry gave %q, made %v", got, made)
		}
		if _, made := get(t, c, key(t, c, "next", file), "value"); made && len(c.packs) > 1 {
			t.Error("after Close it does not go on with its own pack")
		}
		c.Close()
	}
	var none *Cache
	none.Close()
}

package cache

import (
	"bytes"
	"errors"
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

// TestDamaged spoils an entry in every way a disk does.
func TestDamaged(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20)
	k := key(t, c, "r", old(t, "a", "x"))
	for _, tt := range []struct {
		name  string
		spoil func([]byte) []byte
	}{
		{"empty", func([]byte) []byte { return nil }},
		{"cut", func(b []byte) []byte { return b[:len(b)-1] }},
		{"longer", func(b []byte) []byte { return append(b, 0) }},
		{"a bit", func(b []byte) []byte { b[len(b)-2] ^= 1; return b }},
		{"no header", func(b []byte) []byte { return b[headerSize:] }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			get(t, c, k, "value")
			b, err := os.ReadFile(c.path(k))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(c.path(k), tt.spoil(bytes.Clone(b)), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, made := get(t, c, k, "value"); got != "value" || !made {
				t.Errorf("a damaged entry gave %q, made %v, want it made anew", got, made)
			}
		})
	}
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
		if err := os.Chtimes(c.path(k), at, at); err != nil {
			t.Fatal(err)
		}
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
	if c.Stats().Lost == 0 {
		t.Error("Stats() counts nothing lost")
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

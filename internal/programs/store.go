package programs

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/whole"
)

// Variables of the environment that [Default] reads.
const (
	DirVariable   = "PRIMEWINDOW_PROGRAMS"     // the folder, or "off"
	LimitVariable = "PRIMEWINDOW_PROGRAMS_GIB" // the limit in GiB
)

// DefaultLimit is how many bytes a store may take unless [LimitVariable] says otherwise: a small network's programs
// take 0.1 to 2 MB each, a large one's 4.
const DefaultLimit = 2 << 30

// suffix ends the names of entries.
const suffix = ".program"

// Store is a folder of entries. Its methods may be called from several goroutines; those of a nil *Store keep nothing.
type Store struct {
	dir     string
	limit   int64 // in bytes
	trouble atomic.Pointer[error]
	damaged atomic.Int64
}

// Open gives the store in dir, which is made when it is wanted and may grow to limit bytes. It returns an error for a
// limit below 1.
func Open(dir string, limit int64) (*Store, error) {
	if limit < 1 {
		return nil, fmt.Errorf("programs: limit of %d bytes, want at least 1", limit)
	}
	return &Store{dir: dir, limit: limit}, nil
}

// Default is the store that [DirVariable] names, by default programs below the folder of [cache.Folder]. It is nil,
// which keeps nothing, when that is "off" or there is no such folder. It returns an error for a limit that is no
// number.
func Default() (*Store, error) {
	limit := int64(DefaultLimit)
	if text := os.Getenv(LimitVariable); text != "" {
		gib, err := strconv.ParseFloat(text, 64)
		if err != nil || !(gib > 0 && gib < 1<<20) {
			return nil, fmt.Errorf("programs: %s is %q, want a number of GiB above 0", LimitVariable, text)
		}
		limit = max(1, int64(gib*(1<<30)))
	}
	dir := os.Getenv(DirVariable)
	if dir == "" {
		base, ok := cache.Folder()
		if !ok {
			return nil, nil
		}
		dir = filepath.Join(base, "programs")
	}
	if dir == "off" {
		return nil, nil
	}
	return Open(dir, limit)
}

// Dir is the store's folder.
func (s *Store) Dir() string {
	if s == nil {
		return ""
	}
	return s.dir
}

// Limit is how many bytes the store may take.
func (s *Store) Limit() int64 {
	if s == nil {
		return 0
	}
	return s.limit
}

// Damaged counts the entries that were there and could not be used, since the store was opened.
func (s *Store) Damaged() int {
	if s == nil {
		return 0
	}
	return int(s.damaged.Load())
}

// Trouble says why an entry could not be kept or was not read, of the first such one; nil where there was no reason. It
// costs time and nothing else.
func (s *Store) Trouble() error {
	if s == nil {
		return nil
	}
	if why := s.trouble.Load(); why != nil {
		return *why
	}
	return nil
}

func (s *Store) complain(why error) {
	if at, ok := errors.AsType[*fs.PathError](why); ok {
		why = at.Err // of a file whose name says nothing
	}
	if at, ok := errors.AsType[*os.LinkError](why); ok {
		why = at.Err
	}
	why = fmt.Errorf("programs: %s: %w", s.dir, why)
	s.trouble.CompareAndSwap(nil, &why)
}

// Get reads an entry. It reports false where there is none that is whole, and none that is this user's alone.
func (s *Store) Get(key Key) ([]byte, bool) {
	if s == nil {
		return nil, false
	}
	root, err := s.folder(false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	if err != nil {
		s.complain(err)
		return nil, false
	}
	defer root.Close()
	file, err := read(root, name(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	if err != nil {
		s.complain(err)
		return nil, false
	}
	b, ok := decode(key, file)
	if !ok {
		s.damaged.Add(1)
	}
	return b, ok
}

// read reads a file that is the user's alone, and notes that it was read.
func read(root *os.Root, name string) ([]byte, error) {
	// A pipe must not be waited for.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", name)
	}
	if err := alone(st); err != nil {
		return nil, fmt.Errorf("%s %w", name, err)
	}
	if now := time.Now(); now.Sub(st.ModTime()) > time.Minute {
		_ = root.Chtimes(name, now, now) // it loses its place in the order, no more
	}
	return io.ReadAll(f)
}

// alone wants a folder or a file to be this user's and writable by nobody else.
func alone(st fs.FileInfo) error {
	sys, ok := st.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return errors.New("has no owner")
	case int(sys.Uid) != os.Geteuid():
		return fmt.Errorf("belongs to another user (%d), and what it holds would be executed: it is not read", sys.Uid)
	case st.Mode().Perm()&0o022 != 0:
		return fmt.Errorf(
			"may be written to by others (mode %#o), and what it holds would be executed: it is not read",
			st.Mode().Perm(),
		)
	}
	return nil
}

// folder opens the store's folder, and makes it where it is wanted. All that is done in it goes through what is opened
// here, so that nobody who puts another folder in its place after it was looked at is believed.
func (s *Store) folder(wanted bool) (*os.Root, error) {
	root, err := os.OpenRoot(s.dir)
	if wanted && errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(s.dir), 0o755); err != nil {
			return nil, err
		}
		if err := os.Mkdir(s.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		root, err = os.OpenRoot(s.dir)
	}
	if err != nil {
		return nil, err
	}
	st, err := root.Stat(".")
	if err == nil {
		err = alone(st)
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

func name(key Key) string { return hex.EncodeToString(key[:]) + suffix }

// Put keeps an entry, in place of what is there.
func (s *Store) Put(key Key, b []byte) {
	if s == nil || int64(headerSize+len(b)) > s.limit {
		return
	}
	root, err := s.folder(true)
	if err != nil {
		s.complain(err)
		return
	}
	defer root.Close()
	err = write(root, name(key), encode(key, b))
	if err == nil {
		err = s.evict(root)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // not there any more: somebody has emptied the store meanwhile
		s.complain(err)
	}
}

// write puts a file in the place of another. It is not waited for the disk: what a power loss leaves has no checksum.
func write(root *os.Root, name string, b []byte) error {
	temp := fmt.Sprintf(".%s.%08x%s", name, rand.Uint32(), whole.TempSuffix)
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		_ = root.Remove(temp) // the error before says more
	}
	return err
}

// Drop takes an entry away that is whole and yet of no use to the caller.
func (s *Store) Drop(key Key) {
	if s == nil {
		return
	}
	s.damaged.Add(1)
	root, err := s.folder(false)
	if err != nil {
		return
	}
	defer root.Close()
	_ = root.Remove(name(key)) // the entry that takes its place replaces it
}

// ours reports whether a file's name is of an entry, or of one that is being written.
func ours(name string) bool {
	return strings.HasSuffix(name, suffix) || strings.HasPrefix(name, ".") && strings.HasSuffix(name, whole.TempSuffix)
}

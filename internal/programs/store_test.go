package programs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/whole"
)

// writerVariable makes the test binary keep and read entries in a folder in place of testing.
const writerVariable = "PRIMEWINDOW_TEST_PROGRAMS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerVariable); dir != "" {
		os.Exit(write100(dir))
	}
	os.Exit(m.Run())
}

func open(t *testing.T, dir string, limit int64) *Store {
	t.Helper()
	s, err := Open(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// want wants an entry, or with an empty text none.
func want(t *testing.T, s *Store, key Key, text, why string) {
	t.Helper()
	b, ok := s.Get(key)
	if ok != (text != "") || string(b) != text {
		t.Errorf("Get = %q, %v, want %q: %s", b, ok, text, why)
	}
}

func path(s *Store, key Key) string { return filepath.Join(s.Dir(), name(key)) }

func TestKeeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "programs")
	s, key := open(t, dir, 1<<20), Key{1}
	want(t, s, key, "", "nothing was kept")
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made by reading: %v", err)
	}
	s.Put(key, []byte("one"))
	want(t, s, key, "one", "it was kept")
	want(t, s, Key{2}, "", "another key")
	want(t, open(t, dir, 1<<20), key, "one", "for other processes as well")
	s.Put(key, []byte("two"))
	want(t, s, key, "two", "the later one takes the place of the first")
	for path, mode := range map[string]os.FileMode{dir: 0o700 | os.ModeDir, path(s, key): 0o600} {
		if st, err := os.Stat(path); err != nil || st.Mode() != mode {
			t.Errorf("%s: mode %v, %v, want %v: what is executed is its owner's alone", path, st.Mode(), err, mode)
		}
	}
	if n, size, err := s.Usage(); n != 1 || size != headerSize+3 || err != nil {
		t.Errorf("Usage() = %d, %d, %v, want 1 entry of %d bytes", n, size, err, headerSize+3)
	}
	if s.Damaged() != 0 || s.Trouble() != nil {
		t.Errorf("%d damaged, trouble %v", s.Damaged(), s.Trouble())
	}
	var none *Store
	none.Put(key, nil)
	none.Drop(key)
	want(t, none, key, "", "no store keeps nothing")
	if n, _, err := none.Empty(); n != 0 || err != nil || none.Trouble() != nil || none.Dir() != "" {
		t.Error("no store is empty, and no trouble")
	}
}

// TestDamaged spoils an entry in every place: it is not there, and the next takes its place.
func TestDamaged(t *testing.T) {
	key, body := Key{1, 2, 3}, []byte("a program")
	good := encode(key, body)
	type spoiled struct {
		name string
		file []byte
	}
	list := []spoiled{
		{"empty", nil},
		{"longer", append(bytes.Clone(good), 0)},
		{"of another key", encode(Key{9}, body)},
		{"of a later format", append([]byte("PWPROG2\n"), good[8:]...)},
		{
			"of a length beyond all files",
			append(binary.LittleEndian.AppendUint64(bytes.Clone(good[:40]), 1<<63), good[48:]...),
		},
	}
	for i := range good {
		flipped := bytes.Clone(good)
		flipped[i] ^= 1
		list = append(list, spoiled{fmt.Sprint("flipped at ", i), flipped}, spoiled{fmt.Sprint("cut at ", i), good[:i]})
	}
	s := open(t, t.TempDir(), 1<<20)
	for _, tt := range list {
		if err := os.WriteFile(path(s, key), tt.file, 0o600); err != nil {
			t.Fatal(err)
		}
		before := s.Damaged()
		want(t, s, key, "", tt.name)
		if s.Damaged() != before+1 {
			t.Errorf("%s: not counted", tt.name)
		}
		s.Put(key, body)
		want(t, s, key, string(body), tt.name+", and kept again")
	}
	if s.Trouble() != nil {
		t.Errorf("Trouble() = %v: what is damaged is made again, which nobody needs to know", s.Trouble())
	}
}

// TestForeign: whatever others could have written is not read, and told.
func TestForeign(t *testing.T) {
	root := os.Geteuid() == 0
	for _, tt := range []struct {
		name    string
		change  func(dir, file string) error
		trouble string
		asRoot  bool
	}{
		{
			"file writable by the group", func(_, file string) error { return os.Chmod(file, 0o620) },
			"may be written to by others (mode 0620)", false,
		},
		{
			"file writable by all", func(_, file string) error { return os.Chmod(file, 0o602) },
			"may be written to by others", false,
		},
		{
			"folder writable by all", func(dir, _ string) error { return os.Chmod(dir, 0o777) },
			"may be written to by others (mode 0777)", false,
		},
		{
			"folder with a sticky bit", func(dir, _ string) error { return os.Chmod(dir, 0o777|os.ModeSticky) },
			"may be written to by others", false,
		},
		{
			"another's file", func(_, file string) error { return os.Chown(file, 65534, -1) },
			"belongs to another user (65534)", true,
		},
		{
			"another's folder", func(dir, _ string) error { return os.Chown(dir, 65534, -1) },
			"belongs to another user (65534)", true,
		},
		{"a link to another's file", func(dir, file string) error {
			other := filepath.Join(dir, "other")
			return errors.Join(os.Rename(file, other), os.Chown(other, 65534, -1), os.Symlink("other", file))
		}, "belongs to another user", true},
		{
			"a pipe", func(_, file string) error { return errors.Join(os.Remove(file), syscall.Mkfifo(file, 0o600)) },
			"is no file", false,
		},
		{
			"readable by others",
			func(dir, file string) error { return errors.Join(os.Chmod(dir, 0o755), os.Chmod(file, 0o644)) }, "", false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.asRoot && !root {
				t.Skip("not root: no other user can be played")
			}
			s, key := open(t, filepath.Join(t.TempDir(), "programs"), 1<<20), Key{1}
			s.Put(key, []byte("code"))
			if err := tt.change(s.Dir(), path(s, key)); err != nil {
				t.Fatal(err)
			}
			if tt.trouble == "" {
				want(t, s, key, "code", "reading harms nobody")
				return
			}
			want(t, s, key, "", tt.name)
			if err := s.Trouble(); err == nil || !strings.Contains(err.Error(), tt.trouble) ||
				!strings.Contains(err.Error(), s.Dir()) {
				t.Errorf("Trouble() = %v, want the folder, and that it %s", err, tt.trouble)
			}
			if strings.Contains(tt.name, "folder") {
				s.Put(Key{2}, []byte("more"))
				if _, err := os.Stat(path(s, Key{2})); err == nil {
					t.Error("an entry was kept in a folder that others may write to")
				}
			}
		})
	}
}

// TestUnwritable: where nothing can be kept, nothing is, and the reason is told once.
func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, reason := range map[string]string{
		filepath.Join(file, "below"):    "not a directory",
		filepath.Join(readOnly(t), "a"): "",
		"/proc/self/programs":           "no such file or directory", // a file system that takes no folders
	} {
		s := open(t, dir, 1<<20)
		want(t, s, Key{1}, "", dir)
		s.Put(Key{1}, []byte("x"))
		want(t, s, Key{1}, "", dir)
		if err := s.Trouble(); err == nil || !strings.Contains(err.Error(), dir) ||
			!strings.Contains(err.Error(), reason) {
			t.Errorf("%s: Trouble() = %v, want the folder and the reason %q", dir, err, reason)
		}
	}
	s := open(t, t.TempDir(), 1<<20)
	s.Put(Key{1}, []byte("there"))
	if os.Geteuid() != 0 {
		if err := os.Chmod(s.Dir(), 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(s.Dir(), 0o700) })
		want(t, s, Key{1}, "there", "a read-only folder is read")
		s.Put(Key{2}, []byte("more"))
		if s.Trouble() == nil {
			t.Error("nothing could be kept, and nothing is said")
		}
	}
}

// readOnly is a folder in which nobody can make another, not even root.
func readOnly(t *testing.T) string {
	t.Helper()
	if os.Geteuid() == 0 {
		return "/sys"
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestFull plays a full disk by a limit on the size of a process's files.
func TestFull(t *testing.T) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	s := open(t, t.TempDir(), 1<<20)
	s.Put(Key{1}, []byte("small"))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	s.Put(Key{2}, make([]byte, 5000))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	want(t, s, Key{1}, "small", "it was kept before")
	want(t, s, Key{2}, "", "there was no room")
	if n, _, err := s.Usage(); n != 1 || err != nil {
		t.Errorf("%d files, %v, want nothing left of the second", n, err)
	}
	if s.Trouble() == nil {
		t.Error("nothing could be kept, and nothing is said")
	}
}

// TestBound: the entries that were not read for longest go first.
func TestBound(t *testing.T) {
	const size = 1000 - headerSize
	s := open(t, t.TempDir(), 10_000)
	at := time.Now().Add(-24 * time.Hour)
	for i := range 10 {
		s.Put(Key{byte(i)}, make([]byte, size))
		at = at.Add(time.Minute)
		if err := os.Chtimes(path(s, Key{byte(i)}), at, at); err != nil {
			t.Fatal(err)
		}
	}
	if n, bytes, _ := s.Usage(); n != 10 || bytes != 10_000 {
		t.Fatalf("%d entries of %d bytes, want 10 of 10,000: the limit is reached, not passed", n, bytes)
	}
	if _, ok := s.Get(Key{0}); !ok {
		t.Fatal("the oldest is gone before the limit is passed")
	}
	s.Put(Key{10}, make([]byte, size))
	for i, there := range []bool{true, false, false, true, true, true, true, true, true, true, true} {
		if _, err := os.Stat(path(s, Key{byte(i)})); (err == nil) != there {
			t.Errorf(
				"entry %d: %v, want it there %v: 9,000 bytes stay, 1 and 2 were not read for longest, 0 was just read",
				i, err, there,
			)
		}
	}
	s.Put(Key{11}, make([]byte, 20_000))
	if n, _, _ := s.Usage(); n != 9 {
		t.Errorf("%d entries, want 9: one above the limit is not kept and drops nothing", n)
	}
}

// TestOthersStay: what is not the store's own is left alone, but for what killed processes left.
func TestOthersStay(t *testing.T) {
	s := open(t, t.TempDir(), 500)
	old, young := "."+name(Key{1})+".0000"+whole.TempSuffix, "."+name(Key{2})+".0000"+whole.TempSuffix
	for _, name := range []string{"note.txt", ".hidden", old, young} {
		if err := os.WriteFile(filepath.Join(s.Dir(), name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-2 * leftBehind)
	for _, name := range []string{"note.txt", ".hidden", old} {
		if err := os.Chtimes(filepath.Join(s.Dir(), name), then, then); err != nil {
			t.Fatal(err)
		}
	}
	there := func(when string, want ...string) {
		t.Helper()
		list, err := os.ReadDir(s.Dir())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range list {
			got = append(got, e.Name())
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	s.Put(Key{3}, []byte("x"))
	there("after an entry", young, ".hidden", name(Key{3}), "note.txt")
	if n, size, err := s.Empty(); n != 2 || size != headerSize+1+4 || err != nil {
		t.Errorf("Empty() = %d, %d, %v, want 2 files", n, size, err)
	}
	there("emptied", ".hidden", "note.txt")
}

// write100 keeps entries of eight keys and reads them, while others do the same. Each key has one text.
func write100(dir string) int {
	s, err := Open(dir, 1<<20)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for i := range 400 {
		key := Key{byte(i % 8)}
		text := bytes.Repeat(key[:1], 10_000)
		if i%3 == 0 {
			s.Put(key, text)
		}
		if got, ok := s.Get(key); ok && !bytes.Equal(got, text) {
			fmt.Println("another entry's bytes")
			return 1
		}
		if i%50 == 49 {
			if _, _, err := s.Empty(); err != nil {
				fmt.Println(err)
				return 1
			}
		}
	}
	if s.Damaged() > 0 || s.Trouble() != nil {
		fmt.Println(s.Damaged(), "damaged, trouble", s.Trouble())
		return 1
	}
	return 0
}

// TestProcesses has three processes keep, read and empty at once.
func TestProcesses(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "programs")
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			cmd := exec.CommandContext(t.Context(), exe)
			cmd.Env = append(os.Environ(), writerVariable+"="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	all.Wait()
}

func TestDefault(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		dir, limit, cache, want string
		bytes                   int64
		problem                 string
	}{
		{dir: dir, want: dir, bytes: DefaultLimit},
		{dir: dir, limit: "0.5", want: dir, bytes: 1 << 29},
		{dir: dir, cache: "off", want: dir, bytes: DefaultLimit},
		{dir: "off"},
		{cache: dir, want: filepath.Join(dir, "programs"), bytes: DefaultLimit},
		{cache: "off"},
		{dir: dir, limit: "many", problem: `PRIMEWINDOW_PROGRAMS_GIB is "many"`},
		{dir: dir, limit: "0", problem: `PRIMEWINDOW_PROGRAMS_GIB is "0"`},
	} {
		t.Setenv(DirVariable, tt.dir)
		t.Setenv(LimitVariable, tt.limit)
		t.Setenv(cache.DirVariable, tt.cache)
		s, err := Default()
		if tt.problem == "" && (err != nil || s.Dir() != tt.want || s.Limit() != tt.bytes) {
			t.Errorf("Default() of %+v in %q, %d bytes, %v", tt, s.Dir(), s.Limit(), err)
		}
		if tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)) {
			t.Errorf("Default() of %+v: %v, want %q", tt, err, tt.problem)
		}
	}
	if _, err := Open(dir, 0); err == nil {
		t.Error("Open with a limit of 0: no error")
	}
}

// FuzzEntry gives an entry arbitrary bytes: what is read is what the header proves, or nothing.
func FuzzEntry(f *testing.F) {
	key := Key{1, 2, 3}
	f.Add(encode(key, []byte("code")))
	f.Add(encode(key, nil))
	f.Add(encode(Key{}, []byte("code")))
	f.Add(encode(key, []byte("code"))[:headerSize])
	f.Add([]byte("PWPROG2\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if b, ok := decode(key, file); ok && !bytes.Equal(encode(key, b), file) {
			t.Errorf("read %q from bytes that are no entry of it", b)
		}
	})
}

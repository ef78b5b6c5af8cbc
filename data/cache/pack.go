package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/primewindow/primewindow/internal/whole"
)

// id is the beginning of a hash: what tells records apart.
type id [16]byte

// A record is a header, magic and checksum first, and a payload. A pack is records one behind the other.
const (
	magic      = "pwc2"
	dead       = "pwc0" // instead of magic: found to be damaged
	headerSize = len(magic) + 4 + len(id{}) + 4
	packSuffix = ".pack"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is that of a record, whose payload has a checksum.
func header(of id, b []byte, sum uint32) []byte {
	h := make([]byte, 0, headerSize)
	h = append(h, magic...)
	h = binary.LittleEndian.AppendUint32(h, sum)
	h = append(h, of[:]...)
	return binary.LittleEndian.AppendUint32(h, uint32(len(b)))
}

func checksum(of id, b []byte) uint32 {
	return crc32.Update(crc32.Checksum(of[:], castagnoli), castagnoli, b)
}

// pack is a file of records. It is guarded by the cache's lock, but for reading from file.
type pack struct {
	path  string
	file  *os.File
	known int64     // bytes of whole records that were looked at
	read  time.Time // when it was last read, to the hour
}

// place is where a payload is.
type place struct {
	pack *pack
	at   int64
	size uint32
	sum  uint32
}

// openPack opens a pack for reading.
func openPack(path string) (*pack, error) {
	f, err := whole.OpenPlain(path, os.O_RDONLY, 0) // in a shared folder a link may lead to any file of the user's
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &pack{path: path, file: f, read: st.ModTime()}, nil
}

// scan tells found the records behind those that are known, up to one that is not whole. A pack that became shorter is
// an error.
func (p *pack) scan(found func(id, place)) error {
	st, err := p.file.Stat()
	if err != nil {
		return err
	}
	if st.Size() < p.known {
		return fmt.Errorf("cache: %s was cut", filepath.Base(p.path))
	}
	b := make([]byte, 4096) // a header, and more of them where payloads are short
	for from, n := int64(math.MinInt64), 0; p.known+int64(headerSize) <= st.Size(); {
		if p.known < from || p.known+int64(headerSize) > from+int64(n) {
			from = p.known
			if n, err = p.file.ReadAt(b, from); n < headerSize {
				return err
			}
		}
		h := b[p.known-from:]
		size := binary.LittleEndian.Uint32(h[headerSize-4:])
		end := p.known + int64(headerSize) + int64(size)
		if kind := string(h[:len(magic)]); kind != magic && kind != dead || end > st.Size() {
			return nil
		}
		if string(h[:len(magic)]) == magic {
			found(id(h[8:]), place{p, p.known + int64(headerSize), size, binary.LittleEndian.Uint32(h[4:])})
		}
		p.known = end
	}
	return nil
}

// load reads a record's payload. One that is damaged is marked.
func (l place) load(of id) ([]byte, bool) {
	b := make([]byte, l.size)
	if n, err := l.pack.file.ReadAt(b, l.at); n < len(b) && err != nil {
		return nil, false
	}
	if checksum(of, b) == l.sum {
		return b, true
	}
	if f, err := whole.OpenPlain(l.pack.path, os.O_WRONLY, 0); err == nil {
		_, _ = f.WriteAt([]byte(dead), l.at-int64(headerSize)) // whoever cannot mark it makes it anew each time
		f.Close()
	}
	return nil, false
}

// writer is the pack that this process appends to, which is locked against others.
type writer struct {
	*pack
	lock *flock.Flock
	file *os.File // for writing
}

// newWriter goes on with a pack that is smaller than so many bytes and that nobody else writes, or begins one; found is
// told the records that came since the pack was looked at.
func newWriter(dir string, packs map[string]*pack, below int64, found func(id, place)) (*writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	for _, p := range packs {
		if p.known < below {
			if w := (&writer{pack: p}); w.take(found) == nil {
				return w, nil
			}
		}
	}
	f, err := os.CreateTemp(dir, "*"+packSuffix)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	p, err := openPack(f.Name())
	if err != nil {
		return nil, err
	}
	w := &writer{pack: p}
	if err := w.take(found); err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	return w, nil
}

// take locks the pack, and cuts off a record that its last writer did not finish.
func (w *writer) take(found func(id, place)) error {
	w.lock = flock.New(w.path, flock.SetFlag(os.O_RDWR|syscall.O_NOFOLLOW))
	locked, err := w.lock.TryLock()
	if err != nil || !locked {
		return fmt.Errorf("cache: %s is being written: %w", filepath.Base(w.path), errors.Join(err, w.lock.Close()))
	}
	if err = w.scan(found); err == nil {
		w.file, err = whole.OpenPlain(w.path, os.O_WRONLY, 0)
	}
	if err == nil {
		err = w.file.Truncate(w.known)
	}
	if err != nil {
		w.close()
	}
	return err
}

// gone reports whether the pack was deleted, replaced or cut.
func (w *writer) gone() bool {
	st, err := os.Stat(w.path)
	if err != nil || st.Size() < w.known {
		return true
	}
	have, err := w.file.Stat()
	return err != nil || !os.SameFile(st, have)
}

// append writes whole records and a last header, and then its payload, and returns the payload's place.
func (w *writer) append(records, b []byte) (at int64, err error) {
	if _, err := w.file.WriteAt(records, w.known); err != nil {
		return 0, err
	}
	at = w.known + int64(len(records))
	if _, err := w.file.WriteAt(b, at); err != nil {
		return 0, err
	}
	w.known = at + int64(len(b))
	return at, nil
}

// close lets others go on with the pack.
func (w *writer) close() {
	if w.file != nil {
		w.file.Close()
	}
	w.lock.Close() //nolint:errcheck // the end of the process unlocks it as well
}

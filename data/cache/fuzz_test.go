package cache

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzPack gives a pack arbitrary bytes: an entry is what was made of its key, from the pack or anew, never anything
// else.
func FuzzPack(f *testing.F) {
	of := id{1, 2, 3}
	whole := append(header(of, []byte("value"), checksum(of, []byte("value"))), "value"...)
	f.Add(whole)
	f.Add(append(whole[:len(whole)-1:len(whole)-1], 'x'))
	f.Add(append(append([]byte{}, whole...), whole...))
	f.Add([]byte(magic))
	f.Add(append(header(of, make([]byte, 1<<20), 0), "short"...))
	f.Fuzz(func(t *testing.T, pack []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "0"+packSuffix), pack, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Open(dir, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close() // inputs come faster than the collector would close their files
		b, there := c.read(of)
		if there && checksum(of, b) != checksumIn(pack, of, b) {
			t.Errorf("read %q, which no record of the pack proves", b)
		}
		c.write(of, []byte("value"))
	})
}

// checksumIn looks for a record of an entry whose payload is b, and gives its checksum; one that cannot be b's where
// there is none.
func checksumIn(pack []byte, of id, b []byte) uint32 {
	sum := checksum(of, b)
	record := append(header(of, b, sum), b...)
	for i := 0; i+len(record) <= len(pack); i++ {
		if string(pack[i:i+len(record)]) == string(record) {
			return sum
		}
	}
	return ^sum
}

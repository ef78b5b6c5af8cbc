package programs

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
)

// Key names an entry: a hash of all that it was made from.
type Key [sha256.Size]byte

// magic begins every entry. Its digit is the format's version: what begins otherwise is not read.
var magic = []byte("PWPROG1\n")

// An entry is its magic, its key, the number of its bytes, their hash, and the bytes. The hash tells what a disk does
// to a file; that nobody else has written it is told by the file's owner and mode.
const headerSize = 8 + sha256.Size + 8 + sha256.Size

func encode(key Key, b []byte) []byte {
	sum := sha256.Sum256(b)
	out := make([]byte, 0, headerSize+len(b))
	out = append(append(out, magic...), key[:]...)
	out = append(binary.LittleEndian.AppendUint64(out, uint64(len(b))), sum[:]...)
	return append(out, b...)
}

// decode gives the bytes of an entry, which are a part of file, and reports whether it is whole and of that key.
func decode(key Key, file []byte) ([]byte, bool) {
	rest, ok := bytes.CutPrefix(file, magic)
	if !ok || len(file) < headerSize || !bytes.HasPrefix(rest, key[:]) {
		return nil, false
	}
	rest = rest[len(key):]
	size, rest := binary.LittleEndian.Uint64(rest), rest[8:]
	sum, b := rest[:sha256.Size], rest[sha256.Size:]
	if size != uint64(len(b)) || sha256.Sum256(b) != [sha256.Size]byte(sum) {
		return nil, false
	}
	return b, true
}

// Package seal puts a checksum into JSON text and checks it, so that a file that was changed since it was written is
// known as such.
//
// The text carries its CRC-32C (Castagnoli) as eight hexadecimal digits under [Key]. The checksum is that of the text
// with eight zeros, [Blank], in that place, and of whatever follows the text in its file. The text stays ordinary JSON:
// other readers see one more key. A checksum finds accidents, such as a flipped bit or a lost tail. It proves nothing
// against somebody who computes it anew.
package seal

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
)

// Key is the name under which a sealed text has its checksum, and Blank what stands there while it is computed.
const (
	Key   = "seal.crc32c"
	Blank = "00000000"
)

// ErrChanged reports a text whose checksum is not that of its bytes.
var ErrChanged = errors.New("changed since it was written")

// errNoPlace reports a text without a place for its checksum: the caller's mistake.
var errNoPlace = errors.New("seal: the text has no key " + Key + " with eight digits")

var table = crc32.MakeTable(crc32.Castagnoli)

// Sum is the CRC-32C of some bytes, and Update that of bytes that follow others with the given one.
func Sum(b []byte) uint32 { return crc32.Checksum(b, table) }

// Update continues a checksum.
func Update(sum uint32, b []byte) uint32 { return crc32.Update(sum, table, b) }

// place is where the eight digits of the text's checksum begin; -1 where there are none. The quotes around the key
// cannot stand inside a JSON string, which would have a backslash before each.
func place(text []byte) int {
	key := []byte(`"` + Key + `":`)
	for from := 0; ; {
		i := bytes.Index(text[from:], key)
		if i < 0 {
			return -1
		}
		from += i + len(key)
		rest := bytes.TrimLeft(text[from:], " ")
		if len(rest) > len(Blank)+1 && rest[0] == '"' && rest[len(Blank)+1] == '"' {
			return len(text) - len(rest) + 1
		}
	}
}

// Seal writes the checksum of the text and of what follows it, whose checksum alone after the text follow computes,
// over the blank digits of the text. follow may be nil.
func Seal(text []byte, follow func(sum uint32) uint32) error {
	at := place(text)
	if at < 0 || string(text[at:at+len(Blank)]) != Blank {
		return errNoPlace
	}
	sum := Sum(text)
	if follow != nil {
		sum = follow(sum)
	}
	copy(text[at:], Digits(sum))
	return nil
}

// Digits is a checksum as it is written.
func Digits(sum uint32) string { return fmt.Sprintf("%08x", sum) }

// Open begins to check a text: want is the checksum that it carries, and sum that of its bytes, which [Update]
// continues with what follows. It reports false for a text that carries none.
func Open(text []byte) (want string, sum uint32, sealed bool) {
	at := place(text)
	if at < 0 {
		return "", 0, false
	}
	end := at + len(Blank)
	return string(text[at:end]), Update(Update(Sum(text[:at]), []byte(Blank)), text[end:]), true
}

// Check checks a text that nothing follows. It reports false for one that carries no checksum, and [ErrChanged] for one
// that carries another than its own.
func Check(text []byte) (sealed bool, err error) {
	want, sum, sealed := Open(text)
	if sealed && want != Digits(sum) {
		return true, ErrChanged
	}
	return sealed, nil
}

// Sealed is a copy of the text with its checksum.
func Sealed(text []byte) ([]byte, error) {
	text = slices.Clone(text)
	return text, Seal(text, nil)
}

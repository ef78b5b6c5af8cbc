package digits

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"

	"github.com/primewindow/primewindow/data"
)

// idx is an array of bytes as an IDX file holds it.
type idx struct {
	dims   []int
	values []byte // as many as the product of dims
}

// maxIDX bounds what a compressed file may grow to, in bytes; MNIST's largest takes 47 million.
const maxIDX = 1 << 28

// readIDX reads the IDX file at path, or the compressed one at path.gz where there is none, and returns the name of
// the file it read. The content is checked as [decodeIDX] does.
func readIDX(path string, axes int) (array idx, name string, err error) {
	name = path
	b, err := data.ReadFile(path)
	if data.Absent(err, path) {
		name = path + ".gz"
		b, err = data.ReadFile(name)
		if data.Absent(err, name) {
			return idx{}, path, fmt.Errorf("digits: %s: neither it nor %s.gz is there: %w", path, path, fs.ErrNotExist)
		}
	}
	if err != nil {
		return idx{}, name, fmt.Errorf("digits: %w", err)
	}
	array, err = decodeIDX(name, b, axes)
	return array, name, err
}

// decodeIDX decodes an IDX file of unsigned bytes with the given number of axes, compressed with gzip or not; name
// is the file's, for errors. It returns a [data.FormatError] for a file that is empty, truncated, longer than it
// says, damaged, or has another number of axes, and a [data.UnsupportedError] for numbers wider than a byte.
func decodeIDX(name string, b []byte, axes int) (idx, error) {
	broken := func(reason string, args ...any) (idx, error) {
		return idx{}, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	if len(b) >= 2 && b[0] == 0x1f && b[1] == 0x8b {
		var err error
		if b, err = unzip(b, maxIDX); err != nil {
			return broken("gzip: %v", err)
		}
	}
	if len(b) < 4 {
		return broken("%d bytes, want at least 4 of an IDX header", len(b))
	}
	magic := binary.BigEndian.Uint32(b)
	if magic>>16 != 0 {
		return broken("magic number %#08x, want %#08x", magic, 0x800+axes)
	}
	switch kind := b[2]; kind {
	case 0x08:
	case 0x09, 0x0b, 0x0c, 0x0d, 0x0e:
		return idx{}, &data.UnsupportedError{File: name, Feature: fmt.Sprintf("IDX numbers of kind %#02x", kind)}
	default:
		return broken("magic number %#08x, want %#08x", magic, 0x800+axes)
	}
	if int(b[3]) != axes {
		return broken("magic number %#08x, want %#08x", magic, 0x800+axes)
	}
	b = b[4:]
	if len(b) < 4*axes {
		return broken("truncated: %d bytes of sizes, want %d", len(b), 4*axes)
	}
	array, size := idx{dims: make([]int, axes)}, 1
	for i := range array.dims {
		d := int(binary.BigEndian.Uint32(b[4*i:]))
		array.dims[i] = d
		if d == 0 || d > maxIDX/size {
			return broken("sizes %v, want each at least 1 and a product of at most %d", array.dims[:i+1], maxIDX)
		}
		size *= d
	}
	array.values = b[4*axes:]
	switch have := len(array.values); {
	case have < size:
		return broken("truncated: %d bytes of values, want %d", have, size)
	case have > size:
		return broken("%d bytes of values, want %d", have, size)
	}
	return array, nil
}

// unzip returns what a gzip file holds, which may be no longer than limit bytes.
func unzip(b []byte, limit int64) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(out)) > limit {
		return nil, fmt.Errorf("more than %d bytes inside", limit)
	}
	return out, nil
}

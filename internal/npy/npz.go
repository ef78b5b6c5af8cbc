package npy

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// DecodeZip decodes the arrays of an NPZ file that are asked for, all where want is nil; name is the file's, for
// errors. An array's name is that of its file inside, folders and all, without .npy. What an array takes is allocated
// as it is read, whatever its header says, and all together may take limit bytes. Errors are those of [Decode], with
// the array named, a [data.FormatError] for what is no ZIP file, is damaged, or holds an array twice, and a
// [data.UnsupportedError] for what is encrypted or packed in another way than numpy.savez does it.
func DecodeZip(name string, r io.ReaderAt, size, limit int64, want func(array string) bool) (map[string]Array, error) {
	broken := func(reason string, args ...any) (map[string]Array, error) {
		return nil, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return broken("%v", err)
	}
	all := map[string]Array{}
	for _, f := range z.File {
		array := strings.TrimSuffix(f.Name, ".npy")
		if strings.HasSuffix(f.Name, "/") || want != nil && !want(array) { // a folder, or not asked for
			continue
		}
		if _, twice := all[array]; twice {
			return broken("array %s twice", array)
		}
		b, err := unpack(f, size, limit)
		if odd, ok := errors.AsType[*data.UnsupportedError](err); ok {
			odd.File, odd.Feature = name, fmt.Sprintf("array %s: %s", array, odd.Feature)
			return nil, odd
		}
		if err != nil {
			return broken("array %s: %v", array, err)
		}
		limit -= int64(len(b))
		if all[array], err = decode(name+"/"+f.Name, name, array, b); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// encrypted is a ZIP file's flag of a file inside.
const encrypted = 1

// unpack reads a file inside a file of a size.
func unpack(f *zip.File, size, limit int64) ([]byte, error) {
	const again = "save it with numpy.savez or numpy.savez_compressed"
	switch {
	case f.Flags&encrypted != 0:
		return nil, &data.UnsupportedError{Feature: "encrypted", Hint: again}
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return nil, &data.UnsupportedError{Feature: fmt.Sprintf("compressed by method %d", f.Method), Hint: again}
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	// Most files hold what they say, and growing would copy it several times over.
	expect := min(f.UncompressedSize64, f.CompressedSize64*8, uint64(size)*8, uint64(limit))
	out := bytes.NewBuffer(make([]byte, 0, expect+bytes.MinRead))
	_, err = out.ReadFrom(io.LimitReader(r, limit+1))
	if err == nil && int64(out.Len()) > limit {
		err = &data.UnsupportedError{Feature: "larger than what all arrays together may take"}
	}
	return out.Bytes(), err
}

package npy

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// DecodeZip decodes the arrays of an NPZ file that are asked for, all where want is nil; name is the file's, for errors.
// What an array takes is allocated as it is read, whatever its header says, and all together may take limit bytes. Errors
// are those of [Decode], with the array named, and a [data.FormatError] for what is no ZIP file, is damaged, or holds an
// array twice.
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
		if want != nil && !want(array) {
			continue
		}
		if _, twice := all[array]; twice {
			return broken("array %s twice", array)
		}
		b, err := unpack(f, limit)
		if errors.Is(err, errTooLarge) {
			return nil, &data.UnsupportedError{File: name, Feature: fmt.Sprintf("array %s: %v", array, err)}
		}
		if err != nil {
			return broken("array %s: %v", array, err)
		}
		limit -= int64(len(b))
		if all[array], err = Decode(name+"/"+f.Name, b); err != nil {
			return nil, err
		}
	}
	return all, nil
}

var errTooLarge = errors.New("larger than what all arrays together may take")

func unpack(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errTooLarge
	}
	return b, err
}

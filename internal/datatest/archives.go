package datatest

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"slices"
)

// Gzip packs a file.
func Gzip(b []byte, level int, name string) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, level)
	if err != nil {
		panic(err) // the caller's level
	}
	z.Name = name
	z.Write(b) //nolint:errcheck // memory does not refuse
	z.Close()  //nolint:errcheck // likewise
	return out.Bytes()
}

// Gzips are one file, packed in forms that unpack to the same, and in forms that do not.
func Gzips(content []byte) []Odd {
	packed := Gzip(content, gzip.DefaultCompression, "")
	half := len(content) / 2
	return []Odd{
		{"stored", "", Gzip(content, gzip.NoCompression, ""), "", "", false, "not compressed, but packed"},
		{"with a name", "", Gzip(content, gzip.BestSpeed, "../../name"), "", "", false, "which is nobody's concern"},
		{
			"two members", "",
			append(Gzip(content[:half], gzip.BestSpeed, ""), Gzip(content[half:], gzip.BestSpeed, "")...), "", "",
			false, "as several processors pack it",
		},
		{"empty", "", nil, ": ", "bring the file again", false, "a copy that never began"},
		{"half", "", packed[:len(packed)/2], ": ", "", false, "cut off"},
		{"without its sum", "", packed[:len(packed)-8], ": ", "", false, "cut off"},
		{"flipped bit", "", flipped(packed, len(packed)-6), ": ", "", false, "the sum is wrong"},
		{"flipped bit within", "", flipped(packed, len(packed)/2), ": ", "", false, "other bytes, or none"},
		{"packed twice", "", Gzip(packed, gzip.BestSpeed, ""), ": ", "", false, "gzip of gzip"},
		{
			"a byte less", "", Gzip(content[:len(content)-1], gzip.BestSpeed, ""), ": ", "", false,
			"another size than is told elsewhere",
		},
		{"a byte more", "", Gzip(append(slices.Clone(content), 0), gzip.BestSpeed, ""), ": ", "", false, "likewise"},
		{
			"grows", "", Gzip(append(slices.Clone(content), make([]byte, 64<<20)...), gzip.BestCompression, ""), ": ",
			"", false, "must not take the memory",
		},
		{"a zip", "", Zip(zip.Deflate, File{"a", content}), ": ", "", false, "another archive"},
	}
}

// flipped is a file with a bit flipped.
func flipped(b []byte, at int) []byte {
	b = slices.Clone(b)
	b[at] ^= 0x10
	return b
}

// File is an entry of an archive.
type File struct {
	Name  string
	Bytes []byte
}

// Zip packs files by a method.
func Zip(method uint16, list ...File) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range list {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: method})
		if err != nil {
			panic(err) // the caller's names
		}
		w.Write(f.Bytes) //nolint:errcheck // memory does not refuse
	}
	z.Close() //nolint:errcheck // likewise
	return out.Bytes()
}

// Zips are the same files in forms that unpack to the same, and in forms that do not. wanted is the place of one that
// is read.
func Zips(list []File, wanted int) []Odd {
	packed := Zip(zip.Deflate, list...)
	stored := Zip(zip.Store, list...)
	other := func(f File) []byte {
		l := slices.Clone(list)
		l[wanted] = f
		return Zip(zip.Deflate, l...)
	}
	good := list[wanted]
	// Of a stored file the bytes stand in the archive; its size stands behind its name's entry in the directory.
	within := bytes.Index(stored, good.Bytes) + len(good.Bytes)/2
	claims := slices.Clone(packed)
	entry := 0
	for at := len(packed); at > 0 && entry == 0; {
		at = bytes.LastIndex(packed[:at], []byte("PK\x01\x02"))
		if bytes.HasPrefix(packed[at+46:], []byte(good.Name)) {
			entry = at
		}
	}
	binary.LittleEndian.PutUint32(claims[entry+24:], 0xfffffff0)
	locked := slices.Clone(packed)
	locked[entry+8] |= 1
	return []Odd{
		{"stored", "", stored, "", "", false, "not compressed, but packed"},
		{
			"a file beside", "",
			Zip(zip.Deflate, append(slices.Clone(list), File{"README.txt", []byte("passed over")})...), "", "", false,
			"not wanted",
		},
		{
			"a name that leads out", "",
			Zip(
				zip.Deflate,
				append(slices.Clone(list), File{"../../out.txt", []byte("out")}, File{"/out.txt", []byte("out")})...,
			),
			"", "", false, "nothing is unpacked to disk",
		},
		{
			"behind a program", "", append([]byte("#!/bin/sh\nexec unzip $0\n"), packed...), "", "", false,
			"archives that unpack themselves",
		},
		{"empty", "", nil, ": ", "bring the file again", false, "a copy that never began"},
		{"half", "", packed[:len(packed)/2], ": ", "", false, "cut off"},
		{"a byte less", "", packed[:len(packed)-1], ": ", "", false, "cut off"},
		{"no entries", "", Zip(zip.Deflate), ": ", "", false, "an archive of nothing"},
		{"flipped bit", "", flipped(stored, within), ": ", "", false, "the sum is wrong"},
		{"4 GiB", "", claims, ": ", "", false, "a size that is not so"},
		{"locked", "", locked, ": ", "", false, "wants a password"},
		{"one file less", "", other(File{"other" + good.Name, good.Bytes}), ": ", "", false, "the list names it"},
		{"an empty file", "", other(File{good.Name, nil}), ": ", "", false, "nothing inside"},
		{
			"a file twice", "",
			Zip(zip.Deflate, append(slices.Clone(list), File{good.Name, append(slices.Clone(good.Bytes), 0)})...), ": ",
			"", false, "which one is meant",
		},
		{"a gzip", "", Gzip(packed, gzip.BestSpeed, ""), ": ", "", false, "another archive"},
	}
}

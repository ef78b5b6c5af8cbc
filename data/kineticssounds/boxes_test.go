package kineticssounds

import (
	"bytes"
	"strings"
	"testing"
)

func TestCheckBoxes(t *testing.T) {
	const ftyp = "\x00\x00\x00\x10ftypisom\x00\x00\x02\x00"
	for _, tt := range []struct{ name, file, want string }{
		{"whole", ftyp + "\x00\x00\x00\x0amdatxx", ""},
		{"long length", ftyp + "\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x12xx", ""},
		{"up to the end", ftyp + "\x00\x00\x00\x00mdatxx", ""},
		{"cut", ftyp + "\x00\x00\x00\x0bmdatxx", `x: truncated: box "mdat" of 10 bytes, want 11`},
		{"cut in a header", ftyp + "\x00\x00\x00", "x: truncated: 3 bytes at the end, want a box"},
		{"too short", ftyp + "\x00\x00\x00\x07mdat", `x: box "mdat" of 7 bytes, want at least 8`},
		{
			"below zero", ftyp + "\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff",
			`x: box "mdat" of -1 bytes, want at least 16`,
		},
		{"another", "<html>404</html>", `x: 16 bytes, begins with "<html>40", want an MP4 video`},
	} {
		got := ""
		if err := checkBoxes("x", strings.NewReader(tt.file), int64(len(tt.file))); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzCheckBoxes(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x10ftypisom\x00\x00\x02\x00\x00\x00\x00\x0amdatxx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := checkBoxes("x", bytes.NewReader(b), int64(len(b))); err != nil &&
			!strings.HasPrefix(err.Error(), "x: ") {
			t.Fatalf("%v, want the file named", err)
		}
	})
}

package datatest

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Forms reads each file, written under a name, and wants of the whole ones the values that the first gives, and of the
// others one line with the file and the fault. Where ffmpeg is missing, files that take it must say so.
func Forms(t *testing.T, name string, list []Odd, read func(path string) ([]float32, error)) {
	t.Helper()
	_, noFFmpeg := exec.LookPath("ffmpeg")
	var plain []float32
	for i, f := range list {
		path := filepath.Join(t.TempDir(), name)
		Put(t, path, f.Bytes)
		got, err := read(path)
		want := f.Want
		if f.FFmpeg && want == "" && noFFmpeg != nil {
			want = "ffmpeg is not installed"
		}
		switch {
		case want != "" && (err == nil || !strings.Contains(
			err.Error(), name+": ",
		) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: %v, want one line with the file and %q\nreason: %s", f.Name, err, want, f.Reason)
		case want != "":
		case err != nil:
			t.Errorf("%s: %v, want it to be read\nreason: %s", f.Name, err, f.Reason)
		case i == 0:
			plain = got
		case !slices.Equal(got, plain):
			t.Errorf("%s: other values than of %s\nreason: %s", f.Name, list[0].Name, f.Reason)
		}
	}
	if len(plain) == 0 {
		t.Errorf("%s: no values", list[0].Name)
	}
}

package utdmhad

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// files are a set's files by name, not compressed.
type files map[string][]byte

// madeFiles are a small set: three actions by eight subjects, two trials each. Sensor and joints count time, so that
// a place in the file shows in the value; depth is the sample's number.
func madeFiles() files {
	f := files{}
	index := &bytes.Buffer{}
	fmt.Fprintln(index, "sample,action,subject,trial,inertial_steps,skeleton_frames,depth_frames_original")
	n := 0
	for action := 1; action <= 3; action++ {
		for subject := 1; subject <= 8; subject++ {
			for trial := 1; trial <= 2; trial++ {
				steps, frames := 10+n%5, 6+n%3
				fmt.Fprintf(index, "%d,%d,%d,%d,%d,%d,%d\n", n, action, subject, trial, steps, frames, 20)
				for t := range steps {
					for k := range inertialValues {
						f.float("inertial.f32.gz", float64(1000*n+10*t+k))
					}
				}
				for t := range frames {
					for k := range jointValues {
						f.float("skeleton.f32.gz", float64(n)+float64(t)*float64(k))
					}
				}
				f["depth.u8.gz"] = append(
					f["depth.u8.gz"], bytes.Repeat([]byte{byte(n)}, depthFrames*rawHeight*rawWidth)...,
				)
				n++
			}
		}
	}
	f["index.csv"] = index.Bytes()
	return f
}

func (f files) float(name string, v float64) {
	f[name] = binary.LittleEndian.AppendUint32(f[name], math.Float32bits(float32(v)))
}

// write writes the files below a new folder and returns that; those whose names say so are compressed.
func (f files) write(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, Folder), 0o755); err != nil {
		tb.Fatal(err)
	}
	for name, b := range f {
		if filepath.Ext(name) == ".gz" {
			b = zipped(tb, b)
		}
		if err := os.WriteFile(filepath.Join(dir, Folder, name), b, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// zipped compresses b.
func zipped(tb testing.TB, b []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

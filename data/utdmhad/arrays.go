package utdmhad

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/primewindow/primewindow/data"
)

// readArray reads a compressed file that must hold exactly size bytes.
func readArray(path string, size int) ([]byte, error) {
	b, err := data.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("utdmhad: %w", err)
	}
	return unzip(path, b, size)
}

// unzip returns what a gzip file holds; name is the file's, for errors. It returns a [data.FormatError] for a file
// that is damaged or holds another number of bytes than size.
func unzip(name string, b []byte, size int) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, &data.FormatError{File: name, Reason: fmt.Sprintf("gzip: %v", err)}
	}
	out, err := io.ReadAll(io.LimitReader(z, int64(size)+1))
	switch {
	case err != nil:
		return nil, &data.FormatError{File: name, Reason: fmt.Sprintf("gzip: %v", err)}
	case len(out) > size:
		return nil, &data.FormatError{
			File: name, Reason: fmt.Sprintf("more than %d bytes inside, want as many as the index says", size),
		}
	case len(out) < size:
		return nil, &data.FormatError{
			File: name, Reason: fmt.Sprintf("truncated: %d bytes inside, want %d as the index says", len(out), size),
		}
	}
	return out, nil
}

// floats reads little-endian numbers.
func floats(b []byte) []float32 {
	x := make([]float32, len(b)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x
}

// finite wants the rows of a recording, each of so many numbers, to be finite; name is the file's, for the
// [data.FormatError] that names the place of one that is not.
func finite(name, id string, x []float32, width int) error {
	for i, v := range x {
		if v-v != 0 { // infinite or not a number
			return data.NotFinite(name, id+": value "+data.Place(i, []int{len(x) / width, width}), float64(v))
		}
	}
	return nil
}

// hips is the place of the middle of the hips among the joints.
const hips = 3

// relative subtracts the middle of the hips from every joint of a frame, in place.
func relative(x []float32) {
	for frame := 0; frame < len(x); frame += jointValues {
		var middle [3]float32
		copy(middle[:], x[frame+3*hips:])
		for k := range jointValues {
			x[frame+k] -= middle[k%3]
		}
	}
}

// halve averages 2x2 pixels of 16 depth images; the result has shape [16, 30, 40, 1], or [30, 40, 16] when the
// frames are channels, of values in [0, 1].
func halve(b []byte, channels bool) []float32 {
	x := make([]float32, depthFrames*depthHeight*depthWidth)
	for t := range depthFrames {
		for row := range depthHeight {
			for column := range depthWidth {
				from := t*rawHeight*rawWidth + 2*row*rawWidth + 2*column
				sum := int(b[from]) + int(b[from+1]) + int(b[from+rawWidth]) + int(b[from+rawWidth+1])
				to := (t*depthHeight+row)*depthWidth + column
				if channels {
					to = (row*depthWidth+column)*depthFrames + t
				}
				x[to] = float32(sum) / (4 * 255)
			}
		}
	}
	return x
}

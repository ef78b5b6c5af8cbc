package utdmhad

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/mat"
)

// Depth as a byte: 1 stands for nearest, 255 for farthest, in millimetres.
const (
	nearest  = 1500.0
	farthest = 4500.0
	block    = wholeHeight / rawHeight // pixels on a side that become one
)

// frameAt is the frame that stands at place i of depthFrames among all: see the package's rules.
func frameAt(i, all int) int {
	return (2*i + 1) * all / (2 * depthFrames)
}

// level is a mean distance as a byte.
func level(millimetres float64) byte {
	return byte(min(max(math.Floor(1+254*(millimetres-nearest)/(farthest-nearest)+0.5), 1), 255))
}

// reduce makes depthFrames small images of a recording's frames; name is the file's, for errors. It returns a
// [data.FormatError] for a pixel in one of them that is below 0 or not finite.
func reduce(name string, a mat.Array, frames int) ([]byte, error) {
	b := make([]byte, 0, depthFrames*rawHeight*rawWidth)
	for i := range depthFrames {
		start := wholeHeight * wholeWidth * frameAt(i, frames)
		for row := range rawHeight {
			for column := range rawWidth {
				sum, n := 0.0, 0
				for k := range block * block {
					at := start + block*row + k%block + wholeHeight*(block*column+k/block)
					v := a.At(at)
					if !(v >= 0) || math.IsInf(v, 1) {
						return nil, &data.FormatError{
							File: name,
							Reason: fmt.Sprintf(
								"pixel %d of frame %d is %v, want a distance", at-start, frameAt(i, frames), v,
							),
						}
					}
					if v > 0 {
						sum, n = sum+v, n+1
					}
				}
				if n == 0 {
					b = append(b, 0)
					continue
				}
				b = append(b, level(sum/float64(n)))
			}
		}
	}
	return b, nil
}

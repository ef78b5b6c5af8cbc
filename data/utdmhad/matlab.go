package utdmhad

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/internal/mat"
)

// recipes of what the cache holds of a file, which is what the repacked files hold of it; the number goes up when that
// changes.
var recipes = map[string]string{
	inertial: "utdmhad inertial 1: float32 [step][6]",
	skeleton: "utdmhad skeleton 1: float32 [frame][20][3]",
	depth:    "utdmhad depth 1: uint8 [16][60][80] of middle frames",
}

// Sizes of the owners' depth images, and what bounds an array of theirs: 3.3 times as many frames as the longest
// published recording has, at 8 bytes a pixel.
const (
	wholeHeight = 240
	wholeWidth  = 320
	maxArray    = 256 << 20
)

// pieces are what the repacked files hold of one recording.
type pieces struct {
	sensor, joints []float32
	images         []byte
}

// read decodes all recordings, several at a time. Those that are broken are left out, with the fault of each.
func (o *original) read() (readings, error) {
	c, err := cache.Default()
	if err != nil {
		return readings{}, fmt.Errorf("utdmhad: %w", err)
	}
	list, errs := make([]pieces, len(o.recordings)), make([]error, len(o.recordings))
	// A recording's images, inflated, take 20 MB, or 80 MB where they are doubles.
	large := make(chan struct{}, min(8, runtime.GOMAXPROCS(0)))
	stream.Each(len(list), func(i int) {
		for _, m := range o.modalities {
			if errs[i] = list[i].read(c, m, o.paths[m][o.recordings[i].id()], large); errs[i] != nil {
				return
			}
		}
	})
	r := readings{file: o.root, source: "; the owners' files" + o.absent(), modalities: o.modalities, faults: o.faults}
	for i, err := range errs {
		if err != nil {
			r.faults = append(r.faults, data.Explain(err))
			continue
		}
		r.records, r.pieces = append(r.records, o.recordings[i]), append(r.pieces, list[i])
	}
	return r, nil
}

// read reads one modality's file, or what the cache has of it.
func (p *pieces) read(c *cache.Cache, modality, path string, large chan struct{}) error {
	key, err := c.Key(recipes[modality], path)
	if err != nil {
		return fmt.Errorf("utdmhad: %w", err)
	}
	b, err := c.Get(key, func() ([]byte, error) {
		if modality == depth {
			large <- struct{}{}
			defer func() { <-large }()
		}
		b, err := data.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("utdmhad: %w", err)
		}
		return decodeMatlab(path, modality, b)
	})
	if err != nil {
		return err
	}
	switch modality {
	case inertial:
		p.sensor = floats(b)
	case skeleton:
		p.joints = floats(b)
	default:
		p.images = b
	}
	return nil
}

// decodeMatlab makes of a file's content what the repacked files hold of it; name is the file's, for errors. It returns
// a [data.FormatError] for an array of another shape, of no step or too many, and for numbers that are not finite,
// beside the errors of [mat.Decode].
func decodeMatlab(name, modality string, b []byte) ([]byte, error) {
	i := slices.IndexFunc(
		shelves, func(s struct{ modality, folder, variable string }) bool { return s.modality == modality },
	)
	variable := shelves[i].variable
	a, err := mat.Decode(name, b, variable, maxArray)
	if err != nil {
		return nil, err
	}
	odd := func(want string) ([]byte, error) {
		return nil, &data.FormatError{
			File: name,
			Reason: fmt.Sprintf(
				"%s of shape %v, want %s, T at least 1 and at most %d", variable, a.Shape, want, maxSteps,
			),
		}
	}
	shape := a.Shape
	if modality != inertial && len(shape) == 2 {
		shape = append(slices.Clone(shape), 1) // MATLAB drops a last axis of 1
	}
	switch modality {
	case inertial:
		if len(shape) != 2 || shape[1] != inertialValues || shape[0] < 1 || shape[0] > maxSteps {
			return odd("[T 6]")
		}
		return reorder(name, a, shape[0], inertialValues, func(step, k int) int { return step + shape[0]*k })
	case skeleton:
		if len(shape) != 3 || shape[0] != jointValues/3 || shape[1] != 3 || shape[2] < 1 || shape[2] > maxSteps {
			return odd("[20 3 T]")
		}
		return reorder(
			name, a, shape[2], jointValues, func(frame, k int) int { return k/3 + jointValues/3*(k%3+3*frame) },
		)
	}
	if len(shape) != 3 || shape[0] != wholeHeight || shape[1] != wholeWidth || shape[2] < 1 || shape[2] > maxSteps {
		return odd("[240 320 T]")
	}
	return reduce(name, a, shape[2])
}

// reorder writes rows of numbers as float32, of which at tells the place in the array.
func reorder(name string, a mat.Array, rows, values int, at func(row, k int) int) ([]byte, error) {
	b := make([]byte, 0, 4*rows*values)
	for row := range rows {
		for k := range values {
			v := float32(a.At(at(row, k)))
			if v-v != 0 { // infinite, not a number, or too large for float32
				return nil, data.NotFinite(
					name, "value "+data.Place(row*values+k, []int{rows, values}), a.At(at(row, k)),
				)
			}
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b, nil
}

package datatest

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"github.com/primewindow/primewindow/data"
)

// tolerance is how far values may lie from a twin's, as a share of their range: JPEG has decoders that round otherwise.
func tolerance(odd Odd) float64 {
	if bytes.HasPrefix(odd.Bytes, []byte("\xff\xd8")) {
		return 0.1
	}
	return 0
}

// near compares all training samples of two sets.
func near(a, b data.Dataset, tolerance float64) error {
	all := places(a.Len(data.Train))
	if tolerance == 0 {
		return Same(a, b, data.Train, all, 0)
	}
	x, err := a.Read(data.Train, all, 0)
	if err != nil {
		return err
	}
	y, err := b.Read(data.Train, all, 0)
	if err != nil {
		return err
	}
	for name, values := range x.X {
		wide := float64(slices.Max(values) - slices.Min(values))
		for i, v := range y.X[name] {
			if math.Abs(float64(v-values[i])) > tolerance*wide {
				return fmt.Errorf("%s: value %d is %v, want about %v", name, i, v, values[i])
			}
		}
	}
	return nil
}

package workbench

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
)

// Array is a plain array: Values in row-major order, as many as the product of Shape.
type Array struct {
	Shape  []int
	Values []float32
}

// String gives the shape, the extremes and the mean, not the values.
func (a Array) String() string {
	if len(a.Values) == 0 {
		return fmt.Sprintf("array %v, empty", a.Shape)
	}
	low, high, sum := math.Inf(1), math.Inf(-1), 0.0
	for _, v := range a.Values {
		x := float64(v)
		low, high, sum = min(low, x), max(high, x), sum+x
	}
	return fmt.Sprintf("array %v, from %.4g to %.4g, mean %.4g", a.Shape, low, high, sum/float64(len(a.Values)))
}

// At is the value at a position, one index for each axis. It panics on a position outside the array, like an
// index expression.
func (a Array) At(position ...int) float32 {
	if len(position) != len(a.Shape) {
		panic(fmt.Errorf("workbench: got %d indices, want %d", len(position), len(a.Shape)))
	}
	flat := 0
	for i, p := range position {
		if p < 0 || p >= a.Shape[i] {
			panic(fmt.Errorf("workbench: got index %d on axis %d, want 0 to %d", p, i, a.Shape[i]-1))
		}
		flat = flat*a.Shape[i] + p
	}
	return a.Values[flat]
}

// array makes a call whose reply is an array.
func (c *client) array(ctx context.Context, path string) (Array, error) {
	a, err := c.do(ctx, "GET", path, nil)
	if err != nil {
		return Array{}, err
	}
	defer a.close()
	got, err := readArray(a.header.Get(wire.ShapeHeader), a.body)
	switch {
	case err == nil:
		return got, nil
	case ctx.Err() != nil:
		return Array{}, ctx.Err()
	}
	return Array{}, c.gone(err)
}

// maxValues bounds an array that is accepted: 16 GiB.
const maxValues = 1 << 32

// readArray reads raw little-endian float32 of a shape written as "128,64"; an empty shape is a scalar's.
func readArray(shape string, body io.Reader) (Array, error) {
	a, n := Array{Shape: []int{}}, 1
	if shape = strings.TrimSpace(shape); shape != "" {
		for text := range strings.SplitSeq(shape, ",") {
			d, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil || d < 0 {
				return Array{}, fmt.Errorf("workbench: array shape: got %q, want whole numbers", shape)
			}
			if d > 0 && n > maxValues/d {
				return Array{}, fmt.Errorf("workbench: array shape: got %q, want at most %d values", shape, maxValues)
			}
			n *= d
			a.Shape = append(a.Shape, d)
		}
	}
	raw, err := io.ReadAll(io.LimitReader(body, 4*int64(n)+1)) // grows with what comes, not with what is claimed
	if err != nil {
		return Array{}, fmt.Errorf("workbench: array: %w", err)
	}
	if len(raw) != 4*n {
		more := ""
		if len(raw) > 4*n {
			more = " or more"
		}
		return Array{}, fmt.Errorf(
			"workbench: array of shape %v: got %d bytes%s, want %d", a.Shape, len(raw), more, 4*n,
		)
	}
	a.Values = make([]float32, n)
	for i := range a.Values {
		a.Values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return a, nil
}

package xlatest

import (
	"hash/crc32"
	"math"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/models"
)

// Made gives n numbers between -scale and scale, the same as net.made in models/testdata/net.py.
func Made(name string, n int, scale float64) []float32 {
	values := make([]float32, n)
	salt := uint64(crc32.ChecksumIEEE([]byte(name)))
	for i := range values {
		u := (uint64(i+1)*2654435761 + salt) % (1 << 32)
		u = (u ^ u>>15) * 2246822519 % (1 << 32)
		u = (u ^ u>>13) % (1 << 24)
		values[i] = float32((float64(u)/(1<<23) - 1) * scale)
	}
	return values
}

// Filled gives every variable the value that net.fill in models/testdata/net.py gives it, as kept in Go.
func Filled(t testing.TB, vars []models.Variable) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for _, v := range vars {
		shape := v.TorchShape()
		offset, scale := float32(0), 0.2
		switch {
		case strings.HasSuffix(v.Name, "running_var"):
			offset, scale = 1, 0.5
		case len(shape) >= 2:
			scale = math.Sqrt(6 / float64(v.Size()/shape[0]))
		case strings.HasSuffix(v.Name, "weight"):
			offset, scale = 1, 0.3
		}
		values := Made(v.Name, v.Size(), scale)
		for i := range values {
			values[i] += offset
		}
		kept, err := models.FromTorch(v, models.Tensor{Name: v.Name, Shape: shape, Values: values})
		if err != nil {
			t.Fatal(err)
		}
		all[v.Name] = kept
	}
	return all
}

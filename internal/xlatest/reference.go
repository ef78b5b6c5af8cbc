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
	for i, v := range Made64(name, n, scale) {
		values[i] = float32(v)
	}
	return values
}

// Made64 is Made before rounding.
func Made64(name string, n int, scale float64) []float64 {
	values := make([]float64, n)
	salt := uint64(crc32.ChecksumIEEE([]byte(name)))
	for i := range values {
		u := (uint64(i+1)*2654435761 + salt) % (1 << 32)
		u = (u ^ u>>15) * 2246822519 % (1 << 32)
		u = (u ^ u>>13) % (1 << 24)
		values[i] = (float64(u)/(1<<23) - 1) * scale
	}
	return values
}

// Filled gives every variable the value that net.fill in models/testdata/net.py gives it, as kept in Go.
func Filled(tb testing.TB, vars []models.Variable) map[string][]float32 {
	tb.Helper()
	all := map[string][]float32{}
	for name, values := range Filled64(tb, vars) {
		all[name] = make([]float32, len(values))
		for i, v := range values {
			all[name][i] = float32(v)
		}
	}
	return all
}

// Filled64 is Filled before rounding.
func Filled64(tb testing.TB, vars []models.Variable) map[string][]float64 {
	tb.Helper()
	all := map[string][]float64{}
	for _, v := range vars {
		shape := v.TorchShape()
		offset, scale := 0.0, 0.2
		switch {
		case strings.HasSuffix(v.Name, "running_var"):
			offset, scale = 1, 0.5
		case len(shape) >= 2:
			scale = math.Sqrt(6 / float64(v.Size()/shape[0]))
		case strings.HasSuffix(v.Name, "weight"):
			offset, scale = 1, 0.3
		}
		made := Made64(v.Name, v.Size(), scale)
		kept := make([]float64, len(made))
		for i, from := range Places(tb, v) {
			kept[i] = made[from] + offset
		}
		all[v.Name] = kept
	}
	return all
}

// Places tells, for each element of a variable as kept in Go, its position in PyTorch's layout.
func Places(tb testing.TB, v models.Variable) []int {
	tb.Helper()
	count := make([]float32, v.Size()) // whole numbers, exact up to 2^24
	for i := range count {
		count[i] = float32(i)
	}
	kept, err := models.FromTorch(v, models.Tensor{Name: v.Name, Shape: v.TorchShape(), Values: count})
	if err != nil {
		tb.Fatal(err)
	}
	places := make([]int, len(kept))
	for i, p := range kept {
		places[i] = int(p)
	}
	return places
}

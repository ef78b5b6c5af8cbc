package npy

import (
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// BenchmarkDecode is 1,024 times of 128 features, as a filter bank's values are kept.
func BenchmarkDecode(b *testing.B) {
	values := make([]float32, 1024*128)
	for _, tt := range []struct {
		name, kind string
		columns    bool
	}{
		{"f4", "<f4", false}, {"f8", "<f8", false}, {"i2", "<i2", false}, {"u1", "|u1", false},
		{"f2", "<f2", false}, {"f4big", ">f4", false}, {"f4columns", "<f4", true},
	} {
		b.Run(tt.name, func(b *testing.B) {
			file := datatest.NPY(1, datatest.Header(tt.kind, tt.columns, 1024, 128), datatest.Numbers(tt.kind, values))
			b.ReportAllocs()
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				if _, err := Decode("x", file); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "samples/s")
		})
	}
}

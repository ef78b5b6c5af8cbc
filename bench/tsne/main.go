// Tsne lays out points that peer.py beside it has written, and prints how long that took.
//
// It prints one JSON object; bench/tsne/run.sh sets everything up and makes the table.
package main

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/primewindow/primewindow/viz/tsne"
)

func main() {
	in := flag.String("in", "", "features, float64 in little-endian order, row by row")
	out := flag.String("out", "", "where the map goes, likewise")
	d := flag.Int("features", 512, "features of a row")
	seed := flag.Uint64("seed", 1, "of the jitter")
	flag.Parse()
	if err := run(*in, *out, *d, *seed); err != nil {
		fmt.Fprintf(os.Stderr, "tsne: error: %v\nhint: bench/tsne/run.sh calls this with what it needs\n", err)
		os.Exit(1)
	}
}

func run(in, out string, d int, seed uint64) error {
	raw, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	if d < 1 || len(raw)%(8*d) != 0 {
		return fmt.Errorf("%s: %d bytes, want a multiple of %d", in, len(raw), 8*d)
	}
	x := make([][]float64, len(raw)/(8*d))
	for i := range x {
		x[i] = make([]float64, d)
		if _, err := binary.Decode(raw[8*d*i:], binary.LittleEndian, x[i]); err != nil {
			return err
		}
	}
	start := time.Now()
	m, err := tsne.New(x, tsne.Config{Seed: seed})
	if err != nil {
		return err
	}
	ready := time.Now()
	if err := m.Run(nil); err != nil {
		return err
	}
	end := time.Now()
	places, err := binary.Append(nil, binary.LittleEndian, m.Points())
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, places, 0o644); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"affinities_s": ready.Sub(start).Seconds(), "steps_s": end.Sub(ready).Seconds(),
	})
}

// Data is our side of the bench of reading: it makes a set of CREMA-D's true layout, reads it as training does, and
// trains on it. It prints or answers JSON, a line each; bench.py beside it starts it, and says what is compared.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
)

// options are what the command line says.
type options struct {
	what, dir, keep, project, profile   string
	clips, videos, frames, batch, side  int
	frameSide                           int
	rounds, steps, width, height, reads int
	seconds                             float64
}

func main() {
	var o options
	flag.StringVar(&o.what, "what", "read", "make, many, read, epoch or steps")
	flag.StringVar(&o.dir, "dir", "", "data folder; of make and many, a new one")
	flag.IntVar(&o.clips, "clips", 264, "of make and many: clips")
	flag.IntVar(&o.videos, "videos", 72, "of make: clips that have a video")
	flag.Float64Var(&o.seconds, "seconds", 2.5, "of make and many: length of a recording")
	flag.IntVar(&o.width, "width", 480, "of make and many: pixels of a frame")
	flag.IntVar(&o.height, "height", 360, "likewise")
	flag.StringVar(&o.keep, "keep", "pixels", "how the cache holds frames: pixels or jpeg")
	flag.IntVar(&o.frames, "frames", 3, "frames of a sample")
	flag.IntVar(&o.side, "side", 224, "height and width of a sample's frame")
	flag.IntVar(
		&o.frameSide, "frame-side", 0, "largest short side of a frame before it is cropped; 0: the set's own choice",
	)
	flag.IntVar(&o.batch, "batch", 64, "samples read at a time")
	flag.IntVar(&o.reads, "reads", 2, "of read: passes over the set in a round, the first of them cold")
	flag.IntVar(&o.rounds, "rounds", 8, "of steps: turns of each of the two")
	flag.IntVar(&o.steps, "steps", 10, "of steps: steps in a turn")
	flag.StringVar(&o.project, "project", ".", "checkout with the plugin")
	flag.StringVar(&o.profile, "profile", "", "file for a profile of the processor time")
	flag.Parse()
	if err := compare(o); err != nil {
		fmt.Fprintln(os.Stderr, "data: error:", err)
		os.Exit(1)
	}
}

func compare(o options) error {
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	switch o.what {
	case "make":
		return makeSets(o)
	case "many":
		return makeMany(o)
	case "read":
		return answer(o)
	case "epoch":
		return epoch(o)
	case "steps":
		return steps(o)
	}
	return fmt.Errorf("what %q, want make, many, read, epoch or steps", o.what)
}

// say prints one line.
func say(v any) error { return json.NewEncoder(os.Stdout).Encode(v) }

// answer reads the set once for each line of the standard input.
func answer(o options) error {
	if err := say(map[string]any{"ready": true, "cores": runtime.GOMAXPROCS(0)}); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for round := uint64(1); lines.Scan(); round++ {
		times, err := readRound(o, round)
		if err != nil {
			return err
		}
		if err := say(times); err != nil {
			return err
		}
	}
	return lines.Err()
}

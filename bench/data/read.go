package main

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/data/cremad"
	"github.com/primewindow/primewindow/internal/timing"
)

// open opens the set below o.dir: no clip of the training list validates.
func open(o options) (data.Dataset, error) {
	return cremad.Open(o.dir, map[string]any{
		"split": "official", "val_share": 0.0, "frames": float64(o.frames), "image_side": float64(o.side),
		"frame_side": float64(o.frameSide), "keep": o.keep,
	})
}

// pass reads the whole batches of the training split in random order, with augmentation, and says how many samples that
// were and how long it took.
func pass(set data.Dataset, batch int, draw uint64) (samples int, took time.Duration, err error) {
	order := rand.New(rand.NewPCG(1, draw)).Perm(set.Len(data.Train))
	began := time.Now()
	for len(order) >= batch {
		if _, err := set.Read(data.Train, order[:batch], draw); err != nil {
			return 0, 0, err
		}
		samples, order = samples+batch, order[batch:]
		draw += 1 << 32
	}
	return samples, time.Since(began), nil
}

// readRound reads the set from an empty cache, and then again. Frames that no draw chose before are decoded in later
// passes: misses are the entries that the last one made.
func readRound(o options, round uint64) (times map[string]any, err error) {
	dir, err := os.MkdirTemp(o.dir, "cache-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Setenv(cache.DirVariable, dir); err != nil {
		return nil, err
	}
	set, err := open(o)
	if err != nil {
		return nil, err
	}
	c, err := cache.Default()
	if err != nil {
		return nil, err
	}
	var seconds, used []float64
	var misses int64
	samples := 0
	for k := range o.reads {
		var took time.Duration
		before, made := processor(), c.Stats().Misses
		if samples, took, err = pass(set, o.batch, 16*round+uint64(k)); err != nil {
			return nil, err
		}
		seconds, used = append(seconds, took.Seconds()), append(used, processor()-before)
		misses = c.Stats().Misses - made
	}
	size, err := diskUse(dir)
	return map[string]any{
		"samples": samples, "s": seconds, "cpu": used, "misses": misses, "cache_mib": float64(size) / (1 << 20),
		"peak_mib": timing.PeakMiB(),
	}, err
}

// processor is the processor time that this process and its ended children, such as ffmpeg, have used so far, in
// seconds.
func processor() (seconds float64) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err == nil {
			seconds += time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
		}
	}
	return seconds
}

// epoch reads a set once, in the cache that the environment names, and prints what that took.
func epoch(o options) error {
	began := time.Now()
	set, err := open(o)
	if err != nil {
		return err
	}
	opened := time.Since(began)
	start := timing.PeakMiB()
	largest := int64(0)
	order := rand.New(rand.NewPCG(1, 1)).Perm(set.Len(data.Train))
	c, err := cache.Default()
	if err != nil {
		return err
	}
	began = time.Now()
	var looking time.Duration
	samples := 0
	for len(order) > 0 {
		n := min(o.batch, len(order))
		if _, err := set.Read(data.Train, order[:n], uint64(samples+1)); err != nil {
			return err
		}
		samples, order = samples+n, order[n:]
		if samples/o.batch%32 == 0 {
			look := time.Now()
			size, err := diskUse(c.Dir())
			if err != nil {
				return err
			}
			largest = max(largest, size)
			looking += time.Since(look)
		}
	}
	took := time.Since(began) - looking
	s := c.Stats()
	return say(map[string]any{
		"samples": samples, "open_s": opened.Seconds(), "s": took.Seconds(), "open_mib": start,
		"peak_mib": timing.PeakMiB(), "cache_mib": float64(largest) / (1 << 20), "misses": s.Misses, "lost": s.Lost,
	})
}

// diskUse is the size of all files below a folder, in bytes. Files may vanish meanwhile.
func diskUse(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreMissing(err)
		}
		st, err := d.Info()
		if err == nil {
			total += st.Size()
		}
		return ignoreMissing(err)
	})
	return total, err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

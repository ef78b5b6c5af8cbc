package stream

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
)

// Faults are what is wrong with single samples as far as it shows without decoding, in the order of the samples.
type Faults []error

// Err is nil where there are none, the only one, or the first with the number of all, which it wraps. Those that have
// one cause are one: see [data.Gather].
func (f Faults) Err() error {
	switch f := data.Gather(f); len(f) {
	case 0:
		return nil
	case 1:
		return f[0]
	default:
		return fmt.Errorf("%w (the first of %d faults)", f[0], len(f))
	}
}

// Open makes a set of what a loader prepared, with the default cache: the rest of a loader's own Open. err is the
// loader's, and comes first; then [Config.Faults] do. Other errors are those of [cache.Default] and [New].
func Open(c Config, err error) (data.Dataset, error) {
	if err == nil {
		err = c.faults()
	}
	if err != nil {
		return nil, data.Explain(err)
	}
	if c.Cache, err = cache.Default(); err != nil {
		return nil, err
	}
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Check lists what is wrong with what a loader prepared, without decoding: the rest of a loader's own Check. With
// SkipBroken [Config.Faults] are none. What shows in decoding alone [Set.Check] lists.
func Check(c Config, err error) []error {
	switch {
	case err != nil:
		return []error{data.Explain(err)}
	case c.SkipBroken:
		return nil
	}
	return data.Gather(c.Faults)
}

// faults is the error for the samples that are broken, unless they are to be left out.
func (c Config) faults() error {
	if c.SkipBroken {
		return nil
	}
	return c.Faults.Err()
}

// LongestName is how long a file's name may be, in bytes, on the systems that are in use.
const LongestName = 255

// Stat looks at a sample's file, through links, without opening it. It returns a [data.FormatError] for one that is
// empty or no regular file, and a [data.UnsupportedError] for one of more than so many bytes. The file system's errors,
// those of links to nothing and of links that go round among them, get the set's name in front.
func Stat(set, path string, most int64) (fs.FileInfo, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", set, err)
	}
	switch err := data.CheckRegular(path, st); {
	case err != nil:
		return nil, err
	case st.Size() == 0:
		return nil, &data.FormatError{File: path, Reason: "empty"}
	case st.Size() > most:
		return nil, &data.UnsupportedError{
			File: path, Feature: fmt.Sprintf("%d bytes, want at most %d", st.Size(), most),
		}
	}
	return st, nil
}

// Each does something for 0 to n-1, several at a time and in no order: more than there are processors, for what waits
// for the disk. It returns when all is done.
func Each(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, 2*runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

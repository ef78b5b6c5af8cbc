package work

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/workbench/host/record"
)

// publish gives a trained run its place. Where another worker's stands there already, that one stays, both are
// compared, and note says what came out, and equal whether they are.
func publish(from, to string) (note string, equal bool, err error) {
	err = os.Rename(from, to)
	if err == nil {
		return "", true, nil
	}
	if !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.EEXIST) {
		return "", false, err
	}
	diff, err := different(to, from)
	switch {
	case err != nil:
		return "", false, err
	case diff != "":
		return "trained twice, and not equal: " + diff, false, nil
	}
	return "trained twice, and equal", true, nil
}

// different compares what two runs have on record, line by line; empty where they are equal.
func different(a, b string) (string, error) {
	for _, name := range []string{record.MetricsFile, record.ProbesFile} {
		one, err := os.ReadFile(filepath.Join(a, name))
		if err != nil {
			return "", err
		}
		other, err := os.ReadFile(filepath.Join(b, name))
		if err != nil {
			return "", err
		}
		if bytes.Equal(one, other) {
			continue
		}
		x, y := bytes.SplitAfter(one, []byte("\n")), bytes.SplitAfter(other, []byte("\n"))
		n := 0
		for n < min(len(x), len(y)) && bytes.Equal(x[n], y[n]) {
			n++
		}
		return fmt.Sprintf("line %d of %s", n+1, name), nil
	}
	return "", nil
}

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

// Remarks on a run that two workers have trained.
const (
	TrainedTwice = "trained twice, and "
	AndEqual     = "equal"
)

// publish gives a trained run its place. Where another worker's stands there already, that one stays, both are
// compared, and note says what came out.
func publish(from, to string) (note string, err error) {
	err = os.Rename(from, to)
	if err == nil {
		return "", nil
	}
	if !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.EEXIST) {
		return "", err
	}
	diff, err := different(to, from)
	switch {
	case err != nil:
		return "", err
	case diff != "":
		return TrainedTwice + "not equal: " + diff, nil
	}
	return TrainedTwice + AndEqual, nil
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

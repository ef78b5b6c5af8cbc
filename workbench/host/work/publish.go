package work

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

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
		x, y := bufio.NewScanner(bytes.NewReader(one)), bufio.NewScanner(bytes.NewReader(other))
		x.Buffer(nil, 1<<26)
		y.Buffer(nil, 1<<26)
		for n := 1; ; n++ {
			more, also := x.Scan(), y.Scan()
			if err := errors.Join(x.Err(), y.Err()); err != nil {
				return "", err
			}
			if !more && !also {
				break
			}
			if more != also || !bytes.Equal(x.Bytes(), y.Bytes()) {
				return fmt.Sprintf("line %d of %s", n, name), nil
			}
		}
	}
	return "", nil
}

// peakMiB is the most memory that this process has had; 0 where the system does not say.
func peakMiB() int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.Atoi(fields[0])
	return kib / 1024
}

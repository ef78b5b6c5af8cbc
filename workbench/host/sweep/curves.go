package sweep

import (
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// WriteCurves writes what the comparison's runs measured from epoch to epoch, as CSV: a row for each epoch that a run
// has done and one for its start, and after the columns method, seed and epoch (so many are done) one for each
// quantity. What was not measured there is empty. Quantities are named by kind, encoder and readout with
// spaces between:
//
//   - "accuracy audio linear", on the validation split, from 0 to 1;
//   - "fisher_emp audio", the encoder's trace in nats² by the run's own definition;
//   - "acted audio", the share of the epoch's steps in which the method regulated this encoder, of methods that say so.
//
// Like compare.json it is a function of the runs' folders alone, so that a comparison that goes on can be written at
// any time. The columns are those that any run has; a run that measured less leaves them empty.
func (s *Sweep) WriteCurves(w io.Writer) error {
	curves := make([]curves, len(s.Runs))
	var columns []string
	for i, r := range s.Runs {
		// The manifest is the last file of a run that is being made: without it there is no run yet.
		if _, err := os.Stat(filepath.Join(r.Dir, record.ManifestFile)); errors.Is(err, fs.ErrNotExist) {
			continue // not begun
		}
		rec, err := record.ReadRecorded(r.Dir)
		if err != nil {
			return err
		}
		curves[i] = curvesOf(rec, r.arm.perEpoch)
		for _, c := range curves[i] {
			if !slices.Contains(columns, c.quantity) {
				columns = append(columns, c.quantity)
			}
		}
	}
	slices.SortStableFunc(columns, func(a, b string) int { return cmp.Compare(curveRank(a), curveRank(b)) })
	out := csv.NewWriter(w)
	rows := [][]string{append([]string{"method", "seed", "epoch"}, columns...)}
	for i, r := range s.Runs {
		for epoch := range curves[i].epochs() {
			row := []string{r.Method, strconv.Itoa(r.Seed), strconv.Itoa(epoch)}
			for _, name := range columns {
				row = append(row, curves[i].at(name, epoch))
			}
			rows = append(rows, row)
		}
	}
	return out.WriteAll(rows)
}

// curve is a value of a quantity after so many epochs.
type curve struct {
	quantity string
	epoch    int
	value    string
}

type curves []curve

func (list curves) epochs() int {
	n := 0
	for _, c := range list {
		n = max(n, c.epoch+1)
	}
	return n
}

// at is the value that was measured last.
func (list curves) at(quantity string, epoch int) string {
	for _, c := range slices.Backward(list) {
		if c.epoch == epoch && c.quantity == quantity {
			return c.value
		}
	}
	return ""
}

// curveRank puts accuracies first, then traces, then what the method did.
func curveRank(quantity string) int {
	kind, _, _ := strings.Cut(quantity, " ")
	return slices.Index([]string{inforeg.KindAccuracy, inforeg.KindFisherEmp, wire.Acted}, kind)
}

// curvesOf reads a run's records.
func curvesOf(rec record.Recorded, perEpoch int) curves {
	var list curves
	for _, p := range rec.History.Probes {
		at := curve{
			strings.TrimSpace(p.Kind + " " + p.Encoder + " " + p.Readout), p.Step / perEpoch,
			strconv.FormatFloat(p.Value, 'g', 5, 64),
		}
		switch {
		case p.Step%perEpoch != 0: // of a schedule of its own
		case p.Kind == inforeg.KindAccuracy && p.Split == string(data.Validation),
			p.Kind == inforeg.KindFisherEmp && rec.Scheduled(p):
			list = append(list, at)
		}
	}
	for epoch := 1; epoch*perEpoch <= len(rec.History.Metrics); epoch++ {
		for _, m := range rec.Status.Modalities {
			// A method that does not say when it regulates gets no column, which is not the same as 0.
			if on, known := rec.Mean(wire.OnPrefix+m, (epoch-1)*perEpoch, epoch*perEpoch); known {
				list = append(list, curve{wire.Acted + " " + m, epoch, strconv.FormatFloat(on, 'g', 3, 64)})
			}
		}
	}
	return list
}

// WriteCurvesFile writes them to a file, whose folder is made if it is not there.
func (s *Sweep) WriteCurvesFile(path string) error {
	return record.ExportFile(path, s.WriteCurves)
}

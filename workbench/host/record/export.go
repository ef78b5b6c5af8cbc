package record

import (
	"bufio"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
)

// ExportFormats lists what Export writes.
var ExportFormats = []string{"safetensors", "csv", "tensorboard"}

// Export writes the records for other programs. "csv": path has one row for each step, and beside it
// NAME_probes.csv one for each measurement. "tensorboard": path is a folder that gets an event file.
func (rec Recorded) Export(format, path string) error {
	switch format {
	case "csv":
		return rec.exportCSV(path)
	case "tensorboard":
		return rec.exportTensorBoard(path)
	}
	return wire.Unknown("format", format, ExportFormats, "")
}

// ExportFile writes a file whole or not at all, and says in words why it could not.
func ExportFile(path string, write func(io.Writer) error) error {
	if path == "" {
		return &wire.Problem{Message: "export: no path", Hint: "say where to, for example out.safetensors"}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return &wire.Problem{Message: err.Error(), Hint: "name a folder that can be made"}
	}
	if err := whole.Stream(path, write); err != nil {
		return &wire.Problem{
			Message: fmt.Sprintf("export to %s: %v", path, err), Hint: "is the folder writable, and is there space?",
		}
	}
	return nil
}

// metricNames are the columns of the metrics: step, epoch, then the rest in alphabetical order. Where a cell's code
// has changed, some steps may lack some.
func (rec Recorded) metricNames() []string {
	all := map[string]bool{}
	for _, m := range rec.History.Metrics {
		for n := range m {
			all[n] = true
		}
	}
	delete(all, "step")
	delete(all, "epoch")
	return append([]string{"step", "epoch"}, slices.Sorted(maps.Keys(all))...)
}

// number is a value in the shortest form that reads back as itself.
func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// WriteCSV writes a row for each step, under a row of names.
func (rec Recorded) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	names := rec.metricNames()
	_ = out.Write(names) // errors stay with the writer until Flush
	for _, m := range rec.History.Metrics {
		row := make([]string, len(names))
		for i, n := range names {
			if v, ok := m[n]; ok {
				row[i] = number(v)
			}
		}
		_ = out.Write(row)
	}
	out.Flush()
	return out.Error()
}

// exportCSV writes two files, one after the other, since steps and measurements have different columns.
func (rec Recorded) exportCSV(path string) error {
	if err := ExportFile(path, rec.WriteCSV); err != nil {
		return err
	}
	return ExportFile(strings.TrimSuffix(path, filepath.Ext(path))+"_probes.csv", func(w io.Writer) error {
		out := csv.NewWriter(w)
		_ = out.Write(
			[]string{
				"step", "epoch", "kind", "encoder", "value", "se", "loss", "labels", "bn", "n", "split", "readout",
				"params", "way", "batch",
			},
		)
		for _, p := range rec.History.Probes {
			se, batch := "", ""
			if p.SE != nil {
				se = number(*p.SE)
			}
			if p.Batch != nil {
				batch = number(*p.Batch)
			}
			_ = out.Write([]string{
				strconv.Itoa(p.Step), strconv.Itoa(p.Epoch), p.Kind, p.Encoder, number(p.Value), se,
				p.Loss, p.Labels, p.BN, strconv.Itoa(p.N), p.Split, p.Readout, p.Params, p.Way, batch,
			})
		}
		out.Flush()
		return out.Error()
	})
}

// exportTensorBoard writes an event file: records of a length, its checksum, a protocol buffer, its checksum. The time
// in the file's name and that of events is left at 0, so that the same record gives the same bytes. Both kinds of
// number have the count of steps done as their step, where a line of metrics is numbered from 0.
func (rec Recorded) exportTensorBoard(dir string) error {
	path := filepath.Join(dir, "events.out.tfevents.0."+rec.Status.Name)
	return ExportFile(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		writeEvent(out, protoString(nil, 3, "brain.Event:2"))
		for _, name := range rec.metricNames()[2:] {
			for _, m := range rec.History.Metrics {
				if v, ok := m[name]; ok {
					writeScalar(out, int(m["step"])+1, name, v)
				}
			}
		}
		for _, p := range rec.History.Probes {
			var tag strings.Builder
			tag.WriteString(p.Kind + "/" + p.Encoder)
			other := LastOf(p.Way) // what tells it from the run's own: two definitions never share a tag
			if !rec.Scheduled(p) {
				other = strings.TrimPrefix(Definition(p), p.Kind+", ")
			}
			for _, part := range []string{p.Split, p.Readout, other} {
				if part != "" {
					tag.WriteString("/" + part)
				}
			}
			writeScalar(out, p.Step, tag.String(), p.Value)
		}
		return out.Flush()
	})
}

// writeScalar writes Event{step = 2, summary = 5: Summary{value = 1: Value{tag = 1, simple_value = 2}}}. A key is the
// field's number times 8 and the kind of its value: 0 a number of variable length, 2 bytes with their length before
// them, 5 four bytes.
func writeScalar(w *bufio.Writer, step int, tag string, x float64) {
	value := protoString(nil, 1, tag)
	value = append(value, 2<<3|5)
	value = binary.LittleEndian.AppendUint32(value, math.Float32bits(float32(x)))
	event := append([]byte{2 << 3}, binary.AppendUvarint(nil, uint64(step))...)
	event = protoString(event, 5, string(protoString(nil, 1, string(value))))
	writeEvent(w, event)
}

// protoString appends a field of bytes: its key, their number, themselves.
func protoString(to []byte, field byte, text string) []byte {
	to = append(to, field<<3|2)
	to = binary.AppendUvarint(to, uint64(len(text)))
	return append(to, text...)
}

// writeEvent writes one record of the file: checksums stand behind the length and behind the event.
func writeEvent(w *bufio.Writer, event []byte) {
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(event)))
	for _, part := range [][]byte{length, event} { // errors stay with the writer until Flush
		_, _ = w.Write(part)
		_, _ = w.Write(binary.LittleEndian.AppendUint32(nil, MaskedChecksum(part)))
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// MaskedChecksum is the CRC-32C rotated and shifted, as TensorFlow's record format has it.
func MaskedChecksum(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

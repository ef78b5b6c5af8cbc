package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/timing"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// warm is how many passes fill the cache.
const warm = 12

// steps trains the demo net on the set from a warm cache, with augmentation, and on the same samples held in memory,
// without, in turns.
func steps(o options) (err error) {
	if err := xla.Reexec(o.project); err != nil {
		return err
	}
	set, err := open(o)
	if err != nil {
		return err
	}
	for draw := range uint64(warm) { // fills the cache: each pass draws other frames
		if _, _, err := pass(set, o.batch, 100+draw); err != nil {
			return err
		}
	}
	samples, read, err := pass(set, o.batch, 2)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(o.dir, "steps-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	held := filepath.Join(tmp, "held")
	if err := writeFolder(set, held); err != nil {
		return err
	}
	shop := run.NewShop(o.project)
	defer func() { err = errors.Join(err, shop.Close()) }()
	both := []string{"streamed", "memory"}
	settings := map[string]map[string]any{
		"streamed": {
			"data": "cremad", "dir": o.dir, "data.split": "official", "data.val_share": 0.0,
			"data.frames": float64(o.frames), "data.image_side": float64(o.side),
			"data.frame_side": float64(o.frameSide), "data.keep": o.keep,
		},
		"memory": {"data": "folder", "dir": held, "data.val_share": 0.0},
	}
	runs := map[string]*run.Run{}
	for _, name := range both {
		s := settings[name]
		maps.Copy(s, map[string]any{
			"probes": "none", "batch": float64(o.batch), "epochs": 10000.0, "lr": 0.001, "momentum": 0.9,
			"weight_decay": 1e-4, "lr_step": 0.0,
			"encoder.audio": "cnn2d:16-32-64-64", "encoder.video": "cnn2d:16-32-64",
		})
		if runs[name], err = shop.OpenDir(filepath.Join(tmp, name), s); err != nil {
			return err
		}
	}
	seconds, done := map[string][]float64{}, 0
	for round := range o.rounds + 1 {
		done += o.steps
		for _, name := range both {
			began := time.Now()
			if err := runs[name].To(context.Background(), done, "bench"); err != nil {
				return err
			}
			if round > 0 { // the first compiles
				seconds[name] = append(seconds[name], time.Since(began).Seconds()/float64(o.steps))
			}
		}
	}
	return say(
		map[string]any{"s": seconds, "read_s": read.Seconds() / float64(samples/o.batch), "peak_mib": timing.PeakMiB()},
	)
}

// writeFolder makes a set of one's own, which is held in memory, of what the set reads without augmentation.
func writeFolder(set data.Dataset, dir string) error {
	desc := set.Describe()
	var labels strings.Builder
	labels.WriteString("id,label,split\n")
	values, total := map[string][]byte{}, 0
	for _, split := range data.Splits {
		for i := range set.Len(split) {
			sample, err := data.One(set, split, i)
			if err != nil {
				return err
			}
			fmt.Fprintf(&labels, "%s,%s,%s\n", sample.ID, desc.Classes[sample.Label], split)
			total++
			for name, x := range sample.X {
				for _, v := range x {
					values[name] = binary.LittleEndian.AppendUint32(values[name], math.Float32bits(v))
				}
			}
		}
	}
	if err := write([]byte(labels.String()), dir, "labels.csv"); err != nil {
		return err
	}
	for _, m := range desc.Modalities {
		shape := strings.Trim(strings.ReplaceAll(fmt.Sprint(slices.Concat([]int{total}, m.Shape)), " ", ", "), "[]")
		header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape)
		for (len(header)+11)%64 != 0 {
			header += " "
		}
		b := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)+1), byte((len(header)+1)>>8))
		b = append(append(b, header+"\n"...), values[m.Name]...)
		if err := write(b, dir, m.Name+".npy"); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/probe"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/reproduce"
)

// TestHelpNames: what help lists is what there is: every target, kind of probe, figure and format.
func TestHelpNames(t *testing.T) {
	for _, tt := range []struct {
		args  []string
		names []string
	}{
		{[]string{"help"}, append(reproduce.Targets(), "all")},
		{[]string{"probe", "-h"}, append(probe.Kinds(), "samples")},
		{[]string{"show", "-h"}, draw.Figures()},
		{[]string{"export", "-h"}, record.ExportFormats},
	} {
		var out, errOut bytes.Buffer
		if status := execute(t.Context(), tt.args, &out, &errOut); status != 0 {
			t.Fatalf("%v: status %d, %s", tt.args, status, errOut.String())
		}
		words := strings.FieldsFunc(out.String()+errOut.String(), func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789_", r)
		})
		for _, name := range tt.names {
			if !slices.Contains(words, name) {
				t.Errorf("primewindow %s names no %s", strings.Join(tt.args, " "), name)
			}
		}
	}
}

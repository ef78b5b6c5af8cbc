package main

import (
	"errors"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/wire"
)

// TestHints joins what faults ask for, each once.
func TestHints(t *testing.T) {
	fault := func(hint string) error { return &data.FormatError{File: "x", Reason: "odd", Hint: hint} }
	for _, tt := range []struct {
		name   string
		faults []error
		want   string
		reason string
	}{
		{"none", []error{errors.New("odd"), fault("")}, "", "no cause is known"},
		{"one", []error{fault("a"), fault("a"), errors.New("odd")}, "a", "once"},
		{"several", []error{fault("a"), fault("b"), fault("b")}, "b; a", "the commonest first"},
		{"many", []error{fault("a"), fault("b"), fault("c"), fault("d")}, "a; b; c", "a line has an end"},
		{"a problem", []error{&wire.Problem{Message: "m", Hint: "h"}}, "h", "which has a hint of its own"},
	} {
		if got := hints(tt.faults); got != tt.want {
			t.Errorf("%s: %q, want %q\nreason: %s", tt.name, got, tt.want, tt.reason)
		}
	}
	if ofAll(fault("a")) || !ofAll(&data.FormatError{Whole: true}) || ofAll(errors.New("odd")) {
		t.Error("whole is told of the wrong faults")
	}
}

// Package timing keeps account of where a process spends its time, part by part.
//
// Start with [Account.Begin]. Parts do not overlap: while a part that began within another is under way, the other one
// stands still, so that all parts together are the time that was accounted for.
package timing

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Account is a list of parts. The zero value is ready; a nil one keeps no account and costs nothing. It belongs to the
// goroutine that works: parts that begin in others are counted, but nest as if they were one's own.
type Account struct {
	mu    sync.Mutex
	began [2]time.Duration // by the clocks, when the part on top of the stack went on
	stack []int            // parts under way, the innermost last
	parts []Part
	now   func() [2]time.Duration // nil: the system's
}

// Part is what was spent on one thing.
type Part struct {
	Name      string
	Times     int
	Wall      time.Duration
	Processor time.Duration // of the whole process, all of its threads
}

var start = time.Now()

// clocks read the wall's and the process's.
func (a *Account) clocks() [2]time.Duration {
	if a.now != nil {
		return a.now()
	}
	var use syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &use) // it fails for a wrong pointer only
	processor := time.Duration(use.Utime.Nano() + use.Stime.Nano())
	return [2]time.Duration{time.Since(start), processor}
}

// Begin begins a part, or goes on with it; end ends it, and must be called once.
func (a *Account) Begin(name string) (end func()) {
	if a == nil {
		return func() {}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spend()
	at := slices.IndexFunc(a.parts, func(p Part) bool { return p.Name == name })
	if at < 0 {
		at = len(a.parts)
		a.parts = append(a.parts, Part{Name: name})
	}
	a.parts[at].Times++
	a.stack = append(a.stack, at)
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.spend()
		// The last of that part: parts of other goroutines may lie above it.
		for i, on := range slices.Backward(a.stack) {
			if on == at {
				a.stack = slices.Delete(a.stack, i, i+1)
				break
			}
		}
	}
}

// spend counts the time since the last change for the innermost part. Called with a.mu held.
func (a *Account) spend() {
	now := a.clocks()
	if n := len(a.stack); n > 0 {
		p := &a.parts[a.stack[n-1]]
		p.Wall += now[0] - a.began[0]
		p.Processor += now[1] - a.began[1]
	}
	a.began = now
}

// Parts are all parts so far, in the order in which they first began.
func (a *Account) Parts() []Part {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spend()
	return slices.Clone(a.parts)
}

// Table lists parts as text, a line each with the sum below, in seconds.
func Table(parts []Part) string {
	widest := len("all")
	for _, p := range parts {
		widest = max(widest, len(p.Name))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s  %7s  %8s  %9s\n", widest, "part", "times", "wall s", "processor")
	sum := Part{Name: "all"}
	row := func(p Part, times string) {
		fmt.Fprintf(&b, "%-*s  %7s  %8.3f  %9.3f\n", widest, p.Name, times, p.Wall.Seconds(), p.Processor.Seconds())
	}
	for _, p := range parts {
		row(p, fmt.Sprint(p.Times))
		sum.Wall, sum.Processor = sum.Wall+p.Wall, sum.Processor+p.Processor
	}
	row(sum, "")
	return b.String()
}

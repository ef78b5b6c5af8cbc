package registry

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

type thing struct {
	name  string
	value int
}

func TestList(t *testing.T) {
	l := New(func(t thing) string { return t.name }, thing{"b", 1}, thing{"a", 2})
	remove, err := l.Add(thing{"c", 3})
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Names(); !slices.Equal(got, []string{"b", "a", "c"}) {
		t.Errorf("names %v, want those that were there and the new one behind them", got)
	}
	if got, ok := l.Find("c"); !ok || got.value != 3 {
		t.Errorf("Find(c) = %v, %v", got, ok)
	}
	for _, bad := range []thing{{"", 4}, {"a", 4}, {"c", 4}} {
		if _, err := l.Add(bad); err == nil {
			t.Errorf("%q was added", bad.name)
		}
	}
	list := l.All()
	list[0].value = 99
	if got, _ := l.Find("b"); got.value != 1 {
		t.Error("All gives the list itself, want a copy")
	}
	remove()
	remove() // twice does nothing
	if got, ok := l.Find("c"); ok || got != (thing{}) {
		t.Errorf("after remove, Find(c) = %v, %v", got, ok)
	}
	if got := len(l.All()); got != 2 {
		t.Errorf("%d things after remove, want 2", got)
	}
}

// TestAddAtOnce adds one name from many goroutines: one of them gets it.
func TestAddAtOnce(t *testing.T) {
	l := New(func(t thing) string { return t.name })
	var wait sync.WaitGroup
	var added atomic.Int32
	for i := range 32 {
		wait.Go(func() {
			if _, err := l.Add(thing{"one", i}); err == nil {
				added.Add(1)
			}
		})
	}
	wait.Wait()
	if added.Load() != 1 || len(l.All()) != 1 {
		t.Errorf("%d of 32 were told that they are in, %d are", added.Load(), len(l.All()))
	}
}

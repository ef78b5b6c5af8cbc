// Package registry keeps things that are known by a name: those that come with the program, and those that a program
// adds to it.
package registry

import (
	"fmt"
	"slices"
	"sync"
)

// List is an ordered list in which a name stands once. It may be used by several goroutines.
type List[T any] struct {
	name func(T) string

	mu    sync.RWMutex
	items []T
}

// New makes a list of these, whose names must differ.
func New[T any](name func(T) string, items ...T) *List[T] { return &List[T]{name: name, items: items} }

// Add puts a thing at the list's end; remove takes it out again. A name that is empty or taken is an error.
func (l *List[T]) Add(item T) (remove func(), err error) {
	name := l.name(item)
	if name == "" {
		return nil, fmt.Errorf("no name")
	}
	l.mu.Lock() // held from the look to the entry, so that of two of one name the second is told
	defer l.mu.Unlock()
	if l.index(name) >= 0 {
		return nil, fmt.Errorf("%q is there already", name)
	}
	l.items = append(l.items, item)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.items = slices.DeleteFunc(l.items, func(other T) bool { return l.name(other) == name })
	}, nil
}

// All is a copy of the list.
func (l *List[T]) All() []T {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.items)
}

// Names are those of all, in the list's order.
func (l *List[T]) Names() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	names := make([]string, len(l.items))
	for i, item := range l.items {
		names[i] = l.name(item)
	}
	return names
}

// Find looks a thing up; ok is false where there is none of that name.
func (l *List[T]) Find(name string) (item T, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if i := l.index(name); i >= 0 {
		return l.items[i], true
	}
	return item, false
}

// index is called with l.mu held.
func (l *List[T]) index(name string) int {
	return slices.IndexFunc(l.items, func(item T) bool { return l.name(item) == name })
}

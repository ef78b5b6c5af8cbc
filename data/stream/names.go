package stream

import (
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// Composed is a name in the one of its two Unicode forms that keyboards make, NFC. Some systems' archives and disks
// hold the other, so that names that look alike differ in their bytes.
func Composed(name string) string { return norm.NFC.String(name) }

// Plain is a name without what makes names of one thing differ: its Unicode form, capitals, and zeros before a number,
// which tables drop.
func Plain(name string) string {
	var b strings.Builder
	digits := false // the last rune was a digit that counts
	runes := []rune(strings.ToLower(Composed(name)))
	for i, r := range runes {
		digit := r >= '0' && r <= '9'
		if r == '0' && !digits && i+1 < len(runes) && runes[i+1] >= '0' && runes[i+1] <= '9' {
			continue
		}
		digits = digit
		b.WriteRune(r)
	}
	return b.String()
}

// Siblings finds files that are nearly called as one that is not there. It lists each folder once. Its methods may be
// called from several goroutines.
type Siblings struct {
	mu      sync.Mutex
	folders map[string]map[string]string // by folder and [Plain] name without extension
}

// Near is the name of a file in the same folder whose name differs in what [Plain] leaves out or in the extension, or
// empty.
func (s *Siblings) Near(path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir, base := filepath.Split(path)
	names, ok := s.folders[dir]
	if !ok {
		names = map[string]string{}
		list, err := os.ReadDir(filepath.Clean(dir))
		if err != nil {
			list = nil // then there is none
		}
		for _, e := range list {
			if name := e.Name(); !strings.HasPrefix(name, ".") {
				names[Plain(strings.TrimSuffix(name, filepath.Ext(name)))] = name
			}
		}
		if s.folders == nil {
			s.folders = map[string]map[string]string{}
		}
		s.folders[dir] = names
	}
	if name := names[Plain(strings.TrimSuffix(base, filepath.Ext(base)))]; name != base {
		return name
	}
	return ""
}

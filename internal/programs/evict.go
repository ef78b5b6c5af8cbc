package programs

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"
)

// keepShare is the share of the limit that is left after entries were dropped, so that not every new one drops another.
const keepShare = 0.9

// leftBehind is the age at which a file that is being written belongs to a process that was killed.
const leftBehind = time.Hour

// file is one of the store's, as it was listed.
type file struct {
	name string
	size int64
	read time.Time
}

// list gives the store's files. Other processes may add and remove some at the same time.
func list(root *os.Root) ([]file, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var all []file
	for _, name := range names {
		if !ours(name) {
			continue
		}
		if st, err := root.Lstat(name); err == nil {
			all = append(all, file{name, st.Size(), st.ModTime()})
		}
	}
	return all, nil
}

// evict drops the entries that were not read for longest when all together pass the limit. The folder is listed each
// time, which is nothing beside the compiling that came before.
func (s *Store) evict(root *os.Root) error {
	all, err := list(root)
	if err != nil {
		return err
	}
	size := int64(0)
	for _, f := range all {
		size += f.size
	}
	slices.SortFunc(all, func(a, b file) int { return a.read.Compare(b.read) })
	over := size > s.limit
	for _, f := range all {
		killed := f.name[0] == '.' && time.Since(f.read) > leftBehind
		if !killed && !(over && float64(size) > keepShare*float64(s.limit)) {
			continue
		}
		if err := root.Remove(f.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		size -= f.size
	}
	return nil
}

// Usage counts the entries and the bytes that they take.
func (s *Store) Usage() (entries int, bytes int64, err error) {
	return s.each(func(*os.Root, string) error { return nil })
}

// Empty drops all entries, and nothing else that lies in the folder. It returns how many there were and the bytes that
// they took.
func (s *Store) Empty() (entries int, bytes int64, err error) { return s.each((*os.Root).Remove) }

// each does something with each entry, and counts those with which it was done. One that somebody else has removed
// meanwhile counts too.
func (s *Store) each(do func(root *os.Root, name string) error) (entries int, bytes int64, err error) {
	if s == nil {
		return 0, 0, nil
	}
	root, err := s.folder(false)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	defer root.Close()
	all, err := list(root)
	for _, f := range all {
		if failed := do(root, f.name); failed != nil && !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, failed)
			continue
		}
		entries++
		bytes += f.size
	}
	return entries, bytes, err
}

package utdmhad

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// shelves are the owners' folders, one for each modality, in the order of the modalities.
var shelves = []struct {
	modality, folder, variable string
}{
	{inertial, "Inertial", "d_iner"},
	{skeleton, "Skeleton", "d_skel"},
	{depth, "Depth", "d_depth"},
}

// maxFile bounds a file, in bytes; the owners' largest, of depth, has less than 1 MB compressed.
const maxFile = 256 << 20

// original is a set as its owners give it: one file for each recording and modality.
type original struct {
	root       string
	modalities []string          // whose folders are there
	folders    map[string]string // by modality, with their paths
	recordings []record          // in the order of the repacked index, without lengths
	paths      map[string]map[string]string
	faults     stream.Faults // of files and of recordings that are left out for them
}

// pattern of a file's name, without the modality's own end.
var pattern = regexp.MustCompile(`^a0*([1-9][0-9]?)_s0*([1-9])_t0*([1-9][0-9]?)$`)

// parseName reads the name of a modality's file.
func parseName(name, modality string) (record, error) {
	lower := strings.ToLower(name)
	stem, found := strings.CutSuffix(lower, "_"+modality+".mat")
	m := pattern.FindStringSubmatch(stem)
	if !found || m == nil {
		return record{}, fmt.Errorf("name %q, want one as a1_s1_t1_%s.mat", name, modality)
	}
	var v [3]int
	for i := range v {
		v[i], _ = strconv.Atoi(m[i+1]) // at most two digits
		if b := bounds[i+1]; v[i] < b[0] || v[i] > b[1] {
			return record{}, fmt.Errorf(
				"name %q: %s %d, want a number from %d to %d", name, columns[i+1], v[i], b[0], b[1],
			)
		}
	}
	return record{action: v[0], subject: v[1], trial: v[2]}, nil
}

// findOriginal looks for the owners' folders in root. It returns nil where there is none of them.
func findOriginal(root string) (*original, error) {
	list, err := os.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("utdmhad: %w", err)
	}
	o := &original{root: root, folders: map[string]string{}, paths: map[string]map[string]string{}}
	for _, s := range shelves {
		for _, e := range list {
			path := filepath.Join(root, e.Name())
			st, err := os.Stat(path) // through links
			if !strings.EqualFold(e.Name(), s.folder) || err != nil || !st.IsDir() {
				continue
			}
			if first, twice := o.folders[s.modality]; twice {
				return nil, &data.FormatError{
					File:   path,
					Reason: fmt.Sprintf("a second folder of %s beside %s, want one", s.modality, filepath.Base(first)),
				}
			}
			o.folders[s.modality] = path
			o.modalities = append(o.modalities, s.modality)
		}
	}
	if len(o.modalities) == 0 {
		return nil, nil
	}
	return o, o.list()
}

// list fills in the recordings: all that any folder has.
func (o *original) list() error {
	union := map[string]record{}
	for _, m := range o.modalities {
		list, err := os.ReadDir(o.folders[m])
		if err != nil {
			return fmt.Errorf("utdmhad: %w", err)
		}
		o.paths[m] = map[string]string{}
		for _, e := range list {
			path := filepath.Join(o.folders[m], e.Name())
			if strings.HasPrefix(e.Name(), ".") || !strings.EqualFold(filepath.Ext(e.Name()), ".mat") {
				continue
			}
			r, err := parseName(e.Name(), m)
			if err != nil {
				o.faults = append(o.faults, &data.FormatError{File: path, Reason: err.Error()})
				continue
			}
			if first, twice := o.paths[m][r.id()]; twice {
				o.faults = append(
					o.faults,
					&data.FormatError{
						File:   path,
						Reason: fmt.Sprintf("a second file of %s beside %s, want one", r.id(), filepath.Base(first)),
					},
				)
				continue
			}
			o.paths[m][r.id()] = path
			union[r.id()] = r
		}
	}
	o.recordings = slices.SortedFunc(maps.Values(union), func(a, b record) int {
		return cmp.Or(cmp.Compare(a.action, b.action), cmp.Compare(a.subject, b.subject), cmp.Compare(a.trial, b.trial))
	})
	whole := o.recordings[:0]
	for _, r := range o.recordings {
		if err := o.fault(r); err != nil {
			o.faults = append(o.faults, err)
			continue
		}
		whole = append(whole, r)
	}
	o.recordings = whole
	return nil
}

// fault is what is wrong with a recording's files as far as it shows from outside.
func (o *original) fault(r record) error {
	for _, m := range o.modalities {
		path, ok := o.paths[m][r.id()]
		if !ok {
			return &data.FormatError{
				File:   filepath.Join(o.folders[m], r.id()+"_"+m+".mat"),
				Reason: "no such file, though there are others of the same recording",
			}
		}
		if _, err := stream.Stat(Name, path, maxFile); err != nil {
			return err
		}
	}
	return nil
}

// absent says which modalities have no folder, for the description; empty where all have one.
func (o *original) absent() string {
	var list []string
	for _, s := range shelves {
		if o.folders[s.modality] == "" {
			list = append(list, s.folder)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "; without folder " + strings.Join(list, ", ")
}

package folder

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/primewindow/primewindow/data"
)

// wholeSet is the place of a fault that no sample is to blame for.
const wholeSet = -1

// fault is something that is wrong, and the row of labels.csv that has to go for it.
type fault struct {
	place int
	err   error
}

// loader reads the modalities of the samples that labels.csv names.
type loader struct {
	dir   string // as the user knows it
	o     options
	rows  []row
	total int // rows of labels.csv, broken ones among them

	validates int // training samples that were made validation samples
	drawn     drawing
}

// column is one modality of all rows: values or bytes, nil where a sample is broken.
type column struct {
	mod      data.Modality
	values   [][]float32
	bytes    [][]byte
	features int    // that are shifted and scaled each by its own mean and deviation; 0 for bytes and token ids
	encoder  string // that suits it where the kind alone does not say
}

// maxFile bounds what is read of a file, in bytes.
const maxFile = 1 << 31

// full is a file's name for errors.
func (l *loader) full(name string) string { return filepath.Join(l.dir, filepath.FromSlash(name)) }

// read reads a file below the folder, through links, and refuses one that is no regular file.
func (l *loader) read(name string) ([]byte, error) {
	st, err := os.Stat(l.full(name))
	switch {
	case err != nil:
		return nil, data.Explain(fmt.Errorf("folder: %w", err))
	case st.Size() > maxFile:
		return nil, &data.UnsupportedError{
			File: l.full(name), Feature: fmt.Sprintf("%d bytes, want at most %d", st.Size(), maxFile),
		}
	}
	b, err := data.ReadFile(l.full(name))
	if err != nil {
		return nil, fmt.Errorf("folder: %w", err)
	}
	return b, nil
}

func (l *loader) list(name string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(l.full(name))
	if err != nil {
		return nil, data.Explain(fmt.Errorf("folder: %w", err))
	}
	return entries, nil
}

// modalities lists what the folder holds besides labels.csv: sub-folders and tables, in alphabetical order.
func (l *loader) modalities() ([]string, error) {
	entries, err := l.list(".")
	if err != nil {
		return nil, err
	}
	var names []string
	owner := map[string]string{}
	for _, e := range entries {
		name := e.Name()
		st, err := os.Stat(l.full(name))
		ext := path.Ext(name)
		switch {
		case name[0] == '.' || name == labelsFile:
			continue
		case err != nil:
			return nil, data.Explain(fmt.Errorf("folder: %w", err))
		case !st.IsDir() && ext != ".csv" && ext != ".npy":
			continue
		case ext == ".csv" || ext == ".npy":
			if err := data.CheckRegular(l.full(name), st); err != nil {
				return nil, err
			}
		case st.IsDir():
			ext = ""
		}
		modality := strings.TrimSuffix(name, ext)
		if strings.ContainsAny(modality, ".,= ") {
			return nil, &data.FormatError{
				File: l.full(name),
				Reason: fmt.Sprintf(
					"modality %q, want a name without full stop, comma, equals sign or blank", modality,
				),
			}
		}
		if other, ok := owner[modality]; ok {
			return nil, &data.FormatError{
				File: l.full(name), Reason: fmt.Sprintf("modality %s is in %s already", modality, other),
			}
		}
		owner[modality] = name
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, &data.FormatError{File: l.dir, Reason: "no modality, want sub-folders or tables beside labels.csv"}
	}
	return names, nil
}

// load reads one modality, named as [loader.modalities] does.
func (l *loader) load(name string) (column, []fault) {
	var c column
	var faults []fault
	switch path.Ext(name) {
	case ".csv":
		c, faults = l.loadTable(name)
	case ".npy":
		c, faults = l.loadArray(name)
	default:
		c, faults = l.loadFiles(name)
	}
	c.mod.Name = strings.TrimSuffix(name, path.Ext(name))
	return c, faults
}

// loadFiles reads a sub-folder with a file for each sample. The first sample's file decides on the kind.
func (l *loader) loadFiles(name string) (column, []fault) {
	entries, err := l.list(name)
	if err != nil {
		return column{}, []fault{{wholeSet, err}}
	}
	var names []string
	for _, e := range entries {
		if file := e.Name(); file[0] != '.' {
			names = append(names, file)
		}
	}
	kind := ""
	files, faults := l.findFiles(name, names)
	for i, r := range l.rows {
		if files[i] == "" {
			continue
		}
		file := path.Join(name, files[i])
		files[i] = ""
		found := l.kind(file)
		if kind == "" {
			kind = found
		}
		switch {
		case found == "":
			faults = append(
				faults,
				fault{
					r.place,
					&data.UnsupportedError{
						File:    l.full(file),
						Feature: fmt.Sprintf("files %q, want .wav, .png, .jpg, .mp4, .npy or .txt", path.Ext(file)),
					},
				},
			)
		case found != kind:
			faults = append(
				faults,
				fault{
					r.place,
					&data.FormatError{
						File: l.full(file), Reason: fmt.Sprintf("among %s, want files of one kind", kind),
					},
				},
			)
		default:
			files[i] = file
		}
	}
	if kind == "" { // nothing that is read
		return column{}, faults
	}
	read := map[string]func([]string) (column, []fault){
		recordings: l.loadSounds, images: l.loadImages, videos: l.loadVideos, arrays: l.loadArrays, texts: l.loadTexts,
	}[kind]
	c, more := read(files)
	return c, append(faults, more...)
}

// each does something for every row whose file is named, several at a time, and gathers the faults.
func (l *loader) each(files []string, do func(i int, b []byte, name string) error) []fault {
	errs := make([]error, len(files))
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(files); i += workers {
				if files[i] == "" {
					continue
				}
				b, err := l.read(files[i])
				if err == nil {
					err = do(i, b, l.full(files[i]))
				}
				errs[i] = data.Explain(err)
			}
		})
	}
	wg.Wait()
	var faults []fault
	for i, err := range errs {
		if err != nil {
			faults = append(faults, fault{l.rows[i].place, err})
		}
	}
	return faults
}

// commonest is the value that most of a list have, the first of several; empty ones do not count.
func commonest(list []string) string {
	counts, best := map[string]int{}, ""
	for _, v := range list {
		if v != "" {
			counts[v]++
		}
	}
	for _, v := range list {
		if counts[v] > counts[best] {
			best = v
		}
	}
	return best
}

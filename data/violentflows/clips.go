package violentflows

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/data/video"
)

// folds is the number of the owners' folds.
const folds = 5

// maxFile bounds a clip, in bytes; the owners' have about one million.
const maxFile = 256 << 20

// Classes, by label.
var (
	classes = []string{"peaceful", "violent"}
	folders = []string{"NonViolence", "Violence"}
)

// clip is one sample.
type clip struct {
	id    string // fold, class and file, for example 1/Violence/name.avi
	path  string
	fold  int
	label int
	group string // the source video; empty when unknown
	header
	err error // what is wrong with it, as far as it shows without decoding
}

// findRoot is the folder that has the folds.
func findRoot(dir string) (string, error) {
	own := data.Subfolder(dir, Folder)
	for _, root := range []string{own, filepath.Join(own, "movies"), dir, filepath.Join(dir, "movies")} {
		if st, err := os.Stat(filepath.Join(root, "1")); err == nil && st.IsDir() {
			return root, nil
		}
	}
	return "", &data.FormatError{File: own, Reason: "no folders 1 to 5, want the owners' folds: " + Ask}
}

// extensions of files that are videos: the owners', and those that ffmpeg makes of them.
var extensions = []string{".avi", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".flv", ".wmv"}

// listClips lists the clips of all folds by fold, class and name, and looks at each without decoding.
func listClips(root string) ([]clip, error) {
	var list []clip
	for fold := 1; fold <= folds; fold++ {
		dir := filepath.Join(root, strconv.Itoa(fold))
		entries, err := os.ReadDir(dir)
		if errors.Is(err, os.ErrNotExist) {
			return nil, &data.FormatError{File: dir, Reason: "no such folder, want the owners' folds 1 to 5"}
		}
		if err != nil {
			return nil, fmt.Errorf("violentflows: %w", err)
		}
		for label, folder := range folders {
			name, err := classFolder(dir, entries, folder)
			if err != nil {
				return nil, err
			}
			of := clip{id: fmt.Sprintf("%d/%s", fold, folder), path: filepath.Join(dir, name), fold: fold, label: label}
			clips, err := of.listFolder()
			if err != nil {
				return nil, err
			}
			list = append(list, clips...)
		}
	}
	look(list)
	for _, c := range list {
		if errors.Is(c.err, video.ErrNoFFmpeg) { // no clip is to blame
			return nil, c.err
		}
	}
	return list, nil
}

// listFolder lists the clips of a fold and class, whose folder c names.
func (c clip) listFolder() ([]clip, error) {
	files, err := os.ReadDir(c.path)
	if err != nil {
		return nil, fmt.Errorf("violentflows: %w", err)
	}
	var list []clip
	other := map[string]string{}
	for _, f := range files {
		ext := filepath.Ext(f.Name())
		if f.Name()[0] == '.' || !slices.Contains(extensions, strings.ToLower(ext)) {
			continue
		}
		stem := strings.TrimSuffix(f.Name(), ext)
		found := clip{
			id: c.id + "/" + f.Name(), path: filepath.Join(c.path, f.Name()), fold: c.fold, label: c.label,
			group: source(stem),
		}
		if other[stem] != "" {
			found.err = &data.FormatError{
				File: found.path, Reason: fmt.Sprintf("%s is there too, want one file of a clip", other[stem]),
			}
		}
		other[stem] = f.Name()
		list = append(list, found)
	}
	if len(list) == 0 {
		return nil, &data.FormatError{File: c.path, Reason: "no clips, want .avi files"}
	}
	return list, nil
}

// classFolder is the name of the folder that stands for a class, in whatever spelling.
func classFolder(dir string, entries []os.DirEntry, want string) (string, error) {
	plain := strings.NewReplacer("-", "", "_", "", " ", "")
	found := ""
	for _, e := range entries {
		if !strings.EqualFold(plain.Replace(e.Name()), want) {
			continue
		}
		if found != "" {
			return "", &data.FormatError{
				File: filepath.Join(dir, e.Name()), Reason: fmt.Sprintf("%s is there too, want one folder", found),
			}
		}
		found = e.Name()
	}
	if found == "" {
		return "", &data.FormatError{
			File: filepath.Join(dir, want), Reason: "no such folder, want the clips of a class",
		}
	}
	return found, nil
}

// idLength is how many characters YouTube's names of videos have.
const idLength = 11

// source is the video that a clip is cut from, as far as its name, without extension, tells:
// "KEYWORDS__TITLE__UPLOADER__ID". The same video may have been found by other key words.
func source(name string) string {
	_, rest, ok := strings.Cut(name, "__")
	if !ok {
		return ""
	}
	if at := len(rest) - idLength; at >= 2 && rest[at-2:at] == "__" && !strings.ContainsFunc(rest[at:], notInID) {
		return "video " + rest[at:]
	}
	return "video " + rest
}

func notInID(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
}

// look reads the beginnings of clips, several at a time.
func look(list []clip) {
	stream.Each(len(list), func(i int) {
		if c := &list[i]; c.err == nil {
			c.header, c.err = lookAt(c.path)
		}
	})
}

// lookAt looks at a file through links.
func lookAt(path string) (header, error) {
	st, err := stream.Stat(Name, path, maxFile)
	if err != nil {
		return header{}, err
	}
	if strings.EqualFold(filepath.Ext(path), extensions[0]) {
		return readAVI(path, st.Size())
	}
	info, err := video.Decoder{}.Probe(context.Background(), path)
	if err == nil && !info.HasVideo {
		err = &data.FormatError{File: path, Reason: "no video stream"}
	}
	return header{info.Duration, info.HasSound}, err
}

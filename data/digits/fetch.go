package digits

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Sources are the addresses that [Fetch] downloads from.
type Sources struct {
	FSDD  string // a tar.gz archive with a folder recordings somewhere inside
	MNIST string // the folder of the four files *-ubyte.gz
}

// DefaultSources are the sets' public homes: the archive of the commit of FSDD whose recordings the sums are of, and
// a mirror of MNIST that several libraries use.
var DefaultSources = Sources{
	FSDD:  "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/26eb9aaf76e81b692f806f9140c2d2777410d7a1.tar.gz",
	MNIST: "https://ossci-datasets.s3.amazonaws.com/mnist",
}

// Fetch downloads the set's files to dir, laid out as the package says, about 28 MB. Files that are there and whole are
// not fetched again, and one that is damaged is replaced, but for a decompressed file of MNIST, which the error then
// names. Everything is first put together in dir/.fetch-digits and checked, each recording and each of MNIST's
// decompressed files against its SHA-256; only then are the folders fsdd and mnist moved to their place. An attempt
// that is cut off goes on where it stopped, as far as the server allows. progress, which may be nil, is called with a
// file's name and the bytes done and in all, -1 where the server does not say; it is called from one goroutine.
func Fetch(ctx context.Context, dir string, sources Sources, progress func(name string, done, total int64)) error {
	recordings, err := parseManifest(fsddSums)
	if err != nil {
		return err
	}
	arrays, err := parseManifest(mnistSums)
	if err != nil {
		return err
	}
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	f := fetcher{dir, filepath.Join(dir, ".fetch-digits"), sources, recordings, arrays, progress}
	return f.fetch(ctx)
}

// fetcher is one call of [Fetch].
type fetcher struct {
	dir        string
	stage      string // where files wait until their folder is complete
	sources    Sources
	recordings manifest
	arrays     manifest
	progress   func(name string, done, total int64)
}

func (f *fetcher) fetch(ctx context.Context) error {
	if err := f.fetchMNIST(ctx); err != nil {
		return err
	}
	if err := f.fetchFSDD(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(f.stage); err != nil {
		return fmt.Errorf("digits: %w", err)
	}
	return nil
}

// fetchMNIST completes the folder mnist.
func (f *fetcher) fetchMNIST(ctx context.Context) error {
	home, stage := filepath.Join(f.dir, "mnist"), filepath.Join(f.stage, "mnist")
	for _, name := range slices.Sorted(maps.Keys(f.arrays)) {
		packed := name + ".gz"
		// A raw file comes before a packed one when the set is read, so it is the one that must be whole.
		if b, err := os.ReadFile(filepath.Join(home, name)); err == nil {
			if err := f.arrays.check(name, b); err != nil {
				return fmt.Errorf("%w: remove %s", err, filepath.Join(home, name))
			}
			continue
		}
		if f.packedWhole(filepath.Join(home, packed), name) == nil ||
			f.packedWhole(filepath.Join(stage, packed), name) == nil {
			continue
		}
		if err := os.MkdirAll(stage, 0o755); err != nil {
			return fmt.Errorf("digits: %w", err)
		}
		part := filepath.Join(f.stage, packed+".part")
		url := strings.TrimSuffix(f.sources.MNIST, "/") + "/" + packed
		if err := download(ctx, url, part, f.report(packed)); err != nil {
			return err
		}
		if err := f.packedWhole(part, name); err != nil {
			return errors.Join(fmt.Errorf("%w, from %s", err, url), os.Remove(part))
		}
		if err := os.Rename(part, filepath.Join(stage, packed)); err != nil {
			return fmt.Errorf("digits: %w", err)
		}
	}
	return install(stage, home)
}

// packedWhole checks the content of a gzip file.
func (f *fetcher) packedWhole(file, name string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if b, err = unzip(b, maxIDX); err != nil {
		return fmt.Errorf("digits: %s: gzip: %w", filepath.Base(file), err)
	}
	return f.arrays.check(name, b)
}

func (f *fetcher) report(name string) func(done, total int64) {
	return func(done, total int64) { f.progress(name, done, total) }
}

// fetchFSDD completes the folder fsdd/recordings.
func (f *fetcher) fetchFSDD(ctx context.Context) error {
	home, stage := recordingsDir(f.dir), filepath.Join(f.stage, "fsdd", "recordings")
	if f.missing(home) == "" {
		return nil
	}
	if err := os.MkdirAll(stage, 0o755); err != nil {
		return fmt.Errorf("digits: %w", err)
	}
	part := filepath.Join(f.stage, "fsdd.tar.gz.part")
	if err := download(ctx, f.sources.FSDD, part, f.report("fsdd.tar.gz")); err != nil {
		return err
	}
	err := f.extract(ctx, part, stage)
	if err == nil {
		if name := f.missing(stage); name != "" {
			err = fmt.Errorf("digits: no recordings/%s in %s", name, f.sources.FSDD)
		}
	}
	if err != nil {
		if ctx.Err() == nil { // the archive is not the one wanted: do not go on from it
			err = errors.Join(err, os.Remove(part))
		}
		return err
	}
	return install(stage, home)
}

// missing names a recording that folder lacks or holds damaged, or nothing.
func (f *fetcher) missing(folder string) string {
	for _, name := range slices.Sorted(maps.Keys(f.recordings)) {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || f.recordings.check(name, b) != nil {
			return name
		}
	}
	return ""
}

// maxRecording bounds a file of the archive, in bytes; the longest recording takes 37 thousand.
const maxRecording = 1 << 24

// extract writes the archive's recordings to folder. Only files that the manifest names are written, each checked.
func (f *fetcher) extract(ctx context.Context, archive, folder string) error {
	file, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("digits: %w", err)
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("digits: %s: gzip: %w", f.sources.FSDD, err)
	}
	for entries := tar.NewReader(packed); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("digits: %s: %w", f.sources.FSDD, err)
		}
		name := path.Base(header.Name)
		if _, known := f.recordings[name]; !known || header.Typeflag != tar.TypeReg ||
			path.Base(path.Dir(header.Name)) != "recordings" {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(entries, maxRecording))
		if err != nil {
			return fmt.Errorf("digits: %s: %s: %w", f.sources.FSDD, name, err)
		}
		if err := f.recordings.check(name, b); err != nil {
			return fmt.Errorf("%w, from %s", err, f.sources.FSDD)
		}
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o644); err != nil {
			return fmt.Errorf("digits: %w", err)
		}
	}
}

// install moves a complete folder to its home, or its files into a home that is already there.
func install(stage, home string) error {
	files, err := os.ReadDir(stage)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing had to be fetched
	}
	if err != nil {
		return fmt.Errorf("digits: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return fmt.Errorf("digits: %w", err)
	}
	if _, err := os.Stat(home); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(stage, home); err != nil {
			return fmt.Errorf("digits: %w", err)
		}
		return nil
	}
	for _, e := range files {
		if err := os.Rename(filepath.Join(stage, e.Name()), filepath.Join(home, e.Name())); err != nil {
			return fmt.Errorf("digits: %w", err)
		}
	}
	return nil
}

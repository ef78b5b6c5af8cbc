package xla

// #include "seam.h"
import "C"

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/primewindow/primewindow/internal/programs"
)

// keyVersion is of what surroundings takes together. It changes whenever the same key would mean another program.
const keyVersion = 1

// coresVariable overrides how many threads the plugin's clients take.
const coresVariable = "NPROC"

// processor names the parts of /proc/cpuinfo by which processors differ in what they execute: x86's, then ARM's.
var processor = []string{
	"vendor_id", "cpu family", "model", "model name", "stepping", "flags",
	"CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision", "Features",
}

// surroundings is a hash of everything beside a program's text and its options that the compiler's result depends on:
// the plugin's bytes and version, XLA_FLAGS, the processor, how many cores the process may use (XLA splits loops
// accordingly), and what changed the text.
func (s *seam) surroundings() (sum [sha256.Size]byte, err error) {
	plugin, err := s.plugin()
	if err != nil {
		return sum, err
	}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return sum, err
	}
	cpu := processors(info)
	if cpu == "" {
		return sum, errors.New("/proc/cpuinfo does not say which processor this is")
	}
	flags := s.flags
	if flags != "" && !strings.HasPrefix(strings.TrimSpace(flags), "-") { // the name of a file that holds them
		b, err := os.ReadFile(flags)
		if err != nil {
			return sum, err
		}
		flags += "\n" + string(b)
	}
	h := sha256.New()
	for _, part := range []string{
		fmt.Sprint(keyVersion),
		string(plugin),
		fmt.Sprintf("%d.%d", s.own.version.major, s.own.version.minor),
		flags,
		runtime.GOARCH, cpu,
		fmt.Sprint(runtime.NumCPU()), os.Getenv(coresVariable),
		s.write.version,
	} {
		fmt.Fprintf(h, "%d\n%s", len(part), part)
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// processors lists the kinds of processor of /proc/cpuinfo, each once: a machine may have several.
func processors(info []byte) string {
	var kinds []string
	for block := range bytes.SplitSeq(info, []byte("\n\n")) {
		var kind []string
		for line := range strings.Lines(string(block)) {
			name, value, _ := strings.Cut(line, ":")
			if name = strings.TrimSpace(name); slices.Contains(processor, name) {
				kind = append(kind, name+": "+strings.TrimSpace(value))
			}
		}
		if text := strings.Join(kind, "\n"); text != "" && !slices.Contains(kinds, text) {
			kinds = append(kinds, text)
		}
	}
	slices.Sort(kinds) // by what they are, not by which is first
	return strings.Join(kinds, "\n\n")
}

// young is the age below which a file's times do not tell whether it changed since it was read.
const young = 2 * time.Second

// plugin is the hash of the plugin's bytes: it has no build ID. As it takes a second to read it, the hash is kept in
// the store under all that the file system says of the file. The time of its last change of any kind is among that,
// which no program can set.
func (s *seam) plugin() ([]byte, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, fmt.Errorf("%s: the system does not say which file it is", s.path)
	}
	key := programs.Key(
		sha256.Sum256(
			fmt.Appendf(nil, "plugin %s\n%d %d %d %v %v", s.path, sys.Dev, sys.Ino, sys.Size, sys.Mtim, sys.Ctim),
		),
	)
	if b, ok := s.store.Get(key); ok && len(b) == sha256.Size {
		return b, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	sum := h.Sum(nil)
	if time.Since(time.Unix(sys.Ctim.Unix())) > young {
		s.store.Put(key, sum)
	}
	return sum, nil
}

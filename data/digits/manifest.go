package digits

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"
)

// The SHA-256 of every file of the set, in the format of the command sha256sum: recordings as they are, and MNIST's
// files decompressed, since the same content is found in differently compressed files.
var (
	//go:embed fsdd.sha256
	fsddSums string
	//go:embed mnist.sha256
	mnistSums string
)

// manifest is the SHA-256 of files by name.
type manifest map[string][sha256.Size]byte

// parseManifest reads lines of a sum in hexadecimal, two spaces and a name without a folder.
func parseManifest(text string) (manifest, error) {
	m := manifest{}
	for line := range strings.Lines(text) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		b, err := hex.DecodeString(sum)
		if !ok || err != nil || len(b) != sha256.Size || name == "" || strings.ContainsAny(name, `/\`) {
			return nil, fmt.Errorf("digits: line %q of a manifest, want a SHA-256, two spaces and a name", line)
		}
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("digits: manifest names %s twice", name)
		}
		m[name] = [sha256.Size]byte(b)
	}
	return m, nil
}

// check compares a file's content with its sum.
func (m manifest) check(name string, content []byte) error {
	want, ok := m[name]
	if !ok {
		return fmt.Errorf("digits: %s is not a file of the set", name)
	}
	if got := sha256.Sum256(content); got != want {
		return fmt.Errorf("digits: %s: SHA-256 %x, want %x", name, got, want)
	}
	return nil
}

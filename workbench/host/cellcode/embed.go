package cellcode

import (
	"go/ast"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// patterns are what the lines //go:embed of a comment name.
func patterns(doc *ast.CommentGroup) (list []string) {
	if doc == nil {
		return nil
	}
	for _, line := range doc.List {
		rest, ok := strings.CutPrefix(line.Text, "//go:embed ")
		for rest = strings.TrimSpace(rest); ok && rest != ""; rest = strings.TrimSpace(rest) {
			// A pattern with a space in it is quoted.
			if quoted, err := strconv.QuotedPrefix(rest); err == nil {
				name, _ := strconv.Unquote(quoted) // it was just found to be one
				list, rest = append(list, name), rest[len(quoted):]
				continue
			}
			name, after, _ := strings.Cut(rest, " ")
			list, rest = append(list, name), after
		}
	}
	return list
}

// embedded hashes the files that patterns name, below a folder, with their names. Of a folder all files count, hidden
// ones too, which are embedded only with all: before the pattern. What cannot be read is hashed as such: the compiler
// has read it.
func embedded(dir string, patterns []string) string {
	var parts []string
	root := os.DirFS(dir)
	for _, pattern := range patterns {
		parts = append(parts, "embed "+pattern)
		names, err := fs.Glob(root, strings.TrimPrefix(pattern, "all:"))
		if err != nil {
			parts = append(parts, err.Error())
		}
		for _, name := range names {
			err := fs.WalkDir(root, name, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				text, err := fs.ReadFile(root, path)
				parts = append(parts, path, string(text))
				return err
			})
			if err != nil {
				parts = append(parts, err.Error())
			}
		}
	}
	return Digest(parts...)
}

// Package policy holds the project's rules that a compiler cannot check, as tests: which package may import
// which, and what a file in the tree may be.
//
// Start with arrows in imports_test.go: the list of who may import whom, and the list of what must never be,
// each with its reason. A change that needs a new arrow adds it there, where a reviewer sees it. The rules for files,
// in files_test.go, read what git would commit: tracked files and new ones that .gitignore does not name.
// What the set-up's scripts promise and no package of ours can test is tested here too.
//
// The package has no code of its own.
package policy

package cellcode

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// Source is the package of a cell, read from its source.
type Source struct {
	files map[string][]byte // by path
	fset  *token.FileSet
	pkg   *types.Package
	info  *types.Info
	// A type's methods stand with it, because nothing names a hook: it is called through an interface.
	decls map[types.Object][]ast.Node // of the package: what declares it, of a type its methods too
	funcs []*ast.FuncDecl             // all functions and methods
	dots  []string                    // paths whose names are used without a prefix

	writers map[types.Object][]ast.Node // what may set a variable of the package
	setters map[string]bool             // names of functions that set any
	embeds  map[ast.Node][]string       // patterns of //go:embed above a variable
}

// errNoSource is what a cell that runs without its source gets: GoNB keeps it, a copied binary does not.
var errNoSource = errors.New("the source of the cell is not there")

// Read reads the package in the folder of a file of it. All files of the folder but tests belong to it. They are read
// when the cell runs, after the compiler has read them.
func Read(file string) (*Source, error) {
	c := &Source{
		files: map[string][]byte{}, fset: token.NewFileSet(), decls: map[types.Object][]ast.Node{},
		info: &types.Info{
			Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
			Types: map[ast.Expr]types.TypeAndValue{},
		},
		writers: map[types.Object][]ast.Node{}, setters: map[string]bool{}, embeds: map[ast.Node][]string{},
	}
	build := built()
	entries, err := os.ReadDir(filepath.Dir(file)) // a pattern would stumble over a folder's name with brackets
	var paths []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasPrefix(e.Name(), ".") {
			paths = append(paths, filepath.Join(filepath.Dir(file), e.Name()))
		}
	}
	if err != nil || !filepath.IsAbs(file) || !slices.Contains(paths, file) {
		return nil, errNoSource
	}
	var parsed []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		// A file that the build leaves out may declare the same names as one of the cell.
		if part, err := build.MatchFile(filepath.Dir(path), filepath.Base(path)); err == nil && !part && path != file {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(c.fset, path, text, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return nil, err
		}
		c.files[path] = text
		parsed = append(parsed, f)
	}
	// Names are resolved without what is imported: that is enough to tell the package's own from others'. To load the
	// imports would mean to load all that they import. An import that is not found is an error, at which the checker
	// does not stop: it goes on with an empty package that has the import's path.
	check := types.Config{Error: func(error) {}, Importer: noImporter{}}
	c.pkg, _ = check.Check("main", c.fset, parsed, c.info)
	for _, f := range parsed {
		c.index(f)
	}
	c.findWriters(parsed)
	return c, nil
}

// built is how the binary that runs was built, as far as that decides which files belong to it.
func built() build.Context {
	how := build.Default
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "-tags":
				how.BuildTags = strings.Split(s.Value, ",")
			case "CGO_ENABLED":
				how.CgoEnabled = s.Value == "1"
			}
		}
	}
	return how
}

// noImporter finds no package, which the type checker takes for an error and goes on.
type noImporter struct{}

func (noImporter) Import(string) (*types.Package, error) { return nil, fs.ErrNotExist }

// index notes what declares each object of the package. A method has no object in the package's scope, so it is put to
// its receiver's type. A group of constants is one declaration, whichever of them is named.
func (c *Source) index(f *ast.File) {
	for _, i := range f.Imports {
		if i.Name != nil && i.Name.Name == "." {
			c.dots = append(c.dots, i.Path.Value)
		}
	}
	add := func(id *ast.Ident, n ast.Node) {
		if o := c.info.Defs[id]; o != nil {
			c.decls[o] = append(c.decls[o], n)
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			c.funcs = append(c.funcs, d)
			if d.Recv == nil {
				add(d.Name, d)
			} else if o := c.pkg.Scope().Lookup(receiver(d)); o != nil {
				c.decls[o] = append(c.decls[o], d)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				var node ast.Node = spec
				if d.Tok == token.CONST {
					node = d // a constant may count on those before it
				}
				switch s := spec.(type) {
				case *ast.TypeSpec:
					add(s.Name, node)
				case *ast.ValueSpec:
					for _, id := range s.Names {
						add(id, node)
					}
					c.embeds[node] = append(patterns(d.Doc), patterns(s.Doc)...)
				}
			}
		}
	}
}

// receiver is the name of a method's type.
func receiver(d *ast.FuncDecl) (name string) {
	if len(d.Recv.List) == 0 {
		return ""
	}
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}

// Hash is of all that the registration of a name reaches; verb is the function that is called for it, such as Register.
// A name that is not written out in such a call is taken to reach everything but the main part. Hashing starts from
// roots: the call that registers the name, or the function around it where the call reads that function's variables,
// and what runs before the host serves: every init function and what stands in main before InThisCell, without the
// calls that register other names. A variable reaches all code of the package that may set it.
func (c *Source) Hash(verb, name string) string {
	var roots, first []ast.Node
	found := false
	for _, f := range c.funcs {
		registers := false
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !strings.HasPrefix(called(call), "Register") {
				return true
			}
			registers = true
			if called(call) != verb || len(call.Args) == 0 || quoted(call.Args[0]) != name {
				return true
			}
			found = true
			if c.closed(call) {
				roots = append(roots, call)
			} else if n := c.runs(f); n != nil { // it reads what was computed before
				roots = append(roots, n)
			}
			return true
		})
		if f.Recv != nil || f.Body == nil {
			continue
		}
		// What runs before may set what the method reads, in this package and in others.
		switch before, _ := c.prelude(f); {
		case f.Name.Name == "main" && before != nil:
			first = append(first, before)
		case f.Name.Name == "init" && !registers:
			first = append(first, f)
		case f.Name.Name == "init":
			first = append(first, block(f.Body.List))
		}
	}
	// The name is computed, so any declaration may have a part in it. Of main only what runs in the host is among them.
	if !found {
		roots = nil
		for _, nodes := range c.decls {
			roots = append(roots, nodes...)
		}
		for _, f := range c.funcs { // init has no name that could be reached
			roots = append(roots, f)
		}
		roots = slices.DeleteFunc(roots, func(n ast.Node) bool {
			f, ok := n.(*ast.FuncDecl)
			return ok && f.Recv == nil && f.Name.Name == "main"
		})
	}
	return c.reach(roots, first)
}

// called is the name of the function that is called, without what stands before its dot.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// quoted is the text of a string literal, and empty for any other expression, such as the name of a constant.
func quoted(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return text
}

// closed reports whether an expression reads no variable of the function that it stands in. Such a call means the same
// wherever it stands, so that it can be hashed without the function. What is declared within it, as in a function
// literal, is its own.
func (c *Source) closed(e ast.Expr) bool {
	closed := true
	ast.Inspect(e, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return closed
		}
		if v, ok := c.info.Uses[id].(*types.Var); ok && !v.IsField() && v.Parent() != c.pkg.Scope() &&
			(v.Pos() < e.Pos() || v.Pos() >= e.End()) {
			closed = false
		}
		return closed
	})
	return closed
}

// reach hashes nodes and all declarations of the package that they name, and those that these name, and so on, with
// all code that may set a variable among them and the files that are embedded in it. The type checker says what a name
// stands for, so a local variable that is called like a declaration does not reach it. Each node is hashed once, which
// ends recursion, and the parts are sorted, so that the order in the file does not matter. From first, and from what
// only sets variables, calls are left out that do no more than register something.
func (c *Source) reach(nodes, first []ast.Node) string {
	whole, seen := map[ast.Node]bool{}, map[ast.Node]bool{}
	for _, n := range nodes {
		whole[n] = true
	}
	nodes = append(slices.Clone(nodes), first...)
	parts := slices.Clone(c.dots)
	for len(nodes) > 0 {
		n := nodes[0]
		nodes = nodes[1:]
		if seen[n] {
			continue
		}
		seen[n] = true
		var spare []ast.Node
		ast.Inspect(n, func(inner ast.Node) bool {
			switch x := inner.(type) {
			case *ast.CallExpr:
				if !whole[n] && c.spare(x) {
					spare = append(spare, x)
					return false
				}
			case *ast.Ident:
				switch o := c.info.Uses[x].(type) {
				case nil:
				// Another package can be imported under the same name, so the path counts.
				case *types.PkgName:
					parts = append(parts, x.Name+" "+o.Imported().Path())
				default:
					for _, d := range c.decls[o] {
						whole[d] = whole[d] || !seen[d]
						nodes = append(nodes, d)
					}
					nodes = append(nodes, c.writers[o]...)
				}
			}
			return true
		})
		if text := c.tokens(n, spare...); strings.Trim(text, ";\n") != "" { // else it only registers
			parts = append(parts, text)
		}
		if list := c.embeds[n]; len(list) > 0 {
			parts = append(parts, embedded(filepath.Dir(c.fset.PositionFor(n.Pos(), false).Filename), list))
		}
	}
	slices.Sort(parts)
	return Digest(slices.Compact(parts)...)
}

// tokens is the text of a node without comments, line breaks and the parts that are left out. The scanner adds a
// semicolon where a line ends, and gofmt wants a comma behind the last element of a list that is broken over lines.
// Both are left out before a closing bracket: there they depend on the line breaks alone.
func (c *Source) tokens(n ast.Node, without ...ast.Node) string {
	// a //line comment leads elsewhere
	from, to := c.fset.PositionFor(n.Pos(), false), c.fset.PositionFor(n.End(), false)
	text := slices.Clone(c.files[from.Filename][from.Offset:to.Offset])
	for _, w := range without {
		a, b := c.fset.PositionFor(w.Pos(), false).Offset, c.fset.PositionFor(w.End(), false).Offset
		for i := a - from.Offset; i < b-from.Offset; i++ {
			text[i] = ' '
		}
	}
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(text)), text, nil, 0)
	var b strings.Builder
	end := token.ILLEGAL // a semicolon or comma that stands before a closing bracket only where a line ends
	for {
		_, tok, lit := s.Scan()
		if end != token.ILLEGAL && tok != token.RBRACE && tok != token.RPAREN {
			b.WriteString(end.String() + "\n")
		}
		end = token.ILLEGAL
		switch tok {
		case token.EOF:
			return b.String()
		case token.SEMICOLON, token.COMMA:
			end = tok
		default:
			b.WriteString(tok.String() + " " + lit + "\n")
		}
	}
}

// Digest names texts, in their order. The length before each part keeps ("ab", "c") and ("a", "bc") apart. Six bytes
// are kept, as many as of a build's identity: enough to tell versions of a cell apart.
func Digest(parts ...string) string {
	sum := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(sum, "%d %s\n", len(p), p)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

// hostFolders are the project's folders of which a host is made. The client, workbench, and the command line are not
// among them: they have no part in what a host computes.
var hostFolders = []string{"data", "models", "inforeg", "internal", "viz", "workbench/host"}

// Sources names the project's own code that a host is made of, below the root of a checkout: every Go file that is no
// test, and the versions of other modules in go.mod and go.sum.
// An error is the file system's. Paths are hashed with the texts, so a checkout that was moved counts as other code.
func Sources(root string) (string, error) {
	var parts []string
	for _, name := range []string{"go.mod", "go.sum"} {
		path := filepath.Join(root, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		parts = append(parts, path, string(text))
	}
	for _, folder := range hostFolders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && d.Name() == "testdata":
				return filepath.SkipDir
			case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			text, err := os.ReadFile(path)
			parts = append(parts, path, string(text))
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return Digest(parts...), nil
}

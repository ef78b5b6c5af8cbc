package policy

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	mostCode  = 3500 // lines of code in a package, without its tests, blank lines and comments
	mostUsual = 450  // lines of the largest of nine in ten of its files
)

// codeLines counts the lines of a file that are neither blank nor a comment from their first letter on.
func codeLines(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			n++
		}
	}
	return n
}

// TestPackageSizes keeps a package to what one can have in mind at once.
func TestPackageSizes(t *testing.T) {
	for _, p := range listPackages(t) {
		code, sizes := 0, []int{}
		for _, file := range slices.Concat(p.GoFiles, p.CgoFiles) {
			text := string(read(t, filepath.Join(p.name(), file)))
			code += codeLines(text)
			sizes = append(sizes, strings.Count(text, "\n"))
		}
		if code > mostCode {
			t.Errorf("%s: %d lines of code, want at most %d: one room has one purpose", p.name(), code, mostCode)
		}
		slices.Sort(sizes)
		if n := len(sizes); n > 0 && sizes[(9*n-1)/10] >= mostUsual {
			t.Errorf(
				"%s: nine in ten of its files have up to %d lines, want below %d", p.name(), sizes[(9*n-1)/10],
				mostUsual,
			)
		}
	}
}

// widest is how many columns a line may have, a tab as four.
const widest = 120

// TestLinesFit keeps code and comments to lines that are read without turning the head. Tables in comments, which begin
// with a tab, may have more; so may what an example prints, and a line whose literal has no place to be broken at: one
// in back quotes, or of one word.
func TestLinesFit(t *testing.T) {
	for _, name := range treeFiles(t) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		text := string(read(t, name))
		whole := unbreakable(text)
		output := false
		for i, line := range strings.Split(text, "\n") {
			trimmed := strings.TrimSpace(line)
			output = strings.HasPrefix(trimmed, "// Output:") || output && strings.HasPrefix(trimmed, "//")
			table := strings.HasPrefix(trimmed, "//") && !strings.HasPrefix(trimmed, "// ")
			if columns(line) > widest && !output && !table && !whole[i+1] {
				t.Errorf("%s:%d: %d columns, want at most %d", name, i+1, columns(line), widest)
			}
		}
	}
}

// columns counts those of a line.
func columns(line string) int { return utf8.RuneCountInString(line) + 3*strings.Count(line, "\t") }

// unbreakable are the lines with a literal that is long and has no place to be broken at.
func unbreakable(text string) map[int]bool {
	lines := map[int]bool{}
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), nil, 0)
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return lines
		}
		raw := strings.HasPrefix(literal, "`")
		if tok != token.STRING || !raw && (len(literal) < widest/2 || strings.Contains(literal, " ")) {
			continue
		}
		for k, part := range strings.Split(literal, "\n") {
			lines[file.Line(pos)+k] = len(part) > widest/2
		}
	}
}

// link is a doc link to a name that begins with a capital: of the package itself, of another one, of a type.
var link = regexp.MustCompile(`\[\*?(?:([a-z][a-z0-9]*)\.)?([A-Z]\w*)(?:\.(\w+))?\]`)

// declared are the names that a package declares: types, functions, variables, and below types with a full stop their
// methods, fields and what an interface asks for.
func declared(t *testing.T, p goPackage) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, file := range slices.Concat(p.GoFiles, p.CgoFiles) {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names[d.Name.Name] = true
				} else if of := receiverName(d.Recv.List[0].Type); of != "" {
					names[of+"."+d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.ValueSpec:
						for _, id := range s.Names {
							names[id.Name] = true
						}
					case *ast.TypeSpec:
						names[s.Name.Name] = true
						for _, m := range members(s.Type) {
							names[s.Name.Name+"."+m] = true
						}
					}
				}
			}
		}
	}
	return names
}

func receiverName(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiverName(t.X)
	case *ast.IndexExpr:
		return receiverName(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}

// members are the fields of a struct and the methods of an interface.
func members(t ast.Expr) (names []string) {
	var list *ast.FieldList
	switch t := t.(type) {
	case *ast.StructType:
		list = t.Fields
	case *ast.InterfaceType:
		list = t.Methods
	default:
		return nil
	}
	for _, f := range list.List {
		for _, id := range f.Names {
			names = append(names, id.Name)
		}
		if len(f.Names) == 0 {
			names = append(names, receiverName(f.Type))
		}
	}
	return names
}

// TestDocLinks wants every link in a comment to lead somewhere: a name that moved is a dead end for whoever reads.
func TestDocLinks(t *testing.T) {
	packages := listPackages(t)
	names := map[string]map[string]bool{}
	for _, p := range packages {
		names[p.ImportPath] = declared(t, p)
	}
	for _, p := range packages {
		for _, file := range slices.Concat(p.GoFiles, p.CgoFiles) {
			f, err := parser.ParseFile(
				token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.ParseComments|parser.SkipObjectResolution,
			)
			if err != nil {
				t.Fatal(err)
			}
			imported := map[string]string{}
			for _, path := range p.Imports { // a link may name what another file of the package imports
				imported[filepath.Base(path)] = path
			}
			for _, im := range f.Imports {
				if im.Name != nil {
					imported[im.Name.Name] = strings.Trim(im.Path.Value, `"`)
				}
			}
			for _, group := range f.Comments {
				for _, m := range link.FindAllStringSubmatch(group.Text(), -1) {
					of := p.ImportPath
					if m[1] != "" {
						of = imported[m[1]]
					}
					name := m[2]
					if m[3] != "" {
						name += "." + m[3]
					}
					known, ours := names[of]
					if name == strings.ToUpper(name) {
						continue // a shape
					}
					switch {
					case m[1] != "" && of == "":
						t.Errorf("%s/%s: link %s: package %s is not imported", p.name(), file, m[0], m[1])
					case ours && !known[name]:
						t.Errorf("%s/%s: link %s leads nowhere", p.name(), file, m[0])
					}
				}
			}
		}
	}
}

// TestLimitsMatch makes sure that the rules can fail.
func TestLimitsMatch(t *testing.T) {
	if n := codeLines("package a\n\n// b\nvar c = 1 // d\n\t// e\n"); n != 2 {
		t.Errorf("%d lines of code, want the clause and the variable", n)
	}
	if n := columns("\t\tμ²"); n != 10 {
		t.Errorf("%d columns, want two tabs of four and two letters", n)
	}
	word := strings.Repeat("x", widest/2)
	text := "package a\n\nvar b = \"" + word + "\"\nvar c = \"" + word + " d\"\nvar e = `short\n" + word + " f`\n"
	if got := unbreakable(text); !got[3] || got[4] || got[5] || !got[6] {
		t.Errorf("lines %v cannot be broken, want 3 and 6", got)
	}
	for text, want := range map[string]string{
		"see [Run.To].": "[Run.To]", "[graph.NewExec]": "[graph.NewExec]", "[*Backend]": "[*Backend]", "[B, H, W]": "",
		"x[i]": "", "[n, D]": "", "[B]": "[B]",
	} {
		if got := link.FindString(text); got != want {
			t.Errorf("in %q it finds %q, want %q", text, got, want)
		}
	}
}

// open are the packages that a cell imports, with those below viz.
var open = []string{
	"data", "inforeg", "inforeg/method", "models", "viz", "viz/page", "viz/tsne", "workbench", "workbench/host",
}

// TestTypesCanBeNamed: what such a package exports is made of types that its user can name, which those of internal
// packages are not, unless an exported alias names them, such as workbench.Figure.
func TestTypesCanBeNamed(t *testing.T) {
	packages := slices.DeleteFunc(listPackages(t), func(p goPackage) bool { return !slices.Contains(open, p.name()) })
	named := map[string]bool{} // types that an alias names
	for _, p := range packages {
		for _, file := range p.GoFiles {
			for _, m := range alias.FindAllStringSubmatch(string(read(t, filepath.Join(p.name(), file))), -1) {
				named[m[1]] = true
			}
		}
	}
	for _, p := range packages {
		for _, file := range slices.Concat(p.GoFiles, p.CgoFiles) {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			hidden := map[string]bool{} // names under which the file imports internal packages
			for _, s := range f.Imports {
				if path := strings.Trim(s.Path.Value, `"`); strings.Contains(path, "/internal/") {
					hidden[path[strings.LastIndex(path, "/")+1:]] = true
				}
			}
			for _, d := range f.Decls {
				for name, types := range exported(d) {
					for _, x := range types {
						if of := hiddenType(x, hidden); of != "" && !named[of] {
							t.Errorf("%s/%s: %s has a %s, which its user cannot name", p.name(), file, name, of)
						}
					}
				}
			}
		}
	}
}

// alias is an exported name for another package's type.
var alias = regexp.MustCompile(`(?m)^\t?(?:type )?[A-Z]\w* += (\w+\.[A-Z]\w*)$`)

// hiddenType is the first type of an internal package in an expression, "" where there is none.
func hiddenType(x ast.Node, hidden map[string]bool) (found string) {
	ast.Inspect(x, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && found == "" {
			if id, ok := s.X.(*ast.Ident); ok && hidden[id.Name] {
				found = id.Name + "." + s.Sel.Name
			}
		}
		return found == ""
	})
	return found
}

// exported gives the exported names of a declaration, and of each the types that a user of it meets: parameters and
// results of functions and methods, exported fields of structs, and what another type is made of. Embedded fields are
// met by what they bring, an alias is a name itself.
func exported(d ast.Decl) map[string][]ast.Node {
	all := map[string][]ast.Node{}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiverName(d.Recv.List[0].Type))) {
			all[d.Name.Name] = []ast.Node{d.Type}
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				structure, ok := s.Type.(*ast.StructType)
				switch {
				case !s.Name.IsExported() || s.Assign.IsValid():
				case !ok:
					all[s.Name.Name] = []ast.Node{s.Type}
				default:
					for _, field := range structure.Fields.List {
						for _, id := range field.Names {
							if id.IsExported() {
								all[s.Name.Name+"."+id.Name] = []ast.Node{field.Type}
							}
						}
					}
				}
			case *ast.ValueSpec:
				for _, id := range s.Names {
					if id.IsExported() && s.Type != nil {
						all[id.Name] = []ast.Node{s.Type}
					}
				}
			}
		}
	}
	return all
}

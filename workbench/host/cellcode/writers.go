package cellcode

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"strings"
)

// What a method reads of the package's variables may be set anywhere: in an init that registers it, in the main part
// before the cell becomes the host, in a function that another initialiser calls. So all code that may set a variable
// counts as a part of it.

// unit is a piece of code that may set variables: a function, or the initialiser of a variable.
type unit struct {
	node  ast.Node
	name  string              // of a function; empty of an initialiser, which nothing calls
	names map[string]bool     // that stand in it
	sets  map[*types.Var]bool // variables of the package that it may change, also through what it calls
}

// findWriters notes what may set each variable of the package. A function that names one which sets a variable may
// call it, with arguments that decide the value, and so is taken to set the variable too, over any number of calls.
// Functions are known by their names alone: an interface hides which method it calls, and one unit too many does no
// harm.
func (c *Source) findWriters(files []*ast.File) {
	var units []*unit
	add := func(n ast.Node, name string) {
		if n == nil {
			return
		}
		u := &unit{node: n, name: name, names: map[string]bool{}, sets: c.assigned(n)}
		inside := n
		if f, ok := n.(*ast.FuncDecl); ok {
			inside = f.Body // a method does not call those of other types that have its name
		}
		ast.Inspect(inside, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				u.names[id.Name] = true
			}
			return true
		})
		units = append(units, u)
	}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Body != nil {
					add(c.runs(d), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR && len(s.Values) > 0 {
						add(s, "")
					}
				}
			}
		}
	}
	for grown := true; grown; {
		grown = false
		for _, callee := range units {
			for _, u := range units {
				if u == callee || !u.names[callee.name] {
					continue
				}
				before := len(u.sets)
				maps.Copy(u.sets, callee.sets)
				grown = grown || len(u.sets) > before
			}
		}
	}
	for _, u := range units {
		for v := range u.sets {
			c.writers[v] = append(c.writers[v], u.node)
			c.setters[u.name] = true
		}
	}
}

// runs is the part of a function that runs in the host: all of it, but of main what stands before InThisCell, which
// never returns there; nil where nothing does. A main that reaches InThisCell in another way counts as a whole.
func (c *Source) runs(d *ast.FuncDecl) ast.Node {
	if d.Recv != nil || d.Name.Name != "main" {
		return d
	}
	if before, ok := c.prelude(d); !ok {
		return d
	} else if before != nil {
		return before
	}
	return nil
}

// prelude is what stands in main before the statement that calls InThisCell, nil where nothing does; ok tells whether
// there is such a statement. GoNB begins every main part with a call of flag.Parse, which is left out.
func (c *Source) prelude(main *ast.FuncDecl) (before *ast.BlockStmt, ok bool) {
	var list []ast.Stmt
	for _, s := range main.Body.List {
		name := ""
		if e, is := s.(*ast.ExprStmt); is {
			if call, is := e.X.(*ast.CallExpr); is {
				name = called(call)
			}
		}
		switch {
		case name == "InThisCell":
			return block(list), true
		case name != "Parse" || len(list) > 0:
			list = append(list, s)
		}
	}
	return nil, false
}

// block makes one node of statements that follow each other, nil of none.
func block(list []ast.Stmt) *ast.BlockStmt {
	if len(list) == 0 {
		return nil
	}
	return &ast.BlockStmt{Lbrace: list[0].Pos(), List: list} // without the other brace it ends with its last statement
}

// spare reports whether a call registers something and does nothing else, so that another method's code can do without
// it. With an argument that sets a variable of the package it does.
func (c *Source) spare(call *ast.CallExpr) bool {
	if !strings.HasPrefix(called(call), "Register") || len(c.assigned(call)) > 0 {
		return false
	}
	spare := true
	ast.Inspect(call, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && c.setters[id.Name] {
			spare = false
		}
		return spare
	})
	return spare
}

// assigned are the variables of the package that a node itself may change: those that are assigned, whose address is
// taken, on which a method is called, or that are handed on so that others may change what they hold. To read a number,
// a text or a truth value changes nothing, whether it is the variable, an element or a field of it.
func (c *Source) assigned(n ast.Node) map[*types.Var]bool {
	sets := map[*types.Var]bool{}
	set := func(e ast.Expr) {
		if v := c.root(e); v != nil {
			sets[v] = true
		}
	}
	judged := map[ast.Expr]bool{} // chains that were looked at, with all their parts
	pass := func(e ast.Expr) {
		for _, part := range chain(e) {
			judged[part] = true
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				set(e)
				pass(e)
			}
		case *ast.IncDecStmt:
			set(n.X)
		case *ast.RangeStmt:
			set(n.Key)
			set(n.Value)
			if t := c.info.TypeOf(n.X); t != nil && c.root(n.X) != nil && plain(element(t)) {
				pass(n.X)
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				set(n.X)
			}
		case *ast.CallExpr:
			switch f := n.Fun.(type) {
			case *ast.SelectorExpr:
				set(f.X)
			case *ast.Ident:
				if b, ok := c.info.Uses[f].(*types.Builtin); ok && (b.Name() == "len" || b.Name() == "cap") {
					pass(n.Args[0])
				}
			}
		case ast.Expr:
			if c.root(n) == nil || judged[n] {
				return true
			}
			pass(n)
			if !plain(c.info.TypeOf(n)) {
				set(n)
			}
		}
		return true
	})
	return sets
}

// plain reports whether a copy of a value shares nothing with it that could be changed. Of a type of another package
// nothing is known, so it is not.
func plain(t types.Type) bool {
	if t == nil {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Kind() != types.Invalid && u.Kind() != types.UnsafePointer
	case *types.Signature:
		return true
	case *types.Array:
		return plain(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if !plain(f.Type()) {
				return false
			}
		}
		return true
	}
	return false
}

// element is the type of what a range over a value gives, or the type itself.
func element(t types.Type) types.Type {
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return u.Elem()
	case *types.Map:
		return u.Elem()
	}
	return t
}

// chain is an expression and what it takes fields, elements, parts or targets of, down to its root.
func chain(e ast.Expr) (list []ast.Expr) {
	for e != nil {
		list = append(list, e)
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.TypeAssertExpr:
			e = x.X
		default:
			e = nil
		}
	}
	return list
}

// root is the variable of the package at the root of a chain, nil where it is none.
func (c *Source) root(e ast.Expr) *types.Var {
	list := chain(e)
	if len(list) == 0 {
		return nil
	}
	id, ok := list[len(list)-1].(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := c.info.Uses[id].(*types.Var)
	if !ok || v.IsField() || v.Parent() != c.pkg.Scope() {
		return nil
	}
	return v
}

// Package cellcode tells whether the code that a cell defines has changed, so that a run that it trained is not taken
// up by other code without a word.
//
// Start with [Read]. A cell's code is hashed definition by definition: of a method, what its registration reaches in
// the cell's package. So the code of a method changes when the method does, and not when the cell's main part, another
// method, a handle, a comment or a line break does. GoNB writes all declarations and the main part of a cell into one
// file. [Sources] does the same for a whole checkout, whose host may be older than the cell.
package cellcode

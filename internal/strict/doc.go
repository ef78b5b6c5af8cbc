// Package strict reads JSON that a person wrote or another program sent, of which nothing may be passed over in
// silence.
//
// [Unmarshal] fills a Go value as encoding/json does, and refuses what encoding/json lets pass: a name that the value
// has no field for, a name in other capitals, a name that stands twice, a null where a number, a text or an object is
// wanted, bytes that are not UTF-8, and whatever follows the value. [UnmarshalWritten] refuses null everywhere: a
// person who means the default leaves the name out. Every error is one line that says where in the value it is.
package strict

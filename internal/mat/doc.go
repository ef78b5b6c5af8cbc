// Package mat reads numeric arrays from MATLAB's level 5 files, those that save writes with -v6 and -v7, from files
// that nobody has checked.
//
// Start with [Decode]. [Encode] writes such files, for made sets.
//
// Rules, stated once:
//
//   - A variable is picked by its name. Others are looked at as far as their names and not inflated further; what
//     follows the wanted one is not looked at.
//   - Every numeric class is read from every numeric type of storage, for MATLAB keeps numbers in the smallest type
//     that holds them: a double array of whole numbers lies in the file as bytes. Logical arrays count as bytes.
//   - Both byte orders are read, small data elements, compressed variables and plain ones.
//   - Arrays are column-major: the first axis runs fastest. Integers beyond 2^53 are rounded, as numbers are float64.
//   - What an array takes is bounded by the caller, and by what its compressed bytes can hold at all: no header makes
//     memory be taken that the file does not fill.
//   - Files of level 4 and of version 7.3, which is HDF5, complex numbers and arrays that are not numeric are a
//     [data.UnsupportedError], whatever contradicts itself is a [data.FormatError].
//
// It is code of our own: no module for the format that is kept up and bears damaged files was found, and little of the
// format is wanted.
package mat

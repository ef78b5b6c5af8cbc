// Package npy reads arrays as NumPy writes them, from files that nobody has checked.
//
// Start with [Decode], or [DecodeZip] for several arrays in one file. [Encode] writes the simplest of such files.
//
// Rules, stated once:
//
//   - Every array of plain numbers that numpy.save writes is read: bool, integers of 1 to 8 bytes with and without
//     sign, floats of 2, 4 and 8 bytes, in either byte order, row by row or column by column, of any number of axes,
//     none and empty ones among them, under headers of version 1 to 3.
//   - Headers are read as Python reads them: any order of keys, either quotes, any spacing, the L of Python 2's
//     numbers.
//   - Values are kept as float32, each the nearest to what the file holds, as astype("float32") makes it: fractions
//     keep seven digits, whole numbers beyond 2^24 lose their last ones. What float32 cannot hold at all is an error
//     that names the place, and so is a value that is infinite or not a number. Unsigned bytes are kept as bytes.
//   - What is no plain number is a [data.UnsupportedError] whose hint says what to do: pickled objects, which can run
//     code, texts, dates, records, complex and long double numbers.
//   - No header makes memory be taken that the file does not fill.
//
// It is code of our own: the modules for the format take one spacing of headers and no version 3, read number by
// number, and let a damaged header end the program or take 4 GiB.
package npy

// Package video decodes videos, recordings in uncommon formats, and pictures, and sizes and crops what they show, for
// the loaders beside it.
//
// Start with [Frames], [Sound], [Recording] and [DecodePicture]; [Dress] makes a network's input of a [Picture], by
// [RandomResizedCrop], [Flip] and [Normalize]. [Pack] puts a clip's frames together for a cache, and an [Album] takes
// them out again.
//
// Rules, stated once:
//
//   - A picture is H rows of W pixels of three bytes: red, green, blue. Sides are named in the order height, width.
//   - Videos and recordings are decoded by the programs ffmpeg and ffprobe, which a [Decoder] names and bounds: in
//     time, in what they send, in memory (on Linux) and in threads. No shell takes part, so any file name is safe.
//     Containers that refer to other files or to the network, playlists above all, are not read.
//   - A file that is broken or that the programs refuse gives a [data.FormatError]; a kind that is not read, and a file
//     that takes more time or decodes to more than it may, a [data.UnsupportedError]; both name the file. Where the
//     programs are missing, each error is [ErrNoFFmpeg].
//   - A video or recording that ends well before the time that its header names is broken, unless [Decoder.AcceptShort]
//     is set: see there. So is one of fewer frames than asked for.
//   - PNG, JPEG and GIF are decoded here, without a program and for every loader: nothing else of the project reads a
//     picture, and nothing looks a decoder up, as image.Decode does: jpegn registers itself there and forgives. Here it
//     is given what was found whole before, and frames, and takes a third of the time. Size is checked before pixels
//     are. Reading is strict: what is cut or damaged is an error, but for a file that lacks the mark of its end alone,
//     and a JPEG's codes must fill the picture exactly, as they do not where a part was lost in the middle. A flipped
//     bit that leaves their number as it was cannot be told: a JPEG has no sums. The one exception is [Album], whose
//     JPEG frames are decoded as far as they go where they are damaged inside; a cut one is an error there too, and
//     [VerifyFrames] finds all.
//   - What is transparent shows white behind it, in palettes too, rounded to whole levels; a colour that stands for
//     nothing is white. Of 16 bits the upper 8 are kept. Ink becomes colour as in libjpeg, inverted where Adobe's mark
//     is. A picture is shown as its EXIF orientation says, in JPEG and PNG; EXIF data that is broken counts for
//     nothing. A colour profile is not followed. Of an animated picture the first one is read; where a GIF's is smaller
//     than the canvas, the rest is white.
//   - Sizing is Pillow's: bilinear, widened where a picture is reduced so that each pixel counts, with the same
//     weights, and rounded to 8 bits after each of two passes, first across. Where newer versions of Pillow find it
//     cheaper to pass downwards first, a value may differ by one step of 255; else none does. Cropping follows
//     torchvision.
//   - Random numbers come from the caller's generator alone, as many in the same order for equal arguments.
package video

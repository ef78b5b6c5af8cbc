// Package violentflows reads Violent Flows (T. Hassner, Y. Itcher, O. Kliper-Gross, CVPR Workshops 2012): 246 clips of
// crowds from YouTube, violent or not, some with sound.
//
// Start with [Open]. The owners' folders are read as they are, or below a folder movies:
//
//	violentflows/1/Violence/fans_violence__TITLE__UPLOADER__VIDEO.avi
//	violentflows/1/NonViolence/stadium_crowds__TITLE__UPLOADER__VIDEO.avi
//	violentflows/2/..                                                 to 5
//
// Rules, stated once:
//
//   - The folders 1 to 5 are the owners' folds: one is the test split, and what is measured on the set is the mean of
//     five runs. Of the others a share of each class, drawn by data_seed, is the validation split.
//   - A clip's source video is the last part of its name, or without it what follows the search words; some names are
//     cut off. No source video is in training and validation; whether one is in two folds is the owners' affair, and a
//     check of the set tells.
//   - Names of the folders may be of another case, and with a hyphen, underscore or blank in them. Names that begin
//     with a full stop and files that are no videos are passed over, and so are further folders, the owners' sixth for
//     example. Videos other than .avi are looked at with ffprobe each time the set is opened, which takes some seconds.
//   - A clip whose file has no sound stream is read as silence: the spectrogram of zeros, the smallest value
//     everywhere. How many of each class these are is in the provenance: where the classes differ in it, silence tells
//     the class. With silent=skip they are left out and listed. The usual set beside this one, Hockey Fights, has no
//     sound at all.
//   - Sound is brought to 22,050 Hz, repeated and cut to sound_seconds, limited to -1..1, and becomes log(|X| + 1e-7)
//     of frames of 512 samples every 353, centred, as the paper's code has it for CREMA-D; for this set no code is
//     published.
//   - Frames are decoded fps a second. In evaluation a sample's are the middle ones of equal segments, in training one
//     of each segment at random. Where there are too few some stand twice.
//   - In training each frame is cropped at random, resized, and mirrored half of the time; otherwise it is resized
//     whole. Both are shifted and scaled by ImageNet's mean and deviation.
//   - What is absent, empty, cut off or no AVI is found when the set is opened, what is broken inside when it is read.
//     Links are followed.
package violentflows

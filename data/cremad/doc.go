// Package cremad reads CREMA-D (H. Cao and others, IEEE Transactions on Affective Computing 2014): 91 actors say twelve
// sentences in six moods, with sound and face.
//
// Start with [Open]. The owners' folders are read as they are, or what the field's code extracts from them, N being the
// setting frames; the first that is there is taken:
//
//	cremad/AudioWAV/1001_DFA_ANG_XX.wav           sound; or audio/
//	cremad/Image-0N-FPS/1001_DFA_ANG_XX/*.jpg     extracted frames, N a second
//	cremad/VideoFlash/1001_DFA_ANG_XX.flv         video, decoded by ffmpeg
//	cremad/visual/1001_DFA_ANG_XX/*.jpg           extracted frames
//	cremad/train.csv, test.csv                    "ID,LABEL" lists; or ogm_train.csv, ogm_test.csv; also in cremad_meta/
//
// Rules, stated once:
//
//   - Names of folders, clips and their extensions may be in small letters or capitals.
//   - A clip's mood and actor are in its name. A list that says otherwise is broken. With lists the set is what they
//     name, without them every clip that has a sound or a face.
//   - The usual lists share all 91 actors between training and test: what is measured on them is how well known people
//     are read. The split by actor shares none.
//   - Sound is brought to 22,050 Hz, repeated to 3 seconds and cut there, limited to -1..1, and becomes log(|X| + 1e-7)
//     of frames of 512 samples every 353, centred: 257 frequencies by 188 times. The field repeats three times, so that
//     clips below a second come out shorter there.
//   - Of a clip's frames, as many a second as a sample has, some are chosen: in training at random, see the setting
//     choose, otherwise the middle ones of equal segments. The field's code draws in evaluation as well. Where a clip
//     has too few, some stand twice; the field's code leaves such places empty.
//   - In training each frame is cropped at random, resized, and mirrored half of the time; otherwise it is resized
//     whole. Both are shifted and scaled by ImageNet's mean and deviation.
//   - Extracted frames are cropped as they are, as in the field's code; the cache keeps a JPEG's planes, half of its
//     pixels' bytes. The frames of a video, which take twice the space, are reduced first, to 256 rows of the owners'
//     360: the smallest crop, 8 % of the area, is enlarged from 84 pixels a side instead of 118. frame_side says
//     otherwise for both.
//   - Of a clip's extracted frames those that are wanted are decoded. What is damaged within a JPEG's data is decoded
//     as far as it goes, as Pillow does it; [data.Checked] and skip_broken look through all frames, and find it.
//   - What is absent, empty or no recording is found when the set is opened, what is broken inside when it is read.
//     Links are followed.
package cremad

"""The field's pipeline, as bench.py calls it: librosa and torchvision under PyTorch's DataLoader with a worker a core.

Written anew from what the field's released loaders do: a recording at 22,050 Hz, repeated to three seconds, limited, log of
the magnitude of a short-time Fourier transform; of a clip's frames as many as a sample has, drawn at random and in order of
time, each cropped, mirrored and normalised by torchvision. From cold it starts at WAV and JPEG files, or decodes a video by
OpenCV; cached reads the spectrogram from an .npy file and the frames from JPEG files, which is what the field keeps.

It answers each line of its standard input with a pass over the set. Workers stay alive, and one pass before the first is
not counted.
"""

import argparse
import json
import pathlib
import sys
import time

import librosa
import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

RATE, SECONDS, WINDOW, HOP = 22050, 3, 512, 353
SIDE = 224


def spectrogram(path):
    x, _ = librosa.load(path, sr=RATE)
    x = np.clip(np.tile(x, SECONDS)[: RATE * SECONDS], -1, 1)
    return np.log(np.abs(librosa.stft(x, n_fft=WINDOW, hop_length=HOP)) + 1e-7)


def video_frames(path, per_second):
    """Frames of a video, so many a second, as pictures."""
    import cv2

    cv2.setNumThreads(1)
    video = cv2.VideoCapture(str(path))
    every = max(1, round(video.get(cv2.CAP_PROP_FPS) / per_second))
    frames, at = [], 0
    while video.grab():
        if at % every == 0:
            _, frame = video.retrieve()
            frames.append(Image.fromarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)))
        at += 1
    video.release()
    if not frames:
        raise RuntimeError(f"{path}: no frames")
    return frames


class Clips(Dataset):
    def __init__(self, root, part, cached, frames):
        self.root, self.part, self.cached, self.frames = root / "cremad", part, cached, frames
        lines = (self.root / "train.csv").read_text().split()
        self.clips = [line.split(",") for line in lines]
        self.classes = sorted({mood for _, mood in self.clips})
        self.transform = transforms.Compose([
            transforms.RandomResizedCrop(SIDE),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ])  # fmt: skip

    def __len__(self):
        return len(self.clips)

    def pictures(self, id_):
        if self.part == "video":
            frames = video_frames(self.root / "VideoFlash" / f"{id_}.flv", self.frames)
            return [frames[i] for i in self.draw(len(frames))]
        files = sorted((self.root / f"Image-{self.frames:02d}-FPS" / id_).iterdir())
        return [Image.open(files[i]).convert("RGB") for i in self.draw(len(files))]

    def draw(self, n):
        return sorted(np.random.choice(n, size=self.frames, replace=False))

    def __getitem__(self, i):
        id_, mood = self.clips[i]
        sample = {"label": self.classes.index(mood)}
        if self.part != "frames":
            sample["audio"] = np.load(self.root / "spectrograms" / f"{id_}.npy") if self.cached else spectrogram(self.root / "AudioWAV" / f"{id_}.wav")
        if self.part != "audio":
            sample["video"] = torch.stack([self.transform(p) for p in self.pictures(id_)], 1)
        return sample


def prepare(root):
    folder = root / "cremad/spectrograms"
    folder.mkdir(exist_ok=True)
    for line in (root / "cremad/train.csv").read_text().split():
        id_ = line.split(",")[0]
        np.save(folder / id_, spectrogram(root / f"cremad/AudioWAV/{id_}.wav"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--part", choices=["both", "audio", "frames", "video"], default="both")
    parser.add_argument("--cached", action="store_true")
    parser.add_argument("--frames", type=int, default=3)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    if args.cached:
        prepare(args.dir)
    clips = Clips(args.dir, args.part, args.cached, args.frames)
    loader = DataLoader(clips, args.batch, shuffle=True, num_workers=args.workers, drop_last=True, persistent_workers=True)

    def once():
        samples = 0
        for batch in loader:
            samples += len(batch["label"])
        return samples

    once()
    print(json.dumps({"ready": True, "torch": torch.__version__, "librosa": librosa.__version__}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        samples = once()
        print(json.dumps({"samples": samples, "s": [time.perf_counter() - began]}), flush=True)


if __name__ == "__main__":
    main()

"""Values of Pillow and torchvision for the pictures of package video: writes reference.json beside it.

    pip install numpy==2.4.6 pillow==13.0.0 torch==2.15.0 torchvision==0.29.2
    python reference.py

The versions that were used, libjpeg-turbo's among them, stand in the file.
"""

import base64
import io
import json
import pathlib

import numpy
import PIL
import torch
import torchvision
from PIL import Image, features
from torchvision import transforms
from torchvision.transforms import functional

SEED = 1
DRAWS = 20000
# top, left, height, width of the box; height, width of the result
BOXES = [
    (0, 0, 37, 53, 16, 16),
    (0, 0, 37, 53, 80, 100),
    (5, 7, 20, 30, 24, 24),
    (3, 0, 34, 53, 34, 20),
    (0, 11, 37, 9, 5, 9),
    (36, 52, 1, 1, 4, 4),
    (0, 0, 37, 53, 37, 53),
    (1, 2, 30, 40, 1, 1),
    (17, 0, 1, 53, 9, 7),
    (2, 40, 35, 13, 12, 8),
    (0, 0, 37, 53, 36, 52),
]
CENTRES = [(20, 30), (37, 53), (22, 26), (50, 31), (12, 60), (44, 66)]
SHORTS = [18, 37, 50]
FALLBACKS = [(10, 300), (300, 10), (1, 300), (301, 1)]  # whatever is drawn


def text(b: bytes) -> str:
    return base64.b64encode(b).decode()


def pixels(picture) -> str:
    """The bytes of a picture, on white where it is transparent."""
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        picture = Image.new("RGB", picture.size, "white")
        picture.paste(clear.convert("RGB"), mask=clear.getchannel("A"))
    return text(numpy.asarray(picture.convert("RGB")).tobytes())


def made(height: int, width: int, rng):
    """Noise beside a smooth pattern, in colours that differ from pixel to pixel."""
    noise = rng.integers(0, 256, (height, width, 3))
    y, x = numpy.mgrid[0:height, 0:width]
    smooth = numpy.stack([6 * y % 256, 4 * x % 256, 128 + 100 * numpy.sin(x * y / 50)], 2)
    return Image.fromarray(numpy.where((x < width // 2)[..., None], noise, smooth).astype("u1"))


def encoded(picture, kind: str, **options) -> dict:
    b = io.BytesIO()
    picture.save(b, kind, **options)
    return {"file": text(b.getvalue()), "size": [picture.height, picture.width], "pixels": pixels(Image.open(io.BytesIO(b.getvalue())))}


def files(rng) -> dict:
    small = made(21, 19, rng)
    clear = small.convert("RGBA")
    clear.putalpha(Image.fromarray(rng.integers(0, 256, (21, 19)).astype("u1")))
    out = {
        "jpeg 4:4:4": encoded(small, "JPEG", quality=90, subsampling="4:4:4"),
        "jpeg 4:2:2": encoded(small, "JPEG", quality=90, subsampling="4:2:2"),
        "jpeg 4:2:0": encoded(small, "JPEG", quality=90, subsampling="4:2:0"),
        "jpeg 4:2:0, even sides": encoded(made(34, 36, rng), "JPEG", quality=60, subsampling="4:2:0"),
        "jpeg 4:1:1": encoded(small, "JPEG", quality=90, subsampling="4:1:1"),
        "jpeg progressive": encoded(small, "JPEG", quality=90, progressive=True),
        "jpeg grey": encoded(small.convert("L"), "JPEG", quality=90),
        "jpeg CMYK": encoded(small.convert("CMYK"), "JPEG", quality=90),
        "jpeg kept as RGB": encoded(small, "JPEG", quality=90, keep_rgb=True),
        "png": encoded(small, "PNG"),
        "png transparent": encoded(clear, "PNG"),
        "png grey": encoded(small.convert("L"), "PNG"),
        "png grey transparent": encoded(clear.convert("LA"), "PNG"),
        "png palette": encoded(small.quantize(16), "PNG"),
        "png palette transparent": encoded(small.quantize(16), "PNG", transparency=3),
        "png bits": encoded(small.convert("1"), "PNG"),
        "gif": encoded(small.quantize(16), "GIF"),
        "gif animated": encoded(small.quantize(16), "GIF", save_all=True, append_images=[made(21, 19, rng).quantize(16)]),
    }
    for height, width in [(1, 1), (2, 2), (1, 3), (5, 1), (3, 4), (17, 5)]:
        out[f"jpeg of {width}x{height}"] = encoded(made(height, width, rng), "JPEG", quality=90, subsampling="4:2:0")
    return out


def crops(height: int, width: int) -> dict:
    torch.manual_seed(SEED)
    boxes = [transforms.RandomResizedCrop.get_params(torch.empty(3, height, width), [0.08, 1.0], [3 / 4, 4 / 3]) for _ in range(DRAWS)]
    values = {
        "area": [h * w / (height * width) for _, _, h, w in boxes],
        "log_ratio": numpy.log([w / h for _, _, h, w in boxes]),
        "top": [i / max(1, height - h) for i, _, h, _ in boxes],
        "left": [j / max(1, width - w) for _, j, _, w in boxes],
    }
    return {"size": [height, width], "values": {k: [float(numpy.mean(v)), float(numpy.std(v))] for k, v in values.items()}}


def main() -> None:
    rng = numpy.random.Generator(numpy.random.PCG64(SEED))
    picture = made(37, 53, rng)
    normal = functional.normalize(functional.to_tensor(picture), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]).permute(1, 2, 0).numpy()
    out = {
        "versions": {
            "libjpeg_turbo": features.version("libjpeg_turbo"),
            "numpy": numpy.__version__,
            "pillow": PIL.__version__,
            "torch": torch.__version__.split("+")[0],
            "torchvision": torchvision.__version__.split("+")[0],
        },
        "seed": SEED,
        "draws": DRAWS,
        "height": 37,
        "width": 53,
        "pixels": pixels(picture),
        "boxes": [
            {"box": b, "pixels": pixels(functional.resized_crop(picture, *b[:4], list(b[4:]), transforms.InterpolationMode.BILINEAR))} for b in BOXES
        ],
        "centres": [{"size": s, "pixels": pixels(functional.center_crop(picture, list(s)))} for s in CENTRES],
        "shorts": [{"short": s, "size": functional.resize(picture, s).size[::-1], "pixels": pixels(functional.resize(picture, s))} for s in SHORTS],
        "flip": pixels(functional.hflip(picture)),
        "normalized": [float(f"{v:.9g}") for v in normal[:2].ravel()],
        "files": files(rng),
        "crops": [crops(120, 200), crops(360, 480), crops(64, 40)],
        "fallbacks": [
            {"size": s, "box": transforms.RandomResizedCrop.get_params(torch.empty(3, *s), [0.08, 1.0], [3 / 4, 4 / 3])} for s in FALLBACKS
        ],
    }
    path = pathlib.Path(__file__).with_name("reference.json")
    path.write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()

"""The yardstick: what a person writes in an afternoon. A width-16 3D U-Net, small affine and intensity augmentation,
a running mean of the weights. torch and nibabel alone; nothing of hounsfield.

    python benchmarks/plain_unet.py DATA SPLIT.csv OUT --minutes 10 --seed 0
"""

import argparse
import csv
import math
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SIZE = (48, 64, 48)


def block(a, b):
    layers = [nn.Conv3d(a, b, 3, padding=1), nn.InstanceNorm3d(b, affine=True), nn.LeakyReLU(0.01)]
    return nn.Sequential(*layers, nn.Conv3d(b, b, 3, padding=1), nn.InstanceNorm3d(b, affine=True), nn.LeakyReLU(0.01))


class UNet(nn.Module):
    def __init__(self, w=16):
        super().__init__()
        self.d1, self.d2, self.d3, self.d4 = block(1, w), block(w, 2 * w), block(2 * w, 4 * w), block(4 * w, 8 * w)
        self.u3, self.u2, self.u1 = (nn.ConvTranspose3d(2 * n * w, n * w, 2, 2) for n in (4, 2, 1))
        self.b3, self.b2, self.b1 = (block(2 * n * w, n * w) for n in (4, 2, 1))
        self.out = nn.Conv3d(w, 3, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(F.max_pool3d(a, 2))
        c = self.d3(F.max_pool3d(b, 2))
        d = self.d4(F.max_pool3d(c, 2))
        c = self.b3(torch.cat([self.u3(d), c], 1))
        b = self.b2(torch.cat([self.u2(c), b], 1))
        return self.out(self.b1(torch.cat([self.u1(b), a], 1)))


def load(folder, name):
    image = torch.from_numpy(nib.load(folder / "imagesTr" / f"{name}.nii.gz").get_fdata(dtype=np.float32))
    label = torch.from_numpy(np.asarray(nib.load(folder / "labelsTr" / f"{name}.nii.gz").dataobj).astype(np.int64))
    return (image - image.mean()) / image.std(), label


def padded(x, value=0.0):
    room = [n - m for n, m in zip(SIZE, x.shape, strict=True)]
    return F.pad(x, [p for n in reversed(room) for p in (n // 2, n - n // 2)], value=value)


def augmented(image, label, rng):
    theta = torch.eye(3, 4) + torch.cat([torch.randn(3, 3, generator=rng) * 0.07, torch.zeros(3, 1)], 1)
    grid = F.affine_grid(theta[None], [1, 1, *SIZE], align_corners=False)
    image = F.grid_sample(image[None, None], grid, align_corners=False)[0]
    label = F.grid_sample(label[None, None].float(), grid, mode="nearest", align_corners=False)[0, 0].long()
    gain, shift, noise = torch.rand(3, generator=rng)
    image = image * (0.8 + 0.4 * gain) + 0.4 * shift - 0.2 + 0.1 * noise * torch.randn(image.shape, generator=rng)
    return image, label


def loss_of(logits, label):
    p, t = logits.softmax(1)[:, 1:], F.one_hot(label, 3).movedim(-1, 1)[:, 1:]
    dice = (2 * (p * t).sum((0, 2, 3, 4)) + 1) / (p.sum((0, 2, 3, 4)) + t.sum((0, 2, 3, 4)) + 1)
    return F.cross_entropy(logits, label) + 1 - dice.mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("split", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    began, rng = time.monotonic(), torch.Generator().manual_seed(args.seed)
    torch.manual_seed(args.seed)
    parts = {row["case"]: row["part"] for row in csv.DictReader(args.split.open())}
    training = [load(args.data, name) for name, part in parts.items() if part == "training"]
    training = [(padded(image), padded(label)) for image, label in training]
    network, mean = UNet(), UNet()
    mean.load_state_dict(network.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    step, done = 0, 0.0
    while done < 1:
        done = (time.monotonic() - began) / (60 * args.minutes)
        optimizer.param_groups[0]["lr"] = 2e-3 * min(1, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * min(1, done)))
        chosen = torch.randint(len(training), (2,), generator=rng)
        samples = [augmented(*training[i], rng) for i in chosen]
        loss = loss_of(network(torch.stack([s[0] for s in samples])), torch.stack([s[1] for s in samples]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for m, p in zip(mean.parameters(), network.parameters(), strict=True):
                m.lerp_(p, 1 - min(0.99, (step + 1) / (step + 10)))
        step += 1
    args.out.mkdir(parents=True, exist_ok=True)
    mean.eval()
    for name in [name for name, part in parts.items() if part == "test"]:
        image, _ = load(args.data, name)
        with torch.no_grad():
            answer = mean(padded(image)[None, None])[0].argmax(0)
        start = [(n - m) // 2 for n, m in zip(SIZE, image.shape, strict=True)]
        answer = answer[tuple(slice(s, s + n) for s, n in zip(start, image.shape, strict=True))]
        affine = nib.load(args.data / "imagesTr" / f"{name}.nii.gz").affine
        nib.save(nib.Nifti1Image(answer.numpy().astype(np.uint8), affine), args.out / f"{name}.nii.gz")
    print(f"plain script: {step} steps, last loss {loss.item():.3f}")


if __name__ == "__main__":
    main()

"""Writes cases with SimpleITK into the folder it is run in, and what it reads from them (cases.json).

In metaimage/testdata: python make.py .mha .mhd; in nrrd/testdata: python make.py .nrrd .nhdr."""
import json
import sys
import numpy as np
import SimpleITK as sitk

ending, detached = sys.argv[1:]
shape = (5, 4, 3)
k, j, i = np.meshgrid(np.arange(3), np.arange(4), np.arange(5), indexing="ij")
ramp = i + 10 * j + 50 * k
a, b = np.radians(20), np.radians(35)
rz = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
rx = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
cases = []


def save(name, array, vector=False, compress=False):
    im = sitk.GetImageFromArray(array, isVector=vector)
    if im.GetDimension() == 3:
        im.SetSpacing((0.9, 1.1, 2.4))
        im.SetOrigin((-12.5, 40, -7))
        im.SetDirection((rz @ rx).ravel().tolist())
    else:
        im.SetSpacing((0.9, 1.1))
        im.SetOrigin((-12.5, 40))
    sitk.WriteImage(im, name, compress)
    im = sitk.ReadImage(name)
    index = (4, 1, 2)[: im.GetDimension()]
    values = sitk.GetArrayFromImage(im).astype(float)
    value = np.atleast_1d(im.GetPixel(index))
    point = list(im.TransformIndexToPhysicalPoint(index))
    cases.append(dict(name=name, size=(list(im.GetSize()) + [1])[:3], index=(list(index) + [0])[:3], point=(point + [0.0])[:3],
                      spacing=(list(im.GetSpacing()) + [1.0])[:3], channels=im.GetNumberOfComponentsPerPixel(), value=float(value[0]), last=float(value[-1]), sum=float(values.sum())))


for dt in "u1 i1 i2 u2 i4 u4 i8 f4 f8".split():
    data = (ramp - 100 if dt == "i1" else ramp * 0.5 - 7 if dt[0] == "f" else ramp).astype(dt)
    save(dt + ending, data)
save("packed" + ending, ramp.astype("i2"), compress=True)
save("vector" + ending, np.stack([ramp, ramp + 1000, ramp * 2], -1).astype("i2"), vector=True)
save("plane" + ending, ramp[1].astype("u2"))
save("beside" + detached, ramp.astype("i2"))


def record(name, like=None):
    im = sitk.ReadImage(like or name)
    index = (4, 1, 2)
    values = sitk.GetArrayFromImage(im).astype(float)
    cases.append(dict(name=name, size=list(im.GetSize()), index=list(index), point=list(im.TransformIndexToPhysicalPoint(index)), spacing=list(im.GetSpacing()),
                      channels=1, value=float(im.GetPixel(index)), last=float(im.GetPixel(index)), sum=float(values.sum())))


# variants that SimpleITK reads and does not write
data = ramp.astype("<i2")
text = " ".join(map(str, ramp.ravel()))
flat = (rz @ rx * [0.9, 1.1, 2.4]).T
if ending == ".nrrd":
    import bz2
    import gzip

    vec = lambda v: "(" + ",".join(repr(float(x)) for x in v) + ")"

    def nrrd(name, encoding, body=b"", more="", space="left-posterior-superior", signs=(1, 1, 1), kind="short", endian="endian: little\n"):
        head = f"NRRD0004\n# a comment\ntype: {kind}\ndimension: 3\nspace: {space}\nsizes: 5 4 3\nspace directions: {' '.join(vec(v * signs) for v in flat)}\n"
        head += f"kinds: domain domain domain\n{endian}encoding: {encoding}\nspace origin: {vec(np.array([-12.5, 40, -7]) * signs)}\nkey:=value: of a key\n{more}"
        open(name, "wb").write(head.encode() + (b"" if "data file: LIST" in more else b"\n") + body)
        record(name, "text.nrrd" if encoding == "bzip2" else None)  # which ITK does not read

    nrrd("text.nrrd", "text", text.encode(), endian="")
    nrrd("hex.nrrd", "hex", data.tobytes().hex().encode())
    nrrd("bzip2.nrrd", "bzip2", bz2.compress(data.tobytes()))
    nrrd("big.nrrd", "raw", data.astype(">i2").tobytes(), endian="endian: big\n")
    nrrd("ras.nrrd", "raw", data.tobytes(), space="right-anterior-superior", signs=(-1, -1, 1))
    nrrd("las.nrrd", "raw", data.tobytes(), space="LAS", signs=(1, -1, 1))
    for k in range(3):
        open(f"part{k:02d}.raw", "wb").write(data[k].tobytes())
        open(f"part{k:02d}.raw.gz", "wb").write(gzip.compress(data[k].tobytes(), mtime=0))
        open(f"skip{k}.raw", "wb").write(b"one line\n" + b"abc" + data[k].tobytes())
    nrrd("list.nhdr", "raw", more="data file: LIST\npart00.raw\npart01.raw\npart02.raw\n")
    nrrd("pattern.nhdr", "gzip", more="data file: part%02d.raw.gz 0 2 1\n")
    nrrd("skip.nhdr", "raw", more="line skip: 1\nbyte skip: 3\ndata file: skip%d.raw 0 2 1\n")
if ending == ".mha":

    def meta(name, file, body=b"", more="", kind="MET_SHORT"):
        axes = " ".join(repr(float(x)) for x in (rz @ rx).T.ravel())
        head = f"ObjectType = Image\nNDims = 3\n{more}TransformMatrix = {axes}\nOffset = -12.5 40 -7\nElementSpacing = 0.9 1.1 2.4\nDimSize = 5 4 3\nElementType = {kind}\nElementDataFile = {file}\n"
        open(name, "wb").write(head.encode() + body)
        record(name)

    meta("text.mha", "LOCAL", text.encode() + b"\n", more="BinaryData = False\n")
    meta("big.mha", "LOCAL", data.astype(">i2").tobytes(), more="BinaryData = True\nBinaryDataByteOrderMSB = True\n")
    for k in range(3):
        open(f"part{k:02d}.raw", "wb").write(data[k].tobytes())
    open("behind.raw", "wb").write(b"a header of its own" + data.tobytes())
    meta("list.mhd", "LIST\npart00.raw\npart01.raw\npart02.raw", more="BinaryData = True\n")
    meta("pattern.mhd", "part%02d.raw 0 2 1", more="BinaryData = True\n")
    meta("behind.mhd", "behind.raw", more="BinaryData = True\nHeaderSize = -1\n")
json.dump(dict(SimpleITK=sitk.Version().VersionString(), cases=cases), open("cases.json", "w"), indent=1)

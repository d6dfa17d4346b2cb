"""Times the peers of `caliper bench io` on the same path: io_peers.py PATH [RUNS].

Prints a JSON line for each measurement: what, file, peer, ms and cpuMs (the shortest of RUNS after a
warm-up; cpuMs counts child processes), outMb where a file is written. A peer that is not installed is left out.
"""
import glob, json, os, resource, shutil, subprocess, sys, tempfile, time

path, runs = sys.argv[1].rstrip("/"), int(sys.argv[2]) if len(sys.argv) > 2 else 5
temp = tempfile.mkdtemp()


def cpu():
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def measure(what, peer, run, out=None):
    best = [1e30, 1e30]
    size = 0
    try:
        for n in range(runs + 1):
            c, t = cpu(), time.perf_counter()
            run()
            took = (time.perf_counter() - t, cpu() - c)
            if n:
                best = [min(a, b) for a, b in zip(best, took)]
            if out:
                files = glob.glob(out)
                size = sum(map(os.path.getsize, files))
                for f in files:
                    os.remove(f)
    except Exception as e:  # a peer that is missing or refuses
        print("%s: %s: %s" % (peer, what, e), file=sys.stderr)
        return
    row = {"what": what, "file": os.path.basename(path), "peer": peer, "ms": best[0] * 1e3, "cpuMs": best[1] * 1e3}
    if size:
        row["outMb"] = size / 1e6
    print(json.dumps(row), flush=True)


def command(*args):
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def series():
    files = sorted(glob.glob(path + "/*"))

    def pydicom_headers():
        import pydicom
        for f in files:
            ds = pydicom.dcmread(f, stop_before_pixels=True)
            for e in ds.iterall():
                e.value

    def gdcm_pixels():
        import gdcm
        for f in files:
            r = gdcm.ImageReader()
            r.SetFileName(f)
            if not r.Read():
                raise ValueError("can't read")
            r.GetImage().GetBuffer()

    measure("headers", "pydicom", pydicom_headers)
    measure("voxels into a volume", "gdcm", gdcm_pixels)
    niix = shutil.which("dcm2niix", path="/usr/bin:/usr/local/bin") or "dcm2niix"
    for ending, flag in ((".nii", "n"), (".nii.gz", "y")):
        measure("DICOM to " + ending, "dcm2niix", lambda: command(niix, "-b", "n", "-z", flag, "-f", "out", "-o", temp, path), temp + "/out*" + ending)


def frames():
    import pydicom
    from pydicom.encaps import generate_frames
    ds = pydicom.dcmread(path)
    syntax = ds.file_meta.TransferSyntaxUID
    count = int(getattr(ds, "NumberOfFrames", 1) or 1)
    what = "decode"

    def gdcm_all():
        import gdcm
        r = gdcm.ImageReader()
        r.SetFileName(path)
        if not r.Read():
            raise ValueError("can't read")
        r.GetImage().GetBuffer()

    def codec(name):
        import imagecodecs
        decode = getattr(imagecodecs, name)
        data = list(generate_frames(ds.PixelData, number_of_frames=count))
        for d in data:
            decode(d)

    import imagecodecs
    version = imagecodecs.version(dict)
    with_codec = {"1.2.840.10008.1.2.4.50": ("jpeg8_decode", "libjpeg-turbo"), "1.2.840.10008.1.2.4.51": ("jpeg8_decode", "libjpeg-turbo"),
                  "1.2.840.10008.1.2.4.80": ("jpegls_decode", "charls"), "1.2.840.10008.1.2.4.81": ("jpegls_decode", "charls"),
                  "1.2.840.10008.1.2.4.90": ("jpeg2k_decode", "openjpeg"), "1.2.840.10008.1.2.4.91": ("jpeg2k_decode", "openjpeg"),
                  "1.2.840.10008.1.2.4.201": ("htj2k_decode", "openjph"), "1.2.840.10008.1.2.4.202": ("htj2k_decode", "openjph"),
                  "1.2.840.10008.1.2.4.203": ("htj2k_decode", "openjph")}
    measure(what, "gdcm", gdcm_all)
    if syntax in with_codec:
        name, peer = with_codec[syntax]
        measure(what, peer + " " + version.get(peer.replace("-", "_"), "").split("/")[0], lambda: codec(name))


def nifti():
    import nibabel, numpy
    image = nibabel.load(path)
    data = numpy.asanyarray(image.dataobj)
    ending = ".nii.gz" if path.endswith(".gz") else ".nii"
    measure("read " + ending, "nibabel", lambda: nibabel.load(path).get_fdata(dtype=numpy.float32, caching="unchanged"))
    out = os.path.join(temp, "out" + ending)
    if ending == ".nii.gz":
        plain = os.path.join(temp, "plain.nii")
        nibabel.save(nibabel.Nifti1Image(data, image.affine, image.header), plain)

        threads = str(len(os.sched_getaffinity(0)))

        def pigz():
            with open(out, "wb") as f:
                subprocess.run(["pigz", "-c", "-n", "-6", "-p", threads, plain], check=True, stdout=f)

        measure("write " + ending, "pigz -6", pigz, out)
    else:
        measure("write " + ending, "nibabel", lambda: nibabel.save(nibabel.Nifti1Image(data, image.affine, image.header), out), out)


try:
    if os.path.isdir(path):
        series()
    elif path.endswith((".nii", ".nii.gz")):
        nifti()
    else:
        frames()
finally:
    shutil.rmtree(temp)

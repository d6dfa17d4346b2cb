"""Writes the cards of both models: hashes of the weights and of the sets, and the figures that evaluate.py found."""
import hashlib
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.dirname(HERE)


def set_hash(folder):
    """As `cd FOLDER && find . -type f ! -name SOURCE.txt | LC_ALL=C sort | xargs sha256sum | sha256sum` gives it."""
    names = []
    for root, _, files in os.walk(folder):
        names += [os.path.relpath(os.path.join(root, f), folder) for f in files if f != "SOURCE.txt"]
    lines = ""
    for n in sorted("./" + n for n in names):
        lines += hashlib.sha256(open(os.path.join(folder, n), "rb").read()).hexdigest() + "  " + n + "\n"
    return hashlib.sha256(lines.encode()).hexdigest()


def quote(s):
    return json.dumps(s, ensure_ascii=False)


LUNGS = """schema: 1
name: cxr-lungs
version: {version}
file: cxr-lungs.onnx
bytes: {bytes}
sha256: {sha}
licence: Apache-2.0
source: "trained by this project, models/training/train_lungs.py"
citation: "Ronneberger O, Fischer P, Brox T. U-Net. MICCAI 2015 (the kind of network)"
task: segment
modality: [DX, CR, RG, RF, XA, SC, OT]
bodyPart: [CHEST, THORAX]
view: [PA, AP]
input:
  name: image
  dims: 2
  channels: 1
  size: [256, 256]
  resize: letterbox
  interp: auto
  minSize: 224
  normalise:
    - {{step: quantiles, lo: 0.01, hi: 0.99, clip: true}}
  note: "bright is dense, as MONOCHROME2 stores it"
output:
  decode: argmax
  name: logits
  largest: true
  fillHoles: true
labels:
  - "background"
  - "right lung"
  - "left lung"
  - "heart"
intendedUse: "Lung fields and heart on frontal chest radiographs of adults, for the cardiothoracic ratio, sides and zones, and to limit the search for nodules."
limits:
  - "Lung fields as seen: without heart and mediastinum, above the diaphragm."
  - "Not for lateral views or children; not tested on collapsed or operated lungs, and a lung hidden by an effusion or consolidation may be left out."
  - "The hearts that it learned from real films were drawn by this project, not by radiologists."
"""

NODULE = """schema: 1
name: cxr-nodule
version: {version}
file: cxr-nodule.onnx
bytes: {bytes}
sha256: {sha}
licence: Apache-2.0
source: "trained by this project, models/training/train_nodule.py"
citation: "Zhou X, Wang D, Krähenbühl P. Objects as Points. arXiv:1904.07850 (the kind of detector)"
task: detect
modality: [DX, CR, RG, RF, XA, SC, OT]
bodyPart: [CHEST, THORAX]
view: [PA, AP]
input:
  name: image
  dims: 2
  channels: 1
  size: [512, 512]
  resize: letterbox
  interp: auto
  minSize: 224
  normalise:
    - {{step: quantiles, lo: 0.01, hi: 0.99, clip: true}}
  note: "bright is dense, as MONOCHROME2 stores it"
output:
  decode: heatmap
  scores: heat
  extent: size
  activation: sigmoid
  stride: 4
  nms: 0.1
  floor: 0.02
  operatingPoint: {point}
  within: {{model: cxr-lungs, labels: [1, 2, 3], marginPx: 6}}
labels:
  - "nodule"
intendedUse: "Candidates for round opacities of about 7 to 40 mm on frontal chest radiographs of adults, to be confirmed by a reader."
limits:
  - "A candidate is no diagnosis; nipples, rib crossings, vessels end-on and leads may be marked."
  - "Learned from simulated nodules only; misses faint ones, and those behind heart and diaphragm."
  - "Not for lateral views or children. The score is not a probability of cancer."
"""


def main():
    shared, figures, out = sys.argv[1:4]
    fig = json.load(open(figures))
    names = {
        "covid_cxr_v7_lungmasks": "CC BY 3.0 and 4.0 (v7labs; ieee8023/covid-chestxray-dataset), attribution by image in its index.csv",
        "covid_cxr_gb_segmentations": "CC BY 4.0, CC BY-SA (General Blockchain; ieee8023/covid-chestxray-dataset)",
        "cxr_nih_subset": "NIH Clinical Center, ChestX-ray14, Wang et al. CVPR 2017, https://nihcc.app.box.com/v/ChestXray-NIHCC; no restrictions on use",
    }
    for key, text, sets in (("lungs", LUNGS, list(names)), ("nodule", NODULE, ["cxr_nih_subset"])):
        path = os.path.join(MODELS, "weights", f"cxr-{key}.onnx")
        data = open(path, "rb").read()
        f = fig[key]
        text = text.format(bytes=len(data), sha=hashlib.sha256(data).hexdigest(), version=quote(f.get("version", "1")), point=f.get("point"))
        text += "trainedOn:\n"
        text += f"  - {{name: {quote('phantom chest-xray, ' + str(f['phantoms']) + ' films from seed 1000000 on')}, sha256: {f['phantomHash']}, what: {quote('SHA-256 of the films and labels that TestDump writes, as models/training/README.md says')}, licence: Apache-2.0}}\n"
        for s in sets:
            text += f"  - {{name: {s}, sha256: {set_hash(os.path.join(shared, s))}, what: {quote('SHA-256 of the list of file hashes, as models/training/README.md says')}, licence: {quote(names[s])}}}\n"
        if key == "lungs":
            text += f"  - {{name: {quote('borders of heart and mediastinum drawn by this project, models/training/annotations')}, sha256: {set_hash(os.path.join(HERE, 'annotations'))}, licence: Apache-2.0}}\n"
        text += "metrics:\n"
        for m in f["metrics"]:
            text += "  - {" + ", ".join(f"{k}: {quote(v) if isinstance(v, str) else v}" for k, v in m.items()) + "}\n"
        open(os.path.join(out, f"cxr-{key}.yaml"), "w").write(text)


if __name__ == "__main__":
    main()

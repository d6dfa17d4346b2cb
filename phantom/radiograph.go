package phantom

import (
	"strconv"
	"time"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/volume"
)

// filmPixels are the rows and columns of a radiograph.
const filmPixels = 1024

// chestNames are the structures of chest labels by number, as the model cxr-lungs has them.
var chestNames = []string{"background", "right lung", "left lung", "heart"}

func chestXray(seed uint64, s *settings) (*Phantom, error) {
	o, err := s.nodules(stream(seed, aspectPrior))
	if err != nil {
		return nil, err
	}
	o.pixels = filmPixels
	o.central = o.sized && o.priorDays > 0
	now, before, err := chest(seed, o)
	if err != nil {
		return nil, err
	}
	p := &Phantom{}
	h := drawHabit(stream(seed, aspectHabit))
	p.Volume, p.Truth = now.result()
	g := p.Volume.Geometry
	p.Labels = &volume.Mask{Geometry: g, Labels: now.labels, Names: chestNames}
	p.exams = append(p.exams, now.exam(seed, h, studyDay, p.Volume))
	if before != nil {
		prior, truth := before.result()
		p.Prior, p.Truth.Prior = prior, &truth
		p.exams = append(p.exams, before.exam(seed, h, studyDay.AddDate(0, 0, -o.priorDays), prior))
	}
	return p, nil
}

// result is the image on its grid, in the patient's plane, and what is true of it.
func (f *film) result() (*volume.Volume, Truth) {
	mm := f.p.pitch / f.p.magnification(0)
	g := volume.Geometry{
		Size: [3]int{f.n, f.n, 1}, Spacing: [3]float64{mm, mm, 1},
		Axes: [3][3]float64{{1, 0, 0}, {0, 0, -1}, {0, 1, 0}},
	}
	v := &volume.Volume{Geometry: g, Channels: 1, Unit: volume.Arbitrary, Data: f.pixels}
	t := Truth{SpacingMM: g.Spacing, Lesions: []Lesion{}}
	for i, d := range f.nodules {
		b := f.boxes[i]
		t.Lesions = append(t.Lesions, Lesion{
			What: "nodule", CentreLPS: g.PointLPS([3]float64{(b[0]+b[2])/2 - 0.5, (b[1]+b[3])/2 - 0.5, 0}), Box: &b,
			DiameterMM: d.diameterMM, Zone: zones[d.zone], Side: sides[d.side],
		})
	}
	return v, t
}

// exam is a study to be written.
type exam struct {
	name   string
	images []dicom.Image
}

func (f *film) exam(seed uint64, h habit, when time.Time, v *volume.Volume) exam {
	root := "caliper phantom chest-xray " + strconv.FormatUint(seed, 10) + " " + when.Format(time.DateOnly)
	im := person("chest-xray", seed, h)
	im.Class, im.Modality, im.BodyPart, im.View = dicom.ClassDX, "DX", "CHEST", "PA"
	if f.p.ap {
		im.View = "AP"
	}
	im.StudyUID, im.SeriesUID, im.InstanceUID = dicom.UID(root), dicom.UID(root+" series"), dicom.UID(root+" image")
	im.When = when
	im.StudyDescription, im.SeriesDescription = "Chest "+im.View, "Chest "+im.View
	im.SeriesNumber, im.InstanceNumber = 1, 1
	im.ImageType = []string{"DERIVED", "PRIMARY", ""}
	im.Rows, im.Columns, im.BitsStored = f.n, f.n, 12
	im.Pixels = make([]uint16, len(v.Data))
	for i, x := range v.Data {
		im.Pixels[i] = uint16(x)
	}
	mag := f.p.magnification(0)
	im.ImagerPixelSpacingMM = [2]float64{v.Spacing[1] * mag, v.Spacing[0] * mag}
	im.Magnification = mag
	im.SourceToDetectorMM, im.SourceToPatientMM = f.p.sid, f.p.sid/mag
	im.PatientOrientation = []string{"L", "F"}
	im.WindowCentre, im.WindowWidth = 2048, 4096
	im.KVP = 120
	return exam{"study/" + when.Format("20060102"), []dicom.Image{im}}
}

// person is what all images of a phantom say about the patient.
func person(kind string, seed uint64, h habit) dicom.Image {
	sex := "M"
	if h.female {
		sex = "F"
	}
	age := strconv.Itoa(1000 + 30 + int(h.old*50))[1:] + "Y"
	id := "PHANTOM-" + kind + "-" + strconv.FormatUint(seed, 10)
	return dicom.Image{
		PatientName: "Phantom^" + kind, PatientID: id, IssuerOfID: "CALIPER", Sex: sex, Age: age,
		Manufacturer: "Caliper", Model: "phantom",
	}
}

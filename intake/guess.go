package intake

import (
	"path"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

// guess sets what neither header, BIDS, table nor flags say of a volume from the words of its file name,
// and says so. A T1w or MPRAGE image is taken for one of the brain.
func guess(series *study.Series, rel string) {
	if series.Modality != "" || series.Geometry.Size[2] == 1 {
		return
	}
	words := strings.FieldsFunc(strings.ToLower(stem(path.Base(rel))), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	for _, w := range words {
		switch w {
		case "t1", "t1w", "mprage", "mp2rage", "spgr":
			series.Modality = "MR"
			if series.BodyPart == "" {
				series.BodyPart = "BRAIN"
			}
		case "t2", "t2w", "flair", "dwi", "bold", "mr", "mri":
			series.Modality = "MR"
		case "ct":
			series.Modality = "CT"
		default:
			continue
		}
		series.Issues = append(series.Issues, study.Issue{Code: "modality-from-name", Severity: study.Note, Where: "intake",
			Text: "the modality (and a T1 image's body part) was taken from the file's name; say --modality and --body-part to be sure"})
		return
	}
}

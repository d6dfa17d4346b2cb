package intake

import (
	"path"
	"strconv"
	"strings"
)

// bids is what a path says by the naming of BIDS (bids-specification 1.10): subject, session and the suffix.
type bids struct {
	subject, session string
	suffix           string // T1w, FLAIR, ct …
	folder           string // anat, dwi, ct …
	derived          bool   // under derivatives/
}

// parseBIDS reads a relative path; ok is false where it has no subject.
func parseBIDS(rel string) (b bids, ok bool) {
	dir, name := path.Split(rel)
	parts := strings.Split(strings.Trim(dir, "/"), "/")
	for _, p := range parts {
		switch {
		case strings.HasPrefix(p, "sub-") && len(p) > 4:
			b.subject = p
		case strings.HasPrefix(p, "ses-") && len(p) > 4:
			b.session = p
		case p == "derivatives":
			b.derived = true
		}
		b.folder = p
	}
	entities := strings.Split(stem(name), "_")
	for n, e := range entities {
		switch {
		case strings.HasPrefix(e, "sub-") && len(e) > 4 && n == 0:
			if b.subject != "" && b.subject != e {
				return bids{}, false
			}
			b.subject = e
		case strings.HasPrefix(e, "ses-") && len(e) > 4:
			b.session = e
		}
	}
	if last := entities[len(entities)-1]; len(entities) > 1 && !strings.Contains(last, "-") {
		b.suffix = last
	}
	return b, b.subject != ""
}

// study is the key of the study that a path belongs to: subject_session.
func (b bids) study() string {
	if b.session == "" {
		return b.subject
	}
	return b.subject + "_" + b.session
}

// modality is the DICOM modality that the data type or the suffix stands for.
func (b bids) modality() string {
	switch b.suffix {
	case "T1w", "T2w", "FLAIR", "PDw", "T2starw", "inplaneT1", "inplaneT2", "bold", "dwi", "T1map", "T2map", "UNIT1", "asl", "sbref", "swi", "angio":
		return "MR"
	case "ct", "CT":
		return "CT"
	case "pet":
		return "PT"
	}
	switch b.folder {
	case "anat", "func", "dwi", "fmap", "perf":
		return "MR"
	case "ct":
		return "CT"
	case "pet":
		return "PT"
	}
	return ""
}

// ordinal is the place of a session whose label ends in a number.
func (b bids) ordinal() (int, bool) {
	s := strings.TrimPrefix(b.session, "ses-")
	at := len(s)
	for at > 0 && s[at-1] >= '0' && s[at-1] <= '9' {
		at--
	}
	n, err := strconv.Atoi(s[at:])
	return n, err == nil
}

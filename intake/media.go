package intake

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/internal/archive"
)

// archive lists the members of an archive as if it were a folder. An archive in an archive is not read, and
// said, as is a member whose name leads out of it.
func (w *walker) archive(path, rel string) {
	members, err := archive.Members(path)
	if err != nil {
		w.files = append(w.files, file{path: path, rel: rel, err: err, dir: true})
		return
	}
	for _, e := range members {
		if hidden(e.Name) {
			continue
		}
		f := file{path: path + archive.Mark + e.Name, rel: e.Name, err: e.Err, dir: e.Err != nil}
		if rel != "" {
			f.rel = rel + "/" + e.Name
		}
		if f.err == nil && packed(e.Name) {
			f.err, f.dir = errors.New("an archive inside an archive is not read"), true
		}
		w.files = append(w.files, f)
	}
}

// hidden says whether a part of a name starts with a dot, or is what macOS adds to archives.
func hidden(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if part == "__MACOSX" || strings.HasPrefix(part, ".") && part != ".." && part != "." {
			return true
		}
	}
	return false
}

// packed says whether a name is one of an archive.
func packed(name string) bool {
	lower := strings.ToLower(name)
	for _, ending := range []string{".zip", ".tar", ".tar.gz", ".tgz"} {
		if strings.HasSuffix(lower, ending) && len(lower) > len(ending) {
			return true
		}
	}
	return false
}

// mediaDirectory is the SOP class of a DICOMDIR (PS3.4 annex I, PS3.3 annex F).
const mediaDirectory = "1.2.840.10008.1.3.10"

// directory lists the files that a DICOMDIR refers to; ok is false where the file is none. What it names and the
// folder does not hold is kept with an error.
func (w *walker) directory(path string) (ok bool) {
	if name, err := Sniff(path); err != nil || name != "dicom" {
		return false
	}
	object, err := dicom.OpenFile(path)
	if err != nil || object == nil || object.String(tag.MediaStorageSOPClassUID) != mediaDirectory {
		return false
	}
	seen := map[string]bool{}
	for _, record := range object.Items(tag.DirectoryRecordSequence) {
		parts := record.Strings(tag.ReferencedFileID)
		if len(parts) == 0 {
			continue
		}
		rel := strings.Join(parts, "/")
		if seen[rel] {
			continue
		}
		seen[rel] = true
		if !filepath.IsLocal(filepath.FromSlash(rel)) {
			w.files = append(w.files, file{path: path, rel: rel, err: errors.New("the DICOMDIR names a file outside its folder: refused"), dir: true})
			continue
		}
		if found, ok := onMedia(filepath.Dir(path), parts); ok {
			w.add(found, rel)
		} else {
			w.files = append(w.files, file{path: path, rel: rel, err: errors.New("the DICOMDIR names a file that is not there"), dir: true})
		}
	}
	return true
}

// onMedia finds a file by its parts as they are written, or in lower case, as some systems show a disc.
func onMedia(dir string, parts []string) (string, bool) {
	for _, change := range []func(string) string{func(s string) string { return s }, strings.ToLower} {
		path := dir
		for _, p := range parts {
			path = filepath.Join(path, change(p))
		}
		if archive.Exists(path) {
			return path, true
		}
	}
	return "", false
}

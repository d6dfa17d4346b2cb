package intake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// keyDigits is how many hexadecimal digits of a hash make a key.
const keyDigits = 16

// hasher makes keys of identifiers: SHA-256, or HMAC-SHA256 where there is a key file.
type hasher struct{ secret []byte }

func newHasher(keyFile string) (hasher, error) {
	if keyFile == "" {
		return hasher{}, nil
	}
	secret, err := os.ReadFile(keyFile)
	if err != nil {
		return hasher{}, fmt.Errorf("intake: key file: %w", err)
	}
	if len(secret) == 0 {
		return hasher{}, fmt.Errorf("intake: key file: want a secret, got an empty file")
	}
	return hasher{secret}, nil
}

func (h hasher) key(id string) string {
	if h.secret != nil {
		mac := hmac.New(sha256.New, h.secret)
		mac.Write([]byte(id))
		return hex.EncodeToString(mac.Sum(nil))[:keyDigits]
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])[:keyDigits]
}

// patientID joins PatientID and its issuer; without an issuer it is the PatientID itself.
func patientID(id, issuer string) string {
	if issuer == "" {
		return id
	}
	return id + "\x00" + issuer
}

// maxName bounds the length of a key that is made of a name.
const maxName = 100

// safeName turns a path or an identifier into a name that any file system takes.
func safeName(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	name := strings.Trim(b.String(), ".")
	if name == "" {
		name = "_"
	}
	if len(name) > maxName {
		sum := sha256.Sum256([]byte(s))
		name = name[:maxName-9] + "-" + hex.EncodeToString(sum[:])[:8]
	}
	return name
}

// stem is a relative path without the ending of an image.
func stem(rel string) string {
	lower := strings.ToLower(rel)
	for _, ending := range []string{".nii.gz", ".hdr.gz", ".img.gz", ".nii", ".hdr", ".png", ".jpeg", ".jpg", ".dcm", ".dicom", ".ima", ".mha", ".mhd", ".nrrd", ".nhdr", ".mgh", ".mgz"} {
		if strings.HasSuffix(lower, ending) && len(rel) > len(ending) {
			return rel[:len(rel)-len(ending)]
		}
	}
	return rel
}

// names hands out each name once, whatever the case of its letters.
type names map[string]bool

// take gives the first of the wished names that is free, or the first with a number behind it.
func (n names) take(wishes ...string) string {
	for _, w := range wishes {
		if key := strings.ToLower(w); !n[key] {
			n[key] = true
			return w
		}
	}
	for i := 2; ; i++ {
		w := fmt.Sprintf("%s-%d", wishes[0], i)
		if key := strings.ToLower(w); !n[key] {
			n[key] = true
			return w
		}
	}
}

// Package analyze strings the steps of a reading together: from an opened study to its result.
package analyze

import (
	"context"
	"errors"
	"fmt"

	"github.com/caliper-imaging/caliper/analyze/decide"
	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/register"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Exam is one study while it is read: the series that the recipe is about, its voxels and what has
// been made of them so far.
type Exam struct {
	Study    study.Study
	Series   study.Series
	Image    *volume.Volume
	Masks    map[string]*Labelled // by the name that a step gave
	Findings []study.Finding
	Weak     []study.Finding // candidates below the operating point, for comparison only
	Measures []study.Measurement
	Prior    bool
}

// Labelled is a mask with what made it.
type Labelled struct {
	*volume.Mask
	By study.Producer
}

// Mask is the mask that an earlier step stored under name.
func (e *Exam) Mask(name string) (*Labelled, error) {
	if m, ok := e.Masks[name]; ok {
		return m, nil
	}
	return nil, &SkipError{Reason: fmt.Sprintf("no mask %q: the step that makes it was skipped or found nothing", name)}
}

// Case is one study with its prior on the way through a pipeline.
type Case struct {
	Current *Exam
	Prior   *Exam // nil where there is none or it could not be opened
	Result  *study.Result
	Env     Env
	// ToPrior maps LPS points of the current image to the prior; nil until registered and accepted.
	ToPrior *register.Result
	Refusal string // why the registration to the prior can't be relied on
}

// Exams are the current exam and, where there is one, the prior.
func (c *Case) Exams() []*Exam {
	if c.Prior == nil {
		return []*Exam{c.Current}
	}
	return []*Exam{c.Current, c.Prior}
}

// Env is what the steps of every case share.
type Env struct {
	Networks *Networks
	Threads  int
	Policy   *decide.Policy // nil: the default
	// Open gives the voxels of a series, OpenMask those of a label file.
	Open     func(ctx context.Context, s study.Series) (*volume.Volume, error)
	OpenMask func(ctx context.Context, path string) (*volume.Mask, error)
	// SaveMask stores a mask with the result and says where.
	SaveMask func(name string, m *volume.Mask) (study.Artifact, error)
}

// SkipError says that a step does not apply or lacks what it needs; the other steps go on.
type SkipError struct{ Reason string }

func (e *SkipError) Error() string { return e.Reason }

// skip reports whether err means that a step was passed over, and why.
func skip(err error) (string, bool) {
	var s *SkipError
	if errors.As(err, &s) {
		return s.Reason, true
	}
	var missing *models.MissingError
	if errors.As(err, &missing) {
		return fmt.Sprintf("model %s is not there (give its folder with --models or CALIPER_MODELS)", missing.Name), true
	}
	return "", false
}

// note adds an issue to the result, once.
func (c *Case) note(code string, severity study.Severity, where, text string) {
	issue := study.Issue{Code: code, Severity: severity, Where: where, Text: text}
	for _, have := range c.Result.Issues {
		if have == issue {
			return
		}
	}
	c.Result.Issues = append(c.Result.Issues, issue)
}

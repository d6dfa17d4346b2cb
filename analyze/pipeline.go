package analyze

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/caliper-imaging/caliper/study"
)

// Step is one act on a case.
type Step func(context.Context, *Case) error

// Pipeline is the steps of a recipe, ready to run.
type Pipeline []namedStep

type namedStep struct {
	spec Spec
	run  Step
}

// Pipeline builds the steps that a recipe names.
func (r *Recipe) Pipeline() Pipeline {
	p := make(Pipeline, len(r.Steps))
	for n, spec := range r.Steps {
		row, _ := stepNamed(spec.Step)
		p[n] = namedStep{spec: spec, run: func(ctx context.Context, c *Case) error { return row.run(ctx, c, spec.Options) }}
	}
	return p
}

// Run does every step on the case. A step that lacks what it needs is skipped and named; one that
// fails marks the study failed, and the others go on with what there is. Only the end of ctx stops it.
func (p Pipeline) Run(ctx context.Context, c *Case, seconds map[string]float64) error {
	for _, s := range p {
		if err := ctx.Err(); err != nil {
			return err
		}
		started := time.Now()
		before := len(c.Result.Steps)
		err := s.run(ctx, c)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if seconds != nil {
			seconds[s.spec.label()] += time.Since(started).Seconds()
		}
		reason, skipped := "", false
		if err != nil {
			reason, skipped = skip(err)
		}
		switch {
		case err == nil:
			if len(c.Result.Steps) == before { // the step did not describe itself
				c.Result.Steps = append(c.Result.Steps, s.spec.record("done", ""))
			}
		case skipped:
			c.Result.Steps = append(c.Result.Steps, s.spec.record("skipped", reason))
			c.note("step-skipped", study.Warning, s.spec.label(), reason)
		default:
			c.Result.Steps = append(c.Result.Steps, s.spec.record("failed", err.Error()))
			c.note("step-failed", study.Refused, s.spec.label(), err.Error())
			c.Result.Status = study.Failed
			if c.Result.Error == "" {
				c.Result.Error = fmt.Sprintf("step %s: %v", s.spec.label(), err)
			}
		}
	}
	return nil
}

func (s Spec) label() string {
	if m := s.Options["model"]; m != "" {
		return s.Step + " " + m
	}
	return s.Step
}

func (s Spec) record(outcome, reason string) study.Step {
	return study.Step{Name: s.Step, Model: s.Options["model"], Options: s.Options, Outcome: outcome, Reason: reason}
}

// Read does a recipe on one study: it opens the series and that of the newest comparable prior, and
// runs the steps. The error is that of opening the current series, or of ctx.
func Read(ctx context.Context, env Env, r *Recipe, s study.Study, series int) (*study.Result, error) {
	result := &study.Result{Schema: study.Schema, Study: refOf(s, s.Series[series]), Recipe: r.Name,
		Status: study.Done, Priority: study.Routine, Limits: r.Limits, Disclaimer: study.Disclaimer}
	result.Issues = append(append(result.Issues, s.Issues...), s.Series[series].Issues...)
	c := &Case{Result: result, Env: env}
	c.noteUnread(s, series)
	current, err := open(ctx, env, s, series, false)
	if err != nil {
		return nil, err
	}
	c.Current = current
	if err := c.openPrior(ctx); err != nil {
		return nil, err
	}
	result.Technique = technique(c.Current.Series)
	seconds := map[string]float64{}
	if err := r.Pipeline().Run(ctx, c, seconds); err != nil {
		return nil, err
	}
	result.Findings = c.Current.Findings
	result.Measures = c.Current.Measures
	result.Run = &study.Run{StepSeconds: seconds}
	return result, nil
}

// noteUnread says what of a study the recipe does not look at.
func (c *Case) noteUnread(s study.Study, series int) {
	const most = 6
	var others []string
	for n, o := range s.Series {
		if n != series {
			others = append(others, strings.TrimSpace(o.Modality+" "+strings.Join(strings.Fields(o.BodyPart+" "+o.View), " ")))
		}
	}
	if len(others) > 0 {
		list := strings.Join(others[:min(most, len(others))], ", ")
		if len(others) > most {
			list += ", …"
		}
		c.note("series-not-read", study.Note, "study", fmt.Sprintf("one of %d series was read; not the others: %s", len(s.Series), list))
	}
	if frames := s.Series[series].Frames; frames > 1 {
		c.note("first-frame", study.Warning, "series", fmt.Sprintf("the first of %d frames or time points was read", frames))
	}
}

func open(ctx context.Context, env Env, s study.Study, series int, prior bool) (*Exam, error) {
	image, err := env.Open(ctx, s.Series[series])
	if err != nil {
		return nil, err
	}
	return &Exam{Study: s, Series: s.Series[series], Image: image, Masks: map[string]*Labelled{}, Prior: prior}, nil
}

// openPrior opens the newest prior that compares; one that can't be opened is said, and the next is tried.
func (c *Case) openPrior(ctx context.Context) error {
	for _, p := range c.Current.Study.Priors {
		match, ok := priorSeries(c.Current.Series, p)
		if !ok {
			continue
		}
		p.Series = []study.Series{match}
		exam, err := open(ctx, c.Env, p, 0, true)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			c.note("prior-not-readable", study.Warning, "prior "+p.Key, err.Error())
			continue
		}
		ref := refOf(p, match)
		c.Prior, c.Result.Prior = exam, &ref
		return nil
	}
	if len(c.Current.Study.Priors) > 0 && c.Prior == nil {
		c.note("no-comparable-prior", study.Note, "prior", "earlier studies exist, but none has a readable series of the same kind")
	}
	return nil
}

func refOf(s study.Study, series study.Series) study.Ref {
	ref := study.Ref{Key: s.Key, PatientKey: s.PatientKey, Modality: series.Modality, BodyPart: series.BodyPart,
		View: series.View, Sex: s.Patient.Sex, AgeYears: s.Patient.AgeYears}
	if !s.When.IsZero() {
		when := s.When
		ref.When = &when
	}
	return ref
}

// IntervalDays is the time from the prior to the current study; ok is false where a date is missing.
func (c *Case) IntervalDays() (days float64, ok bool) {
	if c.Prior == nil || c.Current.Study.When.IsZero() || c.Prior.Study.When.IsZero() {
		return 0, false
	}
	return c.Current.Study.When.Sub(c.Prior.Study.When).Hours() / 24, true
}
